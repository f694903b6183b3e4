// Elementwise rows: logarithms.

extension Elementwise {
  /// `log(x)`, the natural logarithm: -∞ at zeros, NaN below.
  public static let log = unary("log", accuracy: Accuracy(f32: 1.2, f64: 1)) { _, x in
    logarithm(x, \.naturalLogarithm)
  } derivative: { x, _ in
    1 / x
  }

  /// `log2(x)`, exact where x is a power of 2.
  public static let log2 = unary("log2", accuracy: Accuracy(f32: 1.5, f64: 1)) { type, x in
    logarithm(x) { parts in
      guard type == .f64 else {
        let tail = Scalar.polynomial(parts.fraction, log2F32)
        return .mulAdd(parts.fraction, tail, parts.exponent + parts.fraction)
      }
      let (high, low) = parts.splitLogarithm
      let main = high * 0x1.7154768p0
      let rest = (low + high) * -0x1.6a3e80f444178p-27 + low * 0x1.7154768p0
      return sum(parts.exponent, main, rest)
    }
  } derivative: { x, _ in
    .constant(0x1.71547652b82fep0, x.type) / x
  }

  /// `log10(x)`, exact where x is a power of 10.
  ///
  /// f32 computes in f64.
  public static let log10 = unary("log10", accuracy: Accuracy(f32: 0.6, f64: 0.8)) { type, x in
    guard type == .f64 else {
      let wide = LogarithmReduction(.cast(x, to: .f64)).shortLogarithm * 0x1.bcb7b1526e50ep-2
      return x.orLogarithmOfSpecial(.cast(wide, to: .f32))
    }
    return logarithm(x) { parts in
      let (high, low) = parts.splitLogarithm
      let main = high * 0x1.bcb7b18p-2
      let rest = (low + high) * -0x1.6c8d78e6acaa4p-29 + low * 0x1.bcb7b18p-2
      let whole = parts.exponent * 0x1.34413509f8p-2
      return sum(whole, main, .mulAdd(parts.exponent, -0x1.80433b83b532ap-44, rest))
    }
  } derivative: { x, _ in
    .constant(0x1.bcb7b1526e50ep-2, x.type) / x
  }

  /// `log1p(x) = log(1 + x)`, accurate near zero, where it keeps the sign of zero: -∞ at -1, NaN
  /// below.
  public static let log1p = unary("log1p", accuracy: Accuracy(f32: 2, f64: 1.6)) { type, x in
    let fast = LogarithmReduction(onePlus: x).naturalLogarithm
    let isSpecial = Scalar.not(.and(.gt(x, -1), .lt(x, 0x1p60)))
    let value = Scalar.rarely(
      isSpecial,
      {
        // Here 1 + x is x, or not above zero.
        let large = LogarithmReduction(x).naturalLogarithm
        return .select(.gt(x, 0), x.orLogarithmOfSpecial(large), (1 + x).orLogarithmOfSpecial(x))
      }, else: fast)
    return .copySign(value, x)
  } derivative: { x, _ in
    1 / (1 + x)
  }

  static let logarithmRows: [Elementwise] = [log, log2, log10, log1p]

  /// A logarithm from its reduction, with a rarely taken way for subnormal numbers (scaled to
  /// normal ones first) and for what has no finite logarithm.
  private static func logarithm(
    _ x: Scalar, _ body: (LogarithmReduction) -> Scalar
  ) -> Scalar {
    let isDouble = x.type == .f64
    return .rarely(
      x.isNotPositiveNormal,
      {
        let parts = LogarithmReduction(x * (isDouble ? 0x1p54 : 0x1p23))
        let exponent = parts.exponent - (isDouble ? 54 : 23)
        let value = body(LogarithmReduction(exponent: exponent, fraction: parts.fraction))
        return x.orLogarithmOfSpecial(value)
      }, else: body(LogarithmReduction(x)))
  }

  /// `a + b + rest`, where a is zero or the largest, with the rounding error of the first sum
  /// kept.
  private static func sum(_ a: Scalar, _ b: Scalar, _ rest: Scalar) -> Scalar {
    let total = a + b
    return total + (rest + ((a - total) + b))
  }

  /// `(log2(1 + f) - f) / f` on |f| ≤ 1/3 (our minimax fit).
  private static let log2F32: [Scalar] = [
    0x1.c551dap-2, -0x1.715478p-1, 0x1.ec6fccp-2, -0x1.71529ap-2, 0x1.27aaeep-2, -0x1.ed13d2p-3,
    0x1.9c962p-3, -0x1.658e5ap-3, 0x1.a23cd4p-3, -0x1.85ef84p-3,
  ]
}

extension Scalar {
  /// Natural logarithm.
  public static func log(_ x: Scalar) -> Scalar { apply(.log, [x]) }
  /// Logarithm to base 2.
  public static func log2(_ x: Scalar) -> Scalar { apply(.log2, [x]) }
  /// Logarithm to base 10.
  public static func log10(_ x: Scalar) -> Scalar { apply(.log10, [x]) }
  /// `log(1 + x)`, accurate near zero.
  public static func log1p(_ x: Scalar) -> Scalar { apply(.log1p, [x]) }
}
