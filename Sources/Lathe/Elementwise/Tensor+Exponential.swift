// Elementwise methods of one operand: exponentials, logarithms, powers.

import IRCore

extension Tensor {
  /// `eˣ`.
  public func exp(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.exp, [self], at: .line(file: file, line: line))
  }

  /// `2ˣ`.
  public func exp2(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.exp2, [self], at: .line(file: file, line: line))
  }

  /// `eˣ - 1`, accurate near 0.
  public func expm1(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.expm1, [self], at: .line(file: file, line: line))
  }

  /// Natural logarithm.
  public func log(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.log, [self], at: .line(file: file, line: line))
  }

  /// Logarithm to base 2.
  public func log2(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.log2, [self], at: .line(file: file, line: line))
  }

  /// Logarithm to base 10.
  public func log10(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.log10, [self], at: .line(file: file, line: line))
  }

  /// `ln(1 + x)`, accurate near 0.
  public func log1p(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.log1p, [self], at: .line(file: file, line: line))
  }

  /// Square root, correctly rounded; NaN below zero.
  public func sqrt(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.sqrt, [self], at: .line(file: file, line: line))
  }

  /// `1 / √x`.
  public func rsqrt(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.rsqrt, [self], at: .line(file: file, line: line))
  }

  /// Cube root.
  public func cbrt(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.cbrt, [self], at: .line(file: file, line: line))
  }
}
