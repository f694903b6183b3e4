// The argument reduction and polynomials that the logarithm family shares.

/// `x = 2ᵏ (1 + f)` by integer operations on the bits, and `log(1 + f)`.
///
/// In f32 `1 + f` lies in [2/3, 4/3) and `log(1 + f)` is a polynomial; in f64 it lies in
/// [√½, √2) and `s = f / (2 + f)` turns the logarithm into an odd series in s, which needs a
/// third of the terms (M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions", 1964,
/// 4.1.27; with the arrangement of the f² / 2 term by K. C. Ng, 1986, in Sun's math library).
struct LogarithmReduction {
  /// k as a float of x's type.
  let exponent: Scalar
  /// f, in x's type.
  let fraction: Scalar

  /// Keeps the parts.
  init(exponent: Scalar, fraction: Scalar) {
    self.exponent = exponent
    self.fraction = fraction
  }

  /// Splits x, positive, normal and finite, f32 or f64.
  init(_ x: Scalar) {
    let bits = Bits(x)
    self.init(exponent: bits.exponent, fraction: bits.significand - 1)
  }

  /// Splits `1 + x` for -1 < x < 2⁶⁰ without the rounding of the sum: `f = x 2⁻ᵏ + (2⁻ᵏ - 1)`,
  /// where both terms are exact, and f is x itself where k is 0.
  init(onePlus x: Scalar) {
    let bits = Bits(1 + x)
    let scale = bits.inverseScale
    self.init(exponent: bits.exponent, fraction: .mulAdd(x, scale, scale - 1))
  }

  /// This or another reduction.
  static func select(
    _ condition: Scalar, _ a: LogarithmReduction, _ b: LogarithmReduction
  ) -> LogarithmReduction {
    LogarithmReduction(
      exponent: .select(condition, a.exponent, b.exponent),
      fraction: .select(condition, a.fraction, b.fraction))
  }

  /// `k ln 2 + log(1 + f)` to the accuracy of the type.
  var naturalLogarithm: Scalar {
    let f = fraction
    if f.type == .f32 { return .mulAdd(exponent, 0x1.62e43p-1, .mulAdd(f * f, Self.tail(f), f)) }
    let half = 0.5 * f * f
    let rest = Scalar.mulAdd(exponent, ExponentialReduction.ln2LowF64, Self.bend(f, half))
    return exponent * ExponentialReduction.ln2HighF64 - ((half - rest) - f)
  }

  /// `log(1 + f)` in f64 as a part of 26 bits and a rest.
  var splitLogarithm: (high: Scalar, low: Scalar) {
    let f = fraction
    let half = 0.5 * f * f
    let high = (f - half).highHalf
    return (high, ((f - high) - half) + Self.bend(f, half))
  }

  /// `k ln 2 + log(1 + f)` in f64 with an error below 2^-34 relative: enough for f32 results.
  var shortLogarithm: Scalar {
    let s = fraction / (2 + fraction)
    let square = s * s
    let series = Scalar.mulAdd(s * square, .polynomial(square, Self.shortSeries), s + s)
    return .mulAdd(exponent, 0x1.62e42fefa39efp-1, series)
  }

  /// `(log(1 + f) - f) / f²` in f32.
  private static func tail(_ f: Scalar) -> Scalar { .polynomial(f, tailF32) }

  /// `log(1 + f) - f + f²/2`, given `half = f²/2`.
  private static func bend(_ f: Scalar, _ half: Scalar) -> Scalar {
    let s = f / (2 + f)
    let square = s * s
    return s * .mulAdd(square, .polynomial(square, seriesF64), half)
  }

