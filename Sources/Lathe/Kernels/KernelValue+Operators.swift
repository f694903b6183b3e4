// Operators on scalars of kernels. Their place is the return address, since an operator cannot take
// `#line`.

public import CLatheRuntime
public import IRCore

extension KernelValue {
  /// Sum; integers wrap.
  @_transparent
  public static func + (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.add, a, b, address: lathe_here())
  }
  /// Difference; integers wrap.
  @_transparent
  public static func - (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.sub, a, b, address: lathe_here())
  }
  /// Product; integers wrap.
  @_transparent
  public static func * (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.mul, a, b, address: lathe_here())
  }
  /// Quotient; integers truncate towards zero, and `x / 0` is 0.
  @_transparent
  public static func / (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.div, a, b, address: lathe_here())
  }
  /// Remainder of division truncated towards zero.
  @_transparent
  public static func % (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.rem, a, b, address: lathe_here())
  }
  /// Negative; integers wrap.
  @_transparent
  public static prefix func - (a: KernelValue) -> KernelValue {
    apply(.neg, a, address: lathe_here())
  }
}

extension KernelValue {
  /// Whether `a < b`.
  @_transparent
  @_disfavoredOverload
  public static func < (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.lt, a, b, address: lathe_here())
  }
  /// Whether `a <= b`.
  @_transparent
  @_disfavoredOverload
  public static func <= (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.le, a, b, address: lathe_here())
  }
  /// Whether `a > b`.
  @_transparent
  @_disfavoredOverload
  public static func > (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.gt, a, b, address: lathe_here())
  }
  /// Whether `a >= b`.
  @_transparent
  @_disfavoredOverload
  public static func >= (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.ge, a, b, address: lathe_here())
  }
  /// Whether `a` equals `b`.
  @_transparent
  @_disfavoredOverload
  public static func == (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.eq, a, b, address: lathe_here())
  }
  /// Whether `a` differs from `b`.
  @_transparent
  @_disfavoredOverload
  public static func != (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.ne, a, b, address: lathe_here())
  }
}

extension KernelValue {
  /// Bitwise and; logical on `bool`.
  @_transparent
  public static func & (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.and, a, b, address: lathe_here())
  }
  /// Bitwise or; logical on `bool`.
  @_transparent
  public static func | (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.or, a, b, address: lathe_here())
  }
  /// Bitwise exclusive or; logical on `bool`.
  @_transparent
  public static func ^ (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.xor, a, b, address: lathe_here())
  }
  /// Shift to the left; 0 for a count outside the width.
  @_transparent
  @_disfavoredOverload
  public static func << (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.shiftLeft, a, b, address: lathe_here())
  }
  /// Shift to the right, arithmetic; 0 for a count outside the width.
  @_transparent
  @_disfavoredOverload
  public static func >> (a: KernelValue, b: KernelValue) -> KernelValue {
    apply(.shiftRight, a, b, address: lathe_here())
  }
  /// Bitwise complement; logical on `bool`.
  @_transparent
  @_disfavoredOverload
  public static prefix func ~ (a: KernelValue) -> KernelValue {
    apply(.not, a, address: lathe_here())
  }
  /// The opposite of a truth value.
  @_transparent
  @_disfavoredOverload
  public static prefix func ! (a: KernelValue) -> KernelValue {
    opposite(of: a, address: lathe_here())
  }
  /// Whether both hold; `b` is computed where `a` holds.
  @_transparent
  @_disfavoredOverload
  public static func && (a: KernelValue, b: @autoclosure () -> KernelValue) -> KernelValue {
    choice(a, isAnd: true, b, address: lathe_here())
  }
  /// Whether one holds; `b` is computed where `a` does not hold.
  @_transparent
  @_disfavoredOverload
  public static func || (a: KernelValue, b: @autoclosure () -> KernelValue) -> KernelValue {
    choice(a, isAnd: false, b, address: lathe_here())
  }
}

extension KernelValue {
  /// Adds `b`.
  @_transparent
  public static func += (a: inout KernelValue, b: KernelValue) {
    a = apply(.add, a, b, address: lathe_here())
  }
  /// Subtracts `b`.
  @_transparent
  public static func -= (a: inout KernelValue, b: KernelValue) {
    a = apply(.sub, a, b, address: lathe_here())
  }
  /// Multiplies by `b`.
  @_transparent
  public static func *= (a: inout KernelValue, b: KernelValue) {
    a = apply(.mul, a, b, address: lathe_here())
  }
  /// Divides by `b`.
  @_transparent
  public static func /= (a: inout KernelValue, b: KernelValue) {
    a = apply(.div, a, b, address: lathe_here())
  }
  /// Bitwise and; logical on `bool`.
  @_transparent
  public static func &= (a: inout KernelValue, b: KernelValue) {
    a = apply(.and, a, b, address: lathe_here())
  }
  /// Bitwise or; logical on `bool`.
  @_transparent
  public static func |= (a: inout KernelValue, b: KernelValue) {
    a = apply(.or, a, b, address: lathe_here())
  }
  /// Bitwise exclusive or; logical on `bool`.
  @_transparent
  public static func ^= (a: inout KernelValue, b: KernelValue) {
    a = apply(.xor, a, b, address: lathe_here())
  }
}
