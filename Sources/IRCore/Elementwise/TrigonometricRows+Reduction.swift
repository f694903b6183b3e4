// Argument reduction of the trigonometric rows: multiples of a quarter turn.

/// Angle `|x|` split into a multiple of π/2 and a remainder in [-π/4, π/4].
///
/// Up to `exactLimit` the multiple is subtracted in pieces, after Cody and Waite, "Software Manual
/// for the Elementary Functions" (1980): the leading pieces of π/2 have so many trailing zeros
/// that their products with the multiple are exact, with FMA and without. Beyond it the fraction
/// of x·2/π is computed in integers from as many bits of 2/π as the exponent makes significant,
/// after Payne and Hanek, "Radian Reduction for Trigonometric Functions" (1983). Their table
/// look-up is replaced by selects over constant words, so that lanes need no gather.
struct QuarterTurns {
  /// `|x| - quadrant · π/2`, rounded.
  let remainder: Scalar
  /// What the rounding of `remainder` lost.
  let tail: Scalar
  /// The multiple, exact in its two low bits, as an unsigned integer of the type's width.
  let quadrant: Scalar

  /// The largest magnitude whose multiple the reduction in pieces subtracts exactly.
  static func exactLimit(_ type: DType) -> Scalar {
    type == .f32 ? .constant(12867, type) : .constant(3_294_198, type)
  }

  /// Reduces a magnitude up to `exactLimit`.
  init(near magnitude: Scalar) {
    let type = magnitude.type
    let pieces = type == .f32 ? Pieces.f32 : Pieces.f64
    // Adding 1.5 · 2²³ (2⁵²) leaves the nearest integer in the low bits of the sum.
    let shifter = Scalar.constant(type == .f32 ? 0x1.8p23 : 0x1.8p52, type)
    let shifted = Scalar.mulAdd(magnitude, 0x1.45f306dc9c883p-1, shifter)
    let multiple = shifted - shifter
    func subtract(_ piece: Double, from rest: Scalar) -> Scalar {
      .mulAdd(multiple, .constant(-piece, type), rest)
    }
    let leading = pieces.exact.reduce(magnitude) { subtract($1, from: $0) }
    let head = subtract(pieces.split, from: leading)
    let lost = subtract(pieces.split, from: leading - head)
    let low = subtract(pieces.rest, from: lost)
    let sum = head + low
    remainder = pieces.last.map { subtract($0, from: sum) } ?? sum
    tail = (head - sum) + low
    quadrant = .bitcast(shifted, to: type.unsigned)
  }

  /// Pieces of π/2. For multiples up to 2¹³ (f32) or 2²¹ (f64) the products with all but the last
  /// one are exact.
  private struct Pieces {
    /// Subtracted without any rounding.
    let exact: [Double]
    /// Subtracted with one rounding, whose error is carried along.
    let split: Double
    /// Subtracted from that error.
    let rest: Double
    /// Counts only beside remainders so small that nothing was rounded before.
    let last: Double?

    static let f32 = Pieces(
      exact: [0x1.92p+0, 0x1.fb4p-12], split: 0x1.444p-24, rest: 0x1.68c234p-39, last: nil)
    static let f64 = Pieces(
      exact: [0x1.921fb544p+0], split: 0x1.0b4611a6p-34, rest: 0x1.3198a2ep-69,
      last: 0x1.b839a252049c1p-104)
  }

  private init(remainder: Scalar, tail: Scalar, quadrant: Scalar) {
    self.remainder = remainder
    self.tail = tail
    self.quadrant = quadrant
  }

  /// Reduces a finite magnitude beyond `exactLimit`; meaningless for other inputs.
  static func far(_ magnitude: Scalar) -> QuarterTurns {
    magnitude.type == .f32 ? farSingle(magnitude) : farDouble(magnitude)
  }

  /// With x = m · 2ᵉ, m an integer of 24 bits, 64 bits of the fraction of x/2π are m times bits
  /// e - 1 to e + 94 of 1/π. Remainders of f32 arguments are above 2⁻³⁰.
  private static func farSingle(_ magnitude: Scalar) -> QuarterTurns {
    let bits = Scalar.cast(.bitcast(magnitude, to: .u32), to: .u64)
    let mantissa = Scalar.or(.and(bits, 0x7f_ffff), 0x80_0000)
    let position = Scalar.shiftRight(bits, 23) - 135
    let skipsWord = Scalar.ge(position, 64)
    let words = inverseOfPi(leadingZeros: 16, count: 4)
    let window = (0..<3).map { Scalar.select(skipsWord, words[$0 + 1], words[$0]) }
    let digits = shifted(window, by: .and(position, 63))
    let below = Scalar.shiftRight(mantissa * .shiftRight(digits[1], 32), 32)
    let turns = mantissa * digits[0] + below
    let fraction = Scalar.cast(.bitcast(.shiftLeft(turns, 2), to: .i64), to: .f64)
    let exact = fraction * 0x1.921fb54442d18p-64
    let remainder = Scalar.cast(exact, to: .f32)
    return QuarterTurns(
      remainder: remainder, tail: .cast(exact - .cast(remainder, to: .f64), to: .f32),
      quadrant: .cast(nearestQuarter(turns), to: .u32))
  }

