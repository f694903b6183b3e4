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

  func canMerge(_ a: Int, _ b: Int) -> Bool {
    a == b
      || regions[a].shape == regions[b].shape && rowsAgree(a, b) && !isReachable(b, from: a)
        && !isReachable(a, from: b)
  }

  /// Whether one loop nest serves both: reductions along the same axes, and scans alone.
  private func rowsAgree(_ a: Int, _ b: Int) -> Bool {
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
        guard first != second, total <= FusionCost.kernelLimit, canMerge(first, second) else {
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
