// The argument reduction that the exponential family shares.

/// `x = n ln 2 + r` with n the nearest integer, and the polynomial for `eʳ`.
///
/// ln 2 stands as two constants, the first with so many trailing zeros that its product with n is
/// exact without FMA (W. J. Cody and W. Waite, "Software Manual for the Elementary Functions",
/// 1980). The integer is found by adding and subtracting `1.5 · 2^(p-1)`, which makes the adder
/// round to integers.
struct ExponentialReduction {
  /// n, an integer-valued float.
  let exponent: Scalar
  /// r, at most a hair more than `ln 2 / 2` in magnitude.
  let remainder: Scalar

  /// Reduces x clamped to `least` and to where the result is infinite.
  init(_ x: Scalar, _ type: DType, from least: Scalar) {
    self.init(bounded: .min(.max(x, least), type == .f64 ? 710 : 89), type)
  }

  /// Reduces x whose n fits 10 bits (11 in f64).
  init(bounded x: Scalar, _ type: DType) {
    let scaled = Scalar.mulAdd(x, Self.perLn2, Self.integerShift(type))
    exponent = scaled - Self.integerShift(type)
    remainder =
      type == .f64
      ? .mulAdd(exponent, Self.minusLn2LowF64, .mulAdd(exponent, Self.minusLn2HighF64, x))
      : .mulAdd(exponent, -0x1.7f7d1cp-20, .mulAdd(exponent, -0x1.62e4p-1, x))
  }

  /// `(eʳ - 1 - r) / r²`.
  var tail: Scalar {
    .polynomial(remainder, remainder.type == .f64 ? Self.tailF64 : Self.tailF32)
  }

  /// The integer nearest to x, which is below 2²² in f32 and 2⁵¹ in f64; ties to even.
  static func nearestInteger(_ x: Scalar, _ type: DType) -> Scalar {
    (x + integerShift(type)) - integerShift(type)
  }

  /// `2ⁿ` from the bits of n for `-bias < n ≤ bias`, bias 127 or 1023, and 0 for `n = -bias`: the
  /// biased exponent comes to stand in the low bits of the shifted n. Two cheap steps on every
  /// target row, where `scale2` is one on one row and many on the others.
  static func powerOfTwo(_ n: Scalar, _ type: DType) -> Scalar {
    if type == .f64 {
      let shifted = Scalar.bitcast(n + 0x1.80000000003ffp52, to: .u64)
      return .bitcast(.shiftLeft(shifted, 52), to: .f64)
    }
    let shifted = Scalar.bitcast(n + 0x1.8000fep23, to: .u32)
    return .bitcast(.shiftLeft(shifted, 23), to: .f32)
  }

  /// `2⁻ⁿ` for `n > -bias`, and 0 where that is below the normal range.
  static func inversePowerOfTwo(_ n: Scalar, _ type: DType) -> Scalar {
    powerOfTwo(.max(-n, type == .f64 ? -1023 : -127), type)
  }

  private static func integerShift(_ type: DType) -> Scalar {
    .constant(type == .f64 ? 0x1.8p52 : 0x1.8p23, type)
  }

  /// `1 / ln 2`.
  private static let perLn2: Scalar = 0x1.71547652b82fep0

  /// ln 2 in two parts, the first with 41 bits (in f32 it has 15), and their negatives.
  static let ln2HighF64: Scalar = 0x1.62e42fefa4p-1
  static let ln2LowF64: Scalar = -0x1.8432a1b0e2634p-43
  static let minusLn2HighF64: Scalar = -0x1.62e42fefa4p-1
  static let minusLn2LowF64: Scalar = 0x1.8432a1b0e2634p-43

  /// Our minimax fits of `(eʳ - 1 - r) / r²`, weighted for the relative error of `eʳ - 1` on
  /// |r| ≤ 0.3475: 2^-26 in f32, 2^-55 in f64.
  static let tailF32: [Scalar] = [
    0x1.fffffep-2, 0x1.5554aep-3, 0x1.555712p-5, 0x1.12292ep-7, 0x1.6b79b2p-10,
  ]
  static let tailF64: [Scalar] = [
    0x1.0000000000005p-1, 0x1.555555555553ap-3, 0x1.555555555209cp-5, 0x1.1111111118c61p-7,
    0x1.6c16c17f5ac05p-10, 0x1.a01a01769f60ep-13, 0x1.a019a60014437p-16, 0x1.71de838a5923dp-19,
    0x1.28a346349c249p-22, 0x1.ae747fe155c33p-26,
  ]
}
