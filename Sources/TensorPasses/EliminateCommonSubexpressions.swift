// Pass: cse.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Merges nodes that compute the same: equal kind, attributes, types and operands, literals by
  /// bits, operands of commutative rows in either order. The first one stays, with its location.
  ///
  /// Requires a verified module. Guarantees the same bits and no two such nodes. Nothing has side
  /// effects, so calls and kernels merge too. Linear.
  public static let eliminateCommonSubexpressions = Pass.onGraphs(
    "cse", summary: "merge nodes that compute the same"
  ) { graph in
    var known: [Node: NodeID] = [:]
    return graph.rewritten { rewriter, node, location in
      guard !node.isParameter else { return rewriter.keep(node, at: location) }
      let key = node.withSortedOperands
      if let first = known[key] {
        rewriter.finish(node.types.indices.map { .value(ValueID(first, $0)) })
      } else {
        rewriter.keep(node, at: location)
        known[key] = NodeID(rewriter.graph.nodes.count - 1)
      }
    }
  }
}

extension Node {
  /// The node with the operands of a commutative row in the order of their definition.
  fileprivate var withSortedOperands: Node {
    guard case .elementwise(let row) = kind, row.isCommutative, let a = operands[0].value,
      let b = operands[1].value,
      (b.node.index, b.result) < (a.node.index, a.result)
    else { return self }
    var node = self
    node.operands.swapAt(0, 1)
    return node
  }
}
