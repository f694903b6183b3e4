// Signs, neighbours and remainders of numbers, composed of elementwise rows.

import IRCore

extension Tensor {
  /// Where the element is infinite; nowhere among integers.
  public func isInfinite(file: String = #fileID, line: Int = #line) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    requireFloat("isInfinite", at: location)
    let magnitude = Self.apply(.abs, [self], at: location)
    return Self.apply(.eq, [magnitude, Tensor(floatLiteral: .infinity)], at: location)
  }

  /// Where the sign is minus, of -0 and of NaN too; nowhere among unsigned integers.
  public func signBit(file: String = #fileID, line: Int = #line) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard dtype.isNumeric else {
      misuse("signBit: \(typeText): a numeric type expected", at: location)
    }
    let bits = dtype.isFloat ? bitcast(to: dtype.signed, file: file, line: line) : self
    return Self.apply(.lt, [bits, 0], at: location)
  }

  /// The next number from this one towards `target`; `target` where they are equal, NaN where either
  /// is. Float types; its derivative is 0.
  public func nextAfter(
    _ target: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    requireFloat("nextAfter", at: location)
    func apply(_ row: Elementwise, _ operands: Tensor...) -> Tensor {
      Self.apply(row, operands, at: location)
    }
    let x = materialized
    guard let target = target.taking(dtype), target.dtype == dtype else {
      misuse(
        "nextAfter: \(typeText), \(target.typeText): operands of one type expected; cast(to:) "
          + "converts", at: location)
    }
    // The patterns of floats of one sign ascend with their magnitudes.
    let pattern = x.bitcast(to: dtype.signed)
    let grows = apply(.eq, apply(.lt, x, target), apply(.gt, x, 0))
    let neighbour = apply(.select, grows, apply(.add, pattern, 1), apply(.sub, pattern, 1))
    let least = Tensor.ones([], dtype.signed).bitcast(to: dtype)
    let moved = apply(
      .select, apply(.eq, x, 0), apply(.copySign, least, target), neighbour.bitcast(to: dtype))
    let isNaN = apply(.or, apply(.isNaN, x), apply(.isNaN, target))
    let result = apply(.select, apply(.eq, x, target), target, moved)
    return apply(.select, isNaN, apply(.add, x, target), result)
  }

  /// The remainder of division rounded down: it has the sign of `divisor`, where `%` has that of
  /// this. Integers give 0 for a divisor of 0.
  public func remainder(
    _ divisor: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    func apply(_ row: Elementwise, _ operands: Tensor...) -> Tensor {
      Self.apply(row, operands, at: location)
    }
    let rest = apply(.rem, self, divisor)
    if rest.dtype.isUnsignedInteger { return rest }
    let isApart = apply(.ne, apply(.lt, rest, 0), apply(.lt, divisor, 0))
    let isZero = apply(.eq, rest, 0)
    let adjusted = apply(.select, isApart, apply(.add, rest, divisor), rest)
    return apply(
      .select, isZero, rest.dtype.isFloat ? apply(.copySign, rest, divisor) : rest, adjusted)
  }

  /// `ln(eˣ + eʸ)`, arranged so that nothing overflows.
  public func logAddExp(
    _ other: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    func apply(_ row: Elementwise, _ operands: Tensor...) -> Tensor {
      Self.apply(row, operands, at: location)
    }
    let high = apply(.max, self, other)
    let low = apply(.min, self, other)
    // Equal infinities have no difference, and beside an infinite one the other makes none.
    let isInfinite = apply(.eq, apply(.abs, high), Tensor(floatLiteral: .infinity))
    let distance = apply(.select, isInfinite, 0, apply(.sub, low, high))
    return apply(.add, high, apply(.log1p, apply(.exp, distance)))
  }

  /// `x²`.
  public func squared(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.mul, [self, self], at: .line(file: file, line: line))
  }

  /// `1 / x`, of float tensors.
  public func reciprocal(file: String = #fileID, line: Int = #line) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    requireFloat("reciprocal", at: location)
    return Self.apply(.div, [1, self], at: location)
  }

  private func requireFloat(_ function: String, at location: SourceLocation) {
    AxisReduction(ascending: [], function, at: location).requireFloat(self)
  }
}
