// Elementwise functions as free functions, named as in the C library where it has them.

import IRCore

/// `eˣ`.
public func exp(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.exp(file: file, line: line)
}

/// `2ˣ`.
public func exp2(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.exp2(file: file, line: line)
}

/// `eˣ - 1`, accurate near 0.
public func expm1(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.expm1(file: file, line: line)
}

/// Natural logarithm.
public func log(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.log(file: file, line: line)
}

/// Logarithm to base 2.
public func log2(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.log2(file: file, line: line)
}

/// Logarithm to base 10.
public func log10(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.log10(file: file, line: line)
}

/// `ln(1 + x)`, accurate near 0.
public func log1p(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.log1p(file: file, line: line)
}

/// Square root, correctly rounded; NaN below zero.
public func sqrt(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.sqrt(file: file, line: line)
}

/// `1 / √x`.
public func rsqrt(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.rsqrt(file: file, line: line)
}

/// Cube root.
public func cbrt(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.cbrt(file: file, line: line)
}

/// Sine of radians.
public func sin(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.sin(file: file, line: line)
}

/// Cosine of radians.
public func cos(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.cos(file: file, line: line)
}

/// Tangent of radians.
public func tan(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.tan(file: file, line: line)
}

/// Angle in radians whose sine is x.
public func asin(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.asin(file: file, line: line)
}

/// Angle in radians whose cosine is x.
public func acos(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.acos(file: file, line: line)
}

/// Angle in radians whose tangent is x.
public func atan(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.atan(file: file, line: line)
}

/// Hyperbolic sine.
public func sinh(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.sinh(file: file, line: line)
}

/// Hyperbolic cosine.
public func cosh(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.cosh(file: file, line: line)
}

/// Hyperbolic tangent.
public func tanh(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.tanh(file: file, line: line)
}

/// Inverse hyperbolic sine.
public func asinh(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.asinh(file: file, line: line)
}

/// Inverse hyperbolic cosine.
public func acosh(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.acosh(file: file, line: line)
}

/// Inverse hyperbolic tangent.
public func atanh(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.atanh(file: file, line: line)
}

/// Error function.
public func erf(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.erf(file: file, line: line)
}

/// `1 - erf(x)`, accurate for large x.
public func erfc(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.erfc(file: file, line: line)
}

/// Magnitude; the least integer stays as it is.
public func abs(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.abs(file: file, line: line)
}

/// Largest integer not above x.
public func floor(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.floor(file: file, line: line)
}

/// Smallest integer not below x.
public func ceil(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.ceil(file: file, line: line)
}

/// Integer part.
public func trunc(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.trunc(file: file, line: line)
}

/// Nearest integer, ties to even.
public func round(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.round(file: file, line: line)
}

/// Power: `xʸ`.
public func pow(
  _ x: Tensor, _ y: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.elementwise(.pow, x, y, file: file, line: line)
}

/// Angle in radians of the point (x, y), in -π...π.
public func atan2(
  _ y: Tensor, _ x: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.elementwise(.atan2, y, x, file: file, line: line)
}

/// `√(x² + y²)` without needless overflow.
public func hypot(
  _ x: Tensor, _ y: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.elementwise(.hypot, x, y, file: file, line: line)
}

/// The smaller of two; NaN where either is.
public func minimum(
  _ x: Tensor, _ y: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.elementwise(.min, x, y, file: file, line: line)
}

/// The larger of two; NaN where either is.
public func maximum(
  _ x: Tensor, _ y: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.elementwise(.max, x, y, file: file, line: line)
}

/// `x` where `condition` holds, else `y`.
public func select(
  _ condition: Tensor, _ x: Tensor, _ y: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.elementwise(.select, condition, x, y, file: file, line: line)
}

/// `a · b + c`: one rounding on target rows with FMA, two elsewhere.
public func mulAdd(
  _ a: Tensor, _ b: Tensor, _ c: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.elementwise(.mulAdd, a, b, c, file: file, line: line)
}