  /// As for f32, with m of 53 bits, 192 bits of 1/π and 128 bits of the fraction, because
  /// remainders of f64 arguments come down to 2⁻⁶¹.
  private static func farDouble(_ magnitude: Scalar) -> QuarterTurns {
    let bits = Scalar.bitcast(magnitude, to: .u64)
    let mantissa = Scalar.or(.and(bits, .bits(1 << 52 - 1, .u64)), .bits(1 << 52, .u64))
    let position = Scalar.shiftRight(bits, 52) - 1044
    // A barrel shifter over whole words, by 8, 4, 2 and 1.
    var window = inverseOfPi(leadingZeros: 32, count: 19)
    for step in [8, 4, 2, 1] {
      let skips = Scalar.ne(.and(position, .bits(UInt64(step * 64), .u64)), 0)
      window = (0..<(step + 3)).map { .select(skips, window[$0 + step], window[$0]) }
    }
    let digits = shifted(window, by: .and(position, 63))
    let middle = mantissa * digits[1]
    let low = middle + .mulHigh(mantissa, digits[2])
    let carry = Scalar.select(.lt(low, middle), .bits(1, .u64), 0)
    let turns = mantissa * digits[0] + .mulHigh(mantissa, digits[1]) + carry
    return QuarterTurns(turns: turns, low: low)
  }

  /// Turns a 128-bit fraction of a whole turn into a remainder, as a sum of two numbers.
  private init(turns: Scalar, low: Scalar) {
    let high = Scalar.or(.shiftLeft(turns, 2), .shiftRight(low, 62))
    let sign = Scalar.shiftRight(.bitcast(high, to: .i64), 63)
    let magnitude = Scalar.xor(.bitcast(high, to: .i64), sign)
    let rest = Scalar.xor(.bitcast(.shiftLeft(low, 2), to: .i64), sign)
    // 26 bits times the 26-bit head of π/2 is exact; all else is far smaller, or alone.
    let head = Scalar.cast(.and(magnitude, .bits(~0 << 37, .i64)), to: .f64)
    let middle = Scalar.cast(.and(magnitude, .bits(1 << 37 - 1, .i64)), to: .f64)
    let end = Scalar.cast(.shiftRight(.bitcast(rest, to: .u64), 1), to: .f64)
    let tail = Scalar.mulAdd(end, 0x1p-63, middle)
    let large = head * 0x1.921fb5p-64
    let small = Scalar.mulAdd(tail, 0x1.921fb54442d18p-64, head * 0x1.110b4611a6263p-90)
    let sum = large + small
    let signBit = Scalar.and(.bitcast(sign, to: .u64), .bits(1 << 63, .u64))
    func signed(_ x: Scalar) -> Scalar {
      .bitcast(.xor(.bitcast(x, to: .u64), signBit), to: .f64)
    }
    self.init(
      remainder: signed(sum), tail: signed((large - sum) + small),
      quadrant: Self.nearestQuarter(turns))
  }

  /// The nearest multiple of a quarter, from a fraction of a whole turn.
  private static func nearestQuarter(_ turns: Scalar) -> Scalar {
    .shiftRight(turns + .bits(1 << 61, .u64), 62)
  }

  /// The leading words of `words` times 2ⁿ for n in 0..<64; one word fewer.
  private static func shifted(_ words: [Scalar], by n: Scalar) -> [Scalar] {
    let opposite = 64 - n
    return (0..<(words.count - 1)).map {
      .or(.shiftLeft(words[$0], n), .shiftRight(words[$0 + 1], opposite))
    }
  }

  /// The fraction of 1/π in 64-bit words after `leadingZeros` zero bits.
  private static func inverseOfPi(leadingZeros: UInt64, count: Int) -> [Scalar] {
    (0..<count).map { index in
      let above = index == 0 ? 0 : inverseOfPiWords[index - 1] << (64 - leadingZeros)
      return .bits(above | inverseOfPiWords[index] >> leadingZeros, .u64)
    }
  }

  private static let inverseOfPiWords: [UInt64] = [
    0x517c_c1b7_2722_0a94, 0xfe13_abe8_fa9a_6ee0, 0x6db1_4acc_9e21_c820, 0xff28_b1d5_ef5d_e2b0,
    0xdb92_371d_2126_e970, 0x0324_9775_04e8_c90e, 0x7f0e_f58e_5894_d39f, 0x7441_1afa_975d_a242,
    0x74ce_3813_5a2f_bf20, 0x9cc8_eb1c_c1a9_9cfa, 0x4e42_2fc5_defc_941d, 0x8ffc_4bff_ef02_cc07,
    0xf797_88c5_ad05_368f, 0xb69b_3f67_93e5_84db, 0xa7a3_1fb3_4f2f_f516, 0xba93_dd63_f5f2_f8bd,
    0x9e83_9cfb_c529_4975, 0x35fd_afd8_8fc6_ae84, 0x2b01_9823_7e3d_b5d5,
  ]
}
