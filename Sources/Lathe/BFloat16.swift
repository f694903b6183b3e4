// The Swift type of bf16.

import IRCore

/// Element of bf16 tensors: the upper half of a `Float`, with its range and 8 bits of precision.
///
/// It is there to be stored, read and converted; arithmetic is that of `Float` or of tensors.
///
/// ```swift
/// let x = Tensor([1.5, -2] as [BFloat16])
/// let values = x.scalars(as: BFloat16.self).map(Float.init)
/// ```
public struct BFloat16: BitwiseCopyable, Hashable, Sendable {
  /// Sign, 8 bits of the exponent, 7 bits of the fraction.
  public var bitPattern: UInt16

  /// The value of these bits.
  public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// The nearest value, ties to even; infinite where that is out of range.
  public init(_ value: Float) { self.init(Double(value)) }

  /// The nearest value, ties to even; infinite where that is out of range.
  public init(_ value: Double) {
    bitPattern = UInt16(truncatingIfNeeded: Literal(.bf16, value).bits)
  }
}

extension Float {
  /// The same value.
  public init(_ value: BFloat16) {
    self.init(bitPattern: UInt32(value.bitPattern) << 16)
  }
}

extension BFloat16: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// The nearest value.
  public init(floatLiteral value: Double) { self.init(value) }
  /// The nearest value.
  public init(integerLiteral value: Int) {
    bitPattern = UInt16(truncatingIfNeeded: Literal(.bf16, integer: value).bits)
  }
}

extension BFloat16: CustomStringConvertible {
  /// Shortest text that reads back to the same bits.
  public var description: String { Literal(.bf16, bits: UInt64(bitPattern)).description }
}
