// What the float rows approximate, in wider arithmetic.

import Foundation
import IRCore

#if arch(x86_64)
  /// Where references of f64 are computed: 11 bits wider.
  typealias WideFloat = Float80
#else
  /// Where references of f64 are computed: no wider type is here, so they carry errors themselves.
  typealias WideFloat = Double
#endif

/// Float row with the function that it approximates.
struct AccuracyReference: Sendable, CustomStringConvertible {
  /// The row.
  let row: Elementwise
  /// The function, for inputs in f32.
  let double: @Sendable ([Double]) -> Double
  /// The function, for inputs in f64.
  let wide: @Sendable ([WideFloat]) -> WideFloat

  var description: String { row.name }

  private static func unary(
    _ row: Elementwise, _ double: @escaping @Sendable (Double) -> Double,
    _ wide: @escaping @Sendable (WideFloat) -> WideFloat
  ) -> Self {
    Self(row: row, double: { double($0[0]) }, wide: { wide($0[0]) })
  }

  private static func binary(
    _ row: Elementwise, _ double: @escaping @Sendable (Double, Double) -> Double,
    _ wide: @escaping @Sendable (WideFloat, WideFloat) -> WideFloat
  ) -> Self {
    Self(row: row, double: { double($0[0], $0[1]) }, wide: { wide($0[0], $0[1]) })
  }

  /// Every float row but those of `RowBits` alone: `mulAdd`, whose error after cancellation is
  /// unbounded without FMA, and `floorDiv`, which is the floor of a rounded quotient.
  static let all: [AccuracyReference] = [
    binary(.add, { $0 + $1 }, { $0 + $1 }), binary(.sub, { $0 - $1 }, { $0 - $1 }),
    binary(.mul, { $0 * $1 }, { $0 * $1 }), binary(.div, { $0 / $1 }, { $0 / $1 }),
    binary(.rem, { fmod($0, $1) }, { fmod($0, $1) }),
    binary(.scale2, { Double(scaled(WideFloat($0), WideFloat($1))) }, scaled),
    unary(.sqrt, { $0.squareRoot() }, { $0.squareRoot() }),
    unary(.floor, { $0.rounded(.down) }, { $0.rounded(.down) }),
    unary(.ceil, { $0.rounded(.up) }, { $0.rounded(.up) }),
    unary(.trunc, { $0.rounded(.towardZero) }, { $0.rounded(.towardZero) }),
    unary(.round, { $0.rounded(.toNearestOrEven) }, { $0.rounded(.toNearestOrEven) }),
    unary(.exp, { Foundation.exp($0) }, { Foundation.exp($0) }),
    unary(.exp2, { Foundation.exp2($0) }, { Foundation.exp2($0) }),
    unary(.expm1, { Foundation.expm1($0) }, { Foundation.expm1($0) }),
    unary(.log, { Foundation.log($0) }, { Foundation.log($0) }),
    unary(.log2, { Foundation.log2($0) }, { Foundation.log2($0) }),
    unary(.log10, { Foundation.log10($0) }, { Foundation.log10($0) }),
    unary(.log1p, { Foundation.log1p($0) }, { Foundation.log1p($0) }),
    unary(.sinh, { Foundation.sinh($0) }, { Foundation.sinh($0) }),
    unary(.cosh, { Foundation.cosh($0) }, { Foundation.cosh($0) }),
    unary(.tanh, { Foundation.tanh($0) }, { Foundation.tanh($0) }),
    unary(.asinh, { Foundation.asinh($0) }, { Foundation.asinh($0) }),
    unary(.acosh, { Foundation.acosh($0) }, { Foundation.acosh($0) }),
    unary(.atanh, { Foundation.atanh($0) }, { Foundation.atanh($0) }),
    unary(.sin, { Foundation.sin($0) }, { Foundation.sin($0) }),
    unary(.cos, { Foundation.cos($0) }, { Foundation.cos($0) }),
    unary(.tan, { Foundation.tan($0) }, { Foundation.tan($0) }),
    unary(.asin, { Foundation.asin($0) }, { Foundation.asin($0) }),
    unary(.acos, { Foundation.acos($0) }, { Foundation.acos($0) }),
    unary(.atan, { Foundation.atan($0) }, { Foundation.atan($0) }),
    unary(.erf, { Foundation.erf($0) }, { Foundation.erf($0) }),
    unary(.erfc, { Foundation.erfc($0) }, { Foundation.erfc($0) }),
    unary(.cbrt, { Foundation.cbrt($0) }, { Foundation.cbrt($0) }),
    unary(.rsqrt, { 1 / $0.squareRoot() }, { 1 / $0.squareRoot() }),
    binary(.hypot, { Foundation.hypot($0, $1) }, { Foundation.hypot($0, $1) }),
    binary(.atan2, { Foundation.atan2($0, $1) }, { Foundation.atan2($0, $1) }),
    binary(.pow, { Foundation.pow($0, $1) }, power),
  ]

  /// Rows with an error bound that no reference here covers.
  static let uncovered: [Elementwise] = Elementwise.all.filter { row in
    row.typing.accepts(.f32) && row.accuracy != .exact && row.typing != .cast && row != .mulAdd
      && !all.contains { $0.row == row }
  }

  /// `xʸ`; through Double where x is 0 or infinite, which glibc's x87 code mistakes for large y.
  private static func power(_ x: WideFloat, _ y: WideFloat) -> WideFloat {
    if x.isZero || x.isInfinite { return WideFloat(Foundation.pow(Double(x), Double(y))) }
    return Foundation.pow(x, y)
  }

  /// `x · 2^floor(n)`, with n clamped where every f64 is infinite or zero already.
  private static func scaled(_ x: WideFloat, _ n: WideFloat) -> WideFloat {
    if n.isNaN { return n }
    if x.isZero || x.isInfinite, n.isFinite { return x }
    return x * Foundation.exp2(n.isInfinite ? n : max(-5000, min(5000, n.rounded(.down))))
  }
}
