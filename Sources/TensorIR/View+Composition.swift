// Composition and simplification of views.

public import IRCore

extension View {
  /// The view of a tensor's view: `self` reads the result of `inner`.
  ///
  /// - Parameter shape: extents of this view's result, by which index maps simplify.
  /// - Returns: one view that reads what `inner` reads, or `nil` when the two fill with different
  ///   elements.
  public func composed(over inner: View, shape: [IndexExpression]) -> View? {
    if let a = fill, let b = inner.fill, a != b { return nil }
    func moved(_ expression: IndexExpression) -> IndexExpression {
      expression.substituting { atom in
        guard case .variable(let axis) = atom, indices.indices.contains(axis) else { return nil }
        return indices[axis]
      }
    }
    let conditions = inner.guards.map {
      Guard(moved($0.expression), in: moved($0.lower), moved($0.upper))
    }
    let result = View(
      inner.indices.map(moved), guards: guards + conditions, fill: fill ?? inner.fill)
    return result.simplified(shape: shape)
  }

  /// An equal view without the divisions and guards that the axes' extents decide.
  public func simplified(shape: [IndexExpression]) -> View {
    let facts = AxisFacts(shape)
    var result = View(indices.map { facts.simplify($0) })
    for condition in guards {
      let simple = Guard(
        facts.simplify(condition.expression), in: facts.simplify(condition.lower),
        facts.simplify(condition.upper))
      let isCertain =
        facts.isAtLeast(simple.expression, simple.lower)
        && facts.isBelow(simple.expression, simple.upper)
      if !isCertain, !result.guards.contains(simple) { result.guards.append(simple) }
    }
    result.fill = result.guards.isEmpty ? nil : fill
    return result
  }

  /// Holds when a view of a tensor of type `operand` with a result of type `result` is the tensor
  /// itself.
  public func isIdentity(from operand: TensorType, to result: TensorType) -> Bool {
    guards.isEmpty && operand == result
      && indices == operand.shape.indices.map { IndexExpression.variable($0) }
  }
}
