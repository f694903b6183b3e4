// Elementwise methods of one operand: trigonometric, hyperbolic and error functions.

import IRCore

extension Tensor {
  /// Sine of radians.
  public func sin(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.sin, [self], at: .line(file: file, line: line))
  }

  /// Cosine of radians.
  public func cos(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.cos, [self], at: .line(file: file, line: line))
  }

  /// Tangent of radians.
  public func tan(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.tan, [self], at: .line(file: file, line: line))
  }

  /// Angle in radians whose sine is x.
  public func asin(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.asin, [self], at: .line(file: file, line: line))
  }

  /// Angle in radians whose cosine is x.
  public func acos(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.acos, [self], at: .line(file: file, line: line))
  }

  /// Angle in radians whose tangent is x.
  public func atan(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.atan, [self], at: .line(file: file, line: line))
  }

  /// Hyperbolic sine.
  public func sinh(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.sinh, [self], at: .line(file: file, line: line))
  }

  /// Hyperbolic cosine.
  public func cosh(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.cosh, [self], at: .line(file: file, line: line))
  }

  /// Hyperbolic tangent.
  public func tanh(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.tanh, [self], at: .line(file: file, line: line))
  }

  /// Inverse hyperbolic sine.
  public func asinh(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.asinh, [self], at: .line(file: file, line: line))
  }

  /// Inverse hyperbolic cosine.
  public func acosh(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.acosh, [self], at: .line(file: file, line: line))
  }

  /// Inverse hyperbolic tangent.
  public func atanh(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.atanh, [self], at: .line(file: file, line: line))
  }

  /// Error function.
  public func erf(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.erf, [self], at: .line(file: file, line: line))
  }

  /// `1 - erf(x)`, accurate for large x.
  public func erfc(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.erfc, [self], at: .line(file: file, line: line))
  }
}
