// What it costs to compute a value again where it is used, and what it saves.

import IRCore
import TensorIR

extension FusionPlan {
  /// Why repeating the node in every reading region pays; `nil` when it does not.
  func repeatable(_ id: NodeID, _ readers: [Int], _ operations: Int) -> String? {
    guard !reduces(id), !scans(id), !contracts(id),
      readers.allSatisfy({ hasPlaces([$0], for: id) }),
      readers.allSatisfy({ !holdsContraction($0) || isPrologue(id, in: $0) }),
      readers.allSatisfy({ region in
        regions[region].operations + operations * copies(of: id, in: region)
          <= FusionCost.kernelLimit
      })
    else { return nil }
    let (saved, extra) = balance(id, readers, operations)
    guard saved > extra else { return nil }
    return "saves \(Self.text(saved)) of memory traffic for \(Self.text(extra)) of repeated work"
  }

  /// At how many places a node would be evaluated in a region: once for each place of each reader,
  /// and again for every other index map.
  func copies(of id: NodeID, in region: Int) -> Int {
    var places: [NodeID: (same: Int, other: Int)] = [:]
    for use in uses[id.index]
    where regionsOf[use.consumer.index].contains(where: { root($0) == region }) {
      var found = places[use.consumer] ?? (0, 0)
      if case .identity = use.map { found.same = 1 } else { found.other += 1 }
      places[use.consumer] = found
    }
    var sum = 0
    for (consumer, found) in places {
      let each = regions[region].copies[consumer] ?? 1
      sum = min(sum + each * (found.same + found.other), 1 << 20)
    }
    return sum
  }

  private func balance(
    _ id: NodeID, _ readers: [Int], _ operations: Int
  ) -> (saved: Double, extra: Double) {
    let type = graph[id].types[0]
    var evaluations = 0.0
    for use in uses[id.index] {
      for region in Set(regionsOf[use.consumer.index].map(root)) {
        evaluations +=
          prologueEvaluations(of: id, in: region)
          ?? FusionCost.elements(TensorType(type.dtype, regions[region].shape))
      }
    }
    let repeated = max(0, evaluations - FusionCost.elements(type))
    // A node that reads no memory costs one operation less than what reads its result instead.
    let spared = sources(of: id).isEmpty ? 1 : 0
    return (
      FusionCost.traffic(type, reads: readers.count),
      repeated * Double(operations - spared) * FusionCost.nanosecondsPerOperation
        + reading(sourcesOf: id, readers)
    )
  }

  /// What it costs that every reader but one reads what the node reads, where it does not anyway: a
  /// sum of two tensors that many read is dearer to repeat than to store.
  private func reading(sourcesOf id: NodeID, _ readers: [Int]) -> Double {
    var price = 0.0
    for source in Set(sources(of: id)) where !isIndexMap(source) {
      let count = readers.count { !regions[$0].inputs.contains(source) }
      guard count > 1 else { continue }
      price += FusionCost.traffic(graph[source].types[0], reads: count - 2)
    }
    return price
  }

  func refusal(_ id: NodeID, _ readers: [Int], _ operations: Int) -> String {
    let total = readers.reduce(operations) { $0 + regions[$1].operations }
    if total > FusionCost.kernelLimit {
      return "the kernel would hold \(total) operations, more than \(FusionCost.kernelLimit)"
    }
    if isResult[id.index], !readers.allSatisfy({ isAligned(id, in: $0) }) {
      return "a result of the graph that is read at other indices"
    }
    if readers.count > 1, readers.allSatisfy({ isAligned(id, in: $0) }) {
      return "its readers depend on each other"
    }
    if scans(id) { return "a scan writes what it walks over" }
    if contracts(id) { return contractionRefusal(id, readers) }
    if let region = readers.first(where: holdsContraction) {
      if reduces(id) { return "rows are reduced outside of a contraction's kernel" }
      if !isPrologue(id, in: region) { return "a contraction reads what is computed into memory" }
    }
    if reduces(id) { return "its rows are too few, too long, or not those of its readers" }
    let (saved, extra) = balance(id, readers, operations)
    return "would repeat \(Self.text(extra)) of work to save \(Self.text(saved)) of traffic"
  }

  private static func text(_ nanoseconds: Double) -> String {
    nanoseconds < 1000
      ? "\(Int(nanoseconds.rounded())) ns" : "\(Int((nanoseconds / 1000).rounded())) us"
  }
}
