// Scans of many chunks as totals of chunks, a scan of these, and scans of chunks.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Gives scans of more elements than one chunk of their order what each chunk starts from: the
  /// chunks' totals, scanned one after the other. The order says so already; as nodes, chunks are
  /// shared out to threads, which read the operand twice and wait once.
  ///
  /// Guarantees: the same bits; where the number of elements is known, a scan of several chunks
  /// has a second operand.
  public static let splitScans = Pass.onGraphs(
    "split-scans", summary: "what each chunk of a scan starts from, as nodes"
  ) { graph in
    graph.rewritten { rewriter, node, location in
      if let starts = rewriter.starts(of: node, at: location) {
        rewriter.keep(Node(node.kind, node.operands + [.value(starts)], node.types), at: location)
      } else {
        rewriter.keep(node, at: location)
      }
    }
  }
}

extension GraphRewriter {
  /// What the chunks of a scan start from; `nil` where there is one chunk, or an answer already.
  fileprivate mutating func starts(of node: Node, at location: SourceLocation) -> ValueID? {
    guard case .scan(let scan) = node.kind, case .lanes(let lanes, let chunk) = scan.order,
      node.operands.count == 1, let count = node.types[0].shape[scan.axis].asConstant,
      count > chunk
    else { return nil }
    let startsType = scan.startsType(for: node.types[0])
    var chunked = startsType
    chunked.shape.insert(IndexExpression(chunk), at: scan.axis + 1)
    let view = scan.chunkView(of: node.types[0], count: count, chunk: chunk)
    let elements = append(Node(.view(view), node.operands, chunked), at: location)
    let total = Reduction(
      scan.monoid, axes: [scan.axis + 1], order: .lanes(lanes, chunk: chunk))
    let totals = append(
      Node(.reduce(total), [.value(ValueID(elements))], startsType), at: location)
    let before = Scan(
      scan.monoid, axis: scan.axis, isExclusive: true, isReverse: false, order: .sequential)
    let starts = append(Node(.scan(before), [.value(ValueID(totals))], startsType), at: location)
    return ValueID(starts)
  }
}

extension Scan {
  /// The operand with the axis as two, chunks in the direction of the scan and positions in a
  /// chunk; past the end there is the identity.
  fileprivate func chunkView(of type: TensorType, count: Int, chunk: Int) -> View {
    let position = .variable(axis) * IndexExpression(chunk) + .variable(axis + 1)
    let indices = type.shape.indices.map { place -> IndexExpression in
      if place < axis { return .variable(place) }
      if place > axis { return .variable(place + 1) }
      return isReverse ? IndexExpression(count - 1) - position : position
    }
    guard count % chunk != 0 else { return View(indices) }
    return View(
      indices, guards: [View.Guard(position, in: 0, IndexExpression(count))],
      fill: monoid.identity(type.dtype))
  }
}
