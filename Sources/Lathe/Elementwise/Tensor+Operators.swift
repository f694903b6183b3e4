// Operators. Their place is the return address, since an operator cannot take `#line`.

public import CLatheRuntime
public import IRCore

extension Tensor {
  /// Sum; integers wrap.
  @_transparent
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    apply(.add, a, b, address: lathe_here())
  }
  /// Difference; integers wrap.
  @_transparent
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    apply(.sub, a, b, address: lathe_here())
  }
  /// Product; integers wrap.
  @_transparent
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    apply(.mul, a, b, address: lathe_here())
  }
  /// Quotient; integers truncate towards zero, and `x / 0` is 0.
  @_transparent
  public static func / (a: Tensor, b: Tensor) -> Tensor {
    apply(.div, a, b, address: lathe_here())
  }
  /// Remainder of division truncated towards zero.
  @_transparent
  public static func % (a: Tensor, b: Tensor) -> Tensor {
    apply(.rem, a, b, address: lathe_here())
  }
  /// Negative; integers wrap.
  @_transparent
  public static prefix func - (a: Tensor) -> Tensor { apply(.neg, a, address: lathe_here()) }
}

extension Tensor {
  /// Where `a < b`.
  @_transparent
  public static func .< (a: Tensor, b: Tensor) -> Tensor {
    apply(.lt, a, b, address: lathe_here())
  }
  /// Where `a <= b`.
  @_transparent
  public static func .<= (a: Tensor, b: Tensor) -> Tensor {
    apply(.le, a, b, address: lathe_here())
  }
  /// Where `a > b`.
  @_transparent
  public static func .> (a: Tensor, b: Tensor) -> Tensor {
    apply(.gt, a, b, address: lathe_here())
  }
  /// Where `a >= b`.
  @_transparent
  public static func .>= (a: Tensor, b: Tensor) -> Tensor {
    apply(.ge, a, b, address: lathe_here())
  }
  /// Where `a` equals `b`.
  @_transparent
  public static func .== (a: Tensor, b: Tensor) -> Tensor {
    apply(.eq, a, b, address: lathe_here())
  }
  /// Where `a` differs from `b`.
  @_transparent
  public static func .!= (a: Tensor, b: Tensor) -> Tensor {
    apply(.ne, a, b, address: lathe_here())
  }
}

extension Tensor {
  /// Bitwise and; logical on `bool`.
  @_transparent
  public static func & (a: Tensor, b: Tensor) -> Tensor {
    apply(.and, a, b, address: lathe_here())
  }
  /// Bitwise or; logical on `bool`.
  @_transparent
  public static func | (a: Tensor, b: Tensor) -> Tensor {
    apply(.or, a, b, address: lathe_here())
  }
  /// Bitwise exclusive or; logical on `bool`.
  @_transparent
  public static func ^ (a: Tensor, b: Tensor) -> Tensor {
    apply(.xor, a, b, address: lathe_here())
  }
  /// Shift to the left; 0 for a count outside the width.
  @_transparent
  @_disfavoredOverload
  public static func << (a: Tensor, b: Tensor) -> Tensor {
    apply(.shiftLeft, a, b, address: lathe_here())
  }
  /// Shift to the right, arithmetic; 0 for a count outside the width.
  @_transparent
  @_disfavoredOverload
  public static func >> (a: Tensor, b: Tensor) -> Tensor {
    apply(.shiftRight, a, b, address: lathe_here())
  }
  /// Bitwise complement; logical on `bool`.
  @_transparent
  @_disfavoredOverload
  public static prefix func ~ (a: Tensor) -> Tensor { apply(.not, a, address: lathe_here()) }
}

extension Tensor {
  /// Adds `b`.
  @_transparent
  public static func += (a: inout Tensor, b: Tensor) {
    a = apply(.add, a, b, address: lathe_here())
  }
  /// Subtracts `b`.
  @_transparent
  public static func -= (a: inout Tensor, b: Tensor) {
    a = apply(.sub, a, b, address: lathe_here())
  }
  /// Multiplies by `b`.
  @_transparent
  public static func *= (a: inout Tensor, b: Tensor) {
    a = apply(.mul, a, b, address: lathe_here())
  }
  /// Divides by `b`.
  @_transparent
  public static func /= (a: inout Tensor, b: Tensor) {
    a = apply(.div, a, b, address: lathe_here())
  }
}
