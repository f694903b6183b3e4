// What element types hold, and which holds the values of others.

public import IRCore

/// Range and precision of a float type.
public struct FloatTypeInfo: Hashable, Sendable {
  /// Bits of an element.
  public let bitWidth: Int
  /// Distance from 1 to the next larger number.
  public let epsilon: Double
  /// The largest finite number; its negative is the least.
  public let largest: Double
  /// The smallest positive number of full precision.
  public let smallestNormal: Double
}

/// Range of an integer type.
public struct IntegerTypeInfo: Hashable, Sendable {
  /// Bits of an element.
  public let bitWidth: Int
  /// The least integer.
  public let least: Int64
  /// The greatest integer.
  public let greatest: UInt64
}

extension DType {
  /// Range and precision of a float type; `nil` for others.
  public var floatInfo: FloatTypeInfo? {
    guard let (exponentBits, fractionBits) = floatFormat else { return nil }
    let bias = (1 << (exponentBits - 1)) - 1
    let epsilon = Double(sign: .plus, exponent: -fractionBits, significand: 1)
    return FloatTypeInfo(
      bitWidth: bitWidth, epsilon: epsilon,
      largest: Double(sign: .plus, exponent: bias, significand: 2 - epsilon),
      smallestNormal: Double(sign: .plus, exponent: 1 - bias, significand: 1))
  }

  /// Range of an integer type; `nil` for others.
  public var integerInfo: IntegerTypeInfo? {
    guard isInteger else { return nil }
    let greatest = isSignedInteger ? mask >> 1 : mask
    return IntegerTypeInfo(
      bitWidth: bitWidth, least: isSignedInteger ? -Int64(greatest) - 1 : 0, greatest: greatest)
  }

  /// Bits of the exponent and the fraction of a float type.
  private var floatFormat: (exponent: Int, fraction: Int)? {
    switch self {
    case .f64: (11, 52)
    case .f32: (8, 23)
    case .f16: (5, 10)
    case .bf16: (8, 7)
    case .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool: nil
    }
  }

  /// The smallest type that holds what both hold: among integers by range, among floats by range
  /// and precision. `nil` between truth values and numbers, integers and floats, and where no
  /// integer type is wide enough. Operations mix no types by themselves: `cast(to:)` converts.
  public func joined(with other: DType) -> DType? {
    let wider = Self.allCases.filter { canCast(to: $0) && other.canCast(to: $0) }
    return wider.min { $0.bitWidth < $1.bitWidth }
  }

  /// Whether `other` is of the same kind and holds every value of this type.
  public func canCast(to other: DType) -> Bool {
    if self == other { return true }
    if let own = floatFormat, let its = other.floatFormat {
      return own.exponent <= its.exponent && own.fraction <= its.fraction
    }
    guard let own = integerInfo, let its = other.integerInfo else { return false }
    return its.least <= own.least && own.greatest <= its.greatest
  }
}
