// argMax and argMin from simpler reductions.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Turns argMax and argMin of the first graph into the best value, a comparison with it, and the
  /// least position that compares equal; the three fuse into one kernel.
  ///
  /// Requires: no calls in the first graph. Guarantees: the same values: the first NaN where there
  /// is one, else the first of the best elements.
  public static let expandArguments = Pass.onFirstGraph(
    "expand-arguments", summary: "argMax and argMin from max, min and positions"
  ) { graph in
    graph.copied { copy, node, location in
      guard case .reduce(let reduction) = node.kind, reduction.monoid.row.givesPlace,
        let operand = node.operands[0].value,
        reduction.axes.dropFirst().allSatisfy({ copy[type: operand].shape[$0].asConstant != nil })
      else { return nil }
      return copy.expand(reduction, operand, node.types[0], location).value.map { [$0] }
    }
  }
}

extension Graph {
  private mutating func append(
    _ kind: NodeKind, _ operands: [TensorOperand], _ dtype: DType, _ shape: [IndexExpression],
    _ location: SourceLocation
  ) -> TensorOperand {
    .value(ValueID(append(Node(kind, operands, TensorType(dtype, shape)), at: location)))
  }

  /// Appends what an argMax or argMin is made of; the place.
  fileprivate mutating func expand(
    _ reduction: Reduction, _ operand: ValueID, _ type: TensorType, _ location: SourceLocation
  ) -> TensorOperand {
    let source = self[type: operand]
    let shape = source.shape
    let x = TensorOperand.value(operand)
    let best = append(
      .reduce(
        Reduction(
          reduction.monoid == .argMax ? .max : .min, axes: reduction.axes, order: reduction.order)),
      [x], source.dtype, type.shape, location)
    let kept = shape.indices.filter { !reduction.axes.contains($0) }
    let spread = append(
      .view(View(kept.map { .variable($0) })), [best], source.dtype, shape, location)
    var isBest = append(.elementwise(.eq), [x, spread], .bool, shape, location)
    if source.dtype.isFloat {
      let isNaN = append(.elementwise(.isNaN), [x], .bool, shape, location)
      isBest = append(.elementwise(.or), [isBest, isNaN], .bool, shape, location)
    }
    let position = position(reduction.axes, shape, location)
    let place = append(
      .elementwise(.select), [isBest, position, .literal(Literal(.i64, integer: .max))], .i64,
      shape, location)
    let first = Reduction(.min, axes: reduction.axes, order: reduction.order)
    return append(.reduce(first), [place], .i64, type.shape, location)
  }

  /// The row-major position along the axes.
  private mutating func position(
    _ axes: [Int], _ shape: [IndexExpression], _ location: SourceLocation
  ) -> TensorOperand {
    var position = append(.iota(axis: axes[0]), [], .i64, shape, location)
    for axis in axes.dropFirst() {
      let extent = TensorOperand.literal(Literal(.i64, integer: shape[axis].asConstant ?? 1))
      let outer = append(.elementwise(.mul), [position, extent], .i64, shape, location)
      let inner = append(.iota(axis: axis), [], .i64, shape, location)
      position = append(.elementwise(.add), [outer, inner], .i64, shape, location)
    }
    return position
  }
}
