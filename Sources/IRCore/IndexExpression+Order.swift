// The order that makes the canonical form and the printed text deterministic.

extension IndexExpression.Atom {
  private var rank: Int {
    switch self {
    case .symbol: 0
    case .variable: 1
    case .floorDiv: 2
    case .mod: 3
    case .min: 4
    case .max: 5
    case .lane: 6
    }
  }

  /// A strict total order on atoms.
  func precedes(_ other: Self) -> Bool {
    switch (self, other) {
    case (.symbol(let a), .symbol(let b)): return a < b
    case (.variable(let a), .variable(let b)): return a < b
    case (.floorDiv(let a, let b), .floorDiv(let c, let d)),
      (.mod(let a, let b), .mod(let c, let d)),
      (.min(let a, let b), .min(let c, let d)), (.max(let a, let b), .max(let c, let d)):
      return a == c ? b.precedes(d) : a.precedes(c)
    default: return rank < other.rank
    }
  }
}

extension [IndexExpression.Atom] {
  /// A strict total order on sorted products.
  func precedes(_ other: Self) -> Bool {
    for (a, b) in zip(self, other) where a != b { return a.precedes(b) }
    return count < other.count
  }
}

extension IndexExpression {
  /// A strict total order.
  public func precedes(_ other: Self) -> Bool {
    for (a, b) in zip(terms, other.terms) where a != b {
      return a.factors == b.factors
        ? a.coefficient < b.coefficient : a.factors.precedes(b.factors)
    }
    return terms.count == other.terms.count
      ? constant < other.constant : terms.count < other.terms.count
  }
}
