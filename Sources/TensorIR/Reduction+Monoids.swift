// The table of monoids.

public import IRCore

extension Reduction.Monoid {
  /// Row of the table of monoids: what every stage knows of one.
  public struct Row: Sendable {
    /// Element types that a monoid takes.
    public enum Operands: String, Sendable {
      case numeric, bool
    }

    /// Element from which combination starts.
    public enum Identity: Sendable {
      case zero, one
      /// -inf, or the least integer.
      case least
      /// inf, or the greatest integer.
      case greatest
    }

    /// Combines two partial results. For monoids that give a place: tells whether a later element
    /// is to be preferred to an earlier one; besides, the first NaN is preferred to all numbers.
    public let combination: Elementwise
    /// Element from which combination starts.
    public let identity: Identity
    /// Element types that it takes.
    public let operands: Operands
    /// Whether the result is the place (i64) of an element instead of a value.
    public let givesPlace: Bool
    /// Whether nothing has no value.
    public let needsElements: Bool
    /// Whether scans may use it.
    public let scans: Bool

    init(
      _ combination: Elementwise, _ identity: Identity, _ operands: Operands,
      givesPlace: Bool = false, needsElements: Bool = false, scans: Bool = false
    ) {
      self.combination = combination
      self.identity = identity
      self.operands = operands
      self.givesPlace = givesPlace
      self.needsElements = needsElements
      self.scans = scans
    }
  }

  /// The monoid's row.
  public var row: Row {
    switch self {
    case .sum: Row(.add, .zero, .numeric, scans: true)
    case .product: Row(.mul, .one, .numeric, scans: true)
    case .max: Row(.max, .least, .numeric, needsElements: true, scans: true)
    case .min: Row(.min, .greatest, .numeric, needsElements: true, scans: true)
    case .any: Row(.or, .zero, .bool)
    case .all: Row(.and, .one, .bool)
    case .argMax: Row(.gt, .least, .numeric, givesPlace: true, needsElements: true)
    case .argMin: Row(.lt, .greatest, .numeric, givesPlace: true, needsElements: true)
    }
  }

  /// The spelling in text.
  public var name: String { rawValue }

  /// Finds the monoid spelled `name`; `nil` when there is none.
  public init?(name: some StringProtocol) { self.init(rawValue: String(name)) }

  /// Whether combining rounds floats: sums and products, which front ends take in a wider type than
  /// f16 and bf16.
  public var roundsPartialResults: Bool {
    switch self {
    case .sum, .product: true
    case .max, .min, .any, .all, .argMax, .argMin: false
    }
  }

  /// Element of `type` from which combination starts, and which changes nothing but for the sign
  /// of zero: `0.0 + -0.0` is `0.0`.
  public func identity(_ type: DType) -> Literal {
    switch row.identity {
    case .zero: .zero(type)
    case .one: .one(type)
    case .least: Literal(type, -.infinity)
    case .greatest: Literal(type, .infinity)
    }
  }

  /// Element type of the result for an operand of `type`; `nil` when the monoid does not take it.
  public func resultType(of type: DType) -> DType? {
    let isTaken =
      switch row.operands {
      case .numeric: type.isNumeric
      case .bool: type == .bool
      }
    guard isTaken else { return nil }
    return row.givesPlace ? .i64 : type
  }
}

extension Reduction.Monoid: CustomStringConvertible {
  /// The spelling in text.
  public var description: String { name }
}
