// Elementwise rows: powers.

extension Elementwise {
  /// `pow(x, y) = xʸ` with the special cases of C99 Annex F: `x⁰ = 1ʸ = 1` even for NaN, a
  /// negative base takes integer exponents only, zeros and infinities give zeros and infinities
  /// with the sign of an odd power.
  ///
  /// `exp(y log |x|)`. f32 computes in f64; f64 carries the logarithm and the product as sums of
  /// two numbers (T. J. Dekker, "A floating-point technique for extending the available
  /// precision", 1971), so that large exponents do not magnify their rounding. Powers that are
  /// exact in the type come out exact.
  public static let pow = binary("pow", accuracy: Accuracy(f32: 0.6, f64: 1.8)) { type, x, y in
    let magnitude = type == .f64 ? magnitudeF64(.abs(x), y) : magnitudeF32(.abs(x), y)
    return withSpecialCases(magnitude, x, y, type)
  } derivative: { x, y, result in
    let byBase = Scalar.select(.eq(y, 0), 0, y * .pow(x, y - 1))
    let isFlat = Scalar.and(.eq(x, 0), .ge(y, 0))
    return (byBase, .select(isFlat, 0, result * .log(x)))
  }

  static let powerRows: [Elementwise] = [pow]

  /// `eᶻ` of `z = y log(base)` in f64: every f32 is normal there, and `|z| < 104` where the
  /// result is finite and not zero.
  private static func magnitudeF32(_ base: Scalar, _ y: Scalar) -> Scalar {
    let logarithm = LogarithmReduction(.cast(base, to: .f64)).shortLogarithm
    // Beyond 2⁴⁰ any base but 1 overflows or vanishes; and infinity times log(1) is no NaN.
    let exponent = Scalar.min(.max(.cast(y, to: .f64), -0x1p40), 0x1p40)
    let z = Scalar.min(.max(logarithm * exponent, -120), 120)
    let n = ExponentialReduction(bounded: z, .f64).exponent
    let r = Scalar.mulAdd(n, -0x1.62e42fefa39efp-1, z)
    let power = Scalar.polynomial(r, shortExponential) * ExponentialReduction.powerOfTwo(n, .f64)
    return .cast(power, to: .f32)
  }

  /// `eᶻ` of `z = y log(base)`, z in two parts.
  private static func magnitudeF64(_ base: Scalar, _ y: Scalar) -> Scalar {
    let isSubnormal = Scalar.lt(base, 0x1p-1022)
    let normal = Scalar.select(isSubnormal, base * 0x1p54, base)
    let parts = LogarithmReduction(normal)
    let exponent = parts.exponent - .select(isSubnormal, .constant(54, .f64), 0)
    let logarithm = PairLogarithm(
      LogarithmReduction(exponent: exponent, fraction: parts.fraction))
    // Beyond 2⁶⁴ any base but 1 overflows or vanishes.
    let bounded = Scalar.min(.max(y, -0x1p64), 0x1p64)
    let yHigh = bounded.highHalf
    let logHigh = logarithm.high.highHalf
    let logLow = logarithm.low + (logarithm.high - logHigh)
    let main = yHigh * logHigh
    let rest = (bounded - yHigh) * (logarithm.high + logarithm.low) + yHigh * logLow
    let z = main + rest
    let isLarge = Scalar.gt(.abs(z), 800)
    return exponential(
      .min(.max(z, -800), 800), .select(isLarge, 0, rest - (z - main)))
  }

  /// `e^(high + low)` in f64 for |high| ≤ 800, with the rounding errors of the reduced argument
  /// and of the last sum kept, so that the result is rounded nearly once.
  private static func exponential(_ high: Scalar, _ low: Scalar) -> Scalar {
    let n = ExponentialReduction(bounded: high, .f64).exponent
    let main = Scalar.mulAdd(n, ExponentialReduction.minusLn2HighF64, high)
    let rest = Scalar.mulAdd(n, ExponentialReduction.minusLn2LowF64, low)
    let r = main + rest
    let lost = rest - (r - main)
    let sum = 1 + r
    let tail = Scalar.polynomial(r, ExponentialReduction.tailF64)
    return .scale2(sum + ((r - (sum - 1)) + .mulAdd(r * r, tail, lost)), n)
  }

