// Typed constants.

/// Constant of one element type, kept as its bits: equality and hashing are by bits, so `-0.0`
/// differs from `0.0` and a NaN equals itself.
public struct Literal: Hashable, Sendable {
  /// Element type.
  public let type: DType
  /// The value's bits in the low end, zeros above `type.bitWidth`.
  public let bits: UInt64

  /// Keeps the low `type.bitWidth` bits of `bits`.
  public init(_ type: DType, bits: UInt64) {
    self.type = type
    self.bits = bits & type.mask
  }

  /// Rounds `value` to `type`: floats to nearest even, integers saturate, NaN becomes 0,
  /// `bool` is `value != 0`.
  public init(_ type: DType, _ value: Double) {
    let source = Literal(.f64, bits: value.bitPattern)
    self.init(type, bits: Primitive.convert(source.bits, from: .f64, to: type))
  }

  /// Converts `value` to `type`: integers wrap, floats round to nearest even.
  public init(_ type: DType, integer value: Int) {
    let bits = UInt64(bitPattern: Int64(value))
    self.init(type, bits: Primitive.convert(bits, from: .i64, to: type))
  }

  /// The literal `true` or `false`.
  public static func bool(_ value: Bool) -> Literal { Literal(.bool, bits: value ? 1 : 0) }
  /// The literal of an f32 value.
  public static func f32(_ value: Float) -> Literal {
    Literal(.f32, bits: UInt64(value.bitPattern))
  }
  /// The literal of an f64 value.
  public static func f64(_ value: Double) -> Literal { Literal(.f64, bits: value.bitPattern) }

  /// Zero (`+0.0`, `false`) of `type`.
  public static func zero(_ type: DType) -> Literal { Literal(type, bits: 0) }
  /// One (`1.0`, `true`) of `type`.
  public static func one(_ type: DType) -> Literal { Literal(type, integer: 1) }

  /// The value as a Double; 64-bit integers round.
  public var doubleValue: Double {
    Double(bitPattern: Primitive.convert(bits, from: type, to: .f64))
  }

  /// The value as an Int; floats saturate, NaN becomes 0.
  public var intValue: Int {
    Int(Int64(bitPattern: Primitive.convert(bits, from: type, to: .i64)))
  }

  /// Holds for a float NaN.
  public var isNaN: Bool { type.isFloat && doubleValue.isNaN }
}

extension Literal: CustomStringConvertible {
  /// Shortest text that reads back to the same bits: `0.5`, `-3`, `true`, `inf`,
  /// `nan` for the default quiet NaN, `bits(0x7fc00001)` for any other NaN.
  public var description: String {
    switch type {
    case .bool: return bits == 0 ? "false" : "true"
    case .f64: return Self.text(Double(bitPattern: bits), bits, Double.nan.bitPattern)
    case .f32:
      return Self.text(
        Float(bitPattern: UInt32(bits)), bits, UInt64(Float.nan.bitPattern))
    case .f16, .bf16:
      return isNaN ? Self.text(Float.nan, bits, type == .f16 ? 0x7e00 : 0x7fc0) : shortText
    case .i8, .i16, .i32, .i64: return "\(intValue)"
    case .u8, .u16, .u32, .u64: return "\(bits)"
    }
  }

  private static func text(
    _ value: some BinaryFloatingPoint & CustomStringConvertible, _ bits: UInt64, _ quiet: UInt64
  ) -> String {
    guard value.isNaN else { return value.description }
    return bits == quiet ? "nan" : "bits(0x\(String(bits, radix: 16)))"
  }

  /// The fewest digits of the value that read back, for the types that f32 includes: the nearest f32
  /// has no shorter text than those.
  private var shortText: String {
    let value = Float(doubleValue)
    guard value.isFinite, value != 0 else { return value.description }
    var digits = DecimalDigits(value.magnitude.description)
    let sign = value < 0 ? "-" : ""
    for count in 1..<max(1, digits.digits.count) {
      let fewer = digits.rounded(to: count)
      if Literal(type, text: sign + fewer.text) == self {
        digits = fewer
        break
      }
    }
    return Float(sign + digits.text)?.description ?? value.description
  }

  /// Reads a numeric, `true`, `false`, `inf` or `nan` spelling as `type`; `nil` when it is not
  /// one or an integer does not fit.
  public init?(_ type: DType, text: some StringProtocol) {
    switch type {
    case .bool:
      guard text == "true" || text == "false" else { return nil }
      self = .bool(text == "true")
    case .f64:
      guard let value = Double(text) else { return nil }
      self = .f64(value)
    case .f32:
      guard let value = Float(text) else { return nil }
      self = .f32(value)
    case .f16, .bf16:
      guard let value = Double(text) else { return nil }
      self.init(type, value)
    case .u64:
      guard let value = UInt64(text) else { return nil }
      self.init(type, bits: value)
    case .i8, .i16, .i32, .i64, .u8, .u16, .u32:
      guard let value = Int64(text) else { return nil }
      self.init(type, integer: Int(value))
      guard intValue == Int(value) else { return nil }
    }
  }
}
