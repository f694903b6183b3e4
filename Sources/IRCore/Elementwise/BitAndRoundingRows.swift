// Elementwise rows: bits, rounding to integers, and conversions.

extension Elementwise {
  private static func bits(_ primitive: Primitive, _ typing: Typing = .bits) -> Elementwise {
    Elementwise(
      primitive.rawValue, arity: primitive.arity, typing: typing,
      definition: .primitive(primitive))
  }

  /// Bitwise and, logical on `bool`.
  public static let and = bits(.and)
  /// Bitwise or, logical on `bool`.
  public static let or = bits(.or)
  /// Bitwise exclusive or, logical on `bool`.
  public static let xor = bits(.xor)
  /// Bitwise complement, logical on `bool`.
  public static let not = bits(.not)
  /// Shift to the left; 0 when the count is negative or at least the width.
  public static let shiftLeft = bits(.shiftLeft, .integer)
  /// Shift to the right, arithmetic for signed types; 0 when the count is negative or at least
  /// the width.
  public static let shiftRight = bits(.shiftRight, .integer)
  /// Number of one bits.
  public static let popCount = bits(.popCount, .integer)
  /// Number of zero bits above the highest one bit; the width for 0.
  public static let leadingZeros = bits(.leadingZeros, .integer)

  private static func rounding(_ name: String, _ primitive: Primitive) -> Elementwise {
    Elementwise(name, arity: 1, typing: .float, definition: .primitive(primitive)) { _, _ in
      [0.0]
    }
  }

  /// Largest integer not above x.
  public static let floor = rounding("floor", .floor)
  /// Smallest integer not below x.
  public static let ceil = rounding("ceil", .ceil)
  /// Integer part.
  public static let trunc = rounding("trunc", .trunc)
  /// Nearest integer, ties to even.
  public static let round = rounding("round", .roundEven)

  /// Conversion to the stated type: to float rounds to nearest even, float to integer saturates
  /// with NaN to 0, integer to integer wraps, to `bool` is `≠ 0`.
  public static let cast = Elementwise(
    "cast", arity: 1, typing: .cast, accuracy: .rounded, definition: .primitive(.cast)
  ) { _, _ in [1.0] }

  /// The bits read as the stated type of the same width.
  public static let bitcast = Elementwise(
    "bitcast", arity: 1, typing: .bitcast, definition: .primitive(.bitcast))

  /// `x`, as a constant where derivatives are taken.
  public static let stopGradient = Elementwise(
    "stopGradient", arity: 1, typing: .numeric, definition: .composed { _, x in x[0] }
  ) { _, _ in [0.0] }

  static let bitRows: [Elementwise] = [
    and, or, xor, not, shiftLeft, shiftRight, popCount, leadingZeros,
  ]
  static let roundingRows: [Elementwise] = [floor, ceil, trunc, round]
  static let conversionRows: [Elementwise] = [cast, bitcast, stopGradient]
}
