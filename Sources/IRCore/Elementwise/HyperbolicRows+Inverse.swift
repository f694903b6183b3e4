// Elementwise rows: inverse hyperbolic functions.

extension Elementwise {
  /// `asinh(x)`, odd to the bit.
  ///
  /// `log1p(a + a² / (1 + √(1 + a²)))` of `a = |x|`; above 2²⁸ `log(2a)`. f32 computes in f64.
  public static let asinh = unary("asinh", accuracy: Accuracy(f32: 0.6, f64: 2.1)) { type, x in
    let a = Scalar.abs(type == .f64 ? x : .cast(x, to: .f64))
    let square = a * a
    let argument = a + square / (1 + .sqrt(1 + square))
    let value: Scalar
    if type == .f64 {
      value = logarithm(onePlus: argument, orOfTwice: a)
    } else {
      value = .cast(LogarithmReduction(onePlus: argument).shortLogarithm, to: .f32)
    }
    let isFinite = Scalar.lt(.abs(x), .constant(.infinity, type))
    return .copySign(.select(isFinite, value, x), x)
  } derivative: { x, _ in
    let a = Scalar.abs(x)
    return .select(.gt(a, 0x1p30), 1 / a, 1 / Scalar.sqrt(a * a + 1))
  }

  /// `acosh(x)`: NaN below 1.
  ///
  /// `log1p(t + √(t (t + 2)))` of `t = x - 1`; above 2²⁸ `log(2x)`. f32 computes in f64.
  public static let acosh = unary("acosh", accuracy: Accuracy(f32: 0.6, f64: 2.5)) { type, x in
    let wide = type == .f64 ? x : .cast(x, to: .f64)
    let t = wide - 1
    let argument = t + .sqrt(.mulAdd(t, t, t + t))
    let value: Scalar
    if type == .f64 {
      value = logarithm(onePlus: argument, orOfTwice: wide)
    } else {
      value = .cast(LogarithmReduction(onePlus: argument).shortLogarithm, to: .f32)
    }
    let finite = Scalar.select(.lt(x, .constant(.infinity, type)), value, x)
    return .select(.lt(x, 1), .constant(.nan, type), finite)
  } derivative: { x, _ in
    1 / (Scalar.sqrt(x - 1) * .sqrt(x + 1))
  }

  /// `atanh(x)`, odd to the bit: ±∞ at ±1, NaN beyond.
  ///
  /// `log1p(2a / (1 - a)) / 2` of `a = |x|`. f32 computes in f64.
  public static let atanh = unary("atanh", accuracy: Accuracy(f32: 0.6, f64: 2.3)) { type, x in
    let a = Scalar.abs(type == .f64 ? x : .cast(x, to: .f64))
    let reduced = LogarithmReduction(onePlus: (a + a) / (1 - a))
    let value =
      type == .f64
      ? 0.5 * reduced.naturalLogarithm : .cast(0.5 * reduced.shortLogarithm, to: .f32)
    let inside = Scalar.select(.lt(.abs(x), 1), value, .constant(.nan, type))
    let closed = Scalar.select(.eq(.abs(x), 1), .constant(.infinity, type), inside)
    return .copySign(closed, x)
  } derivative: { x, _ in
    1 / ((1 - x) * (1 + x))
  }

  /// `log(1 + argument)`, or `log(2 large)` where large is above 2²⁸, in f64.
  private static func logarithm(onePlus argument: Scalar, orOfTwice large: Scalar) -> Scalar {
    let parts = LogarithmReduction(large)
    let twice = LogarithmReduction(exponent: parts.exponent + 1, fraction: parts.fraction)
    return LogarithmReduction.select(
      .gt(large, 0x1p28), twice, LogarithmReduction(onePlus: argument)
    ).naturalLogarithm
  }
}

extension Scalar {
  /// Inverse hyperbolic sine.
  public static func asinh(_ x: Scalar) -> Scalar { apply(.asinh, [x]) }
  /// Inverse hyperbolic cosine.
  public static func acosh(_ x: Scalar) -> Scalar { apply(.acosh, [x]) }
  /// Inverse hyperbolic tangent.
  public static func atanh(_ x: Scalar) -> Scalar { apply(.atanh, [x]) }
}
