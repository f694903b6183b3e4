// Symbolic scalars: the language that row definitions are written in.

/// Symbolic scalar: an immutable expression graph over typed arguments and literals.
///
/// Row closures run once on symbolic scalars and leave an expression: data that is flattened to a
/// `ScalarProgram`, evaluated, differentiated, or emitted. Equal subexpressions that should be
/// computed once are shared by naming them with `let`. Literals take the type of what they meet.
public struct Scalar: Sendable {
  /// What a node is.
  public enum Operation: Sendable {
    /// Operand number of the row.
    case argument(Int)
    /// A typed constant.
    case literal(Literal)
    /// A Swift literal that has not met a typed operand yet.
    case untyped(Double)
    /// A row applied to operands.
    case apply(Elementwise)
  }

  final class Node: Sendable {
    let operation: Operation
    let operands: [Scalar]
    let type: DType?

    init(_ operation: Operation, _ operands: [Scalar], _ type: DType?) {
      self.operation = operation
      self.operands = operands
      self.type = type
    }
  }

  let node: Node

  /// What the expression's last step is.
  public var operation: Operation { node.operation }
  /// The operands of the last step.
  public var operands: [Scalar] { node.operands }
  /// Tells whether two scalars are the same node.
  public var identity: ObjectIdentifier { ObjectIdentifier(node) }

  /// The type; f64 for a literal that has met no typed operand.
  public var type: DType { node.type ?? .f64 }

  private init(_ operation: Operation, _ operands: [Scalar], _ type: DType?) {
    node = Node(operation, operands, type)
  }

  /// Argument number `index` of type `type`.
  public static func argument(_ index: Int, _ type: DType) -> Scalar {
    Scalar(.argument(index), [], type)
  }

  /// A typed constant.
  public static func literal(_ literal: Literal) -> Scalar {
    Scalar(.literal(literal), [], literal.type)
  }

  /// The constant nearest to `value` in `type`.
  public static func constant(_ value: Double, _ type: DType) -> Scalar {
    .literal(Literal(type, value))
  }

  /// The constant whose bits are the low bits of `bits`.
  public static func bits(_ bits: UInt64, _ type: DType) -> Scalar {
    .literal(Literal(type, bits: bits))
  }

  /// Applies a row. Untyped literals take the type of the typed operands.
  ///
  /// Traps when the types do not fit: row definitions are part of the compiler.
  public static func apply(
    _ row: Elementwise, _ operands: [Scalar], stated: DType? = nil
  ) -> Scalar {
    let values = row.typing == .select ? operands.dropFirst() : operands[...]
    let known = values.lazy.compactMap(\.node.type).first ?? .f64
    let typed = operands.map { $0.node.type == nil ? $0.typed(known) : $0 }
    switch row.typing.result(of: typed.map(\.type), stated: stated) {
    case .success(let type): return Scalar(.apply(row), typed, type)
    case .failure(let failure): fatalError("\(row.name): \(failure)")
    }
  }

  private func typed(_ type: DType) -> Scalar {
    guard case .untyped(let value) = operation else { return self }
    return .constant(value, type)
  }
}

extension Scalar: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// A constant of the type of what it meets.
  public init(floatLiteral value: Double) { self.init(.untyped(value), [], nil) }
  /// A constant of the type of what it meets; beyond 2⁵³ use `bits`.
  public init(integerLiteral value: Int) { self.init(.untyped(Double(value)), [], nil) }
}

extension Scalar {
  /// Sum.
  public static func + (a: Scalar, b: Scalar) -> Scalar { apply(.add, [a, b]) }
  /// Difference.
  public static func - (a: Scalar, b: Scalar) -> Scalar { apply(.sub, [a, b]) }
  /// Product.
  public static func * (a: Scalar, b: Scalar) -> Scalar { apply(.mul, [a, b]) }
  /// Quotient.
  public static func / (a: Scalar, b: Scalar) -> Scalar { apply(.div, [a, b]) }
  /// Negation.
  public static prefix func - (a: Scalar) -> Scalar { apply(.neg, [a]) }

