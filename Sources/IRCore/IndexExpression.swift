// Integer expressions over symbols and variables: extents, index maps and loop bounds.

/// Integer expression in one canonical form: a constant plus a sum of terms, each a coefficient
/// times a product of atoms.
///
/// The same type is a tensor's extent (over named symbols such as `batch`), the index map of a
/// view (over the result's axes), and an index of a kernel's load or store (over loop variables,
/// integer values and the `lane`). Equal expressions are `==` as far as the canonical form sees
/// it; arithmetic wraps at 64 bits, and planning checks sizes for overflow.
public struct IndexExpression: Hashable, Sendable {
  /// A product of atoms with an integer factor.
  public struct Term: Hashable, Sendable {
    /// Never zero.
    public var coefficient: Int
    /// At least one atom, in ascending order.
    public var factors: [Atom]
  }

  /// What the canonical form does not look into.
  public indirect enum Atom: Hashable, Sendable {
    /// An extent that is known when a program runs; at least 0.
    case symbol(String)
    /// An axis of a view's result, or an integer value or induction variable of a kernel.
    case variable(Int)
    /// The number of the lane, 0 to lanes - 1, inside a vector operation.
    case lane
    /// Quotient rounded towards negative infinity.
    case floorDiv(IndexExpression, IndexExpression)
    /// Remainder with the divisor's sign.
    case mod(IndexExpression, IndexExpression)
    case min(IndexExpression, IndexExpression)
    case max(IndexExpression, IndexExpression)
  }

  /// The part without atoms.
  public private(set) var constant: Int
  /// Ascending by factors, without repetition.
  public private(set) var terms: [Term]

  /// The constant `value`.
  public init(_ value: Int) {
    constant = value
    terms = []
  }

  /// One atom.
  public init(_ atom: Atom) {
    constant = 0
    terms = [Term(coefficient: 1, factors: [atom])]
  }

  /// One term.
  public init(_ term: Term) {
    constant = 0
    terms = [term]
  }

  init(constant: Int, terms: [Term]) {
    self.constant = constant
    self.terms = terms
  }

  /// The extent named `name`.
  public static func symbol(_ name: String) -> Self { Self(.symbol(name)) }
  /// Axis or value number `id`.
  public static func variable(_ id: Int) -> Self { Self(.variable(id)) }
  /// The number of the lane.
  public static let lane = Self(.lane)

  /// The value when no atom occurs.
  public var asConstant: Int? { terms.isEmpty ? constant : nil }

  /// The variable when the expression is exactly one.
  public var asVariable: Int? {
    guard constant == 0, terms.count == 1, terms[0].coefficient == 1,
      terms[0].factors.count == 1, case .variable(let id) = terms[0].factors[0]
    else { return nil }
    return id
  }
}

extension IndexExpression: ExpressibleByIntegerLiteral {
  /// The constant `value`.
  public init(integerLiteral value: Int) { self.init(value) }
}

extension IndexExpression {
  /// Sum.
  public static func + (a: Self, b: Self) -> Self {
    if a.terms.isEmpty { return Self(constant: a.constant &+ b.constant, terms: b.terms) }
    if b.terms.isEmpty { return Self(constant: a.constant &+ b.constant, terms: a.terms) }
    var merged: [Term] = []
    var i = 0
    var j = 0
    while i < a.terms.count || j < b.terms.count {
      if j == b.terms.count || i < a.terms.count && a.terms[i].factors.precedes(b.terms[j].factors)
      {
        merged.append(a.terms[i])
        i += 1
      } else if i == a.terms.count || a.terms[i].factors != b.terms[j].factors {
        merged.append(b.terms[j])
        j += 1
      } else {
        let sum = a.terms[i].coefficient &+ b.terms[j].coefficient
        if sum != 0 { merged.append(Term(coefficient: sum, factors: a.terms[i].factors)) }
        i += 1
        j += 1
      }
    }
    return Self(constant: a.constant &+ b.constant, terms: merged)
  }

  /// Negation.
  public static prefix func - (a: Self) -> Self { a * Self(-1) }
  /// Difference.
  public static func - (a: Self, b: Self) -> Self { a + -b }

