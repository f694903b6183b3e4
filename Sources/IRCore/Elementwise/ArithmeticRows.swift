// Elementwise rows: arithmetic.

extension Elementwise {
  /// `a + b`; integers wrap.
  public static let add = Elementwise(
    "add", arity: 2, typing: .numeric, accuracy: .rounded, definition: .primitive(.add)
  ) { _, _ in [1.0, 1.0] }

  /// `a - b`; integers wrap.
  public static let sub = Elementwise(
    "sub", arity: 2, typing: .numeric, accuracy: .rounded, definition: .primitive(.sub)
  ) { _, _ in [1.0, -1.0] }

  /// `a · b`; integers wrap.
  public static let mul = Elementwise(
    "mul", arity: 2, typing: .numeric, accuracy: .rounded, definition: .primitive(.mul)
  ) { x, _ in [x[1], x[0]] }

  /// High half of the double-width product of two integers.
  public static let mulHigh = Elementwise(
    "mulHigh", arity: 2, typing: .integer, definition: .primitive(.mulHigh))

  /// `a / b`; integers truncate towards zero, `a / 0 = 0` and `min / -1 = min`.
  public static let div = Elementwise(
    "div", arity: 2, typing: .numeric, accuracy: .rounded, definition: .primitive(.div)
  ) { x, y in [1.0 / x[1], -y / x[1]] }

  /// Remainder of division truncated towards zero, exact; integers `a rem 0 = a`.
  public static let rem = Elementwise(
    "rem", arity: 2, typing: .numeric, accuracy: .exact, definition: .primitive(.rem)
  ) { x, _ in [1.0, -Scalar.trunc(x[0] / x[1])] }

  /// `floor(a / b)`: for floats the rounded quotient's floor, for integers exact with `a / 0 = 0`.
  public static let floorDiv = Elementwise(
    "floorDiv", arity: 2, typing: .numeric, accuracy: .exact,
    definition: .composed { type, x in
      let quotient = x[0] / x[1]
      if type.isFloat { return .floor(quotient) }
      let rest = Scalar.apply(.rem, [x[0], x[1]])
      let crosses = Scalar.ne(.lt(rest, 0), .lt(x[1], 0))
      let inexact = Scalar.and(.ne(rest, 0), .ne(x[1], 0))
      return .select(.and(inexact, crosses), quotient - 1, quotient)
    }, derivative: { _, _ in [0.0, 0.0] })

  /// `a · b + c`: one rounding on target rows with FMA, two elsewhere, where the error has no bound
  /// in units of the result after cancellation; integers wrap.
  public static let mulAdd = Elementwise(
    "mulAdd", arity: 3, typing: .numeric,
    accuracy: Accuracy(f32: .infinity, f64: .infinity),
    definition: .primitive(.mulAdd)
  ) { x, _ in [x[1], x[0], 1.0] }

  /// The smaller of two; NaN when either is; of equal values (0.0 and -0.0) the first.
  public static let min = Elementwise(
    "min", arity: 2, typing: .numeric,
    definition: .composed { type, x in
      let smaller = Scalar.select(.lt(x[1], x[0]), x[1], x[0])
      return type.isFloat ? .select(.ne(x[1], x[1]), x[1], smaller) : smaller
    }, derivative: { x, _ in tieSplitting(.lt(x[0], x[1]), .eq(x[0], x[1])) })

  /// The larger of two; NaN when either is; of equal values (0.0 and -0.0) the first.
  public static let max = Elementwise(
    "max", arity: 2, typing: .numeric,
    definition: .composed { type, x in
      let larger = Scalar.select(.gt(x[1], x[0]), x[1], x[0])
      return type.isFloat ? .select(.ne(x[1], x[1]), x[1], larger) : larger
    }, derivative: { x, _ in tieSplitting(.gt(x[0], x[1]), .eq(x[0], x[1])) })

