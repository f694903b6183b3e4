// Distances between results and references in units of the last place.

import IRCore

#if arch(x86_64)
  /// The type that references are computed in: wider than every type under test.
  typealias Reference = Float80
#else
  /// The type that references are computed in: here no wider than f64, so distances in f64 carry
  /// the error of the reference too.
  typealias Reference = Double
#endif

/// Errors of the references themselves, to be added to a row's bound.
func referenceError(_ type: DType) -> Double {
  type == .f64 && Reference.significandBitCount == Double.significandBitCount ? 1 : 0.01
}

/// Distance of the value of `bits` from `reference` in units of the last place of `type` at the
/// reference. Infinity counts as the first number beyond the finite ones; a NaN against a number
/// or a wrong sign, of zero too, is infinitely far.
func ulpDistance(_ bits: UInt64, _ type: DType, from reference: Reference) -> Double {
  let value = Literal(type, bits: bits).doubleValue
  if value.isNaN || reference.isNaN {
    return value.isNaN && reference.isNaN ? 0 : .infinity
  }
  if value.sign != reference.sign { return .infinity }
  let (least, top, width) = type == .f64 ? (-1022, 1023, 52) : (-126, 127, 23)
  // Sound in f64 too: there the limit is Double's own infinity.
  let limit = Reference(sign: .plus, exponent: top, significand: 1) * 2
  let target = min(reference.magnitude, limit)
  let found = min(Reference(value.magnitude), limit)
  if found == target { return 0 }
  let exponent = target == 0 ? least : min(max(Int(target.exponent), least), top)
  let unit = Reference(sign: .plus, exponent: Reference.Exponent(exponent - width), significand: 1)
  return Double((found - target).magnitude / unit)
}

/// Reproducible bits (S. Vigna, SplitMix64, 2015).
struct BitSource {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A number between -1 and 1, evenly.
  mutating func symmetric() -> Double {
    Double(Int64(bitPattern: next())) * 0x1p-63
  }
}
