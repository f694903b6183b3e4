// Bounds of index expressions inside loops.

import IRCore
import LoopIR

/// What is known of the variables in index expressions: variables that run between symbolic
/// bounds, eliminated one by one, innermost first (Fourier and Motzkin's method for the case that
/// every variable has one lower and one upper bound).
struct IndexBounds {
  /// Variable that runs between bounds over earlier variables.
  struct Range {
    /// The variable.
    var variable: VariableID
    /// First value.
    var lower: IndexExpression
    /// Bound that is not reached; `nil` when there is none.
    var upper: IndexExpression?
    /// Distance of the values.
    var step: Int
  }

  /// Outermost first.
  private(set) var ranges: [Range] = []
  private let facts = IndexFacts()
  private static let largestDepth = 48

  /// Knows the loops among `enclosing`, outermost first.
  init(enclosing: [Statement] = []) {
    for case .loop(let loop) in enclosing { add(loop) }
  }

  /// Adds a loop inside the known ones.
  mutating func add(_ loop: Loop) {
    add(Range(variable: loop.variable, lower: loop.lower, upper: loop.upper, step: loop.step))
  }

  /// Adds a variable whose bounds mention only known ones.
  mutating func add(_ range: Range) { ranges.append(range) }

  /// A lower bound of every value; `nil` when none is found.
  ///
  /// Minima and maxima are decided before variables are eliminated, and once more the other way
  /// around: a variable that runs up to a minimum cancels against it.
  func lower(of expression: IndexExpression) -> Int? {
    let first = bound(expression, Self.largestDepth)
    guard expression.hasMinimum || ranges.contains(where: \.hasMinimum) else { return first }
    let second = boundByVariables(expression, Self.largestDepth)
    guard let first, let second else { return first ?? second }
    return max(first, second)
  }

  /// An upper bound of every value; `nil` when none is found.
  func upper(of expression: IndexExpression) -> Int? {
    lower(of: -expression).flatMap { $0 == .min ? nil : -$0 }
  }

  /// A factor of every value; 0 for the constant 0.
  func divisor(of expression: IndexExpression) -> Int {
    expression.terms.reduce(Int(clamping: expression.constant.magnitude)) { result, term in
      let factors = term.factors.map { divisor(of: $0) }
      return gcd(result, factors.reduce(Int(clamping: term.coefficient.magnitude), &*))
    }
  }

  private func divisor(of atom: IndexExpression.Atom) -> Int {
    switch atom {
    case .variable(let index):
      guard let range = ranges.first(where: { $0.variable.index == index }) else { return 1 }
      return gcd(divisor(of: range.lower), range.step)
    case .min(let a, let b), .max(let a, let b): return gcd(divisor(of: a), divisor(of: b))
    case .symbol, .lane, .floorDiv, .mod: return 1
    }
  }

  private func gcd(_ a: Int, _ b: Int) -> Int {
    var (x, y) = (a, b)
    while y != 0 { (x, y) = (y, x % y) }
    return x
  }

  /// Holds when 0 is no value of `expression`, by its bounds or because every value leaves the
  /// same remainder.
  func excludesZero(_ expression: IndexExpression) -> Bool {
    if let constant = expression.asConstant { return constant != 0 }
    var normalized = expression
    for range in ranges.reversed() {
      let counter = range.variable.expression * IndexExpression(range.step)
      normalized = normalized.substituting {
        $0 == range.variable.atom ? range.lower + counter : nil
      }
    }
    let divisor = facts.divisor(of: normalized - IndexExpression(normalized.constant))
    if divisor > 0, normalized.constant % divisor != 0 { return true }
    if let low = lower(of: expression), low > 0 { return true }
    if let high = upper(of: expression), high < 0 { return true }
    return false
  }

  /// A lower bound; eliminates variables as long as the expression is linear in them.
  private func boundByVariables(_ expression: IndexExpression, _ depth: Int) -> Int? {
    if expression.terms.isEmpty || depth == 0 { return expression.asConstant }
    for range in ranges.reversed() {
      guard let factor = expression.coefficient(of: range.variable.atom), factor != 0 else {
        continue
      }
      guard let end = factor > 0 ? range.lower : last(of: range) else { return nil }
      return boundByVariables(
        expression.substituting { $0 == range.variable.atom ? end : nil }, depth - 1)
    }
    return bound(expression, depth)
  }

