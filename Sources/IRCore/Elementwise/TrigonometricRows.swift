// Elementwise rows: sine, cosine and tangent.

extension Elementwise {
  /// `sin x`, x in radians.
  ///
  /// The magnitude is reduced by `QuarterTurns`; the quadrant chooses between the polynomials of
  /// sine and cosine on [-π/4, π/4]. Odd, -0.0 included; NaN for infinities.
  public static let sin: Elementwise = unary("sin", accuracy: Accuracy(f32: 2, f64: 2)) { _, x in
    reduced(.abs(x)) { sineOrCosine($0, quadrant: $0.quadrant, signedLike: x) }
  } derivative: { x, _ in
    .apply(.cos, [x])
  }

  /// `cos x`, x in radians; computed like `sin` one quadrant further. NaN for infinities.
  public static let cos: Elementwise = unary("cos", accuracy: Accuracy(f32: 2, f64: 2)) { _, x in
    reduced(.abs(x)) { sineOrCosine($0, quadrant: $0.quadrant + 1, signedLike: nil) }
  } derivative: { x, _ in
    -Scalar.apply(.sin, [x])
  }

  /// `tan x`, x in radians.
  ///
  /// Tangent of the remainder in odd powers, or minus its reciprocal in odd quadrants. Odd, -0.0
  /// included; NaN for infinities. No argument is close enough to a pole to overflow.
  public static let tan = unary("tan", accuracy: Accuracy(f32: 2, f64: 3)) { type, x in
    reduced(.abs(x)) { .xor(bits(tangent($0)), .and(bits(x), signBit(type))) }
  } derivative: { _, y in
    .mulAdd(y, y, 1.0)
  }

  static let trigonometricRows: [Elementwise] = [sin, cos, tan]

  private static func bits(_ x: Scalar) -> Scalar { .bitcast(x, to: x.type.unsigned) }

  private static func signBit(_ type: DType) -> Scalar {
    .bits(1 << UInt64(type.bitWidth - 1), type.unsigned)
  }

  /// The float whose bits `body` makes of the reduced magnitude; NaN for infinity and NaN.
  private static func reduced(
    _ magnitude: Scalar, _ body: (QuarterTurns) -> Scalar
  ) -> Scalar {
    let type = magnitude.type
    let near = Scalar.bitcast(body(QuarterTurns(near: magnitude)), to: type)
    return .rarely(
      .gt(magnitude, QuarterTurns.exactLimit(type)),
      {
        let far = Scalar.bitcast(body(QuarterTurns.far(magnitude)), to: type)
        return .select(.lt(magnitude, .constant(.infinity, type)), far, .constant(.nan, type))
      }, else: near)
  }

  /// Bits of `sin(r + q · π/2)`, negated where `argument` is negative.
  private static func sineOrCosine(
    _ turns: QuarterTurns, quadrant: Scalar, signedLike argument: Scalar?
  ) -> Scalar {
    let r = turns.remainder
    let type = r.type
    let square = r * r
    let sine = Scalar.mulAdd(r * square, .polynomial(square, sineTerms(type)), r)
    let cosine = Scalar.polynomial(square, [1.0, -0.5] + cosineTerms(type))
    let value = Scalar.select(.eq(.and(quadrant, 1), 0), sine, cosine)
    // Bit 1 of the quadrant, moved to the sign.
    let width = Scalar.bits(UInt64(type.bitWidth - 2), type.unsigned)
    let half = Scalar.shiftLeft(quadrant, width)
    let sign = Scalar.and(argument.map { .xor(bits($0), half) } ?? half, signBit(type))
    return .xor(bits(value), sign)
  }

  /// `tan(r + q · π/2)`.
  private static func tangent(_ turns: QuarterTurns) -> Scalar {
    let r = turns.remainder
    let square = r * r
    // The slope tan' = 1 + tan² is about 1 + 1.6 r², which is enough for the tail.
    let tail = turns.tail * .mulAdd(square, 1.6, 1.0)
    let rest = Scalar.mulAdd(r * square, .polynomial(square, tangentTerms(r.type)), tail)
    let value = r + rest
    let isOdd = Scalar.ne(.and(turns.quadrant, 1), 0)
    let one = Scalar.constant(1, r.type)
    let quotient = Scalar.select(isOdd, -one, value) / .select(isOdd, value, one)
    // What `value` lost by rounding moves its reciprocal q by q² times that.
    let lost = Scalar.select(isOdd, (r - value) + rest, .constant(0, r.type))
    return .mulAdd(quotient * quotient, lost, quotient)
  }

  /// Minimax terms of `(sin r - r) / r³` in r², relative to the sine within 2⁻²⁷·⁹ and 2⁻⁵⁷·⁸.
  private static func sineTerms(_ type: DType) -> [Scalar] {
    if type == .f32 { return [-0x1.555546p-3, 0x1.110778p-7, -0x1.9953fep-13] }
    return [
      -0x1.5555555555548p-3, 0x1.111111110f75dp-7, -0x1.a01a019bf222ep-13, 0x1.71de355f05599p-19,
      -0x1.ae5e5471f5501p-26, 0x1.5d8e3511cdb44p-33,
    ]
  }

  /// Minimax terms of `(cos r - 1 + r²/2) / r⁴` in r², within 2⁻³³ and 2⁻⁶³·⁹.
  private static func cosineTerms(_ type: DType) -> [Scalar] {
    if type == .f32 { return [0x1.55554ap-5, -0x1.6c0c2ap-10, 0x1.99e91p-16] }
    return [
      0x1.555555555554bp-5, -0x1.6c16c16c15016p-10, 0x1.a01a019c8f3eep-16, -0x1.27e4f7f19d4b2p-22,
      0x1.1ee9dbd0d86a6p-29, -0x1.8fa681e38524p-37,
    ]
  }

  /// Minimax terms of `(tan r - r) / r³` in r², within 2⁻²⁵·⁷ and 2⁻⁵⁶·².
  private static func tangentTerms(_ type: DType) -> [Scalar] {
    if type == .f32 {
      return [
        0x1.5554dep-2, 0x1.112dep-3, 0x1.b5873p-5, 0x1.906004p-6, 0x1.97984ep-9, 0x1.33ba98p-7,
      ]
    }
    return [
      0x1.55555555554f1p-2, 0x1.11111111183a9p-3, 0x1.ba1ba1b462c1ep-5, 0x1.664f49a9e98f2p-6,
      0x1.226e123326dcp-7, 0x1.d6d938ff0407dp-9, 0x1.7d5b1edecd74bp-10, 0x1.37fc82761ce7cp-11,
      0x1.d25a2cc60d903p-13, 0x1.1e56ac36470bdp-13, -0x1.baf1734e5f57cp-16, 0x1.773f34cf880eap-14,
      -0x1.7882b8d5f0c06p-15, 0x1.5e0dfdfae45c5p-16,
    ]
  }
}
