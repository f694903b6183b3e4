// How values and axes are spelled in text and messages.

package import IRCore

/// Spellings of a graph's values: parameters by name, other values numbered in order.
package struct ValueNames {
  private let starts: [Int]
  private let graph: Graph

  /// Numbers the values of `graph`.
  package init(_ graph: Graph) {
    self.graph = graph
    var next = 0
    var starts: [Int] = []
    starts.reserveCapacity(graph.nodes.count)
    for node in graph.nodes {
      starts.append(next)
      if !node.isParameter { next += node.types.count }
    }
    self.starts = starts
  }

  /// The spelling with its mark; `%?` for a value that does not exist.
  package subscript(id: ValueID) -> String {
    guard graph.nodes.indices.contains(id.node.index) else { return "%?\(id.node.index)" }
    if case .parameter(let name) = graph[id.node].kind { return "%\(name)" }
    return "%\(starts[id.node.index] + id.result)"
  }
}

/// Spellings of a view's axes: i, j, k, …, without those that symbols have.
package struct AxisNames {
  private let names: [String]

  /// Picks names that are not among `symbols`.
  package init(avoiding symbols: [String]) {
    let letters = "ijklmnopqrstuvwxyz".map(String.init)
    let all = letters + (1..<9).flatMap { number in letters.map { "\($0)\(number)" } }
    let taken = Set(symbols)
    names = all.filter { !taken.contains($0) }
  }

  /// The spelling of an axis; `axis200` beyond those that have one.
  package subscript(axis: Int) -> String {
    names.indices.contains(axis) ? names[axis] : "axis\(axis)"
  }
}

extension Graph {
  /// Every symbol in types and index maps, in order of first occurrence.
  package var symbols: [String] {
    var found: [String] = []
    var known: Set<String> = []
    forEachIndexExpression { expression in
      expression.forEachLeaf { atom in
        if case .symbol(let name) = atom, known.insert(name).inserted { found.append(name) }
      }
    }
    return found
  }

  /// Calls `visit` on the extents and index maps of every node in order.
  private func forEachIndexExpression(_ visit: (IndexExpression) -> Void) {
    for node in nodes {
      for type in node.types { type.shape.forEach(visit) }
      node.kind.forEachIndexExpression(visit)
    }
  }
}

extension NodeKind {
  /// Calls `visit` on the index expressions among the attributes.
  package func forEachIndexExpression(_ visit: (IndexExpression) -> Void) {
    switch self {
    case .view(let view):
      view.indices.forEach(visit)
      for condition in view.guards {
        [condition.expression, condition.lower, condition.upper].forEach(visit)
      }
    case .contract(let contraction):
      contraction.operands.joined().forEach(visit)
      contraction.summed.forEach(visit)
    case .loop(let loop):
      loop.count.map(visit)
      loop.inputRows.forEach(visit)
      loop.stacks.forEach { visit($0.row) }
    case .parameter, .constant, .iota, .elementwise, .call, .kernel, .reduce, .scan, .concat,
      .gather, .scatter, .sort, .conditional, .custom:
      break
    }
  }
}
