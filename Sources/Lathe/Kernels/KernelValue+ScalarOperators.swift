// Operators between scalars of kernels and Swift numbers, which take the value's element type.

public import CLatheRuntime
public import IRCore

extension KernelValue {
  /// Sum; integers wrap.
  @_disfavoredOverload @_transparent
  public static func + (a: KernelValue, b: some TensorScalar) -> KernelValue {
    apply(.add, a, KernelValue(scalar: b.scalarValue), address: lathe_here())
  }
  /// Sum; integers wrap.
  @_disfavoredOverload @_transparent
  public static func + (a: some TensorScalar, b: KernelValue) -> KernelValue {
    apply(.add, KernelValue(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Difference; integers wrap.
  @_disfavoredOverload @_transparent
  public static func - (a: KernelValue, b: some TensorScalar) -> KernelValue {
    apply(.sub, a, KernelValue(scalar: b.scalarValue), address: lathe_here())
  }
  /// Difference; integers wrap.
  @_disfavoredOverload @_transparent
  public static func - (a: some TensorScalar, b: KernelValue) -> KernelValue {
    apply(.sub, KernelValue(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Product; integers wrap.
  @_disfavoredOverload @_transparent
  public static func * (a: KernelValue, b: some TensorScalar) -> KernelValue {
    apply(.mul, a, KernelValue(scalar: b.scalarValue), address: lathe_here())
  }
  /// Product; integers wrap.
  @_disfavoredOverload @_transparent
  public static func * (a: some TensorScalar, b: KernelValue) -> KernelValue {
    apply(.mul, KernelValue(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Quotient; integers truncate towards zero, and `x / 0` is 0.
  @_disfavoredOverload @_transparent
  public static func / (a: KernelValue, b: some TensorScalar) -> KernelValue {
    apply(.div, a, KernelValue(scalar: b.scalarValue), address: lathe_here())
  }
  /// Quotient; integers truncate towards zero, and `x / 0` is 0.
  @_disfavoredOverload @_transparent
  public static func / (a: some TensorScalar, b: KernelValue) -> KernelValue {
    apply(.div, KernelValue(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Remainder of division truncated towards zero.
  @_disfavoredOverload @_transparent
  public static func % (a: KernelValue, b: some TensorScalar) -> KernelValue {
    apply(.rem, a, KernelValue(scalar: b.scalarValue), address: lathe_here())
  }
  /// Remainder of division truncated towards zero.
  @_disfavoredOverload @_transparent
  public static func % (a: some TensorScalar, b: KernelValue) -> KernelValue {
    apply(.rem, KernelValue(scalar: a.scalarValue), b, address: lathe_here())
  }
}

extension KernelValue {
  /// Whether `a < b`.
  @_disfavoredOverload @_transparent
  public static func < (a: KernelValue, b: some TensorScalar) -> KernelValue {
    apply(.lt, a, KernelValue(scalar: b.scalarValue), address: lathe_here())
  }
  /// Whether `a < b`.
  @_disfavoredOverload @_transparent
  public static func < (a: some TensorScalar, b: KernelValue) -> KernelValue {
    apply(.lt, KernelValue(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Whether `a <= b`.
  @_disfavoredOverload @_transparent
  public static func <= (a: KernelValue, b: some TensorScalar) -> KernelValue {
    apply(.le, a, KernelValue(scalar: b.scalarValue), address: lathe_here())
  }
  /// Whether `a <= b`.
  @_disfavoredOverload @_transparent
  public static func <= (a: some TensorScalar, b: KernelValue) -> KernelValue {
    apply(.le, KernelValue(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Whether `a > b`.
  @_disfavoredOverload @_transparent
  public static func > (a: KernelValue, b: some TensorScalar) -> KernelValue {
    apply(.gt, a, KernelValue(scalar: b.scalarValue), address: lathe_here())
  }
  /// Whether `a > b`.
  @_disfavoredOverload @_transparent
  public static func > (a: some TensorScalar, b: KernelValue) -> KernelValue {
    apply(.gt, KernelValue(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Whether `a >= b`.
  @_disfavoredOverload @_transparent
  public static func >= (a: KernelValue, b: some TensorScalar) -> KernelValue {
    apply(.ge, a, KernelValue(scalar: b.scalarValue), address: lathe_here())
  }
  /// Whether `a >= b`.
  @_disfavoredOverload @_transparent
  public static func >= (a: some TensorScalar, b: KernelValue) -> KernelValue {
    apply(.ge, KernelValue(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Whether `a` equals `b`.
  @_disfavoredOverload @_transparent
  public static func == (a: KernelValue, b: some TensorScalar) -> KernelValue {
    apply(.eq, a, KernelValue(scalar: b.scalarValue), address: lathe_here())
  }
  /// Whether `a` equals `b`.
  @_disfavoredOverload @_transparent
  public static func == (a: some TensorScalar, b: KernelValue) -> KernelValue {
    apply(.eq, KernelValue(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Whether `a` differs from `b`.
  @_disfavoredOverload @_transparent
  public static func != (a: KernelValue, b: some TensorScalar) -> KernelValue {
    apply(.ne, a, KernelValue(scalar: b.scalarValue), address: lathe_here())
  }
  /// Whether `a` differs from `b`.
  @_disfavoredOverload @_transparent
  public static func != (a: some TensorScalar, b: KernelValue) -> KernelValue {
    apply(.ne, KernelValue(scalar: a.scalarValue), b, address: lathe_here())
  }
}
