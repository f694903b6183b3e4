// What is known of index expressions over the axes of a shape.

package import IRCore

/// Facts about axes of known extents: axis `a` is `IndexExpression.variable(a)` in `0..<extent`.
package struct AxisFacts {
  private let shape: [IndexExpression]
  private let facts: IndexFacts

  /// States that every axis of `shape` stays below its extent.
  package init(_ shape: [IndexExpression]) {
    self.shape = shape
    var facts = IndexFacts()
    for (axis, extent) in shape.enumerated() {
      let last = (facts.range(of: extent)?.upperBound ?? IndexFacts.largestExtent) &- 1
      facts.state(.variable(axis), in: 0...max(0, last))
    }
    self.facts = facts
  }

  /// An equal expression without the quotients, remainders, min and max that the facts decide.
  package func simplify(_ expression: IndexExpression) -> IndexExpression {
    // One rule may open the way for another; in practice the second round changes nothing.
    var current = expression
    for _ in 0..<4 {
      let next = dividing(facts.simplify(current))
      if next == current { break }
      current = next
    }
    return current
  }

  // MARK: Division

  private func dividing(_ expression: IndexExpression) -> IndexExpression {
    var sum = IndexExpression(expression.constant)
    for term in expression.terms {
      var product = IndexExpression(term.coefficient)
      for atom in term.factors { product = product * dividing(atom) }
      sum = sum + product
    }
    return Self.recombined(sum)
  }

  /// Puts `d * (a floordiv d) + a mod d` together to `a`.
  private static func recombined(_ expression: IndexExpression) -> IndexExpression {
    for term in expression.terms {
      for (place, factor) in term.factors.enumerated() {
        guard case .mod(let a, let d) = factor else { continue }
        var others = term.factors
        others.remove(at: place)
        let scale = others.reduce(IndexExpression(term.coefficient)) { $0 * IndexExpression($1) }
        let whole = scale * d * IndexExpression(.floorDiv(a, d))
        guard whole.terms.count == 1, expression.terms.contains(whole.terms[0]) else { continue }
        return recombined(expression - whole - scale * IndexExpression(factor) + scale * a)
      }
    }
    return expression
  }

  /// Recursion is bounded by the depth of the expression.
  private func dividing(_ atom: IndexExpression.Atom) -> IndexExpression {
    switch atom {
    case .symbol, .variable, .lane: return IndexExpression(atom)
    case .floorDiv(let a, let b):
      let (x, y) = (dividing(a), dividing(b))
      if let (a, step, _) = stepped(x, by: y) { return dividing(a.floorDiv(step)) }
      return split(x, by: y)?.quotient ?? x.floorDiv(y)
    case .mod(let a, let b):
      let (x, y) = (dividing(a), dividing(b))
      if let (a, step, rest) = stepped(x, by: y) {
        let factor = IndexExpression((y.asConstant ?? 0) / step.constant)
        return factor * dividing(a.mod(step)) + rest
      }
      return split(x, by: y)?.remainder ?? x.mod(y)
    case .min(let a, let b): return dividing(a).min(dividing(b))
    case .max(let a, let b): return dividing(a).max(dividing(b))
    }
  }

  /// Splits `x` into `g * a + rest` with `rest` in `0..<g`, for a factor `g` of the constant `y`;
  /// the quotient by `y` is then that of `a` by `y / g`, which is returned as the step.
  private func stepped(
    _ x: IndexExpression, by y: IndexExpression
  ) -> (a: IndexExpression, step: IndexExpression, rest: IndexExpression)? {
    guard let d = y.asConstant, d > 1 else { return nil }
    for candidate in x.terms {
      let g = Int(clamping: candidate.coefficient.magnitude)
      guard g > 1, g < d, d % g == 0 else { continue }
      var a = IndexExpression(IndexExpression.floorDiv(x.constant, g))
      var rest = IndexExpression(IndexExpression.mod(x.constant, g))
      for term in x.terms {
        let factors = term.factors.reduce(IndexExpression(1)) { $0 * IndexExpression($1) }
        if term.coefficient % g == 0 {
          a = a + factors * IndexExpression(term.coefficient / g)
        } else {
          rest = rest + factors * IndexExpression(term.coefficient)
        }
      }
      if isAtLeast(rest, 0), isBelow(rest, IndexExpression(g)) {
        return (a, IndexExpression(d / g), rest)
      }
    }
    return nil
  }

  /// Splits `a` into multiples of the product `b` of symbols and a rest in `0..<b`.
  private func split(
    _ a: IndexExpression, by b: IndexExpression
  ) -> (quotient: IndexExpression, remainder: IndexExpression)? {
    guard b.constant == 0, b.terms.count == 1, b.terms[0].coefficient > 0 else { return nil }
    var quotient = IndexExpression(0)
    var rest = a
    for term in a.terms {
      guard let part = Self.quotient(term, b.terms[0]) else { continue }
      quotient = quotient + part
      rest = rest - part * b
    }
    guard isAtLeast(rest, 0), isBelow(rest, b) else { return nil }
    return (quotient, rest)
  }

  private static func quotient(
    _ a: IndexExpression.Term, _ b: IndexExpression.Term
  ) -> IndexExpression? {
    guard a.coefficient % b.coefficient == 0 else { return nil }
    var factors = a.factors
    for factor in b.factors {
      guard let place = factors.firstIndex(of: factor) else { return nil }
      factors.remove(at: place)
    }
    return factors.reduce(IndexExpression(a.coefficient / b.coefficient)) {
      $0 * IndexExpression($1)
    }
  }

  // MARK: Bounds

  /// Holds when `expression < bound` for all axes, as far as the facts show.
  package func isBelow(_ expression: IndexExpression, _ bound: IndexExpression) -> Bool {
    guard let extreme = extreme(of: expression - bound, isUpper: true) else { return false }
    return (facts.range(of: extreme.value)?.upperBound ?? 0) < 0
  }

  /// Holds when `expression >= bound` for all axes, as far as the facts show.
  package func isAtLeast(_ expression: IndexExpression, _ bound: IndexExpression) -> Bool {
    guard let extreme = extreme(of: expression - bound, isUpper: false) else { return false }
    return (facts.range(of: extreme.value)?.lowerBound ?? -1) >= 0
  }

  /// The larger of two, where the facts decide.
  package func larger(_ a: IndexExpression, _ b: IndexExpression) -> IndexExpression? {
    isAtLeast(a, b) ? a : isAtLeast(b, a) ? b : nil
  }

  /// The smaller of two, where the facts decide.
  package func smaller(_ a: IndexExpression, _ b: IndexExpression) -> IndexExpression? {
    isAtLeast(a, b) ? b : isAtLeast(b, a) ? a : nil
  }

  /// Holds when some axes certainly reach `bound` or more.
  package func reaches(_ bound: IndexExpression, _ expression: IndexExpression) -> Bool {
    guard let extreme = extreme(of: expression - bound, isUpper: true), extreme.isExact else {
      return false
    }
    return (facts.range(of: extreme.value)?.lowerBound ?? -1) >= 0
  }

  /// Holds when some axes certainly make `expression` negative.
  package func goesBelowZero(_ expression: IndexExpression) -> Bool {
    guard let extreme = extreme(of: expression, isUpper: false), extreme.isExact else {
      return false
    }
    return (facts.range(of: extreme.value)?.upperBound ?? 0) < 0
  }

  /// The largest or smallest value over all axes, as an expression over symbols; exact when it is
  /// taken, else a bound.
  private func extreme(
    of expression: IndexExpression, isUpper: Bool
  ) -> (value: IndexExpression, isExact: Bool)? {
    var value = IndexExpression(expression.constant)
    var isExact = true
    var directions: [Int: Bool] = [:]
    for term in expression.terms {
      let axes = term.factors.compactMap(\.axis)
      let isPlain = term.factors.allSatisfy { $0.axis != nil || $0.isPlainSymbol }
      if isPlain, axes.count <= 1 {
        let rises = (term.coefficient > 0) == isUpper
        var product = IndexExpression(term.coefficient)
        for factor in term.factors {
          guard let axis = factor.axis else {
            product = product * IndexExpression(factor)
            continue
          }
          guard shape.indices.contains(axis) else { return nil }
          if let other = directions.updateValue(rises, forKey: axis), other != rises {
            isExact = false
          }
          product = product * (rises ? shape[axis] - 1 : 0)
        }
        value = value + product
      } else {
        let single = term.factors.reduce(IndexExpression(term.coefficient)) {
          $0 * IndexExpression($1)
        }
        guard let range = facts.range(of: single) else { return nil }
        isExact = false
        value = value + IndexExpression(isUpper ? range.upperBound : range.lowerBound)
      }
    }
    return (value, isExact)
  }
}

extension IndexExpression.Atom {
  /// The axis when the atom is one.
  fileprivate var axis: Int? {
    guard case .variable(let axis) = self else { return nil }
    return axis
  }

  fileprivate var isPlainSymbol: Bool {
    guard case .symbol = self else { return false }
    return true
  }
}
