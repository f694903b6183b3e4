// Calls that go on with a contraction's result, block by block.

import IRCore
import TensorIR

extension PhasePlan {
  /// Makes a call part of the kernel of the contraction whose result it reads, or tells why not.
  mutating func goOn(_ id: NodeID, _ region: Graph) -> Bool {
    let reads = zip(region.parameters, main[id].operands).compactMap { parameter, operand in
      operand.value.map { (parameter, $0) }
    }
    guard let number = reads.compactMap({ joinOf[$0.1.node] }).max() else { return false }
    var producers: [NodeID: NodeID] = [:]
    for (parameter, value) in reads where joinOf[value.node] == number {
      producers[parameter] = value.node
    }
    var join = rowJoins[number]
    let calls = join.members.map(\.call) + [id]
    var reason = join.add(id, region, reading: producers)
    if reason == nil, !hasPlacesForEach(calls) { reason = "a kernel has few arguments" }
    let anchor = anchor(of: calls)
    if reason == nil, anchor == nil { reason = "another kernel comes between" }
    let read = reads.map(\.1).filter { joinOf[$0.node] == number }
    for value in Set(read).sorted(by: { ($0.node.index, $0.result) < ($1.node.index, $1.result) }) {
      let bytes = Int(FusionCost.bytes(main[type: value]))
      record(
        value, id, isFused: reason == nil,
        reason ?? "block by block in one kernel, \(bytes) bytes between")
    }
    guard reason == nil, let anchor else { return false }
    rowJoins[number] = join
    anchors[number] = anchor
    joinOf[id] = number
    return true
  }

  /// Begins what others may go on with.
  mutating func begin(_ id: NodeID, _ region: Graph) {
    guard let join = RowJoin(id, region) else { return }
    joinOf[id] = rowJoins.count
    rowJoins.append(join)
    anchors.append(id)
  }

  /// The groups of the contractions with which others go on.
  func rowGroups() -> [Group] {
    zip(rowJoins, anchors).compactMap { join, anchor in
      join.members.count > 1
        ? Group(
          calls: join.members.map(\.call), anchor: anchor, isOpen: false, isByBlocks: true) : nil
    }
  }

  /// The call in whose place all of them can run: the first behind all that they read of others,
  /// if it stands before all others that read them.
  private func anchor(of calls: [NodeID]) -> NodeID? {
    let own = Set(calls)
    let operands = calls.flatMap { main[$0].operands.compactMap(\.value?.node) }
    let last = operands.filter { !own.contains($0) && !isLeaf($0) }.map(position).max() ?? -1
    guard let anchor = calls.first(where: { $0.index > last }) else { return nil }
    let others = calls.flatMap { readers[$0] ?? [] }.filter { !own.contains($0) }
    return others.allSatisfy { position($0) > anchor.index } ? anchor : nil
  }

  /// Where a node's results come to be.
  private func position(_ id: NodeID) -> Int { (joinOf[id].map { anchors[$0] } ?? id).index }

  /// Whether the calls keep to the arguments of a kernel, where each has its own for what it reads.
  private func hasPlacesForEach(_ calls: [NodeID]) -> Bool {
    let count = calls.reduce(0) { $0 + main[$1].operands.count + main[$1].types.count }
    return count <= FusionPlan.mostArguments
  }
}
