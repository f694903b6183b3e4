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
    // A 64-bit integer that matters to a 16-bit float fits f64 but for sticky bits below.
    default: convert(float: Double(value), from: .f64, to: target)
    }
  }

  static func signExtended(_ bits: UInt64, _ type: DType) -> UInt64 {
    let shift = UInt64(64 - type.bitWidth)
    return UInt64(bitPattern: Int64(bitPattern: bits << shift) >> Int64(shift))
  }

  /// Rounds a double to a narrow binary format, ties to even.
  private static func narrowed(_ value: Double, exponentBits: Int, fractionBits: Int) -> UInt64 {
    let sign: UInt64 = value.sign == .minus ? 1 << UInt64(exponentBits + fractionBits) : 0
    let top = UInt64((1 << exponentBits) - 1) << UInt64(fractionBits)
    if value.isNaN { return sign | top | (1 << UInt64(fractionBits - 1)) }
    if value.isZero { return sign }
    let bias = (1 << (exponentBits - 1)) - 1
    if value.isInfinite || value.magnitude.exponent > bias { return sign | top }
    // The unit of the last place: fixed below the smallest normal number.
    let exponent = max(Int(value.exponent), 1 - bias)
    let unit = Double(sign: .plus, exponent: exponent - fractionBits, significand: 1)
    let count = UInt64((value.magnitude / unit).rounded(.toNearestOrEven))
    return sign | (UInt64(exponent + bias - 1) << UInt64(fractionBits) &+ count)
  }

  private static func float(half bits: UInt32) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int((bits >> 10) & 31)
    let fraction = Float(bits & 0x3ff)
    if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    if exponent == 0 { return sign * fraction * 0x1p-24 }
    return sign * Float(sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
  }
}
