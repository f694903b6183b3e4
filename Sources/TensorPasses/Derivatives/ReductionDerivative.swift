// Reductions.

import IRCore
import TensorIR

extension DerivativeBuilder {
  /// Which elements equal their maximum or minimum, and for each result how many do. Ties share;
  /// where the result is NaN there are none.
  private mutating func extremes(
    _ reduction: Reduction, _ operand: ValueID, _ result: ValueID
  ) throws(TransformError) -> (isExtreme: ValueID, count: ValueID) {
    let type = self[type: operand]
    let isExtreme = try apply(
      .eq, operand, spread(result, axes: reduction.axes, type.shape))
    let count = try reduce(.sum, cast(isExtreme, to: type.dtype), axes: reduction.axes)
    return (isExtreme, count)
  }

  /// A value where `isChosen` holds, else zero.
  mutating func chosen(
    _ isChosen: ValueID, _ value: ValueID
  ) throws(TransformError) -> ValueID {
    let type = self[type: value]
    return try apply(
      .select, [.value(isChosen), .value(value), .literal(.zero(type.dtype))], shape: type.shape)
  }

  /// For each element the product of all others that are combined with it.
  private mutating func productOfOthers(
    _ operand: ValueID, axes: [Int]
  ) throws(TransformError) -> ValueID {
    let type = self[type: operand]
    let order = type.shape.indices.filter { !axes.contains($0) } + axes
    var moved = View(type.shape)
    for (axis, source) in order.enumerated() { moved.indices[source] = .variable(axis) }
    let transposed = view(operand, moved, order.map { type.shape[$0] })
    let kept = order.prefix(type.rank - axes.count).map { type.shape[$0] }
    let count = axes.reduce(IndexExpression(1)) { $0 * type.shape[$1] }
    let rows = try reshape(transposed, kept + [count])
    let axis = kept.count
    let others = try apply(
      .mul, scan(.product, rows, axis: axis, exclusive: true, reverse: false),
      scan(.product, rows, axis: axis, exclusive: true, reverse: true))
    let back = try reshape(others, order.map { type.shape[$0] })
    return view(back, View(order.map { .variable($0) }), type.shape)
  }

  /// The cotangent of what is reduced.
  mutating func cotangent(
    of reduction: Reduction, _ operand: ValueID, _ result: ValueID, _ cotangent: ValueID
  ) throws(TransformError) -> ValueID {
    let shape = self[type: operand].shape
    switch reduction.monoid {
    case .sum: return spread(cotangent, axes: reduction.axes, shape)
    case .product:
      let others = try productOfOthers(operand, axes: reduction.axes)
      return try apply(.mul, spread(cotangent, axes: reduction.axes, shape), others)
    case .max, .min:
      let (isExtreme, count) = try extremes(reduction, operand, result)
      let share = try apply(.div, cotangent, count)
      return try chosen(isExtreme, spread(share, axes: reduction.axes, shape))
    case .any, .all, .argMax, .argMin:
      throw noRule("reduce \(reduction.monoid)", "its result is no float")
    }
  }

  /// The tangent of a reduction.
  mutating func tangent(
    of reduction: Reduction, _ operand: ValueID, _ result: ValueID, _ tangent: ValueID
  ) throws(TransformError) -> ValueID {
    switch reduction.monoid {
    case .sum:
      return copy(Node(.reduce(reduction), [.value(tangent)], self[type: result]))[0]
    case .product:
      let others = try productOfOthers(operand, axes: reduction.axes)
      return try reduce(.sum, apply(.mul, tangent, others), axes: reduction.axes)
    case .max, .min:
      let (isExtreme, count) = try extremes(reduction, operand, result)
      let sum = try reduce(.sum, chosen(isExtreme, tangent), axes: reduction.axes)
      return try apply(.div, sum, count)
    case .any, .all, .argMax, .argMin:
      throw noRule("reduce \(reduction.monoid)", "its result is no float")
    }
  }
}
