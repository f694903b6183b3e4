// Errors in units of the last place.

import IRCore

/// The place of the last bit of a float format.
struct UlpScale: Sendable {
  /// Exponent of the least normal number.
  let least: Int
  /// Exponent of the greatest finite number.
  let greatest: Int
  /// Bits after the point.
  let fractionBits: Int

  /// The scale of a float type.
  init(_ type: DType) {
    (least, greatest, fractionBits) =
      switch type {
      case .f64: (-1022, 1023, 52)
      case .f16: (-14, 15, 10)
      case .bf16: (-126, 127, 7)
      default: (-126, 127, 23)
      }
  }

  /// Distance of `value`, which is of the format, from `reference`.
  ///
  /// Infinity counts as the first number beyond the finite ones. A NaN beside a number, and a wrong
  /// sign, of zero too, are infinitely far.
  func distance<R: BinaryFloatingPoint>(_ value: R, from reference: R) -> Double {
    if value == reference, value.sign == reference.sign { return 0 }
    if value.isNaN || reference.isNaN {
      return value.isNaN && reference.isNaN ? 0 : .infinity
    }
    if value.sign != reference.sign { return .infinity }
    let limit = R(sign: .plus, exponent: R.Exponent(greatest), significand: 1) * 2
    let target = Swift.min(reference.magnitude, limit)
    let found = Swift.min(value.magnitude, limit)
    if found == target { return 0 }
    let exponent = target == 0 ? least : Swift.min(Swift.max(Int(target.exponent), least), greatest)
    let unit = R(sign: .plus, exponent: R.Exponent(exponent - fractionBits), significand: 1)
    return Double((found - target).magnitude / unit)
  }
}
