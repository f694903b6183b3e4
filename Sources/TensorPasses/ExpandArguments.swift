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
    var expansion = ArgumentExpansion(graph)
    return expansion.run()
  }
}

/// Copies a graph, expanding on the way.
private struct ArgumentExpansion {
  private let graph: Graph
  private var result: Graph
  private var values: [ValueID: ValueID] = [:]
  private var location = SourceLocation.unknown

  init(_ graph: Graph) {
    self.graph = graph
    result = Graph(name: graph.name)
  }

  mutating func run() -> Graph {
    for id in graph.ids {
      var node = graph[id]
      location = graph.locations[id.index]
      node.operands = node.operands.map { $0.renamed(values) }
      if case .reduce(let reduction) = node.kind, reduction.monoid.row.givesPlace,
        let operand = node.operands[0].value,
        reduction.axes.dropFirst().allSatisfy({ result[type: operand].shape[$0].asConstant != nil })
      {
        values[ValueID(id)] = expand(reduction, operand, node.types[0])
      } else {
        let copy = result.append(node, at: location)
        for index in node.types.indices { values[ValueID(id, index)] = ValueID(copy, index) }
      }
    }
    result.results = graph.results.compactMap { values[$0] }
    return result
  }

  private mutating func append(
    _ kind: NodeKind, _ operands: [TensorOperand], _ dtype: DType, _ shape: [IndexExpression]
  ) -> TensorOperand {
    .value(ValueID(result.append(Node(kind, operands, TensorType(dtype, shape)), at: location)))
  }

  private mutating func expand(
    _ reduction: Reduction, _ operand: ValueID, _ type: TensorType
  ) -> ValueID? {
    let source = result[type: operand]
    let shape = source.shape
    let x = TensorOperand.value(operand)
    let best = append(
      .reduce(
        Reduction(
          reduction.monoid == .argMax ? .max : .min, axes: reduction.axes, order: reduction.order)),
      [x], source.dtype, type.shape)
    let kept = shape.indices.filter { !reduction.axes.contains($0) }
    let spread = append(.view(View(kept.map { .variable($0) })), [best], source.dtype, shape)
    var isBest = append(.elementwise(.eq), [x, spread], .bool, shape)
    if source.dtype.isFloat {
      let isNaN = append(.elementwise(.isNaN), [x], .bool, shape)
      isBest = append(.elementwise(.or), [isBest, isNaN], .bool, shape)
    }
    let position = position(reduction.axes, shape)
    let place = append(
      .elementwise(.select), [isBest, position, .literal(Literal(.i64, integer: .max))], .i64,
      shape)
    let first = Reduction(.min, axes: reduction.axes, order: reduction.order)
    return append(.reduce(first), [place], .i64, type.shape).value
  }

  /// The row-major position along the axes.
  private mutating func position(_ axes: [Int], _ shape: [IndexExpression]) -> TensorOperand {
    var position = append(.iota(axis: axes[0]), [], .i64, shape)
    for axis in axes.dropFirst() {
      let extent = TensorOperand.literal(Literal(.i64, integer: shape[axis].asConstant ?? 1))
      let outer = append(.elementwise(.mul), [position, extent], .i64, shape)
      let inner = append(.iota(axis: axis), [], .i64, shape)
      position = append(.elementwise(.add), [outer, inner], .i64, shape)
    }
    return position
  }
}
