// Composition and simplification of views.

public import IRCore

extension View {
  /// The view of a tensor's view: `self` reads the result of `inner`.
  ///
  /// - Parameter shape: extents of this view's result, by which index maps simplify.
  /// - Returns: one view that reads what `inner` reads, or `nil` when the two fill with different
  ///   elements, or when the index maps would grow beyond use: nested divisions multiply.
  public func composed(over inner: View, shape: [IndexExpression]) -> View? {
    if let a = fill, let b = inner.fill, a != b { return nil }
    guard leafCount(over: inner) <= 4 * Self.largestLeafCount else { return nil }
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
    let simple = result.simplified(shape: shape)
    return simple.leafCount <= Self.largestLeafCount ? simple : nil
  }

  private static let largestLeafCount = 32

  private var expressions: [IndexExpression] {
    indices + guards.flatMap { [$0.expression, $0.lower, $0.upper] }
  }

  /// Number of symbols and axes in the index maps and guards.
  private var leafCount: Int {
    var count = 0
    for expression in expressions { expression.forEachLeaf { _ in count += 1 } }
    return count
  }

  /// That number in the composition with `inner` before it is simplified.
  private func leafCount(over inner: View) -> Int {
    let counts = indices.map { index in
      var count = 0
      index.forEachLeaf { _ in count += 1 }
      return count
    }
    var count = leafCount
    for expression in inner.expressions {
      expression.forEachLeaf { atom in
        if case .variable(let axis) = atom, counts.indices.contains(axis) {
          count += counts[axis]
        } else {
          count += 1
        }
      }
    }
    return count
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
      if isCertain { continue }
      let place = result.guards.firstIndex { $0.merged(with: simple, facts) != nil }
      if let place, let merged = result.guards[place].merged(with: simple, facts) {
        result.guards[place] = merged
      } else {
        result.guards.append(simple)
      }
    }
    result.fill = result.guards.isEmpty ? nil : fill
    return result
  }

  /// Holds when a view of a tensor of type `operand` with a result of type `result` is the tensor
  /// itself.
  public func isIdentity(from operand: TensorType, to result: TensorType) -> Bool {
    guards.isEmpty && operand == result
      && operand.shape.indices.allSatisfy { axis in
        indices[axis] == .variable(axis) || operand.shape[axis] == 1 && indices[axis] == 0
      }
  }
}

extension View {
  /// Holds when a view of a tensor of type `operand` with a result of type `result` leaves every
  /// element at its row-major position: a reshape, which is the same memory under another shape.
  public func keepsPositions(from operand: TensorType, to result: TensorType) -> Bool {
    guard guards.isEmpty, operand.elementCount == result.elementCount else { return false }
    if indices == TensorType.reshapeIndices(from: operand.shape, to: result.shape) { return true }
    let position = zip(indices, operand.shape).reduce(IndexExpression(0)) { $0 * $1.1 + $1.0 }
    let axes = result.shape.indices.filter { result.shape[$0] != 1 }
    return position == axes.reduce(IndexExpression(0)) { $0 * result.shape[$1] + .variable($1) }
  }
}

extension View.Guard {
  /// One guard for two on the same expression but for a constant, where the facts tell which
  /// bounds are the narrower ones.
  fileprivate func merged(with other: Self, _ facts: AxisFacts) -> Self? {
    let distance = expression - other.expression
    guard distance.asConstant != nil else { return nil }
    let (otherLower, otherUpper) = (other.lower + distance, other.upper + distance)
    guard let low = facts.larger(lower, otherLower), let high = facts.smaller(upper, otherUpper)
    else { return nil }
    // Keep the guard as it was written where it is the narrower one on both sides.
    if low == otherLower, high == otherUpper { return other }
    return View.Guard(expression, in: low, high)
  }
}