  /// Partials of min and max: 1 to the chosen operand, a half to each of two equal ones.
  private static func tieSplitting(_ isFirst: Scalar, _ isTie: Scalar) -> [Scalar] {
    let one: Scalar = 1.0
    return [
      .select(isTie, 0.5, .select(isFirst, one, 0.0)),
      .select(isTie, 0.5, .select(isFirst, 0.0, one)),
    ]
  }

  /// `max(x, 0)`; NaN when x is. A row of its own, because its slope at 0 is 0 and not that of a tie.
  public static let relu = Elementwise(
    "relu", arity: 1, typing: .numeric,
    definition: .composed { type, x in .max(x[0], .constant(0, type)) },
    // By the result, so that the operand need not be kept.
    derivative: { _, y in [.select(.gt(y, 0), 1.0, 0.0)] })

  /// `min(max(x, low), high)`; NaN when any operand is.
  public static let clamp = Elementwise(
    "clamp", arity: 3, typing: .numeric,
    definition: .composed { _, x in .min(.max(x[0], x[1]), x[2]) },
    derivative: { x, _ in
      let below = Scalar.lt(x[0], x[1])
      let above = Scalar.gt(.max(x[0], x[1]), x[2])
      return [
        .select(.or(below, above), 0.0, 1.0), .select(.and(below, .not(above)), 1.0, 0.0),
        .select(above, 1.0, 0.0),
      ]
    })

  /// `-x`; integers wrap.
  public static let neg = Elementwise(
    "neg", arity: 1, typing: .numeric, definition: .primitive(.neg)
  ) { _, _ in [-1.0] }

  /// Magnitude; the least integer stays as it is.
  public static let abs = Elementwise(
    "abs", arity: 1, typing: .numeric, definition: .primitive(.abs)
  ) { x, _ in [.apply(.sign, [x[0]])] }

  /// -1, 0 or 1; zeros keep their sign and NaN stays NaN.
  public static let sign = Elementwise(
    "sign", arity: 1, typing: .numeric,
    definition: .composed { type, x in
      if !type.isFloat { return .select(.gt(x[0], 0), 1, .select(.lt(x[0], 0), -1, x[0])) }
      let one = Scalar.constant(1, type)
      return .select(.or(.gt(x[0], 0), .lt(x[0], 0)), .copySign(one, x[0]), x[0])
    }, derivative: { _, _ in [0.0] })

  /// Square root, correctly rounded; NaN below zero.
  public static let sqrt = Elementwise(
    "sqrt", arity: 1, typing: .float, accuracy: .rounded, definition: .primitive(.sqrt)
  ) { _, y in [0.5 / y] }

  /// Magnitude of `a` with the sign of `b`.
  public static let copySign = Elementwise(
    "copySign", arity: 2, typing: .float,
    definition: .composed { type, x in
      let bits = type.unsigned
      let signBit = Scalar.bits(1 << UInt64(type.bitWidth - 1), bits)
      let magnitude = Scalar.and(.bitcast(x[0], to: bits), .not(signBit))
      let sign = Scalar.and(.bitcast(x[1], to: bits), signBit)
      return .bitcast(.or(magnitude, sign), to: type)
    },
    derivative: { x, _ in
      [.apply(.sign, [x[0]]) * .copySign(1.0, x[1]), 0.0]
    })

  /// `x · 2ⁿ` rounded once, for an integer-valued float `n`.
  public static let scale2 = Elementwise(
    "scale2", arity: 2, typing: .float, accuracy: .rounded, definition: .primitive(.scale2)
  ) { x, y in [.scale2(1.0, x[1]), y * .constant(0.693147180559945309417, y.type)] }

  static let arithmeticRows: [Elementwise] = [
    add, sub, mul, mulHigh, div, rem, floorDiv, mulAdd, min, max, relu, clamp, neg, abs, sign, sqrt,
    copySign, scale2,
  ]
}
