// What canonicalize makes of reductions and scans.

import IRCore
import TensorIR

extension GraphRewriter {
  /// Leaves out axes of extent 1, which need no combination; a reduction of nothing is a literal.
  mutating func keepReduction(
    _ reduction: Reduction, _ node: Node, _ location: SourceLocation
  ) {
    guard let source = node.operands[0].value else { return keep(node, at: location) }
    let operand = graph[type: source]
    let axes = reduction.axes
    if axes.contains(where: { operand.shape[$0] == 0 }) {
      return finish([.literal(reduction.monoid.identity(operand.dtype))])
    }
    let single = axes.filter { operand.shape[$0] == 1 }
    if single.isEmpty { return keep(node, at: location) }
    if single == axes {
      if reduction.monoid.row.givesPlace { return finish([.literal(.zero(.i64))]) }
      let squeezed = squeeze(source, single, location)
      return keepFromIdentity(reduction.monoid, squeezed, location)
    }
    // A place among the elements does not change either when axes of extent 1 go.
    var smaller = reduction
    smaller.axes = axes.filter { !single.contains($0) }.map { axis in
      axis - single.count { $0 < axis }
    }
    let squeezed = squeeze(source, single, location)
    keep(Node(.reduce(smaller), [.value(squeezed)], node.types), at: location)
  }

  /// Leaves out scans along axes of extent 1.
  mutating func keepScan(_ scan: Scan, _ node: Node, _ location: SourceLocation) {
    guard let source = node.operands[0].value, node.types[0].shape[scan.axis] == 1 else {
      return keep(node, at: location)
    }
    // Zeros of either sign forbid more, where chunks start from given values.
    if let starts = node.operands.dropFirst().first?.value {
      return scan.isExclusive ? finish([.value(starts)]) : keep(node, at: location)
    }
    if scan.isExclusive {
      return finish([.literal(scan.monoid.identity(node.types[0].dtype))])
    }
    keepFromIdentity(scan.monoid, source, location)
  }

  /// The combination of the identity with each element alone: the element itself, except that a
  /// sum of floats turns -0.0 into 0.0.
  private mutating func keepFromIdentity(
    _ monoid: Reduction.Monoid, _ value: ValueID, _ location: SourceLocation
  ) {
    let type = graph[type: value]
    guard monoid == .sum, type.dtype.isFloat else { return finish([.value(value)]) }
    let zero = TensorOperand.literal(.zero(type.dtype))
    keep(Node(.elementwise(.add), [.value(value), zero], type), at: location)
  }

  /// A view without `axes`, whose extents are 1.
  mutating func squeeze(
    _ value: ValueID, _ axes: [Int], _ location: SourceLocation
  ) -> ValueID {
    let type = graph[type: value]
    let kept = type.shape.indices.filter { !axes.contains($0) }
    var indices = [IndexExpression](repeating: 0, count: type.rank)
    for (axis, source) in kept.enumerated() { indices[source] = .variable(axis) }
    let result = TensorType(type.dtype, kept.map { type.shape[$0] })
    let (view, operand) = composed(View(indices), value, result.shape)
    if view.isIdentity(from: graph[type: operand], to: result) { return operand }
    return ValueID(append(Node(.view(view), [.value(operand)], result), at: location))
  }
}