  /// Product, multiplied out.
  public static func * (a: Self, b: Self) -> Self {
    if let factor = b.asConstant { return a.scaled(by: factor) }
    if let factor = a.asConstant { return b.scaled(by: factor) }
    var sum = a.scaled(by: b.constant)
    for term in b.terms {
      let products = a.terms.map {
        Term(
          coefficient: $0.coefficient &* term.coefficient,
          factors: ($0.factors + term.factors).sorted { $0.precedes($1) })
      }
      for product in products { sum = sum + Self(constant: 0, terms: [product]) }
      if a.constant != 0 {
        let lone = Term(coefficient: a.constant &* term.coefficient, factors: term.factors)
        sum = sum + Self(constant: 0, terms: [lone])
      }
    }
    return sum
  }

  private func scaled(by factor: Int) -> Self {
    if factor == 0 { return 0 }
    if factor == 1 { return self }
    // A product that wraps to 0 is no term.
    return Self(
      constant: constant &* factor,
      terms: terms.map { Term(coefficient: $0.coefficient &* factor, factors: $0.factors) }
        .filter { $0.coefficient != 0 })
  }

  /// Quotient rounded towards negative infinity; by 0 it is 0.
  public func floorDiv(_ divisor: Self) -> Self {
    if divisor == 1 { return self }
    if let d = divisor.asConstant, d > 0 {
      // Whole multiples leave the quotient.
      var whole = Self(constant: 0, terms: [])
      var rest: [Term] = []
      for term in terms {
        if term.coefficient % d == 0 {
          whole.terms.append(Term(coefficient: term.coefficient / d, factors: term.factors))
        } else {
          rest.append(term)
        }
      }
      let quotient = Self.floorDiv(constant, d)
      whole.constant = quotient
      let remainder = Self(constant: constant &- quotient &* d, terms: rest)
      return remainder.terms.isEmpty ? whole : whole + Self(.floorDiv(remainder, divisor))
    }
    if let a = asConstant, let b = divisor.asConstant { return Self(Self.floorDiv(a, b)) }
    if self == divisor, provablyPositive { return 1 }
    return self == 0 ? 0 : Self(.floorDiv(self, divisor))
  }

  /// Remainder with the divisor's sign; by 0 it is the dividend.
  public func mod(_ divisor: Self) -> Self {
    if let d = divisor.asConstant, d > 0 {
      let rest = Self(
        constant: Self.mod(constant, d), terms: terms.filter { $0.coefficient % d != 0 })
      return rest.terms.isEmpty ? rest : Self(.mod(rest, divisor))
    }
    if let a = asConstant, let b = divisor.asConstant { return Self(Self.mod(a, b)) }
    return self == 0 ? 0 : Self(.mod(self, divisor))
  }

  /// The smaller of two.
  public func min(_ other: Self) -> Self {
    if let isSmaller = isAtMost(other) { return isSmaller ? self : other }
    let (a, b) = ordered(self, other)
    return Self(.min(a, b))
  }

  /// The larger of two.
  public func max(_ other: Self) -> Self {
    if let isSmaller = other.isAtMost(self) { return isSmaller ? self : other }
    let (a, b) = ordered(self, other)
    return Self(.max(a, b))
  }

  /// Whether the value is at most another's; `nil` when the constants alone do not tell.
  private func isAtMost(_ other: Self) -> Bool? {
    terms == other.terms ? constant <= other.constant : nil
  }

  private func ordered(_ a: Self, _ b: Self) -> (Self, Self) { b.precedes(a) ? (b, a) : (a, b) }

  private var provablyPositive: Bool {
    constant > 0 && terms.allSatisfy { $0.coefficient > 0 && $0.factors.allSatisfy(\.isSymbol) }
  }

  /// Quotient of integers rounded towards negative infinity; by 0 it is 0.
  public static func floorDiv(_ a: Int, _ b: Int) -> Int {
    if b == 0 { return 0 }
    let (q, overflow) = a.dividedReportingOverflow(by: b)
    if overflow { return q }
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q
  }

  /// Remainder of integers with the divisor's sign; by 0 it is the dividend.
  public static func mod(_ a: Int, _ b: Int) -> Int { a &- floorDiv(a, b) &* b }
}

extension IndexExpression.Atom {
  var isSymbol: Bool {
    if case .symbol = self { return true }
    return false
  }
}
