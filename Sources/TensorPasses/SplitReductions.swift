// Long reductions in two steps.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Turns reductions of more elements than one chunk of their order into one reduction per chunk
  /// and one of the chunks' results: what the order says already, now as nodes, so that chunks
  /// are shared out to threads.
  ///
  /// Requires: no calls in the first graph. Guarantees: the same bits; where the number of
  /// elements is known, no reduction in lanes combines more than one chunk.
  public static let splitReductions = Pass(
    "split-reductions", summary: "one reduction per chunk, and one of their results"
  ) { module in
    guard let main = module.graphs.first else { return module }
    var splitting = ReductionSplitting(main)
    return Module(graphs: [splitting.run()] + module.graphs.dropFirst(), kernels: module.kernels)
  }
}

/// Copies a graph, splitting reductions on the way.
private struct ReductionSplitting {
  private let graph: Graph
  private var result: Graph
  private var values: [ValueID: ValueID] = [:]

  init(_ graph: Graph) {
    self.graph = graph
    result = Graph(name: graph.name)
  }

  mutating func run() -> Graph {
    for id in graph.ids {
      var node = graph[id]
      let location = graph.locations[id.index]
      node.operands = node.operands.map { operand in
        operand.value.flatMap { values[$0] }.map { .value($0) } ?? operand
      }
      if let split = split(node, at: location) {
        values[ValueID(id)] = split
      } else {
        let copy = result.append(node, at: location)
        for index in node.types.indices { values[ValueID(id, index)] = ValueID(copy, index) }
      }
    }
    result.results = graph.results.compactMap { values[$0] }
    return result
  }

  private mutating func split(_ node: Node, at location: SourceLocation) -> ValueID? {
    guard case .reduce(let reduction) = node.kind,
      case .lanes(let lanes, let chunk) = reduction.order,
      !reduction.monoid.row.givesPlace, let operand = node.operands[0].value,
      let extents = result[type: operand].extents
    else { return nil }
    let count = reduction.axes.reduce(1) { $0 * extents[$1] }
    guard count > chunk else { return nil }
    let chunks = (count + chunk - 1) / chunk
    let type = node.types[0]
    let isInnermost = reduction.axes == Array(extents.count - reduction.axes.count..<extents.count)
    let view = chunkView(
      reduction, extents, chunk: chunk, count: count, chunksFirst: !isInnermost, type.dtype)
    let kept = type.shape
    let sizes = [IndexExpression(chunks)]
    let partialShape = isInnermost ? kept + sizes : sizes + kept
    let viewed = result.append(
      Node(
        .view(view), [.value(operand)],
        TensorType(result[type: operand].dtype, partialShape + [IndexExpression(chunk)])),
      at: location)
    let first = Reduction(
      reduction.monoid, axes: [partialShape.count], order: .lanes(lanes, chunk: chunk))
    let partial = result.append(
      Node(.reduce(first), [.value(ValueID(viewed))], TensorType(type.dtype, partialShape)),
      at: location)
    let width = chunks.roundedUpToPowerOfTwo
    let second = Reduction(
      reduction.monoid, axes: [isInnermost ? kept.count : 0], order: .lanes(width, chunk: width))
    let id = result.append(Node(.reduce(second), [.value(ValueID(partial))], type), at: location)
    return ValueID(id)
  }

  /// The operand by chunk and position in it, after the kept axes or with the chunk before them;
  /// past the end it holds the identity.
  private func chunkView(
    _ reduction: Reduction, _ extents: [Int], chunk: Int, count: Int, chunksFirst: Bool,
    _ type: DType
  ) -> View {
    let kept = extents.indices.filter { !reduction.axes.contains($0) }
    let chunkAxis = chunksFirst ? 0 : kept.count
    let position =
      IndexExpression.variable(chunkAxis) * IndexExpression(chunk)
      + IndexExpression.variable(kept.count + 1)
    var indices = [IndexExpression](repeating: 0, count: extents.count)
    for (place, axis) in kept.enumerated() {
      indices[axis] = .variable(chunksFirst ? place + 1 : place)
    }
    var stride = count
    for axis in reduction.axes {
      stride /= extents[axis]
      let whole = position.floorDiv(IndexExpression(stride))
      indices[axis] = axis == reduction.axes[0] ? whole : whole.mod(IndexExpression(extents[axis]))
    }
    guard count % chunk != 0 else { return View(indices) }
    return View(
      indices, guards: [View.Guard(position, in: 0, IndexExpression(count))],
      fill: reduction.monoid.identity(type))
  }
}
