// Elementwise methods of several operands, and conversions.

public import IRCore

extension Tensor {
  /// Power: this to the `exponent`.
  public func pow(_ exponent: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.pow, [self, exponent], at: .line(file: file, line: line))
  }

  /// The smaller of two; NaN where either is.
  public func minimum(_ other: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.min, [self, other], at: .line(file: file, line: line))
  }

  /// The larger of two; NaN where either is.
  public func maximum(_ other: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.max, [self, other], at: .line(file: file, line: line))
  }

  /// `floor(self / divisor)`; integers are exact and `x / 0` is 0.
  public func floorDiv(_ divisor: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.floorDiv, [self, divisor], at: .line(file: file, line: line))
  }

  /// High half of the double-width product of integers.
  public func mulHigh(_ other: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.mulHigh, [self, other], at: .line(file: file, line: line))
  }

  /// Angle in radians of the point (x, this), in -π...π.
  public func atan2(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.atan2, [self, x], at: .line(file: file, line: line))
  }

  /// `√(x² + y²)` without needless overflow.
  public func hypot(_ other: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.hypot, [self, other], at: .line(file: file, line: line))
  }

  /// Magnitude of this with the sign of `sign`.
  public func copySign(_ sign: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.copySign, [self, sign], at: .line(file: file, line: line))
  }

  /// `x · 2ⁿ` rounded once, for an integer-valued float `n`.
  public func scale2(_ n: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.scale2, [self, n], at: .line(file: file, line: line))
  }

  /// `min(max(self, low), high)`; NaN where any operand is.
  public func clamp(
    _ low: Tensor, _ high: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Self.apply(.clamp, [self, low, high], at: .line(file: file, line: line))
  }

  /// `self · factor + addend`: one rounding on target rows with FMA, two elsewhere.
  public func mulAdd(
    _ factor: Tensor, _ addend: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Self.apply(.mulAdd, [self, factor, addend], at: .line(file: file, line: line))
  }

  /// `x` where this bool tensor holds, else `y`.
  public func select(
    _ x: Tensor, _ y: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Self.apply(.select, [self, x, y], at: .line(file: file, line: line))
  }

  /// `select`, telling the compiler that `x` is rarely needed: it may branch around it.
  public func selectRarely(
    _ x: Tensor, _ y: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Self.apply(.selectRarely, [self, x, y], at: .line(file: file, line: line))
  }

  /// Conversion: to a float rounds to nearest even, float to integer saturates with NaN to 0,
  /// integer to integer wraps, to `bool` is `≠ 0`.
  public func cast(to dtype: DType, file: String = #fileID, line: Int = #line) -> Tensor {
    if dtype == self.dtype { return self }
    return Self.apply(.cast, [self], dtype: dtype, at: .line(file: file, line: line))
  }

  /// The bits read as another type of the same width.
  public func bitcast(to dtype: DType, file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.bitcast, [self], dtype: dtype, at: .line(file: file, line: line))
  }
}
