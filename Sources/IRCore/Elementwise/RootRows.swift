// Elementwise rows: roots and the length of a vector.

extension Elementwise {
  /// `1 / √x`; infinite at zeros with their sign, NaN below zero.
  public static let rsqrt = unary("rsqrt", accuracy: Accuracy(f32: 1.5, f64: 1.5)) { _, x in
    1.0 / .sqrt(x)
  } derivative: { _, y in
    -0.5 * y * (y * y)
  }

  /// `∛x` of any sign; odd, -0.0 included.
  ///
  /// The guess for `1/∛|x|` comes from the exponent and mantissa bits divided by -3, after Kahan,
  /// "Computing a Real Cube Root" (1991). With `e = 1 - |x| z³` for that guess z the correction is
  /// the series of `(1 - e)^(-1/3)`. In f64 a last step of Halley's iteration starts from 26 bits,
  /// whose square is exact.
  public static let cbrt = unary("cbrt", accuracy: Accuracy(f32: 1, f64: 1)) { type, x in
    let isUsual = Scalar.and(.gt(.abs(x), 0.0), .lt(.abs(x), .constant(.infinity, type)))
    if type == .f32 {
      let magnitude = Scalar.cast(.abs(x), to: .f64)
      let z = inverseCubeRoot(magnitude, isShort: false)
      return .select(isUsual, .copySign(.cast(magnitude * z * z, to: type), x), x)
    }
    let isSmall = Scalar.lt(.abs(x), 0x1p-1022)
    let magnitude = Scalar.select(isSmall, .abs(x) * 0x1p54, .abs(x))
    let z = inverseCubeRoot(magnitude, isShort: true)
    let bits = Scalar.bitcast(magnitude * (z * z), to: .u64)
    let start = Scalar.bitcast(.and(bits, .bits(~0 << 27, .u64)), to: .f64)
    let quotient = magnitude / (start * start)
    let step = (quotient - start) / (start + start + quotient)
    let root = Scalar.mulAdd(start, step, start)
    return .select(isUsual, .copySign(.select(isSmall, root * 0x1p-18, root), x), x)
  } derivative: { _, y in
    1.0 / (3.0 * y * y)
  }

  /// `√(x² + y²)` without overflow or underflow on the way; infinite when either is, even beside
  /// NaN.
  public static let hypot = binary("hypot", accuracy: Accuracy(f32: 1, f64: 1.5)) { type, x, y in
    let infinity = Scalar.constant(.infinity, type)
    let isInfinite = Scalar.or(.eq(.abs(x), infinity), .eq(.abs(y), infinity))
    return .select(isInfinite, infinity, type == .f32 ? singleLength(x, y) : doubleLength(x, y))
  } derivative: { x, y, length in
    (x / length, y / length)
  }

  static let rootRows: [Elementwise] = [rsqrt, cbrt, hypot]

  /// `1/∛x` of a normal f64, relative error below 2⁻³¹, or 2⁻²³ when short.
  private static func inverseCubeRoot(_ x: Scalar, isShort: Bool) -> Scalar {
    let highWord = Scalar.shiftRight(.bitcast(x, to: .u64), 32)
    // Integers below 2⁵² stand in the low bits of 2⁵² plus them.
    let shifter: Scalar = 0x1p52
    let offset = Scalar.bits(0x4330_0000_0000_0000, .u64)
    let digits = Scalar.bitcast(.or(highWord, offset), to: .f64) - shifter
    let third = Scalar.mulAdd(digits, -1.0 / 3.0, .constant(0x1p52 + 0x553e_e980, .f64))
    let guess = Scalar.bitcast(.shiftLeft(.bitcast(third, to: .u64), 32), to: .f64)
    let rest = 1.0 - x * guess * guess * guess
    let terms: [Scalar] =
      isShort
      ? [0x1.55540f7247ccap-2, 0x1.c71894e12e62ep-3, 0x1.6590ef555a7cep-3, 0x1.2ad540817372p-3]
      : [
        0x1.5555565c30d7bp-2, 0x1.c71c75fd004c9p-3, 0x1.61f3dea00d5c6p-3, 0x1.26f2df99d5446p-3,
        0x1.03b655fb664a8p-3, 0x1.cf2e989d8aeb6p-4,
      ]
    return .mulAdd(guess, rest * .polynomial(rest, terms), guess)
  }

  /// Squares of f32 are exact in f64 and far from its limits.
  private static func singleLength(_ x: Scalar, _ y: Scalar) -> Scalar {
    let (a, b) = (Scalar.cast(x, to: .f64), Scalar.cast(y, to: .f64))
    return .cast(.sqrt(.mulAdd(a, a, b * b)), to: .f32)
  }

  /// Powers of two bring the larger operand where its square is in range.
  private static func doubleLength(_ x: Scalar, _ y: Scalar) -> Scalar {
    let larger = Scalar.select(.gt(.abs(x), .abs(y)), .abs(x), .abs(y))
    let isHuge = Scalar.gt(larger, 0x1p500)
    let isTiny = Scalar.lt(larger, 0x1p-400)
    func choose(_ huge: Double, _ tiny: Double) -> Scalar {
      .select(
        isHuge, .constant(huge, .f64), .select(isTiny, .constant(tiny, .f64), .constant(1, .f64)))
    }
    let scale = choose(0x1p-600, 0x1p600)
    let (a, b) = (x * scale, y * scale)
    return .sqrt(.mulAdd(a, a, b * b)) * choose(0x1p600, 0x1p-600)
  }
}
