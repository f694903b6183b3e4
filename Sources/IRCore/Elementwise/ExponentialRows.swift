// Elementwise rows: exponentials.

extension Elementwise {
  /// `exp(x) = eˣ`.
  ///
  /// `x = n ln 2 + r` with `|r| ≤ ln 2 / 2`, a polynomial for `eʳ`, and one `scale2` by `2ⁿ`, which
  /// also rounds subnormal results once and overflows to infinity. `exp(-∞) = 0`.
  public static let exp = unary("exp", accuracy: Accuracy(f32: 1.3, f64: 1.2)) { type, x in
    let reduced = ExponentialReduction(x, type, from: type == .f64 ? -746 : -104)
    let r = reduced.remainder
    if type == .f64 {
      let power = 1 + Scalar.mulAdd(r * r, reduced.tail, r)
      return .scale2(power, reduced.exponent)
    }
    let power = Scalar.polynomial(r, [1, 1] + ExponentialReduction.tailF32)
    return .scale2(power, reduced.exponent)
  } derivative: { _, y in
    y
  }

  /// `exp2(x) = 2ˣ`, exact where x is an integer.
  ///
  /// `x = n + r` with n the nearest integer, a polynomial for `2ʳ`, and one `scale2`.
  public static let exp2 = unary("exp2", accuracy: Accuracy(f32: 1.2, f64: 1.2)) { type, x in
    let isDouble = type == .f64
    let bounded = Scalar.min(.max(x, isDouble ? -1077 : -151), isDouble ? 1025 : 129)
    let n = ExponentialReduction.nearestInteger(bounded, type)
    let r = bounded - n
    return .scale2(.polynomial(r, isDouble ? exp2F64 : exp2F32), n)
  } derivative: { _, y in
    y * .constant(0x1.62e42fefa39efp-1, y.type)
  }

  /// `expm1(x) = eˣ - 1`, accurate near zero, where it keeps the sign of zero.
  ///
  /// With `eˣ = 2ⁿ (1 + q)`: `expm1(x) = 2ⁿ ((1 - 2⁻ⁿ) + q)`, where `1 - 2⁻ⁿ` meets the exact part
  /// of q first.
  public static let expm1 = unary("expm1", accuracy: Accuracy(f32: 1.5, f64: 1.8)) { type, x in
    let reduced = ExponentialReduction(x, type, from: type == .f64 ? -38 : -18)
    let r = reduced.remainder
    let shifted = (1 - ExponentialReduction.inversePowerOfTwo(reduced.exponent, type)) + r
    let sum = Scalar.mulAdd(r * r, reduced.tail, shifted)
    return .copySign(.scale2(sum, reduced.exponent), x)
  } derivative: { _, y in
    y + 1
  }

  static let exponentialRows: [Elementwise] = [exp, exp2, expm1]

  /// `2ʳ`, |r| ≤ 1/2 (our relative minimax fits).
  private static let exp2F32: [Scalar] = [
    1, 0x1.62e43p-1, 0x1.ebfbdep-3, 0x1.c6af9cp-5, 0x1.3b2c56p-7, 0x1.5ef62ep-10, 0x1.427c96p-13,
  ]
  private static let exp2F64: [Scalar] = [
    1, 0x1.62e42fefa39efp-1, 0x1.ebfbdff82c58ep-3, 0x1.c6b08d704a1dp-5, 0x1.3b2ab6fba519ep-7,
    0x1.5d87fe7875805p-10, 0x1.430912f75775bp-13, 0x1.ffcbfd41dc22ep-17, 0x1.62c0271fd745cp-20,
    0x1.b523441f07bb6p-24, 0x1.e4bbcd221741ep-28, 0x1.ec5321055b756p-32, 0x1.e06f22366d3e4p-36,
  ]
}

extension Scalar {
  /// `eˣ`.
  public static func exp(_ x: Scalar) -> Scalar { apply(.exp, [x]) }
  /// `2ˣ`.
  public static func exp2(_ x: Scalar) -> Scalar { apply(.exp2, [x]) }
  /// `eˣ - 1`, accurate near zero.
  public static func expm1(_ x: Scalar) -> Scalar { apply(.expm1, [x]) }
}
