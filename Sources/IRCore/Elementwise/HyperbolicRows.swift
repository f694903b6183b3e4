// Elementwise rows: hyperbolic functions.

extension Elementwise {
  /// `sinh(x) = (eˣ - e⁻ˣ) / 2`, odd to the bit.
  public static let sinh = unary("sinh", accuracy: Accuracy(f32: 2, f64: 2.3)) { type, x in
    let parts = HyperbolicParts(x, type)
    let value = parts.combine(1 - parts.inverseSquare, 1 + parts.inverseSquare)
    return .copySign(value, x)
  } derivative: { x, _ in
    .cosh(x)
  }

  /// `cosh(x) = (eˣ + e⁻ˣ) / 2`, even to the bit.
  public static let cosh = unary("cosh", accuracy: Accuracy(f32: 2.3, f64: 2)) { type, x in
    let parts = HyperbolicParts(x, type)
    return parts.combine(1 + parts.inverseSquare, 1 - parts.inverseSquare)
  } derivative: { x, _ in
    .sinh(x)
  }

  /// `tanh(x)`, odd to the bit, ±1 at ±∞.
  ///
  /// `|x| = n ln 2 / 2 + h`, `T = tanh(h)` by an odd polynomial and `s = 2ⁿ`; the addition theorem
  /// gives `tanh |x| = a / (a + 2 - 2T)` with `a = (s - 1) + T (s + 1)`. For n = 0 this is T
  /// itself; for large n the error of a hardly counts. n is rounded a quarter below the nearest
  /// integer, so that 2 - 2T rounds finely where it matters.
  public static let tanh = unary("tanh", accuracy: Accuracy(f32: 1.9, f64: 2)) { type, x in
    let isDouble = type == .f64
    let a = Scalar.min(.abs(x), isDouble ? 20 : 9.25)
    let n = Scalar.roundEven(.mulAdd(a, 0x1.71547652b82fep1, -0.25))
    // ln 2 / 2 in two parts, the products with the first one exact.
    let part = Scalar.mulAdd(n, isDouble ? -0x1.62e42fefa4p-2 : -0x1.62e4p-2, a)
    let h = Scalar.mulAdd(n, isDouble ? 0x1.8432a1b0e2634p-44 : -0x1.7f7d1cp-21, part)
    let square = h * h
    let tail = Scalar.polynomial(square, isDouble ? tanhF64 : tanhF32)
    let t = Scalar.mulAdd(h * square, tail, h)
    let s = ExponentialReduction.powerOfTwo(n, type)
    let numerator = Scalar.mulAdd(t, s + 1, s - 1)
    return .copySign(numerator / (numerator + .mulAdd(t, -2, 2)), x)
  } derivative: { _, y in
    1 - y * y
  }

  static let hyperbolicRows: [Elementwise] = [sinh, cosh, tanh, asinh, acosh, atanh]

  /// Our minimax fits of `(tanh(h) / h - 1) / h²` in h², weighted for the relative error of
  /// `tanh(h)` on |h| ≤ 0.261: 2^-27 in f32, 2^-56 in f64.
  private static let tanhF32: [Scalar] = [-0x1.555504p-2, 0x1.10d86ap-3, -0x1.a37a96p-5]
  private static let tanhF64: [Scalar] = [
    -0x1.55555555554a8p-2, 0x1.11111110f14b1p-3, -0x1.ba1ba17b06925p-5, 0x1.664f2ac8f11d6p-6,
    -0x1.2266b359815b1p-7, 0x1.d4bbe7b1a137cp-9, -0x1.567e3c534c50dp-10,
  ]
}

/// `|x| = n ln 2 + r` and `U = 2 tanh(r / 2)`: with them `e^|x| = 2ⁿ (2 + U) / (2 - U)`.
private struct HyperbolicParts {
  /// n.
  let exponent: Scalar
  /// U.
  let tangent: Scalar
  /// `2^(-2n)`, 0 where that is below the normal range.
  let inverseSquare: Scalar

  /// Reduces |x| clamped to where the result is infinite.
  init(_ x: Scalar, _ type: DType) {
    let reduced = ExponentialReduction(
      bounded: .min(.abs(x), type == .f64 ? 712 : 90), type)
    exponent = reduced.exponent
    let r = reduced.remainder
    let square = r * r
    let tail = Scalar.polynomial(square, type == .f64 ? Self.tailF64 : Self.tailF32)
    tangent = .mulAdd(r * square, tail, r)
    inverseSquare = ExponentialReduction.inversePowerOfTwo(exponent + exponent, type)
  }

  /// `2^(n-1) (first (1 + T²) + U second) / (1 - T²)` with `T = U / 2`, and with `1 / (1 - T²)`
  /// split into 1 and a small rest so that its rounding counts little. For sinh and cosh, first
  /// and second are `1 ∓ 2^(-2n)`; nothing overflows before the result does.
  func combine(_ first: Scalar, _ second: Scalar) -> Scalar {
    let half = 0.5 * tangent
    let square = half * half
    let rest = square / (1 - square)
    let main = Scalar.mulAdd(tangent, second, first)
    return .scale2(.mulAdd(rest, main + first, main), exponent - 1)
  }

  /// Our minimax fits of `(2 tanh(r / 2) / r - 1) / r²` in r²: those of tanh, rescaled.
  private static let tailF32: [Scalar] = [-0x1.555504p-4, 0x1.10d86ap-7, -0x1.a37a96p-11]
  private static let tailF64: [Scalar] = [
    -0x1.55555555554a8p-4, 0x1.11111110f14b1p-7, -0x1.ba1ba17b06925p-11, 0x1.664f2ac8f11d6p-14,
    -0x1.2266b359815b1p-17, 0x1.d4bbe7b1a137cp-21, -0x1.567e3c534c50dp-24,
  ]
}

extension Scalar {
  /// Hyperbolic sine.
  public static func sinh(_ x: Scalar) -> Scalar { apply(.sinh, [x]) }
  /// Hyperbolic cosine.
  public static func cosh(_ x: Scalar) -> Scalar { apply(.cosh, [x]) }
  /// Hyperbolic tangent.
  public static func tanh(_ x: Scalar) -> Scalar { apply(.tanh, [x]) }
}
