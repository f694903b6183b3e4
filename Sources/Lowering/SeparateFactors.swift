// A buffer of its own for each factor of a contraction.

import IRCore
import TensorIR

extension Graph {
  /// The region in which no parameter serves two of these: the contraction's first operand, its
  /// second one, and what follows. Schedules treat each by buffer, and may read one in panels and
  /// the other as it stands.
  ///
  /// - Returns: the region, and which parameters its further ones, at the end, repeat.
  func separatingFactors() -> (region: Graph, repeated: [Int]) {
    guard let contraction = ids.first(where: { self[$0].isContraction }) else { return (self, []) }
    var separation = FactorSeparation(self, contraction)
    return separation.repeated.isEmpty ? (self, []) : (separation.region(), separation.repeated)
  }
}

extension Node {
  /// Whether it is a contraction.
  var isContraction: Bool {
    if case .contract = kind { return true }
    return false
  }
}

/// Copies a region, what several uses share once for each.
private struct FactorSeparation {
  private let graph: Graph
  private let contraction: NodeID
  /// By use (first factor, second factor, what follows): the nodes that it needs.
  private let needed: [Set<NodeID>]
  /// Parameters that a second or third use needs again, by use.
  private var again: [(use: Int, parameter: NodeID)] = []

  init(_ graph: Graph, _ contraction: NodeID) {
    self.graph = graph
    self.contraction = contraction
    let factors = graph[contraction].operands.map { [$0.value].compactMap { $0?.node } }
    let roots = factors + [graph.results.map(\.node)]
    needed = roots.map { Self.closure(of: $0, in: graph, without: contraction) }
    var taken: Set<NodeID> = []
    for (use, nodes) in needed.enumerated() {
      for parameter in graph.parameters where nodes.contains(parameter) {
        if !taken.insert(parameter).inserted { again.append((use, parameter)) }
      }
    }
    if graph.parameters.count + again.count + graph.results.count > Self.mostArguments {
      again = []
    }
  }

  /// The most tensors that a kernel reads and writes.
  private static let mostArguments = 120

  /// Numbers of the parameters that are repeated.
  var repeated: [Int] {
    again.compactMap { item in graph.parameters.firstIndex(of: item.parameter) }
  }

  private static func closure(
    of roots: [NodeID], in graph: Graph, without end: NodeID
  ) -> Set<NodeID> {
    var found: Set<NodeID> = []
    var pending = roots
    while let id = pending.popLast() {
      guard id != end, found.insert(id).inserted else { continue }
      pending += graph[id].operands.compactMap { $0.value?.node }
    }
    return found
  }

  mutating func region() -> Graph {
    var result = Graph(name: graph.name)
    var values = [[ValueID: ValueID]](repeating: [:], count: needed.count)
    for id in graph.parameters {
      let copy = ValueID(result.append(graph[id], at: graph.locations[id.index]))
      for use in values.indices { values[use][ValueID(id)] = copy }
    }
    for (use, id) in again {
      let node = Node(.parameter(freshName(like: id, in: result)), [], graph[id].types)
      values[use][ValueID(id)] = ValueID(result.append(node, at: graph.locations[id.index]))
    }
    var known: [Node: NodeID] = [:]
    for id in graph.ids where !graph[id].isParameter {
      for use in values.indices where needed[use].contains(id) || id == contraction {
        var node = graph[id]
        node.operands = node.operands.enumerated().map { place, operand in
          guard let value = operand.value else { return operand }
          let own = id == contraction ? place : use
          return values[own][value].map { .value($0) } ?? operand
        }
        let copy = known[node] ?? result.append(node, at: graph.locations[id.index])
        known[node] = copy
        values[use][ValueID(id)] = ValueID(copy)
      }
    }
    result.results = graph.results.compactMap { values[needed.count - 1][$0] }
    return result
  }

  private func freshName(like id: NodeID, in graph: Graph) -> String {
    guard case .parameter(let name) = self.graph[id].kind else { return "x" }
    var number = 1
    while graph.nodes.contains(where: { $0.kind == .parameter("\(name)_\(number)") }) {
      number += 1
    }
    return "\(name)_\(number)"
  }
}
