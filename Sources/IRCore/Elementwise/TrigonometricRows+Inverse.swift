// Elementwise rows: inverse sine, cosine and tangent.

extension Elementwise {
  /// `arcsin x` in [-π/2, π/2]; NaN beyond [-1, 1]. Odd, -0.0 included.
  ///
  /// Odd powers up to 1/2; above it `π/2 - 2 arcsin √((1 - |x|) / 2)`, where 1 - |x| is exact.
  public static let asin = unary("asin", accuracy: Accuracy(f32: 1.5, f64: 1.5)) { _, x in
    let folded = FoldedSine(x)
    let y = Scalar.select(folded.isFolded, -2.0 * folded.y, folded.y)
    let base = SplitConstant.halfPi.select(folded.isFolded, x.type)
    // Near 1 the sum has half the ulp of π/2, so its rounding is carried along.
    let head = base.high + y
    let lost = (base.high - head) + y
    return .copySign(head + (lost + .mulAdd(y, folded.terms, base.low)), x)
  } derivative: { x, _ in
    1.0 / .sqrt((1.0 - x) * (1.0 + x))
  }

  /// `arccos x` in [0, π]; NaN beyond [-1, 1]. From the same two cases as `asin`.
  public static let acos = unary("acos", accuracy: Accuracy(f32: 1.5, f64: 1.5)) { type, x in
    let folded = FoldedSine(x)
    let isNegative = Scalar.lt(x, 0.0)
    let twice = 2.0 * folded.y
    let y = Scalar.select(folded.isFolded, .select(isNegative, -twice, twice), -x)
    let outer = SplitConstant.pi.select(isNegative, type)
    let inner = SplitConstant.halfPi
    let base = SplitConstant.Scalars(
      high: .select(folded.isFolded, outer.high, .constant(inner.high(type), type)),
      low: .select(folded.isFolded, outer.low, .constant(inner.low(type), type)))
    return base.plus(y, times: folded.terms)
  } derivative: { x, _ in
    -1.0 / .sqrt((1.0 - x) * (1.0 + x))
  }

  /// `arctan x` in [-π/2, π/2]; odd, -0.0 included.
  ///
  /// Odd powers up to 1; above it `π/2 - arctan(1/x)`.
  public static let atan = unary("atan", accuracy: Accuracy(f32: 1.5, f64: 1.5)) { type, x in
    let magnitude = Scalar.abs(x)
    let isFolded = Scalar.gt(magnitude, 1.0)
    let one = Scalar.constant(1, type)
    let y = Scalar.select(isFolded, -one, magnitude) / .select(isFolded, magnitude, one)
    let base = SplitConstant.halfPi.select(isFolded, type)
    return .copySign(base.plus(y, times: arctangentTerms(y)), x)
  } derivative: { x, _ in
    1.0 / .mulAdd(x, x, 1.0)
  }

  /// `atan2(y, x)`: the angle of the point (x, y) in [-π, π], signed like `y`.
  ///
  /// The smaller magnitude over the larger, and the octant put back. As in C99, Annex F: zeros and
  /// infinities of `x` and `y` give multiples of π/4.
  public static let atan2 = binary("atan2", accuracy: Accuracy(f32: 2, f64: 2)) { type, y, x in
    let (rise, run) = (Scalar.abs(y), Scalar.abs(x))
    let isSteep = Scalar.gt(rise, run)
    let smaller = Scalar.select(isSteep, run, rise)
    let larger = Scalar.select(isSteep, rise, run)
    let one = Scalar.constant(1, type)
    let quotient = Scalar.select(.eq(smaller, larger), one, smaller / larger)
    let ratio = Scalar.select(.eq(larger, 0.0), smaller, quotient)
    let isBehind = Scalar.lt(.copySign(one, x), 0.0)
    let signed = Scalar.select(.xor(isSteep, isBehind), -ratio, ratio)
    let side = SplitConstant.pi.select(isBehind, type)
    let top = SplitConstant.halfPi
    let base = SplitConstant.Scalars(
      high: .select(isSteep, .constant(top.high(type), type), side.high),
      low: .select(isSteep, .constant(top.low(type), type), side.low))
    return .copySign(base.plus(signed, times: arctangentTerms(signed)), y)
  } derivative: { y, x, _ in
    let norm = Scalar.mulAdd(x, x, y * y)
    return (x / norm, -y / norm)
  }

  static let inverseTrigonometricRows: [Elementwise] = [asin, acos, atan, atan2]