  /// `a * b + c`, with one rounding on target rows that have FMA.
  public static func mulAdd(_ a: Scalar, _ b: Scalar, _ c: Scalar) -> Scalar {
    apply(.mulAdd, [a, b, c])
  }
  /// High half of the double-width integer product.
  public static func mulHigh(_ a: Scalar, _ b: Scalar) -> Scalar { apply(.mulHigh, [a, b]) }
  /// Square root, correctly rounded.
  public static func sqrt(_ x: Scalar) -> Scalar { apply(.sqrt, [x]) }
  /// Magnitude.
  public static func abs(_ x: Scalar) -> Scalar { apply(.abs, [x]) }
  /// The smaller; NaN when either is.
  public static func min(_ a: Scalar, _ b: Scalar) -> Scalar { apply(.min, [a, b]) }
  /// The larger; NaN when either is.
  public static func max(_ a: Scalar, _ b: Scalar) -> Scalar { apply(.max, [a, b]) }
  /// Nearest integer, ties to even.
  public static func roundEven(_ x: Scalar) -> Scalar { apply(.round, [x]) }
  /// Largest integer not above.
  public static func floor(_ x: Scalar) -> Scalar { apply(.floor, [x]) }
  /// Integer part.
  public static func trunc(_ x: Scalar) -> Scalar { apply(.trunc, [x]) }
  /// `x · 2ⁿ` rounded once; `n` is an integer-valued float of x's type.
  public static func scale2(_ x: Scalar, _ n: Scalar) -> Scalar { apply(.scale2, [x, n]) }
  /// Magnitude of `a` with the sign of `b`.
  public static func copySign(_ a: Scalar, _ b: Scalar) -> Scalar { apply(.copySign, [a, b]) }
  /// Holds for NaN.
  public static func isNaN(_ x: Scalar) -> Scalar { apply(.isNaN, [x]) }

  /// Less than.
  public static func lt(_ a: Scalar, _ b: Scalar) -> Scalar { apply(.lt, [a, b]) }
  /// Less or equal.
  public static func le(_ a: Scalar, _ b: Scalar) -> Scalar { apply(.le, [a, b]) }
  /// Greater than.
  public static func gt(_ a: Scalar, _ b: Scalar) -> Scalar { apply(.gt, [a, b]) }
  /// Greater or equal.
  public static func ge(_ a: Scalar, _ b: Scalar) -> Scalar { apply(.ge, [a, b]) }
  /// Equal; -0.0 equals 0.0, NaN equals nothing.
  public static func eq(_ a: Scalar, _ b: Scalar) -> Scalar { apply(.eq, [a, b]) }
  /// Not equal.
  public static func ne(_ a: Scalar, _ b: Scalar) -> Scalar { apply(.ne, [a, b]) }

  /// Bitwise or logical and.
  public static func and(_ a: Scalar, _ b: Scalar) -> Scalar { apply(.and, [a, b]) }
  /// Bitwise or logical or.
  public static func or(_ a: Scalar, _ b: Scalar) -> Scalar { apply(.or, [a, b]) }
  /// Bitwise or logical exclusive or.
  public static func xor(_ a: Scalar, _ b: Scalar) -> Scalar { apply(.xor, [a, b]) }
  /// Bitwise or logical complement.
  public static func not(_ a: Scalar) -> Scalar { apply(.not, [a]) }
  /// `a · 2ⁿ` on integers; 0 when n is the width or more.
  public static func shiftLeft(_ a: Scalar, _ n: Scalar) -> Scalar { apply(.shiftLeft, [a, n]) }
  /// Arithmetic shift for signed types, logical for unsigned; 0 when n is the width or more.
  public static func shiftRight(_ a: Scalar, _ n: Scalar) -> Scalar { apply(.shiftRight, [a, n]) }
  /// Number of leading zero bits.
  public static func leadingZeros(_ a: Scalar) -> Scalar { apply(.leadingZeros, [a]) }

  /// `a` where the condition holds, else `b`.
  public static func select(_ condition: Scalar, _ a: Scalar, _ b: Scalar) -> Scalar {
    apply(.select, [condition, a, b])
  }

  /// `select`, where `slow` is rarely needed: machine code skips it when no lane needs it.
  public static func rarely(
    _ condition: Scalar, _ slow: () -> Scalar, else fast: Scalar
  ) -> Scalar {
    apply(.selectRarely, [condition, slow(), fast])
  }

  /// The value converted to `type`: float to integer saturates, NaN gives 0.
  public static func cast(_ x: Scalar, to type: DType) -> Scalar {
    apply(.cast, [x], stated: type)
  }

  /// The bits read as `type`, which has the same width.
  public static func bitcast(_ x: Scalar, to type: DType) -> Scalar {
    apply(.bitcast, [x], stated: type)
  }

  /// `c₀ + c₁x + c₂x² + …` by Horner's rule in `mulAdd` steps.
  public static func polynomial(_ x: Scalar, _ coefficients: [Scalar]) -> Scalar {
    coefficients.dropLast().reversed().reduce(coefficients[coefficients.count - 1]) {
      .mulAdd($0, x, $1)
    }
  }
}
