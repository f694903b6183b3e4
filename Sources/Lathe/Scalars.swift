// Swift's scalar types as elements and operands of tensors.

public import IRCore

/// Swift type of a tensor's elements: what `scalars(as:)` reads and tensors are made from.
public protocol TensorScalar: BitwiseCopyable, Sendable {
  /// The element type with the same memory.
  static var dtype: DType { get }
  /// The value as an operand beside a tensor, whose element type it then takes.
  var scalarValue: ScalarValue { get }
}

/// Number or truth value without an element type: it takes that of the tensor beside it.
public enum ScalarValue: Hashable, Sendable {
  case integer(Int)
  case float(Double)
  case bool(Bool)

  /// The element type where there is no tensor beside it: i64, f32 or bool.
  public var defaultType: DType {
    switch self {
    case .integer: .i64
    case .float: .f32
    case .bool: .bool
    }
  }

  /// The value as an element of `type`; `nil` where that would not mean the same: a fraction among
  /// integers, a number among truth values, an integer out of range.
  public func literal(_ type: DType) -> Literal? {
    switch self {
    case .bool(let value): type == .bool ? .bool(value) : nil
    case .float(let value): type.isFloat ? Literal(type, value) : nil
    case .integer(let value):
      if type.isFloat {
        Literal(type, integer: value)
      } else if type.isInteger, Literal(type, integer: value).intValue == value,
        value >= 0 || type.isSignedInteger
      {
        Literal(type, integer: value)
      } else {
        nil
      }
    }
  }
}

extension ScalarValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral
{
  /// A whole number.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A number with a fraction part.
  public init(floatLiteral value: Double) { self = .float(value) }
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension ScalarValue: CustomStringConvertible {
  /// The value as Swift writes it.
  public var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    case .bool(let value): "\(value)"
    }
  }
}

extension Float: TensorScalar {
  /// `f32`.
  public static var dtype: DType { .f32 }
  /// The value as a float operand.
  public var scalarValue: ScalarValue { .float(Double(self)) }
}

extension Double: TensorScalar {
  /// `f64`.
  public static var dtype: DType { .f64 }
  /// The value as a float operand.
  public var scalarValue: ScalarValue { .float(self) }
}

#if !(os(macOS) && arch(x86_64))
  extension Float16: TensorScalar {
    /// `f16`.
    public static var dtype: DType { .f16 }
    /// The value as a float operand.
    public var scalarValue: ScalarValue { .float(Double(self)) }
  }
#endif

extension BFloat16: TensorScalar {
  /// `bf16`.
  public static var dtype: DType { .bf16 }
  /// The value as a float operand.
  public var scalarValue: ScalarValue { .float(Double(Float(self))) }
}

extension Int8: TensorScalar {
  /// `i8`.
  public static var dtype: DType { .i8 }
  /// The value as an integer operand.
  public var scalarValue: ScalarValue { .integer(Int(self)) }
}

extension Int16: TensorScalar {
  /// `i16`.
  public static var dtype: DType { .i16 }
  /// The value as an integer operand.
  public var scalarValue: ScalarValue { .integer(Int(self)) }
}

extension UInt8: TensorScalar {
  /// `u8`.
  public static var dtype: DType { .u8 }
  /// The value as an integer operand.
  public var scalarValue: ScalarValue { .integer(Int(self)) }
}

extension UInt16: TensorScalar {
  /// `u16`.
  public static var dtype: DType { .u16 }
  /// The value as an integer operand.
  public var scalarValue: ScalarValue { .integer(Int(self)) }
}

extension Int32: TensorScalar {
  /// `i32`.
  public static var dtype: DType { .i32 }
  /// The value as an integer operand.
  public var scalarValue: ScalarValue { .integer(Int(self)) }
}

extension Int64: TensorScalar {
  /// `i64`.
  public static var dtype: DType { .i64 }
  /// The value as an integer operand.
  public var scalarValue: ScalarValue { .integer(Int(self)) }
}

extension Int: TensorScalar {
  /// `i64`.
  public static var dtype: DType { .i64 }
  /// The value as an integer operand.
  public var scalarValue: ScalarValue { .integer(self) }
}

extension Bool: TensorScalar {
  /// `bool`.
  public static var dtype: DType { .bool }
  /// The value as a truth value.
  public var scalarValue: ScalarValue { .bool(self) }
}

extension UInt32: TensorScalar {
  /// `u32`.
  public static var dtype: DType { .u32 }
  /// The value as an integer operand.
  public var scalarValue: ScalarValue { .integer(Int(self)) }
}

extension UInt64: TensorScalar {
  /// `u64`.
  public static var dtype: DType { .u64 }
  /// The value as an integer operand, at most `Int.max`.
  public var scalarValue: ScalarValue {
    guard let value = Int(exactly: self) else {
      misuse("\(self) beside a tensor is beyond \(Int.max); make it a Tensor", at: .unknown)
    }
    return .integer(value)
  }
}
