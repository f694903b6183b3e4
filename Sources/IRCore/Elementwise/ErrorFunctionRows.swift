// Elementwise rows: the error function and its complement.

extension Elementwise {
  /// `erf x = 2/√π ∫₀ˣ exp(-t²) dt`; odd, -0.0 included.
  ///
  /// Odd powers near zero. Further out, in f32, `1 - q(|x|)⁸` with a polynomial q for the eighth
  /// root of the complement, which needs no exponential; in f64 1 minus the complement.
  public static let erf = unary("erf", accuracy: Accuracy(f32: 2, f64: 1.5)) { type, x in
    let magnitude = Scalar.abs(x)
    let isFar = Scalar.ge(magnitude, .constant(seriesLimit(type), type))
    let far =
      type == .f32
      ? farErrorFunction(magnitude) : 1.0 - scaledTail(magnitude, isShort: false)
    return .select(isFar, .copySign(far, x), .mulAdd(x, seriesTerms(x), x))
  } derivative: { x, _ in
    .apply(.exp, [-(x * x)]) * 0x1.20dd750429b6dp+0
  }

  /// `erfc x = 1 - erf x`, with full relative accuracy where it is small.
  ///
  /// Further out `exp(-x²) h(v) / (1 + 2x)` with a polynomial h in `v = (x - 4) / (x + 4)`, after
  /// Shepherd and Laframboise, "Chebyshev Approximation of (1 + 2x)exp(x²)erfc x in 0 ≤ x < ∞"
  /// (1981): h is so flat that the roundings of v hardly count.
  public static let erfc = unary("erfc", accuracy: Accuracy(f32: 1.5, f64: 4)) { type, x in
    let series = seriesTerms(x)
    let near = type == .f32 ? 1.0 - .mulAdd(x, series, x) : (1.0 - x) - x * series
    let magnitude = Scalar.abs(x)
    let tail =
      type == .f32
      ? .cast(scaledTail(.cast(magnitude, to: .f64), isShort: true), to: .f32)
      : scaledTail(magnitude, isShort: false)
    let left = Scalar.select(.le(x, .constant(-seriesLimit(type), type)), 2.0 - tail, near)
    return .select(.ge(x, type == .f32 ? 0.5 : 0.875), tail, left)
  } derivative: { x, _ in
    .apply(.exp, [-(x * x)]) * -0x1.20dd750429b6dp+0
  }

  static let errorFunctionRows: [Elementwise] = [erf, erfc]

  /// Where the odd powers end.
  private static func seriesLimit(_ type: DType) -> Double { type == .f32 ? 1.1875 : 1 }

  /// `(erf x - x) / x` up to `seriesLimit`, relative to erf within 2⁻²⁹·³ and 2⁻⁵⁶·³.
  private static func seriesTerms(_ x: Scalar) -> Scalar {
    let square = x * x
    if x.type == .f32 {
      return .polynomial(
        square,
        [
          0x1.06eba8p-3, -0x1.81274p-2, 0x1.ce2dcap-4, -0x1.b8125ep-6, 0x1.55558cp-8,
          -0x1.b4ed78p-11, 0x1.b2e1a2p-14, -0x1.f93f9ep-18,
        ])
    }
    return .polynomial(
      square,
      [
        0x1.06eba8214db69p-3, -0x1.812746b0379fbp-2, 0x1.ce2f21a042c7dp-4, -0x1.b82ce31263de8p-6,
        0x1.565bcd04e5acfp-8, -0x1.c02db1cd4c24bp-11, 0x1.f9a2dc5742583p-14, -0x1.f4cc2604351bap-17,
        0x1.b9909f1c034f7p-20, -0x1.5c66b68405ee5p-23, 0x1.d9853a933fb58p-27, -0x1.b2755a992962p-31,
      ])
  }

  /// `erf x` for f32 from `seriesLimit` on. Beyond 3.93 the result rounds to 1.
  private static func farErrorFunction(_ magnitude: Scalar) -> Scalar {
    let x = Scalar.select(.lt(magnitude, 3.93), magnitude, .constant(3.93, .f32))
    let root = Scalar.polynomial(
      x,
      [
        0x1.0056c6p0, -0x1.2cb75cp-3, -0x1.e1a59ep-5, -0x1.b7aep-7, 0x1.c44506p-7, -0x1.5d7302p-9,
        0x1.5fea42p-13,
      ])
    let fourth = (root * root) * (root * root)
    return .mulAdd(-fourth, fourth, 1.0)
  }

