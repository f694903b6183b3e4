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
  public static let splitReductions = Pass.onFirstGraph(
    "split-reductions", summary: "one reduction per chunk, and one of their results"
  ) { graph in
    graph.copied { copy, node, location in copy.split(node, at: location).map { [$0] } }
  }
}

/// The most lanes in which partial results are folded at once.
private let widestFold = 256

extension Graph {
  /// Appends the two reductions of one of more than a chunk; `nil` for other nodes.
  fileprivate mutating func split(_ node: Node, at location: SourceLocation) -> ValueID? {
    guard case .reduce(let reduction) = node.kind,
      case .lanes(let lanes, let chunk) = reduction.order,
      !reduction.monoid.row.givesPlace, let operand = node.operands[0].value,
      let extents = self[type: operand].extents
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
    let walked = [IndexExpression(chunk)]
    let viewShape = isInnermost ? partialShape + walked : sizes + walked + kept
    let viewed = append(
      Node(
        .view(view), [.value(operand)], TensorType(self[type: operand].dtype, viewShape)),
      at: location)
    let first = Reduction(
      reduction.monoid, axes: [isInnermost ? partialShape.count : 1],
      order: .lanes(lanes, chunk: chunk))
    let partial = append(
      Node(.reduce(first), [.value(ValueID(viewed))], TensorType(type.dtype, partialShape)),
      at: location)
    return fold(
      ValueID(partial), axis: isInnermost ? kept.count : 0, reduction.monoid, type, at: location)
  }

  /// Combines partial results along an axis by halves. Beyond `widestFold` of them the first
  /// halvings combine elements that are whole groups apart, which is a reduction of its own.
  private mutating func fold(
    _ partial: ValueID, axis: Int, _ monoid: Reduction.Monoid, _ type: TensorType,
    at location: SourceLocation
  ) -> ValueID {
    let shape = self[type: partial].shape
    let count = shape[axis].asConstant ?? 1
    let width = count.roundedUpToPowerOfTwo
    guard width > widestFold else {
      let order = CombinationOrder.lanes(width, chunk: width)
      let last = Reduction(monoid, axes: [axis], order: order)
      return ValueID(append(Node(.reduce(last), [.value(partial)], type), at: location))
    }
    let groups = width / widestFold
    var grouped = shape
    grouped[axis] = IndexExpression(groups)
    grouped.insert(IndexExpression(widestFold), at: axis + 1)
    let position =
      IndexExpression.variable(axis) * IndexExpression(widestFold) + .variable(axis + 1)
    let indices = shape.indices.map { place -> IndexExpression in
      place == axis ? position : .variable(place < axis ? place : place + 1)
    }
    let isWhole = count == width
    let guards = isWhole ? [] : [View.Guard(position, in: 0, IndexExpression(count))]
    let view = View(indices, guards: guards, fill: isWhole ? nil : monoid.identity(type.dtype))
    let viewed = append(
      Node(.view(view), [.value(partial)], TensorType(type.dtype, grouped)), at: location)
    var rest = shape
    rest[axis] = IndexExpression(widestFold)
    let folded = fold(
      ValueID(viewed), axis: axis, monoid, TensorType(type.dtype, rest), at: location)
    return fold(folded, axis: axis, monoid, type, at: location)
  }

  /// The operand by chunk and position in it, both after the kept axes or both before them; past
  /// the end it holds the identity.
  private func chunkView(
    _ reduction: Reduction, _ extents: [Int], chunk: Int, count: Int, chunksFirst: Bool,
    _ type: DType
  ) -> View {
    let kept = extents.indices.filter { !reduction.axes.contains($0) }
    let chunkAxis = chunksFirst ? 0 : kept.count
    let position =
      IndexExpression.variable(chunkAxis) * IndexExpression(chunk)
      + IndexExpression.variable(chunksFirst ? 1 : kept.count + 1)
    var indices = [IndexExpression](repeating: 0, count: extents.count)
    for (place, axis) in kept.enumerated() {
      indices[axis] = .variable(chunksFirst ? place + 2 : place)
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
