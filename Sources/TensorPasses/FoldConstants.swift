// Pass: fold-constants.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// The largest number of elements of a constant that folding makes.
  static var largestFoldedConstant: Int { 4096 }

  /// Evaluates elementwise nodes, views, reductions, scans and contractions whose operands are
  /// literals or constants.
  ///
  /// Requires a verified module. Guarantees the bits that `row` computes: `mulAdd` rounds once where
  /// the row has FMA, so programs folded for one row are not for another. Elementwise nodes of
  /// literals become literals at any shape; with constants the result is a constant of at most 4096
  /// elements, larger ones stay, and so do views that would make a constant longer. Linear in the
  /// number of nodes and folded elements.
  public static func foldConstants(for row: TargetRow) -> Pass {
    Pass.onGraphs("fold-constants", summary: "evaluate nodes of constants (depends on the CPU row)")
    { graph in
      graph.rewritten { rewriter, node, location in
        if let replacement = rewriter.folded(node, row) {
          switch replacement {
          case .literal(let literal): rewriter.finish([.literal(literal)])
          case .data(let data):
            rewriter.keep(Node(.constant(data), [], node.types[0]), at: location)
          }
        } else {
          rewriter.keep(node, at: location)
        }
      }
    }
  }
}

/// Result of folding a node.
private enum Folded {
  case literal(Literal)
  case data(TensorData)

  init(_ value: TensorValue) {
    let data = TensorData(value.type, bytes: value.bytes)
    self = data.repeatedElement.map { .literal($0) } ?? .data(data)
  }
}

extension GraphRewriter {
  fileprivate func folded(_ node: Node, _ row: TargetRow) -> Folded? {
    switch node.kind {
    case .elementwise: foldedElementwise(node, row)
    case .view(let view): foldedView(view, node)
    case .reduce(let reduction): foldedReduction(reduction, node)
    case .scan(let scan): foldedScan(scan, node)
    case .contract(let contraction): foldedContraction(contraction, node, row)
    case .parameter, .constant, .iota, .call, .kernel, .concat, .gather, .scatter, .sort, .loop,
      .conditional, .custom:
      nil
    }
  }

  private func foldedElementwise(_ node: Node, _ row: TargetRow) -> Folded? {
    let literals = node.operands.compactMap(\.literal)
    if literals.count == node.operands.count {
      let operands = literals.map { Evaluation.Operand.literal($0) }
      return .literal(
        Evaluation.elementwise(node, operands, [], fused: row.hasFMA).elements[0])
    }
    guard let extents = foldableExtents(node.types[0]) else { return nil }
    var operands: [Evaluation.Operand] = []
    for operand in node.operands {
      switch operand {
      case .literal(let literal): operands.append(.literal(literal))
      case .value(let id):
        guard let value = constant(id) else { return nil }
        operands.append(.tensor(value))
      }
    }
    return Folded(Evaluation.elementwise(node, operands, extents, fused: row.hasFMA))
  }

  private func foldedView(_ view: View, _ node: Node) -> Folded? {
    guard let source = node.operands[0].value, let operand = constant(source),
      let extents = foldableExtents(node.types[0]),
      case .success(let result) = Evaluation.view(view, operand, extents, [:]),
      result.count <= operand.count
    else { return nil }
    return Folded(result)
  }

  private func foldedReduction(_ reduction: Reduction, _ node: Node) -> Folded? {
    guard let source = node.operands[0].value, let operand = constant(source),
      operand.count <= Pass<Module, Module>.largestFoldedConstant,
      let extents = foldableExtents(node.types[0])
    else { return nil }
    return Folded(Evaluation.reduce(reduction, operand, extents))
  }

  private func foldedScan(_ scan: Scan, _ node: Node) -> Folded? {
    guard let source = node.operands[0].value, let operand = constant(source),
      foldableExtents(node.types[0]) != nil
    else { return nil }
    guard node.operands.count == 2 else { return Folded(Evaluation.scan(scan, operand)) }
    guard let starts = node.operands[1].value.flatMap(constant) else { return nil }
    return Folded(Evaluation.scan(scan, operand, from: starts))
  }

  private func foldedContraction(
    _ contraction: Contraction, _ node: Node, _ row: TargetRow
  ) -> Folded? {
    let operands = node.operands.compactMap(\.value).compactMap { constant($0) }
    let summed = contraction.summed.compactMap(\.asConstant)
    guard operands.count == node.operands.count, summed.count == contraction.summed.count,
      let extents = foldableExtents(node.types[0]),
      let terms = Graph.elementCount(extents + summed), terms <= Self.mostFoldedProducts
    else { return nil }
    return Folded(
      Evaluation.contract(
        contraction, operands, result: (node.types[0].dtype, extents), summed: summed, [:],
        fused: row.hasFMA))
  }

  /// The most products of a contraction that folding computes.
  private static let mostFoldedProducts = 1 << 16

  private func foldableExtents(_ type: TensorType) -> [Int]? {
    guard let extents = type.extents, let count = Graph.elementCount(extents),
      count <= Pass<Module, Module>.largestFoldedConstant
    else { return nil }
    return extents
  }

  private func constant(_ id: ValueID) -> TensorValue? {
    guard case .constant(let data) = graph[id.node].kind,
      let extents = graph[type: id].extents
    else { return nil }
    return TensorValue(data.type, extents, bytes: data.bytes)
  }
}