  private static func withSpecialCases(
    _ magnitude: Scalar, _ x: Scalar, _ y: Scalar, _ type: DType
  ) -> Scalar {
    let infinity = Scalar.constant(.infinity, type)
    let half = 0.5 * y
    let isInteger = Scalar.eq(.trunc(y), y)
    let isOdd = Scalar.and(isInteger, .ne(.trunc(half), half))
    let isNegative = Scalar.lt(.bitcast(x, to: type.signed), 0)
    let isZero = Scalar.eq(x, 0)
    let isEdge = Scalar.or(isZero, .eq(.abs(x), infinity))
    let edge = Scalar.select(.xor(isZero, .lt(y, 0)), 0, infinity)
    let isOutside = Scalar.and(isNegative, .not(isInteger))
    let inner = Scalar.select(isOutside, .constant(.nan, type), magnitude)
    let unsigned = Scalar.select(isEdge, edge, inner)
    let signed = Scalar.select(.and(isNegative, isOdd), -unsigned, unsigned)
    let valid = Scalar.select(.or(.isNaN(x), .isNaN(y)), .constant(.nan, type), signed)
    return .select(.or(.eq(x, 1), .eq(y, 0)), 1, valid)
  }

  /// `eʳ` on |r| ≤ ln 2 / 2 with a relative error of 2^-33 (our minimax fit).
  private static let shortExponential: [Scalar] = [
    1, 1, 0x1.0000002684c19p-1, 0x1.555554edfa5d1p-3, 0x1.5554af7fdf3d6p-5, 0x1.11118aa658d8dp-7,
    0x1.6d73bf5aa31dap-10, 0x1.a032dcd960724p-13,
  ]
}

/// `k ln 2 + log(1 + f)` in f64 as a sum of two numbers, with a relative error below 2^-64.
///
/// `log(1 + f) = 2/3 s (3 + s² + r)` with `s = f / (2 + f)`: s is divided once to 26 bits, whose
/// products are exact, and its rest follows from the remainder of that division. Masks take the
/// place of FMA, so the result does not depend on it.
private struct PairLogarithm {
  let high: Scalar
  let low: Scalar

  init(_ parts: LogarithmReduction) {
    let f = parts.fraction
    let divisor = 2 + f
    let inverse = 1 / divisor
    let s = f * inverse
    let sHigh = s.highHalf
    let divisorHigh = divisor.highHalf
    let divisorLow = (f + 1) - (divisorHigh - 1)
    let sLow = inverse * ((f - sHigh * divisorHigh) - sHigh * divisorLow)

    let square = sHigh * sHigh
    let z = s * s
    let rest = Scalar.mulAdd(z * z, .polynomial(z, Self.series), sLow * (sHigh + s))
    let factorHigh = (3 + square + rest).highHalf
    let factorLow = rest - ((factorHigh - 3) - square)

    let product = sHigh * factorHigh
    let productRest = sLow * factorHigh + factorLow * s
    let pHigh = (product + productRest).highHalf
    let pLow = productRest - (pHigh - product)
    let log = pHigh * 0x1.5555558p-1
    let logRest = pHigh * -0x1.5555555555555p-28 + pLow * 0x1.5555555555555p-1

    let whole = parts.exponent * ExponentialReduction.ln2HighF64
    high = whole + log
    low =
      (log - (high - whole))
      + .mulAdd(parts.exponent, ExponentialReduction.ln2LowF64, logRest)
  }

  /// Our minimax fit of `3 (1/5 + 1/7 z + 1/9 z² + …)` for z = s² ≤ 0.02945.
  private static let series: [Scalar] = [
    0x1.3333333333333p-1, 0x1.b6db6db6db97p-2, 0x1.5555555507f27p-2, 0x1.1745d1b54823ap-2,
    0x1.d89d5043098c4p-3, 0x1.99a80957ba3e6p-3, 0x1.675c9cc4c1b7ep-3, 0x1.6a702400316e7p-3,
  ]
}

extension Scalar {
  /// `xʸ`.
  public static func pow(_ x: Scalar, _ y: Scalar) -> Scalar { apply(.pow, [x, y]) }
}
