// Rebuilding a graph node by node, which every pass on graphs does.

package import IRCore
package import TensorIR

/// What a pass makes of a value: another value of the new graph, or one literal everywhere.
package typealias Replacement = TensorOperand

/// New graph in the making, with what became of each value of the old one.
///
/// A value that turned out to be one literal everywhere has no node until something other than an
/// elementwise node, or the graph's result, needs it; then one is made of a scalar constant.
package struct GraphRewriter {
  /// The new graph.
  package private(set) var graph: Graph
  private let old: Graph
  private var replacements: [[Replacement]] = []
  private var materialized: [SplatKey: ValueID] = [:]

  private struct SplatKey: Hashable {
    let literal: Literal
    let shape: [IndexExpression]
  }

  /// Begins an empty graph of the same name.
  package init(_ old: Graph) {
    self.old = old
    graph = Graph(name: old.name)
    replacements.reserveCapacity(old.nodes.count)
  }

  /// What became of an old operand.
  package func operand(_ operand: TensorOperand) -> Replacement {
    switch operand {
    case .value(let id): replacements[id.node.index][id.result]
    case .literal: operand
    }
  }

  /// The old node with what became of its operands: literals only where they may stand, and to the
  /// right of commutative rows.
  package mutating func node(_ id: NodeID) -> Node {
    var node = old[id]
    let location = old.locations[id.index]
    if case .elementwise(let row) = node.kind {
      for index in node.operands.indices {
        node.operands[index] = operand(node.operands[index])
      }
      if row.isCommutative, node.operands[0].literal != nil, node.operands[1].value != nil {
        node.operands.swapAt(0, 1)
      }
      return node
    }
    for index in node.operands.indices {
      let operand = self.operand(node.operands[index])
      if let value = node.operands[index].value {
        node.operands[index] = .value(self.value(operand, like: old[type: value], location))
      }
    }
    return node
  }

  /// The literal that a view of a literal is, unless it fills with another element.
  fileprivate func viewedLiteral(_ node: Node) -> Literal? {
    guard case .view(let view) = node.kind,
      let literal = node.operands.first.flatMap({ operand($0).literal })
    else { return nil }
    return view.fill == nil || view.fill == literal ? literal : nil
  }

  /// Adds a node to the new graph.
  package mutating func append(_ node: Node, at location: SourceLocation) -> NodeID {
    graph.append(node, at: location)
  }

  /// States what became of the next old node.
  package mutating func finish(_ results: [Replacement]) { replacements.append(results) }

  /// Adds a node in place of the next old node.
  package mutating func keep(_ node: Node, at location: SourceLocation) {
    let id = append(node, at: location)
    finish(node.types.indices.map { .value(ValueID(id, $0)) })
  }

  /// The finished graph with the old one's results.
  package mutating func finished() -> Graph {
    graph.results = old.results.map { result in
      value(
        operand(.value(result)), like: old[type: result], old.locations[result.node.index])
    }
    return graph
  }

  /// A value for an operand; a literal becomes a scalar constant and its broadcast.
  private mutating func value(
    _ operand: Replacement, like type: TensorType, _ location: SourceLocation
  ) -> ValueID {
    switch operand {
    case .value(let id): return id
    case .literal(let literal):
      let key = SplatKey(literal: literal, shape: type.shape)
      if let known = materialized[key] { return known }
      var value = scalar(literal, location)
      if type.rank > 0 {
        let node = Node(.view(View([])), [.value(value)], TensorType(literal.type, type.shape))
        value = ValueID(append(node, at: location))
      }
      materialized[key] = value
      return value
    }
  }

  private mutating func scalar(_ literal: Literal, _ location: SourceLocation) -> ValueID {
    let key = SplatKey(literal: literal, shape: [])
    if let known = materialized[key] { return known }
    let data = TensorData(literal.type, [literal])
    let value = ValueID(
      append(Node(.constant(data), [], TensorType(literal.type)), at: location))
    materialized[key] = value
    return value
  }
}

extension Graph {
  /// Rebuilds the graph: `rewrite` sees each node with its operands in the new graph, and answers
  /// what becomes of it. Nodes that it leaves out vanish; others keep their places.
  package func rewritten(
    _ rewrite: (inout GraphRewriter, Node, SourceLocation) -> Void
  ) -> Graph {
    rewrittenByID { rewriter, _, node, location in rewrite(&rewriter, node, location) }
  }

  /// Rebuilds the graph: `rewritten` for rules that ask what a node was called before.
  package func rewrittenByID(
    _ rewrite: (inout GraphRewriter, NodeID, Node, SourceLocation) -> Void
  ) -> Graph {
    var rewriter = GraphRewriter(self)
    for id in ids {
      if let literal = rewriter.viewedLiteral(self[id]) {
        rewriter.finish([.literal(literal)])
        continue
      }
      let node = rewriter.node(id)
      rewrite(&rewriter, id, node, locations[id.index])
    }
    return rewriter.finished()
  }
}

extension Pass where Input == Module, Output == Module {
  /// A pass that treats each graph of a module, and each that a node holds, by itself.
  static func onGraphs(
    _ name: String, summary: String, changesRounding: Bool = false,
    _ body: @escaping @Sendable (Graph) -> Graph
  ) -> Self {
    Pass(name, summary: summary, changesRounding: changesRounding) { module in
      var module = module
      for index in module.graphs.indices {
        module.graphs[index] = module.graphs[index].mappingWithBodies(body)
      }
      return module
    }
  }

  /// A pass that treats the first graph of a module, and each that its nodes hold, by itself.
  static func onFirstGraph(
    _ name: String, summary: String, _ body: @escaping @Sendable (Graph) -> Graph
  ) -> Self {
    Pass(name, summary: summary) { module in
      guard let main = module.graphs.first else { return module }
      return Module(
        graphs: [main.mappingWithBodies(body)] + module.graphs.dropFirst(),
        kernels: module.kernels)
    }
  }
}
