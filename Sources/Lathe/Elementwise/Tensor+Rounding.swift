// Elementwise methods of one operand: rounding, sign and bits.

import IRCore

extension Tensor {
  /// Magnitude; the least integer stays as it is.
  public func abs(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.abs, [self], at: .line(file: file, line: line))
  }

  /// -1, 0 or 1; zeros keep their sign and NaN stays NaN.
  public func sign(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.sign, [self], at: .line(file: file, line: line))
  }

  /// Largest integer not above x.
  public func floor(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.floor, [self], at: .line(file: file, line: line))
  }

  /// Smallest integer not below x.
  public func ceil(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.ceil, [self], at: .line(file: file, line: line))
  }

  /// Integer part.
  public func trunc(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.trunc, [self], at: .line(file: file, line: line))
  }

  /// Nearest integer, ties to even.
  public func round(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.round, [self], at: .line(file: file, line: line))
  }

  /// Number of one bits of an integer.
  public func popCount(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.popCount, [self], at: .line(file: file, line: line))
  }

  /// Number of zero bits above the highest one bit; the width for 0.
  public func leadingZeros(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.leadingZeros, [self], at: .line(file: file, line: line))
  }

  /// Where the element is NaN.
  public func isNaN(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.isNaN, [self], at: .line(file: file, line: line))
  }

  /// Where the element is neither NaN nor infinite.
  public func isFinite(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.isFinite, [self], at: .line(file: file, line: line))
  }
}