  /// `erfc x` for f64 x from 7/8 on; short, from 1/2 on, to the precision of f32.
  private static func scaledTail(_ magnitude: Scalar, isShort: Bool) -> Scalar {
    // Where the complement is below the least number of the type.
    let limit: Scalar = isShort ? 10.2 : 28.0
    let x = Scalar.select(.gt(magnitude, limit), limit, magnitude)
    let v = (x - 4.0) / (x + 4.0)
    let scaled = Scalar.polynomial(v, isShort ? shortTailTerms : tailTerms)
    return gaussian(x, times: scaled / .mulAdd(x, 2.0, 1.0), isShort: isShort)
  }

  /// `factor · exp(-x²)` for f64 x up to 28.
  private static func gaussian(_ x: Scalar, times factor: Scalar, isShort: Bool) -> Scalar {
    // The square of 26 bits is exact, and so is that of an f32.
    let head =
      isShort
      ? x : .bitcast(.and(.bitcast(x, to: .u64), .bits(~0 << 27, .u64)), to: .f64)
    let square = head * head
    let exponent = Scalar.roundEven(square * -0x1.71547652b82fep+0)
    let nearby = Scalar.mulAdd(exponent, -0x1.62e42feep-1, -square)
    let main = Scalar.mulAdd(exponent, -0x1.a39ef35793c76p-33, nearby)
    let r = isShort ? main : main - (x - head) * (x + head)
    let terms: [Scalar] =
      isShort
      ? [
        0x1.fffffb9a8050ep-2, 0x1.55549158d9abbp-3, 0x1.5558f1673abeap-5, 0x1.1239df0d4e1d1p-7,
        0x1.6a2439dd1447ep-10,
      ]
      : [
        0x1.000000000000ap-1, 0x1.55555555554fep-3, 0x1.55555555506bcp-5, 0x1.1111111126b36p-7,
        0x1.6c16c18477082p-10, 0x1.a01a012fee98bp-13, 0x1.a019995efb56cp-16, 0x1.71df18ef7a9d3p-19,
        0x1.28adfccab85d4p-22, 0x1.ad92e88f87de4p-26,
      ]
    let excess = Scalar.mulAdd(r * r, .polynomial(r, terms), r)
    return .scale2(.mulAdd(factor, excess, factor), exponent)
  }

  /// `(1 + 2x) exp(x²) erfc x` in v for x in [0.5, 10.2], relative error 2⁻²⁸·⁷.
  private static let shortTailTerms: [Scalar] = [
    0x1.3ba5916a8137p0, -0x1.1df1a6b385ee6p-3, 0x1.f7f736491277ep-7, 0x1.16ea505f790d7p-4,
    -0x1.9de0a3464c6f5p-4, 0x1.80129f446c883p-4, -0x1.0f6957cc78a6bp-4, 0x1.2f0b31480e87ep-5,
    -0x1.0f858c306b8e9p-6, 0x1.59b10decbdc62p-8,
  ]

  /// The same for x in [0.875, 28], relative error 2⁻⁵⁴·⁶.
  private static let tailTerms: [Scalar] = [
    0x1.3ba5916e9fd7fp0, -0x1.1df1ad154a28ep-3, 0x1.f7f5df66fcb8bp-7, 0x1.16ecefcfa532ap-4,
    -0x1.9ddb23c3e6133p-4, 0x1.7fee004e13cd3p-4, -0x1.0fb06dfe6b21cp-4, 0x1.3079edf62f549p-5,
    -0x1.096238842b972p-6, 0x1.49c672b09701cp-8, -0x1.8d4a96121ab01p-11, -0x1.a1df597e00d84p-13,
    0x1.3bdfa7ea576c8p-13, -0x1.994f68676308cp-16, -0x1.785ca008993bap-17, 0x1.7e949e9a2bbf2p-18,
    0x1.2e41d8770b40ep-22, -0x1.b090872f14526p-21, 0x1.7b8599094e9dap-24, 0x1.6e5334b20d677p-24,
    -0x1.87d35fc1ced72p-26,
  ]
}
