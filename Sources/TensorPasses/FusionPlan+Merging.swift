// Merging regions.

import IRCore
import TensorIR

extension FusionPlan {
  /// The most regions that a search for a path looks at.
  private static let searchLimit = 256

  /// Whether a path leads from `start` to `end` that leaves `start`; unknown counts as yes.
  private func isReachable(_ end: Int, from start: Int) -> Bool {
    var seen: Set<Int> = [start]
    var pending = regions[start].readers.map(root).filter { $0 != start }
    while let region = pending.popLast() {
      if region == end { return true }
      guard seen.insert(region).inserted else { continue }
      if seen.count > Self.searchLimit { return true }
      pending += regions[region].readers.map(root)
    }
    return false
  }

  /// Regions that read what kernels, loops and conditionals make of a node: paths lead to them.
  func regionsBehindOpaqueUsers(of id: NodeID) -> [Int] {
    var found: [Int] = []
    var seen: Set<NodeID> = []
    var pending = opaqueUsers[id.index]
    while let user = pending.popLast() {
      guard seen.insert(user).inserted else { continue }
      found += readingRegions(of: user)
      pending += opaqueUsers[user.index]
    }
    return found
  }

  /// The most tensors that one kernel reads and writes.
  static let mostArguments = 120

  /// Whether regions that become one, with one more node, keep to the arguments of a kernel.
  func hasPlaces(_ merged: [Int], for id: NodeID? = nil) -> Bool {
    let own = id.map { sources(of: $0) } ?? []
    let bound = merged.reduce(own.count + 1) {
      $0 + regions[$1].inputs.count + regions[$1].outputs.count
    }
    if bound <= Self.mostArguments { return true }
    var inputs = Set(own)
    var outputs = 1
    for region in merged {
      inputs.formUnion(regions[region].inputs)
      outputs += regions[region].outputs.count
    }
    for region in merged { inputs.subtract(regions[region].members) }
    return inputs.count + outputs <= Self.mostArguments
  }

  /// Values that a node reads, through index maps.
  func sources(of id: NodeID) -> [NodeID] {
    graph[id].operands.compactMap { operand in
      var next = operand.value
      while let value = next, isIndexMap(value.node) {
        next = graph[value.node].operands.first?.value
      }
      return next?.node
    }
  }

  func canMerge(_ a: Int, _ b: Int) -> Bool {
    a == b
      || regions[a].shape == regions[b].shape && rowsAgree(a, b)
        && !(holdsContraction(a) && holdsContraction(b)) && !isReachable(b, from: a)
        && !isReachable(a, from: b)
  }

  /// Whether one loop nest serves both: reductions along the same axes, and scans alone.
  private func rowsAgree(_ a: Int, _ b: Int) -> Bool {
    let isContracted = holdsContraction(a) || holdsContraction(b)
    if isContracted, regions[a].reduced != nil || regions[b].reduced != nil { return false }
    if (regions[a].outputs + regions[b].outputs).contains(where: scans) { return false }
    guard let first = regions[a].reduced, let second = regions[b].reduced else { return true }
    return first == second
  }

  mutating func merge(_ a: Int, _ b: Int) -> Int {
    if a == b { return a }
    regions[a].reduced = regions[a].reduced ?? regions[b].reduced
    let shared = regions[a].members.intersection(regions[b].members)
    let repeated = shared.reduce(0) { $0 + cost.operations(of: graph[$1], in: graph) }
    regions[a].operations += regions[b].operations - repeated
    regions[a].aligned.formUnion(regions[b].aligned)
    regions[a].members.formUnion(regions[b].members)
    regions[a].copies.merge(regions[b].copies) { max($0, $1) }
    regions[a].contraction = regions[a].contraction ?? regions[b].contraction
    regions[a].feeds.merge(regions[b].feeds) { $0.union($1) }
    regions[a].inputs = regions[a].inputs.union(regions[b].inputs)
      .subtracting(regions[a].members)
    regions[a].outputs += regions[b].outputs
    regions[a].readers += regions[b].readers
    regions[b].mergedInto = a
    return a
  }

  /// Puts regions of one shape that read the same tensor side by side into one kernel.
  mutating func mergeSiblings() {
    var readersOfLeaf: [[Int]] = Array(repeating: [], count: graph.nodes.count)
    for index in regions.indices where regions[index].mergedInto == nil {
      for leaf in leaves(of: index) { readersOfLeaf[leaf.index].append(index) }
    }
    for readers in readersOfLeaf {
      for (a, b) in zip(readers, readers.dropFirst()) {
        let (first, second) = (root(a), root(b))
        let total = regions[first].operations + regions[second].operations
        guard first != second, total <= FusionCost.kernelLimit, hasPlaces([first, second]),
          !holdsContraction(first), !holdsContraction(second), canMerge(first, second)
        else {
          continue
        }
        _ = merge(first, second)
      }
    }
  }

  /// Takes rows and elements apart where no reduction came into their region: they have no common
  /// loops then. Members that both need are evaluated in both.
  mutating func separateRows() {
    for index in regions.indices where regions[index].mergedInto == nil {
      let region = regions[index]
      guard region.reduced != nil, !region.members.contains(where: reduces) else { continue }
      let rows = region.outputs.filter { isRow($0, in: index) }
      guard !rows.isEmpty, rows.count < region.outputs.count else { continue }
      regions[index].outputs.removeAll(where: rows.contains)
      regions.append(region)
      regions[regions.count - 1].outputs = rows
    }
  }

  /// Values from memory that the region reads, in order.
  private func leaves(of region: Int) -> [NodeID] {
    var result: Set<NodeID> = []
    for member in regions[region].members {
      for operand in graph[member].operands {
        var next = operand.value
        while let value = next, isIndexMap(value.node) {
          next = graph[value.node].operands.first?.value
        }
        if let value = next, !regions[region].members.contains(value.node) {
          result.insert(value.node)
        }
      }
    }
    return result.sorted { $0.index < $1.index }
  }
}
