// The meaning of f16 and bf16: text, conversions, arithmetic.

import IRCore
import TestSupport
import Testing

@Suite struct ShortFloatTests {
  private static let types: [DType] = [.f16, .bf16]

  /// Every value reads back from its text, which has at most five digits.
  @Test(arguments: types) func everyValueReadsBack(type: DType) {
    for bits in 0...type.mask {
      let literal = Literal(type, bits: bits)
      if literal.isNaN { continue }
      let text = literal.description
      #expect(Literal(type, text: text) == literal, "\(text)")
      #expect(text.hasSuffix("inf") || DecimalDigits(Self.unsigned(text)).digits.count <= 5)
    }
    #expect(Literal(type, .nan).description == "nan")
    #expect(Literal(type, bits: type.mask).description == "bits(0xffff)")
  }

  private static func unsigned(_ text: String) -> String {
    text.hasPrefix("-") ? String(text.dropFirst()) : text
  }

  @Test func texts() {
    let halves: [(Double, String)] = [
      (0.1, "0.1"), (1.0 / 3, "0.3333"), (65504, "65500.0"), (0x1p-24, "6e-08"), (-2049, "-2048.0"),
      (1.0009765625, "1.001"), (70000, "inf"), (-0.0, "-0.0"),
    ]
    for (value, text) in halves { #expect(Literal(.f16, value).description == text) }
    let brains: [(Double, String)] = [
      (0.1, "0.1"), (1.0 / 3, "0.334"), (3.3895313892515355e38, "3.39e+38"), (0x1p-133, "9e-41"),
      (257, "256.0"), (3.1415926, "3.14"), (1e39, "inf"),
    ]
    for (value, text) in brains { #expect(Literal(.bf16, value).description == text) }
  }

  /// Between each two neighbours, just below the middle goes down, just above up, and the middle to
  /// the even one, from f64 and, where it has them, from f32.
  @Test(arguments: types) func everyMiddleRoundsToEven(type: DType) {
    let infinity = Literal(type, .infinity).bits
    for bits in 0..<infinity {
      let low = Literal(type, bits: bits).doubleValue
      let next = Literal(type, bits: bits + 1).doubleValue
      // Beyond the greatest number comes what would be the next one.
      let high = next.isInfinite ? 2 * low - Literal(type, bits: bits - 1).doubleValue : next
      let middle = (low + high) / 2
      let even = bits & 1 == 0 ? bits : bits + 1
      let cases = [
        (low, bits), (middle.nextDown, bits), (middle, even), (middle.nextUp, bits + 1),
      ]
      for (value, expected) in cases {
        #expect(Literal(type, value).bits == expected, "\(value)")
        #expect(Literal(type, -value).bits == expected | (type.mask / 2 + 1), "\(-value)")
      }
      let float = Float(middle)
      for (value, expected) in [(float.nextDown, bits), (float, even), (float.nextUp, bits + 1)] {
        let bits = UInt64(value.bitPattern)
        #expect(Primitive.convert(bits, from: .f32, to: type) == expected, "\(value)")
      }
    }
  }

  /// Swift's own half precision agrees on every value and on doubles of all exponents.
  @Test func halvesAreSwifts() {
    for bits in 0...UInt16.max {
      let half = Float16(bitPattern: bits)
      let literal = Literal(.f16, bits: UInt64(bits))
      #expect(literal.isNaN == half.isNaN)
      if !half.isNaN { #expect(literal.doubleValue == Double(half)) }
    }
    var random = SplitMix64(seed: 5)
    for _ in 0..<100_000 {
      let significand = 1 + Double(random.next() >> 12) * 0x1p-52
      let value = Double(
        sign: .plus, exponent: random.integer(-30...20), significand: significand)
      #expect(Literal(.f16, value).bits == UInt64(Float16(value).bitPattern), "\(value)")
    }
  }

  /// Computing in f32 and rounding is the one rounding of what f64, with more than twice the bits,
  /// makes of the operands.
  @Test(arguments: types) func arithmeticRoundsOnce(type: DType) {
    var random = SplitMix64(seed: 6)
    func operand() -> UInt64 {
      let bits = random.next() & type.mask
      return Literal(type, bits: bits).isNaN ? 1 : bits
    }
    for _ in 0..<200_000 {
      let (a, b) = (operand(), operand())
      let (x, y) = (Literal(type, bits: a).doubleValue, Literal(type, bits: b).doubleValue)
      let exact: [(Primitive, Double)] = [
        (.add, x + y), (.sub, x - y), (.mul, x * y), (.div, x / y),
        (.rem, x.truncatingRemainder(dividingBy: y)), (.sqrt, x.squareRoot()),
      ]
      for (primitive, value) in exact {
        let found = primitive.evaluate(a, b, type: type, result: type, fused: true)
        let expected = Literal(type, value)
        if expected.isNaN, Literal(type, bits: found).isNaN { continue }
        #expect(found == expected.bits, "\(primitive) of \(x) and \(y)")
      }
    }
  }

  /// Integers beyond 2⁵³ next to the middle of two numbers.
  @Test func wideIntegersRoundOnce() {
    func bf16(_ value: Int64) -> Double {
      let bits = Primitive.convert(UInt64(bitPattern: value), from: .i64, to: .bf16)
      return Literal(.bf16, bits: bits).doubleValue
    }
    let middle: Int64 = 1 << 62 + 1 << 54
    #expect(bf16(middle) == 0x1p62 && bf16(middle - 1) == 0x1p62)
    #expect(bf16(middle + 1) == 0x1.02p62 && bf16(-middle - 1) == -0x1.02p62)
    #expect(bf16(-middle) == -0x1p62)
    let top = Primitive.convert(.max, from: .u64, to: .bf16)
    #expect(Literal(.bf16, bits: top).doubleValue == 0x1p64)
    #expect(Literal(.f16, integer: 65519).doubleValue == 65504)
    #expect(Literal(.f16, integer: 65520).doubleValue == .infinity)
  }

  /// Saturation, NaN, and truth.
  @Test(arguments: types) func leavesFloats(type: DType) {
    func cast(_ value: Double, to target: DType) -> UInt64 {
      Primitive.convert(Literal(type, value).bits, from: type, to: target)
    }
    #expect(cast(.infinity, to: .i8) == 0x7f && cast(-300, to: .i8) == 0x80)
    #expect(cast(-1, to: .u16) == 0 && cast(.nan, to: .i64) == 0 && cast(2.9, to: .i32) == 2)
    #expect(cast(-0.0, to: .bool) == 0 && cast(.nan, to: .bool) == 1)
    // A NaN keeps its sign.
    #expect(cast(-.nan, to: .f32) >> 31 == 1)
    #expect(Literal(type, -.nan).bits >> 15 == 1 && Literal(type, -.nan).isNaN)
  }
}
