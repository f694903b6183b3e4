// Functions of scalars of kernels, named as those of tensors.

public import IRCore

/// `eˣ`.
public func exp(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.exp, x, file: file, line: line)
}

/// `2ˣ`.
public func exp2(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.exp2, x, file: file, line: line)
}

/// `eˣ - 1`, accurate near 0.
public func expm1(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.expm1, x, file: file, line: line)
}

/// Natural logarithm.
public func log(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.log, x, file: file, line: line)
}

/// Logarithm to base 2.
public func log2(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.log2, x, file: file, line: line)
}

/// Logarithm to base 10.
public func log10(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.log10, x, file: file, line: line)
}

/// `ln(1 + x)`, accurate near 0.
public func log1p(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.log1p, x, file: file, line: line)
}

/// Square root, correctly rounded; NaN below zero.
public func sqrt(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.sqrt, x, file: file, line: line)
}

/// `1 / √x`.
public func rsqrt(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.rsqrt, x, file: file, line: line)
}

/// Cube root.
public func cbrt(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.cbrt, x, file: file, line: line)
}

/// Sine of radians.
public func sin(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.sin, x, file: file, line: line)
}

/// Cosine of radians.
public func cos(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.cos, x, file: file, line: line)
}

/// Tangent of radians.
public func tan(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.tan, x, file: file, line: line)
}

/// Angle in radians whose sine is x.
public func asin(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.asin, x, file: file, line: line)
}

/// Angle in radians whose cosine is x.
public func acos(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.acos, x, file: file, line: line)
}

/// Angle in radians whose tangent is x.
public func atan(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.atan, x, file: file, line: line)
}

/// Hyperbolic sine.
public func sinh(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.sinh, x, file: file, line: line)
}

/// Hyperbolic cosine.
public func cosh(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.cosh, x, file: file, line: line)
}

/// Hyperbolic tangent.
public func tanh(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.tanh, x, file: file, line: line)
}

/// Inverse hyperbolic sine.
public func asinh(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.asinh, x, file: file, line: line)
}

/// Inverse hyperbolic cosine.
public func acosh(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.acosh, x, file: file, line: line)
}

/// Inverse hyperbolic tangent.
public func atanh(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.atanh, x, file: file, line: line)
}

/// Error function.
public func erf(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.erf, x, file: file, line: line)
}

/// `1 - erf(x)`, accurate for large x.
public func erfc(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.erfc, x, file: file, line: line)
}

/// Magnitude; the least integer stays as it is.
public func abs(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.abs, x, file: file, line: line)
}

/// Largest integer not above x.
public func floor(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.floor, x, file: file, line: line)
}

/// Smallest integer not below x.
public func ceil(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.ceil, x, file: file, line: line)
}

/// Integer part.
public func trunc(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.trunc, x, file: file, line: line)
}

/// Nearest integer, ties to even.
public func round(
  _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.round, x, file: file, line: line)
}

/// Power: `xʸ`.
public func pow(
  _ x: KernelValue, _ y: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.pow, x, y, file: file, line: line)
}

/// Angle in radians of the point (x, y), in -π...π.
public func atan2(
  _ y: KernelValue, _ x: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.atan2, y, x, file: file, line: line)
}

/// `√(x² + y²)` without needless overflow.
public func hypot(
  _ x: KernelValue, _ y: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.hypot, x, y, file: file, line: line)
}

/// The smaller of two; NaN where either is.
public func minimum(
  _ x: KernelValue, _ y: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.min, x, y, file: file, line: line)
}

/// The larger of two; NaN where either is.
public func maximum(
  _ x: KernelValue, _ y: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.max, x, y, file: file, line: line)
}

/// The smaller of two; NaN where either is.
public func min(
  _ x: KernelValue, _ y: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.min, x, y, file: file, line: line)
}

/// The larger of two; NaN where either is.
public func max(
  _ x: KernelValue, _ y: KernelValue, file: String = #fileID, line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.max, x, y, file: file, line: line)
}

/// `x` where `condition` holds, else `y`; both are computed.
public func select(
  _ condition: KernelValue, _ x: KernelValue, _ y: KernelValue, file: String = #fileID,
  line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.select, condition, x, y, file: file, line: line)
}

/// `a · b + c`: one rounding on target rows with FMA, two elsewhere.
public func mulAdd(
  _ a: KernelValue, _ b: KernelValue, _ c: KernelValue, file: String = #fileID,
  line: Int = #line
) -> KernelValue {
  KernelValue.elementwise(.mulAdd, a, b, c, file: file, line: line)
}

extension KernelValue {
  /// Quotient rounded towards negative infinity; by 0 it is 0 for integers.
  public func floorDiv(
    _ divisor: KernelValue, file: String = #fileID, line: Int = #line
  ) -> KernelValue {
    Self.elementwise(.floorDiv, self, divisor, file: file, line: line)
  }

  /// High half of the double-width product of integers.
  public func mulHigh(
    _ other: KernelValue, file: String = #fileID, line: Int = #line
  ) -> KernelValue {
    Self.elementwise(.mulHigh, self, other, file: file, line: line)
  }

  /// Magnitude with the sign of another.
  public func copySign(
    _ sign: KernelValue, file: String = #fileID, line: Int = #line
  ) -> KernelValue {
    Self.elementwise(.copySign, self, sign, file: file, line: line)
  }

  /// `x · 2ⁿ` rounded once, for an integer-valued float `n`.
  public func scale2(
    _ n: KernelValue, file: String = #fileID, line: Int = #line
  ) -> KernelValue {
    Self.elementwise(.scale2, self, n, file: file, line: line)
  }

  /// -1, 0 or 1; zeros keep their sign and NaN stays NaN.
  public func sign(file: String = #fileID, line: Int = #line) -> KernelValue {
    Self.elementwise(.sign, self, file: file, line: line)
  }

  /// Number of one bits.
  public func popCount(file: String = #fileID, line: Int = #line) -> KernelValue {
    Self.elementwise(.popCount, self, file: file, line: line)
  }

  /// Number of zero bits above the highest one bit; the width for 0.
  public func leadingZeros(file: String = #fileID, line: Int = #line) -> KernelValue {
    Self.elementwise(.leadingZeros, self, file: file, line: line)
  }

  /// Holds for NaN.
  public func isNaN(file: String = #fileID, line: Int = #line) -> KernelValue {
    Self.elementwise(.isNaN, self, file: file, line: line)
  }

  /// Holds for everything but NaN and the infinities.
  public func isFinite(file: String = #fileID, line: Int = #line) -> KernelValue {
    Self.elementwise(.isFinite, self, file: file, line: line)
  }

  /// `min(max(x, low), high)`; NaN when any operand is.
  public func clamp(
    _ low: KernelValue, _ high: KernelValue, file: String = #fileID, line: Int = #line
  ) -> KernelValue {
    Self.elementwise(.clamp, self, low, high, file: file, line: line)
  }

  /// The value as another element type: to float rounds to nearest even, float to integer saturates
  /// with NaN to 0, integer to integer wraps, to `bool` is `≠ 0`.
  public func cast(
    to dtype: DType, file: String = #fileID, line: Int = #line
  ) -> KernelValue {
    Self.elementwise(.cast, self, dtype: dtype, file: file, line: line)
  }

  /// The bits read as another element type of the same width.
  public func bitcast(
    to dtype: DType, file: String = #fileID, line: Int = #line
  ) -> KernelValue {
    Self.elementwise(.bitcast, self, dtype: dtype, file: file, line: line)
  }
}