  /// Our minimax fit on |f| ≤ 1/3, with a relative error of 2^-25 of `log(1 + f)`.
  private static let tailF32: [Scalar] = [
    -0x1.ffffd4p-2, 0x1.5554fap-2, -0x1.0014c6p-2, 0x1.99d482p-3, -0x1.50291p-3, 0x1.1e9bc6p-3,
    -0x1.3b5c4p-3, 0x1.1f65bp-3,
  ]
  /// Our minimax fits of `2/3 + 2/5 z + 2/7 z² + …` for z = s² ≤ 0.02945.
  private static let seriesF64: [Scalar] = [
    0x1.5555555555558p-1, 0x1.9999999995303p-2, 0x1.2492492df3035p-2, 0x1.c71c62e0b72cbp-3,
    0x1.7462b661a6659p-3, 0x1.39fe212aea87bp-3, 0x1.2b5b8533b7489p-3,
  ]
  private static let shortSeries: [Scalar] = [
    0x1.5555554ba532p-1, 0x1.9999eba52ed78p-2, 0x1.245c27a811e86p-2, 0x1.ddd435206ac81p-3,
  ]
}

/// The fields of a positive normal float, the exponent counted so that the significand lies
/// around 1.
private struct Bits {
  let type: DType
  /// The bits less those of the least significand; in f64 the exponent field stays biased.
  let shifted: Scalar

  init(_ x: Scalar) {
    type = x.type
    shifted =
      type == .f64
      ? .bitcast(x, to: .u64) - .bits(leastF64 &- biasF64, .u64)
      : .bitcast(x, to: .i32) - .bits(leastF32, .i32)
  }

  /// The exponent as a float. f64 puts the field into the low bits of 2⁵²: conversion from 64-bit
  /// integers, and arithmetic shifts of them, are scalar on rows below AVX-512.
  var exponent: Scalar {
    guard type == .f64 else { return .cast(.shiftRight(shifted, 23), to: .f32) }
    let field = Scalar.or(.shiftRight(shifted, 52), .bits(0x4330_0000_0000_0000, .u64))
    return .bitcast(field, to: .f64) - 0x1.00000000003ffp52
  }

  /// In [2/3, 4/3) for f32, in [√½, √2) for f64.
  var significand: Scalar {
    if type == .f64 {
      let low = Scalar.and(shifted, .bits(0x000f_ffff_ffff_ffff, .u64))
      return .bitcast(low + .bits(leastF64, .u64), to: .f64)
    }
    let low = Scalar.and(shifted, .bits(0x007f_ffff, .i32))
    return .bitcast(low + .bits(leastF32, .i32), to: .f32)
  }

  /// 2 to the minus exponent.
  var inverseScale: Scalar {
    if type == .f64 {
      let field = Scalar.and(shifted, .bits(0xfff0_0000_0000_0000, .u64))
      return .bitcast(.bits(2 * biasF64, .u64) - field, to: .f64)
    }
    let field = Scalar.and(shifted, .bits(0xff80_0000, .i32))
    return .bitcast(.bits(0x3f80_0000, .i32) - field, to: .f32)
  }
}

/// The bits of the least significand: 2/3 and √½.
private let leastF32: UInt64 = 0x3f2a_aaab
private let leastF64: UInt64 = 0x3fe6_a09e_667f_3bcd
/// The f64 exponent bias in place.
private let biasF64: UInt64 = 1023 << 52

extension Scalar {
  /// An f64 with the low 27 bits of the significand cleared: products of two such are exact.
  var highHalf: Scalar {
    let bits = Scalar.and(.bitcast(self, to: .u64), .bits(0xffff_ffff_f800_0000, .u64))
    return .bitcast(bits, to: .f64)
  }

  /// Holds for everything but the positive normal finite numbers.
  var isNotPositiveNormal: Scalar {
    let least: Scalar = type == .f64 ? 0x1p-1022 : 0x1p-126
    return .or(.not(.ge(self, least)), .not(.lt(self, .constant(.infinity, type))))
  }

  /// `value` for finite positive self; -∞ for zeros, NaN below, ∞ and NaN as they are: what every
  /// logarithm does.
  func orLogarithmOfSpecial(_ value: Scalar) -> Scalar {
    let finite = Scalar.select(.lt(self, .constant(.infinity, type)), value, self)
    let signed = Scalar.select(.lt(self, 0), .constant(.nan, type), finite)
    return .select(.eq(self, 0), .constant(-.infinity, type), signed)
  }
}