  /// A lower bound; eliminates one atom per call.
  private func bound(_ expression: IndexExpression, _ depth: Int) -> Int? {
    if let constant = expression.asConstant { return constant }
    if depth == 0 { return nil }
    for term in expression.terms where term.factors.count == 1 {
      let rest = expression - term.expression
      let factor = IndexExpression(term.coefficient)
      switch term.factors[0] {
      case .min(let a, let b):
        return choice(
          bound(rest + factor * a, depth - 1), bound(rest + factor * b, depth - 1),
          either: term.coefficient < 0)
      case .max(let a, let b):
        return choice(
          bound(rest + factor * a, depth - 1), bound(rest + factor * b, depth - 1),
          either: term.coefficient > 0)
      case .floorDiv(let a, let b):
        guard let d = b.asConstant, d > 0, d < 1 << 20 else { continue }
        if divisor(of: a) % d == 0 {
          // The quotient is exact: d times the expression has none.
          let whole = rest * b + a * factor
          return bound(whole, depth - 1).map { 0 &- IndexExpression.floorDiv(0 &- $0, d) }
        }
        guard term.coefficient % d == 0 else {
          // The bound of d times the expression, rounded up.
          let scaled = bound(expression * IndexExpression(d), depth - 1)
          return scaled.map { -IndexExpression.floorDiv(-$0, d) }
        }
        // d·floor(a/d) lies in a-d+1...a.
        let times = term.coefficient / d
        let excess = times > 0 ? times &* (1 &- d) : 0
        return bound(rest + a * IndexExpression(times) + IndexExpression(excess), depth - 1)
      case .symbol, .variable, .lane, .mod: continue
      }
    }
    for range in ranges.reversed() {
      guard expression.contains(range.variable.atom) else { continue }
      guard let factor = expression.coefficient(of: range.variable.atom) else { break }
      guard let end = factor > 0 ? range.lower : last(of: range) else { return nil }
      return bound(
        expression.substituting { $0 == range.variable.atom ? end : nil }, depth - 1)
    }
    return numericRange(expression)?.lowerBound
  }

  /// The last value, or one after it.
  private func last(of range: Range) -> IndexExpression? {
    guard let upper = range.upper else { return nil }
    let isWhole = range.step > 1 && divisor(of: upper - range.lower) % range.step == 0
    return upper - IndexExpression(isWhole ? range.step : 1)
  }

  private func choice(_ a: Int?, _ b: Int?, either: Bool) -> Int? {
    guard let a, let b else { return either ? a ?? b : nil }
    return either ? max(a, b) : min(a, b)
  }

  /// The range by the variables' ranges as numbers, for expressions that are not linear.
  private func numericRange(_ expression: IndexExpression) -> ClosedRange<Int>? {
    var facts = facts
    for range in ranges where expression.contains(range.variable.atom) {
      guard let low = facts.range(of: range.lower)?.lowerBound,
        let end = range.upper, let high = facts.range(of: end)?.upperBound
      else { continue }
      facts.state(range.variable.atom, in: low...max(low, high - 1))
    }
    return facts.range(of: expression)
  }
}

extension VariableID {
  /// The variable as an atom of index expressions.
  var atom: IndexExpression.Atom { .variable(index) }
}

extension IndexBounds.Range {
  /// Whether a bound is a minimum or maximum.
  fileprivate var hasMinimum: Bool { lower.hasMinimum || upper?.hasMinimum ?? false }
}

extension IndexExpression {
  /// Whether a minimum or maximum stands among the terms.
  fileprivate var hasMinimum: Bool {
    terms.contains { term in
      term.factors.contains { factor in
        switch factor {
        case .min, .max: true
        case .symbol, .variable, .lane, .floorDiv, .mod: false
        }
      }
    }
  }
}

extension IndexExpression.Term {
  /// The term alone.
  var expression: IndexExpression {
    factors.reduce(IndexExpression(coefficient)) { $0 * IndexExpression($1) }
  }
}
