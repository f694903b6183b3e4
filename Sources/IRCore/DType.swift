// Element types.

/// Type of one element of a tensor, buffer or scalar value.
///
/// `f32` is the default of the tensor API. Floats are IEEE 754 binary64, binary32, binary16 and
/// bfloat16; integers wrap; `bool` is one byte, 0 or 1, in memory and one bit in a mask.
public enum DType: UInt8, CaseIterable, Hashable, Sendable {
  case f64, f32, f16, bf16
  case i8, i16, i32, i64
  case u8, u16, u32, u64
  case bool

  /// The spelling in IR text and in messages.
  public var name: String {
    switch self {
    case .f64: "f64"
    case .f32: "f32"
    case .f16: "f16"
    case .bf16: "bf16"
    case .i8: "i8"
    case .i16: "i16"
    case .i32: "i32"
    case .i64: "i64"
    case .u8: "u8"
    case .u16: "u16"
    case .u32: "u32"
    case .u64: "u64"
    case .bool: "bool"
    }
  }

  /// Finds the type spelled `name`; `nil` when there is none.
  public init?(name: some StringProtocol) {
    guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = found
  }

  /// Bytes of one element in memory.
  public var byteSize: Int { max(1, bitWidth / 8) }

  /// Bits that carry the value: 1 for `bool`.
  public var bitWidth: Int {
    switch self {
    case .f64, .i64, .u64: 64
    case .f32, .i32, .u32: 32
    case .f16, .bf16, .i16, .u16: 16
    case .i8, .u8: 8
    case .bool: 1
    }
  }

  /// Holds for f64, f32, f16 and bf16.
  public var isFloat: Bool { rawValue <= DType.bf16.rawValue }
  /// Holds for the signed and unsigned integers, not for `bool`.
  public var isInteger: Bool { !isFloat && self != .bool }
  /// Holds for i8, i16, i32 and i64.
  public var isSignedInteger: Bool { isInteger && rawValue <= DType.i64.rawValue }
  /// Holds for u8, u16, u32 and u64.
  public var isUnsignedInteger: Bool { isInteger && rawValue >= DType.u8.rawValue }
  /// Holds for floats and integers.
  public var isNumeric: Bool { self != .bool }

  /// Holds for f16 and bf16.
  public var isShortFloat: Bool { self == .f16 || self == .bf16 }

  /// The type in which one operation on values of this type is computed before it rounds to it, and
  /// in which their sums are taken: f32 for f16 and bf16, else the type itself.
  public var arithmeticType: DType { isShortFloat ? .f32 : self }

  /// The unsigned integer of the same width, `u8` for `bool`.
  public var unsigned: DType {
    switch bitWidth {
    case 64: .u64
    case 32: .u32
    case 16: .u16
    default: .u8
    }
  }

  /// The signed integer of the same width, `i8` for `bool`.
  public var signed: DType {
    switch bitWidth {
    case 64: .i64
    case 32: .i32
    case 16: .i16
    default: .i8
    }
  }

  /// Ones in the bits that carry the value.
  public var mask: UInt64 { bitWidth == 64 ? .max : (1 << UInt64(bitWidth)) - 1 }
}

extension DType: CustomStringConvertible {
  /// The spelling in IR text.
  public var description: String { name }
}
