// Evaluation, substitution, ranges and simplification of index expressions.

extension IndexExpression {
  /// The value under an assignment of atoms that are symbols, variables or the lane; `nil` when
  /// one is unknown.
  public func evaluate(_ value: (Atom) -> Int?) -> Int? {
    var sum = constant
    for term in terms {
      var product = term.coefficient
      for atom in term.factors {
        guard let factor = Self.evaluate(atom, value) else { return nil }
        product = product &* factor
      }
      sum = sum &+ product
    }
    return sum
  }

  private static func evaluate(_ atom: Atom, _ value: (Atom) -> Int?) -> Int? {
    switch atom {
    case .symbol, .variable, .lane: return value(atom)
    case .floorDiv(let a, let b): return both(a, b, value).map { floorDiv($0, $1) }
    case .mod(let a, let b): return both(a, b, value).map { mod($0, $1) }
    case .min(let a, let b): return both(a, b, value).map { Swift.min($0, $1) }
    case .max(let a, let b): return both(a, b, value).map { Swift.max($0, $1) }
    }
  }

  private static func both(_ a: Self, _ b: Self, _ value: (Atom) -> Int?) -> (Int, Int)? {
    guard let x = a.evaluate(value), let y = b.evaluate(value) else { return nil }
    return (x, y)
  }

  /// Replaces symbols, variables and the lane for which `replacement` answers.
  public func substituting(_ replacement: (Atom) -> IndexExpression?) -> Self {
    if terms.isEmpty { return self }
    var sum = Self(constant)
    for term in terms {
      var product = Self(term.coefficient)
      for atom in term.factors { product = product * Self.substituting(atom, replacement) }
      sum = sum + product
    }
    return sum
  }

  private static func substituting(_ atom: Atom, _ replacement: (Atom) -> Self?) -> Self {
    switch atom {
    case .symbol, .variable, .lane: return replacement(atom) ?? Self(atom)
    case .floorDiv(let a, let b):
      return a.substituting(replacement).floorDiv(b.substituting(replacement))
    case .mod(let a, let b): return a.substituting(replacement).mod(b.substituting(replacement))
    case .min(let a, let b): return a.substituting(replacement).min(b.substituting(replacement))
    case .max(let a, let b): return a.substituting(replacement).max(b.substituting(replacement))
    }
  }

  /// Calls `visit` on each symbol, variable and lane, in order, inner ones included.
  public func forEachLeaf(_ visit: (Atom) -> Void) {
    for term in terms {
      for atom in term.factors {
        switch atom {
        case .symbol, .variable, .lane: visit(atom)
        case .floorDiv(let a, let b), .mod(let a, let b), .min(let a, let b), .max(let a, let b):
          a.forEachLeaf(visit)
          b.forEachLeaf(visit)
        }
      }
    }
  }

  /// Holds when `atom` occurs anywhere.
  public func contains(_ atom: Atom) -> Bool {
    var found = false
    forEachLeaf { if $0 == atom { found = true } }
    return found
  }

  /// The factor of `atom` when the expression is linear in it with a constant factor, and 0 when
  /// it does not occur; `nil` otherwise.
  public func coefficient(of atom: Atom) -> Int? {
    var result = 0
    for term in terms {
      if term.factors == [atom] {
        result = term.coefficient
      } else if IndexExpression(constant: 0, terms: [term]).contains(atom) {
        return nil
      }
    }
    return result
  }
}

/// What is known of the atoms of index expressions: inclusive ranges, and multiples.
public struct IndexFacts: Sendable {
  private var ranges: [IndexExpression.Atom: ClosedRange<Int>] = [:]
  private var multiples: [IndexExpression.Atom: Int] = [:]
  /// The largest extent that planning accepts; a symbol is in `0...largestExtent`.
  public static let largestExtent = 1 << 40

  /// Knows nothing but that symbols are extents.
  public init() {}

  /// States that `atom` lies in `range`.
  public mutating func state(_ atom: IndexExpression.Atom, in range: ClosedRange<Int>) {
    ranges[atom] = range
  }

  /// States that `atom` is a multiple of `factor`.
  public mutating func state(_ atom: IndexExpression.Atom, multipleOf factor: Int) {
    multiples[atom] = factor
  }

  /// Inclusive bounds of `expression`; `nil` when nothing bounds it.
  public func range(of expression: IndexExpression) -> ClosedRange<Int>? {
    var low = expression.constant
    var high = expression.constant
    for term in expression.terms {
      var product = term.coefficient...term.coefficient
      for atom in term.factors {
        guard let factor = range(of: atom) else { return nil }
        guard let next = Self.product(product, factor) else { return nil }
        product = next
      }
      let (l, o1) = low.addingReportingOverflow(product.lowerBound)
      let (h, o2) = high.addingReportingOverflow(product.upperBound)
      if o1 || o2 { return nil }
      (low, high) = (l, h)
    }
    return low...high
  }

