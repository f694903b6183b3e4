// The transpose of a view: sums over the places that read an element.

import IRCore
import TensorIR

extension DerivativeBuilder {
  /// The cotangent of a view's operand of type `source`, from that of its result.
  mutating func transposed(
    _ view: View, of source: TensorType, _ cotangent: ValueID
  ) throws(TransformError) -> ValueID {
    let type = self[type: cotangent]
    if view.keepsPositions(from: source, to: type) {
      return try reshape(cotangent, source.shape)
    }
    guard let extents = type.extents, let shape = source.extents else {
      throw noRule("view", "its extents are only known at run time")
    }
    if extents.contains(0) || shape.contains(0) { return try splat(0, source) }
    let found = IndexInverse(
      view.indices, of: shape, variables: extents, where: view.guards)
    guard let inverse = found else {
      throw noRule("view", "its index map \(type) of \(source) has no known inverse")
    }
    return try gathered(cotangent, inverse, guards: view.guards, source)
  }

  /// For each element of `source` the sum of what `cotangent` has at the places that read it and
  /// where `guards` hold.
  private mutating func gathered(
    _ cotangent: ValueID, _ inverse: IndexInverse, guards: [View.Guard], _ source: TensorType
  ) throws(TransformError) -> ValueID {
    func moved(_ expression: IndexExpression) -> IndexExpression {
      expression.replacingVariables { inverse.old[$0] }
    }
    let conditions = guards.map {
      View.Guard(moved($0.expression), in: moved($0.lower), moved($0.upper))
    }
    // Axes stay in the order of the result's, so that what is summed lies as it did.
    let order = inverse.orderOfUse
    let axes = order.indices.map { place in order.firstIndex(of: place) ?? 0 }
    func renamed(_ expression: IndexExpression) -> IndexExpression {
      expression.replacingVariables { .variable(axes[$0]) }
    }
    var places = View(
      inverse.old.map(renamed),
      guards: (conditions + inverse.guards).map {
        View.Guard(renamed($0.expression), in: renamed($0.lower), renamed($0.upper))
      })
    places.fill = places.guards.isEmpty ? nil : .zero(source.dtype)
    let spread = view(cotangent, places, order.map { IndexExpression(inverse.extents[$0]) })
    let free = order.indices.filter { inverse.free.contains(order[$0]) }
    var determined = inverse.determined
    determined.indices = order.filter { !inverse.free.contains($0) }
      .map { inverse.determined.indices[$0] }
    return elements(try reduce(.sum, spread, axes: free), determined, source)
  }

  /// What stands at the determined places of each element; zero where it is never read.
  mutating func elements(
    _ value: ValueID, _ determined: View, _ source: TensorType
  ) -> ValueID {
    var final = determined
    final.fill = final.guards.isEmpty ? nil : .zero(source.dtype)
    return view(value, final, source.shape)
  }

  /// The error of a node without a rule.
  func noRule(_ operation: String, _ reason: String) -> TransformError {
    .noRule(operation: operation, reason: reason, at: location)
  }
}
