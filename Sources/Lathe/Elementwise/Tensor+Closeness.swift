// Whether tensors have equal or nearly equal elements.

import IRCore

extension Tensor {
  /// Where `|self - other| ≤ absoluteTolerance + relativeTolerance · |other|`, computed in f32 for
  /// f16 and bf16 and in f64 for integers; equal infinities are close, NaN only where `equalNaN` says
  /// so.
  public func isClose(
    _ other: Tensor, relativeTolerance: Double = 1e-5, absoluteTolerance: Double = 1e-8,
    equalNaN: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    func apply(_ row: Elementwise, _ operands: Tensor...) -> Tensor {
      Self.apply(row, operands, at: location)
    }
    guard let other = other.taking(dtype), other.dtype == dtype, dtype.isNumeric else {
      misuse(
        "isClose: \(typeText), \(other.typeText): operands of one numeric type expected; cast(to:) "
          + "converts", at: location)
    }
    let type = dtype.isFloat ? dtype.arithmeticType : .f64
    let (a, b) = (materialized.cast(to: type), other.cast(to: type))
    let bound = apply(
      .add, Tensor(floatLiteral: absoluteTolerance),
      apply(.mul, Tensor(floatLiteral: relativeTolerance), apply(.abs, b)))
    let distance = apply(.abs, apply(.sub, a, b))
    let isNear = apply(.and, apply(.le, distance, bound), apply(.isFinite, b))
    let isClose = apply(.or, apply(.eq, a, b), isNear)
    guard equalNaN else { return isClose }
    return apply(.or, isClose, apply(.and, apply(.isNaN, a), apply(.isNaN, b)))
  }

  /// Whether all elements are close, as `isClose` has it. Reads the value.
  public func allClose(
    _ other: Tensor, relativeTolerance: Double = 1e-5, absoluteTolerance: Double = 1e-8,
    equalNaN: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Bool {
    isClose(
      other, relativeTolerance: relativeTolerance, absoluteTolerance: absoluteTolerance,
      equalNaN: equalNaN, file: file, line: line
    ).all(file: file, line: line).scalar(as: Bool.self, file: file, line: line)
  }

  /// Whether another tensor has the same element type, shape and elements; NaN equals nothing, 0
  /// equals -0. Reads the value.
  public func hasEqualElements(
    _ other: Tensor, file: String = #fileID, line: Int = #line
  ) -> Bool {
    guard dtype == other.dtype, shape == other.shape else { return false }
    let location = SourceLocation.line(file: file, line: line)
    return Self.apply(.eq, [materialized, other], at: location).all(file: file, line: line)
      .scalar(as: Bool.self, file: file, line: line)
  }
}