  private static func product(_ a: ClosedRange<Int>, _ b: ClosedRange<Int>) -> ClosedRange<Int>? {
    var low = Int.max
    var high = Int.min
    for x in [a.lowerBound, a.upperBound] {
      for y in [b.lowerBound, b.upperBound] {
        let (value, overflow) = x.multipliedReportingOverflow(by: y)
        if overflow { return nil }
        low = Swift.min(low, value)
        high = Swift.max(high, value)
      }
    }
    return low...high
  }

  private func range(of atom: IndexExpression.Atom) -> ClosedRange<Int>? {
    if let known = ranges[atom] { return known }
    switch atom {
    case .symbol: return 0...Self.largestExtent
    case .variable, .lane: return nil
    case .floorDiv(let a, let b):
      guard let d = b.asConstant, d > 0, let r = range(of: a) else { return nil }
      return IndexExpression.floorDiv(r.lowerBound, d)...IndexExpression.floorDiv(r.upperBound, d)
    case .mod(_, let b):
      guard let r = range(of: b), r.lowerBound > 0 else { return nil }
      return 0...r.upperBound - 1
    case .min(let a, let b):
      guard let x = range(of: a), let y = range(of: b) else { return nil }
      return Swift.min(x.lowerBound, y.lowerBound)...Swift.min(x.upperBound, y.upperBound)
    case .max(let a, let b):
      guard let x = range(of: a), let y = range(of: b) else { return nil }
      return Swift.max(x.lowerBound, y.lowerBound)...Swift.max(x.upperBound, y.upperBound)
    }
  }

  /// The largest known factor of every value of `expression`; 0 for the constant 0.
  public func divisor(of expression: IndexExpression) -> Int {
    var result = expression.constant.magnitude
    for term in expression.terms {
      var factor = term.coefficient.magnitude
      for atom in term.factors { factor = factor &* (multiples[atom] ?? 1).magnitude }
      result = Self.gcd(result, factor)
    }
    return Int(clamping: result)
  }

  private static func gcd(_ a: UInt, _ b: UInt) -> UInt {
    var (x, y) = (a, b)
    while y != 0 { (x, y) = (y, x % y) }
    return x
  }

  /// An equal expression in which the ranges decide what floorDiv, mod, min and max they can.
  public func simplify(_ expression: IndexExpression) -> IndexExpression {
    if expression.terms.isEmpty { return expression }
    var sum = IndexExpression(expression.constant)
    for term in expression.terms {
      var product = IndexExpression(term.coefficient)
      for atom in term.factors { product = product * simplify(atom) }
      sum = sum + product
    }
    return sum
  }

  private func simplify(_ atom: IndexExpression.Atom) -> IndexExpression {
    switch atom {
    case .symbol, .variable, .lane:
      if let known = ranges[atom], known.count == 1 { return IndexExpression(known.lowerBound) }
      return IndexExpression(atom)
    case .floorDiv(let a, let b):
      let quotient = simplify(a).floorDiv(simplify(b))
      return split(quotient)?.whole ?? quotient
    case .mod(let a, let b):
      let (x, y) = (simplify(a), simplify(b))
      return split(x.floorDiv(y))?.remainder ?? x.mod(y)
    case .min(let a, let b):
      let (x, y) = (simplify(a), simplify(b))
      guard let r = range(of: x - y) else { return x.min(y) }
      return r.upperBound <= 0 ? x : r.lowerBound >= 0 ? y : x.min(y)
    case .max(let a, let b):
      let (x, y) = (simplify(a), simplify(b))
      guard let r = range(of: x - y) else { return x.max(y) }
      return r.lowerBound >= 0 ? x : r.upperBound <= 0 ? y : x.max(y)
    }
  }

  /// Splits `whole + (rest floorDiv d)` where `rest` lies in `0..<d`: the quotient is `whole`.
  private func split(
    _ quotient: IndexExpression
  ) -> (whole: IndexExpression, remainder: IndexExpression)? {
    guard let last = quotient.terms.last(where: { $0.isQuotient }), last.coefficient == 1,
      case .floorDiv(let rest, let divisor) = last.factors[0],
      let r = range(of: rest), r.lowerBound >= 0,
      let excess = range(of: divisor - rest), excess.lowerBound > 0
    else { return nil }
    return (quotient - IndexExpression(last.factors[0]), rest)
  }
}

extension IndexExpression.Term {
  fileprivate var isQuotient: Bool {
    guard factors.count == 1, case .floorDiv = factors[0] else { return false }
    return true
  }
}
