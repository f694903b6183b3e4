// The scalar operations that code generation knows; every elementwise row is made of them.

/// Scalar operation with its own machine code. The set is closed: a new one means a new case in
/// the reference evaluation (`Primitive+Evaluation.swift`) and in code generation.
///
/// Meanings: integers wrap; `x / 0 = 0`, `x rem 0 = x`, `min / -1 = min`; shifts by the width or
/// more (or by a negative count) give 0; float to integer saturates and NaN gives 0; everything
/// else is IEEE 754 with round to nearest even. f16 and bf16 compute in f32 and round that result:
/// for all but `mulAdd` the one rounding of the exact result, since 24 bits are twice 11 and two more.
public enum Primitive: String, CaseIterable, Hashable, Sendable {
  case add, sub, mul
  /// High half of the double-width integer product.
  case mulHigh
  case div
  /// Remainder of division truncated towards zero (C `fmod` for floats), exact.
  case rem
  /// `a * b + c`: one rounding on target rows with FMA, two elsewhere; integers wrap. In f16 and bf16
  /// that of f32, then once more: products have at most 22 bits, so that rows differ only where one
  /// leaves the range of f32.
  case mulAdd
  case neg, abs, sqrt, floor, ceil, trunc
  /// Nearest integer, ties to even.
  case roundEven
  /// `x · 2ⁿ` rounded once; `n` is an integer-valued float of x's type (infinities saturate).
  case scale2
  case lt, le, gt, ge, eq, ne
  case and, or, xor, not
  case shiftLeft, shiftRight
  case popCount, leadingZeros
  case select
  /// `select`, with the hint that the middle operand is rarely needed in any lane: code
  /// generation may branch around the computation of it.
  case selectRarely
  case cast, bitcast

  /// Number of operands.
  public var arity: Int {
    switch self {
    case .neg, .abs, .sqrt, .floor, .ceil, .trunc, .roundEven, .not, .popCount, .leadingZeros,
      .cast, .bitcast:
      1
    case .add, .sub, .mul, .mulHigh, .div, .rem, .scale2, .lt, .le, .gt, .ge, .eq, .ne, .and, .or,
      .xor, .shiftLeft, .shiftRight:
      2
    case .mulAdd, .select, .selectRarely: 3
    }
  }

  /// Holds for the six comparisons, whose result is `bool`.
  public var isComparison: Bool {
    switch self {
    case .lt, .le, .gt, .ge, .eq, .ne: true
    default: false
    }
  }
}
