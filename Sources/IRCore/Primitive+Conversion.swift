// The reference meaning of casts, on bits.

extension Primitive {
  /// Converts bits between element types: to float rounds to nearest even, float to integer
  /// saturates with NaN to 0, integer to integer wraps, anything to `bool` is `!= 0`.
  public static func convert(_ bits: UInt64, from source: DType, to target: DType) -> UInt64 {
    if source == target { return bits & target.mask }
    if source.isFloat { return convert(float: widened(bits, source), from: source, to: target) }
    if target == .bool { return bits & source.mask == 0 ? 0 : 1 }
    let wide = source.isSignedInteger ? signExtended(bits, source) : bits & source.mask
    guard target.isFloat else { return wide & target.mask }
    if source.isSignedInteger { return rounded(Int64(bitPattern: wide), to: target) }
    return rounded(wide, to: target)
  }

  private static func widened(_ bits: UInt64, _ type: DType) -> Double {
    switch type {
    case .f64: Double(bitPattern: bits)
    case .f32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .bf16: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits & 0xffff) << 16))
    default: Double(float(half: UInt32(truncatingIfNeeded: bits & 0xffff)))
    }
  }

  private static func convert(float value: Double, from source: DType, to target: DType) -> UInt64 {
    switch target {
    case .bool: return value != 0 ? 1 : 0
    case .f64: return value.bitPattern
    case .f32: return UInt64(Float(value).bitPattern)
    case .bf16: return narrowed(value, exponentBits: 8, fractionBits: 7)
    case .f16: return narrowed(value, exponentBits: 5, fractionBits: 10)
    case .i8: return saturated(value, Int8.self)
    case .i16: return saturated(value, Int16.self)
    case .i32: return saturated(value, Int32.self)
    case .i64: return saturated(value, Int64.self)
    case .u8: return saturated(value, UInt8.self)
    case .u16: return saturated(value, UInt16.self)
    case .u32: return saturated(value, UInt32.self)
    case .u64: return saturated(value, UInt64.self)
    }
  }

  private static func saturated<T: FixedWidthInteger>(_ value: Double, _: T.Type) -> UInt64 {
    if value.isNaN { return 0 }
    let result: T =
      value >= Double(T.max) ? .max : value <= Double(T.min) ? .min : T(value)
    return UInt64(truncatingIfNeeded: T.Magnitude(truncatingIfNeeded: result))
  }

  private static func rounded<T: FixedWidthInteger>(_ value: T, to target: DType) -> UInt64 {
    switch target {
    case .f32: UInt64(Float(value).bitPattern)
    case .f64: Double(value).bitPattern
    default: convert(float: Double(odd(value)), from: .f64, to: target)
    }
  }

  /// The number itself up to 2⁵³ in magnitude; beyond it the odd one of the two multiples of 2¹¹
  /// around it, which f64 has and which rounds to fewer digits as the number does.
  private static func odd<T: FixedWidthInteger>(_ value: T) -> T {
    guard value.magnitude >= 1 << 53, value & 0x7ff != 0 else { return value }
    return value & ~0x7ff | 0x800
  }

  static func signExtended(_ bits: UInt64, _ type: DType) -> UInt64 {
    let shift = UInt64(64 - type.bitWidth)
    return UInt64(bitPattern: Int64(bitPattern: bits << shift) >> Int64(shift))
  }

  /// Rounds a double to a narrow binary format, ties to even. A NaN stays one, quiet, with the sign
  /// and the upper bits of its payload.
  private static func narrowed(_ value: Double, exponentBits: Int, fractionBits: Int) -> UInt64 {
    let (exponentWidth, fractionWidth) = (UInt64(exponentBits), UInt64(fractionBits))
    let sign = (value.bitPattern >> 63) << (exponentWidth + fractionWidth)
    let top = ((1 << exponentWidth) - 1) << fractionWidth as UInt64
    let fraction = value.bitPattern & 0xf_ffff_ffff_ffff
    if value.isNaN {
      return sign | top | (1 << (fractionWidth - 1)) | fraction >> (52 - fractionWidth)
    }
    let bias = (1 << (exponentBits - 1)) - 1
    let exponent = Int((value.bitPattern >> 52) & 0x7ff) - 1023
    if exponent > bias { return sign | top }
    // Below the normal range the unit of the last place is fixed.
    let least = 1 - bias
    let shift = UInt64(52 - fractionBits + max(0, least - exponent))
    if shift > 54 { return sign }
    let significand = fraction | 1 << 52
    let isOdd = (significand >> shift) & 1
    let rounded = (significand + (1 << (shift - 1)) - 1 + isOdd) >> shift
    // The leading bit of a normal number adds one to the exponent's field.
    let field = UInt64(max(exponent, least) - least) << fractionWidth
    return sign | (field + rounded)
  }

  private static func float(half bits: UInt32) -> Float {
    let sign = (bits & 0x8000) << 16
    let magnitude = bits & 0x7fff
    if magnitude >= 0x7c00 { return Float(bitPattern: sign | 0x7f80_0000 | (magnitude << 13)) }
    return Float(bitPattern: sign | (Float(bitPattern: magnitude << 13) * 0x1p112).bitPattern)
  }
}