  /// `(arctan t - t) / t` for t in [-1, 1], relative to the arctangent within 2⁻²⁸·⁵ and 2⁻⁵⁵.
  private static func arctangentTerms(_ t: Scalar) -> Scalar {
    let square = t * t
    if t.type == .f32 {
      return square
        * .polynomial(
          square,
          [
            -0x1.55553ep-2, 0x1.9991ecp-3, -0x1.24211ap-3, 0x1.c0946cp-4, -0x1.5825f2p-4,
            0x1.da9c2ep-5, -0x1.fe7d24p-6, 0x1.6551e2p-7, -0x1.d5a1aap-10,
          ])
    }
    return square * .polynomial(square, doubleArctangentTerms)
  }

  private static let doubleArctangentTerms: [Scalar] = [
    -0x1.555555555544cp-2, 0x1.999999998411p-3, -0x1.2492491fa2135p-3, 0x1.c71c709e19f6ap-4,
    -0x1.745d02310537bp-4, 0x1.3b12b2e8e2d29p-4, -0x1.11089d02ddf3ap-4, 0x1.e1781735b6e5ap-5,
    -0x1.ad32ba4e03f03p-5, 0x1.7ee3f62d58e93p-5, -0x1.4f4521c9ff028p-5, 0x1.1715db00f0659p-5,
    -0x1.a726a9196ceb1p-6, 0x1.162c3d95e3694p-6, -0x1.2cf76beed3cf7p-7, 0x1.f96cc72cc94cbp-9,
    -0x1.312a3f085720ep-10, 0x1.d3bb1135eed65p-13, -0x1.53e5c93a5f972p-16,
  ]
}

/// `|x|` or, above 1/2, `√((1 - |x|) / 2)`, with the terms of its inverse sine.
private struct FoldedSine {
  /// Holds above 1/2.
  let isFolded: Scalar
  /// The argument in [0, 1/2].
  let y: Scalar
  /// `(arcsin y - y) / y`, relative to the inverse sine within 2⁻²⁷·⁶ and 2⁻⁵⁵·⁹.
  let terms: Scalar

  init(_ x: Scalar) {
    let magnitude = Scalar.abs(x)
    isFolded = .gt(magnitude, 0.5)
    let square = Scalar.select(isFolded, (1.0 - magnitude) * 0.5, magnitude * magnitude)
    y = .select(isFolded, .sqrt(square), magnitude)
    let coefficients: [Scalar] =
      x.type == .f32
      ? [0x1.5555c8p-3, 0x1.330206p-4, 0x1.747b72p-5, 0x1.8c415ap-6, 0x1.5959aap-5]
      : [
        0x1.555555555539p-3, 0x1.333333336e80fp-4, 0x1.6db6db427a4f9p-5, 0x1.f1c72c38fb29ap-6,
        0x1.6e89f4401adecp-6, 0x1.1c6be1a66de9fp-6, 0x1.c6fdc1acdb70dp-7, 0x1.8ec2fc967d437p-7,
        0x1.abcf5d62e8b65p-8, 0x1.3ff4a9302e472p-6, -0x1.09d3279c6bc4dp-6, 0x1.056d6c4e136c3p-5,
      ]
    terms = square * .polynomial(square, coefficients)
  }
}

/// Multiple of π to twice the precision of a type.
private struct SplitConstant {
  let single: (high: Double, low: Double)
  let double: (high: Double, low: Double)

  static let halfPi = SplitConstant(
    single: (0x1.921fb6p+0, -0x1.777a5cp-25),
    double: (0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54))
  static let pi = SplitConstant(
    single: (0x1.921fb6p+1, -0x1.777a5cp-24),
    double: (0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53))

  func high(_ type: DType) -> Double { type == .f32 ? single.high : double.high }
  func low(_ type: DType) -> Double { type == .f32 ? single.low : double.low }

  /// The constant where the condition holds, else zero.
  func select(_ condition: Scalar, _ type: DType) -> Scalars {
    let zero = Scalar.constant(0, type)
    return Scalars(
      high: .select(condition, .constant(high(type), type), zero),
      low: .select(condition, .constant(low(type), type), zero))
  }

  /// The two parts as scalars.
  struct Scalars {
    let high: Scalar
    let low: Scalar

    /// `high + low + y + y · terms`, small parts first.
    func plus(_ y: Scalar, times terms: Scalar) -> Scalar {
      (high + y) + .mulAdd(y, terms, low)
    }
  }
}
