// Operators between tensors and Swift numbers, which take the tensor's element type.

public import CLatheRuntime
public import IRCore

extension Tensor {
  /// Sum; integers wrap.
  @_disfavoredOverload @_transparent
  public static func + (a: Tensor, b: some TensorScalar) -> Tensor {
    apply(.add, a, Tensor(scalar: b.scalarValue), address: lathe_here())
  }
  /// Sum; integers wrap.
  @_disfavoredOverload @_transparent
  public static func + (a: some TensorScalar, b: Tensor) -> Tensor {
    apply(.add, Tensor(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Difference; integers wrap.
  @_disfavoredOverload @_transparent
  public static func - (a: Tensor, b: some TensorScalar) -> Tensor {
    apply(.sub, a, Tensor(scalar: b.scalarValue), address: lathe_here())
  }
  /// Difference; integers wrap.
  @_disfavoredOverload @_transparent
  public static func - (a: some TensorScalar, b: Tensor) -> Tensor {
    apply(.sub, Tensor(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Product; integers wrap.
  @_disfavoredOverload @_transparent
  public static func * (a: Tensor, b: some TensorScalar) -> Tensor {
    apply(.mul, a, Tensor(scalar: b.scalarValue), address: lathe_here())
  }
  /// Product; integers wrap.
  @_disfavoredOverload @_transparent
  public static func * (a: some TensorScalar, b: Tensor) -> Tensor {
    apply(.mul, Tensor(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Quotient; integers truncate towards zero, and `x / 0` is 0.
  @_disfavoredOverload @_transparent
  public static func / (a: Tensor, b: some TensorScalar) -> Tensor {
    apply(.div, a, Tensor(scalar: b.scalarValue), address: lathe_here())
  }
  /// Quotient; integers truncate towards zero, and `x / 0` is 0.
  @_disfavoredOverload @_transparent
  public static func / (a: some TensorScalar, b: Tensor) -> Tensor {
    apply(.div, Tensor(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Remainder of division truncated towards zero.
  @_disfavoredOverload @_transparent
  public static func % (a: Tensor, b: some TensorScalar) -> Tensor {
    apply(.rem, a, Tensor(scalar: b.scalarValue), address: lathe_here())
  }
  /// Remainder of division truncated towards zero.
  @_disfavoredOverload @_transparent
  public static func % (a: some TensorScalar, b: Tensor) -> Tensor {
    apply(.rem, Tensor(scalar: a.scalarValue), b, address: lathe_here())
  }
}

extension Tensor {
  /// Where `a < b`.
  @_disfavoredOverload @_transparent
  public static func .< (a: Tensor, b: some TensorScalar) -> Tensor {
    apply(.lt, a, Tensor(scalar: b.scalarValue), address: lathe_here())
  }
  /// Where `a < b`.
  @_disfavoredOverload @_transparent
  public static func .< (a: some TensorScalar, b: Tensor) -> Tensor {
    apply(.lt, Tensor(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Where `a <= b`.
  @_disfavoredOverload @_transparent
  public static func .<= (a: Tensor, b: some TensorScalar) -> Tensor {
    apply(.le, a, Tensor(scalar: b.scalarValue), address: lathe_here())
  }
  /// Where `a <= b`.
  @_disfavoredOverload @_transparent
  public static func .<= (a: some TensorScalar, b: Tensor) -> Tensor {
    apply(.le, Tensor(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Where `a > b`.
  @_disfavoredOverload @_transparent
  public static func .> (a: Tensor, b: some TensorScalar) -> Tensor {
    apply(.gt, a, Tensor(scalar: b.scalarValue), address: lathe_here())
  }
  /// Where `a > b`.
  @_disfavoredOverload @_transparent
  public static func .> (a: some TensorScalar, b: Tensor) -> Tensor {
    apply(.gt, Tensor(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Where `a >= b`.
  @_disfavoredOverload @_transparent
  public static func .>= (a: Tensor, b: some TensorScalar) -> Tensor {
    apply(.ge, a, Tensor(scalar: b.scalarValue), address: lathe_here())
  }
  /// Where `a >= b`.
  @_disfavoredOverload @_transparent
  public static func .>= (a: some TensorScalar, b: Tensor) -> Tensor {
    apply(.ge, Tensor(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Where `a` equals `b`.
  @_disfavoredOverload @_transparent
  public static func .== (a: Tensor, b: some TensorScalar) -> Tensor {
    apply(.eq, a, Tensor(scalar: b.scalarValue), address: lathe_here())
  }
  /// Where `a` equals `b`.
  @_disfavoredOverload @_transparent
  public static func .== (a: some TensorScalar, b: Tensor) -> Tensor {
    apply(.eq, Tensor(scalar: a.scalarValue), b, address: lathe_here())
  }
  /// Where `a` differs from `b`.
  @_disfavoredOverload @_transparent
  public static func .!= (a: Tensor, b: some TensorScalar) -> Tensor {
    apply(.ne, a, Tensor(scalar: b.scalarValue), address: lathe_here())
  }
  /// Where `a` differs from `b`.
  @_disfavoredOverload @_transparent
  public static func .!= (a: some TensorScalar, b: Tensor) -> Tensor {
    apply(.ne, Tensor(scalar: a.scalarValue), b, address: lathe_here())
  }
}
