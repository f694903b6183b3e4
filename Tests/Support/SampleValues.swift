// Inputs that find errors: specials, extremes, and values spread over all exponents.

public import IRCore

extension DType {
  /// Values that rows treat specially: zeros, ones, extremes, and for floats NaN, the infinities
  /// and subnormals.
  public var specials: [UInt64] {
    switch self {
    case .bool: return [0, 1]
    case .f64:
      let values: [Double] = [
        0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2, 2.5, -2.5, 3, .nan, .infinity, -.infinity,
        .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
        .leastNormalMagnitude.nextDown, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
        0x1p31, -0x1p31, 0x1p52, 0x1p53, 0x1p63, -0x1p63, 1.0.nextUp, 1.0.nextDown, 710, -746,
      ]
      return values.map(\.bitPattern)
    case .f32:
      let values: [Float] = [
        0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2, 2.5, -2.5, 3, .nan, .infinity, -.infinity,
        .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
        .leastNormalMagnitude.nextDown, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
        0x1p23, 0x1p24, 0x1p31, -0x1p31, 0x1p63, -0x1p63, Float(1).nextUp, Float(1).nextDown,
        89, -104,
      ]
      return values.map { UInt64($0.bitPattern) }
    case .f16, .bf16:
      let values: [Double] = [
        0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2, 2.5, -2.5, 3, .nan, .infinity, -.infinity, 256, 257,
        2048,
        -2049, 65504, 0x1p31, -0x1p63, 11, -17, 89, -104,
      ]
      let infinity = Literal(self, .infinity).bits
      let unit = infinity & ~(infinity << 1)
      // The least and the greatest of subnormal and of normal numbers, and what is next to 1.
      let extremes = [1, mask / 2 + 2, unit - 1, unit, infinity - 1, mask / 2 + infinity]
      let one = Literal.one(self).bits
      return values.map { Literal(self, $0).bits } + extremes + [one + 1, one - 1]
    default:
      let top = 1 << UInt64(bitWidth - 1) as UInt64
      return [0, 1, 2, 3, 7, UInt64(bitWidth - 1), UInt64(bitWidth), top, top - 1, top + 1]
        .map { $0 & mask } + [mask, mask - 1]
    }
  }

  /// One value: often special, else of a random exponent or magnitude.
  public func sample(_ random: inout SplitMix64) -> UInt64 {
    if random.oneIn(8) { return random.pick(specials) }
    switch self {
    case .bool: return random.next() & 1
    case .f64, .f32, .f16, .bf16:
      // All bits random is uniform over exponents; half the time near 1 instead.
      if random.oneIn(2) { return finite(random.next() & mask) }
      let unit = Double(random.next() >> 11) * 0x1p-53
      return Literal(self, (unit - 0.5) * (random.oneIn(2) ? 4 : 200)).bits
    default:
      return (random.next() >> UInt64(random.integer(0...63))) & mask
    }
  }

  /// The value itself, or 1 for a NaN, whose payload programs do not promise.
  private func finite(_ bits: UInt64) -> UInt64 {
    Literal(self, bits: bits).isNaN ? Literal.one(self).bits : bits
  }

  /// `count` values, the specials first where `count` allows.
  public func samples(_ count: Int, _ random: inout SplitMix64) -> [UInt64] {
    let first = count > specials.count ? specials : []
    return first + (first.count..<count).map { _ in sample(&random) }
  }
}
