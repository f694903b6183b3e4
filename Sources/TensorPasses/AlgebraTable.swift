// The algebraic rules. Those before `fastRules` keep every bit but a NaN's sign and payload.
//
// Every rule either leaves fewer operations below its node, or puts a cheaper row in place (div,
// then mul, then add and sub, then neg and not); so rewriting ends.

import IRCore
import TensorIR

extension AlgebraRule {
  private static let x = Pattern.any(0)
  private static let y = Pattern.any(1)
  private static let c = Pattern.any(2)
  private static func unary(_ row: Elementwise, _ a: Pattern) -> Pattern { .apply(row, [a]) }
  private static func binary(_ row: Elementwise, _ a: Pattern, _ b: Pattern) -> Pattern {
    .apply(row, [a, b])
  }
  private static func select(_ c: Pattern, _ a: Pattern, _ b: Pattern) -> Pattern {
    .apply(.select, [c, a, b])
  }
  private static let isTrue: Pattern = 1.0
  private static let isFalse: Pattern = 0.0

  private static func isFloat(_ match: Match) -> Bool { match.dtype(0).isFloat }
  private static func isInteger(_ match: Match) -> Bool { match.dtype(0).isInteger }
  private static func isExact(_ match: Match) -> Bool { !match.dtype(0).isFloat }

  /// Rules that keep bits.
  static let exactRules: [AlgebraRule] =
    arithmeticRules + signRules + bitRules + choiceRules + comparisonRules + conversionRules
    + reassociationRules

  private static let arithmeticRules: [AlgebraRule] = [
    // x + 0.0 is not x: -0.0 + 0.0 = 0.0.
    AlgebraRule("add-negative-zero", x + .number(-0.0), x),
    AlgebraRule("add-zero", x + 0.0, x, if: isInteger),
    AlgebraRule("subtract-zero", x - 0.0, x),
    AlgebraRule("subtract-itself", x - x, 0.0, if: isInteger),
    AlgebraRule("multiply-by-one", x * 1.0, x),
    AlgebraRule("multiply-by-zero", x * 0.0, 0.0, if: isInteger),
    AlgebraRule("divide-by-one", x / 1.0, x),
    AlgebraRule("divide-zero", 0.0 / x, 0.0, if: isInteger),
    AlgebraRule("remainder-by-one", binary(.rem, x, 1.0), 0.0, if: isInteger),
    AlgebraRule(
      "divide-by-power-of-two", x / .literal(1), x * .computed { reciprocal($0.literal(1)) }
    ) { match in
      isPowerOfTwo(match.literal(1)) && isNormal(reciprocal(match.literal(1)))
    },
    AlgebraRule("shift-left-by-zero", binary(.shiftLeft, x, 0.0), x),
    AlgebraRule("shift-right-by-zero", binary(.shiftRight, x, 0.0), x),
  ]

  private static let signRules: [AlgebraRule] = [
    AlgebraRule("negate-twice", -(-x), x),
    AlgebraRule("multiply-by-minus-one", x * .number(-1), -x),
    AlgebraRule("subtract-from-negative-zero", .number(-0.0) - x, -x),
    AlgebraRule("subtract-from-zero", 0.0 - x, -x, if: isInteger),
    AlgebraRule("add-negated", x + -y, x - y),
    AlgebraRule("add-to-negated", -y + x, x - y),
    AlgebraRule("subtract-negated", x - -y, x + y),
    AlgebraRule("multiply-negated-twice", -x * -y, x * y),
    AlgebraRule(
      "multiply-negated-by-literal", -x * .literal(1), x * .computed { negated($0.literal(1)) }),
    AlgebraRule("divide-negated-twice", -x / -y, x / y, if: isFloat),
    AlgebraRule("magnitude-of-negated", unary(.abs, -x), unary(.abs, x)) {
      !$0.dtype(0).isUnsignedInteger
    },
    AlgebraRule("magnitude-twice", unary(.abs, .named(0, unary(.abs, y))), x),
  ]

  private static let bitRules: [AlgebraRule] = [
    AlgebraRule("complement-twice", unary(.not, unary(.not, x)), x),
    AlgebraRule("and-itself", binary(.and, x, x), x),
    AlgebraRule("or-itself", binary(.or, x, x), x),
    AlgebraRule("xor-itself", binary(.xor, x, x), 0.0),
    AlgebraRule("and-zero", binary(.and, x, 0.0), 0.0),
    AlgebraRule("or-zero", binary(.or, x, 0.0), x),
    AlgebraRule("xor-zero", binary(.xor, x, 0.0), x),
    AlgebraRule("and-ones", binary(.and, x, .literal(1)), x, if: isOnes),
    AlgebraRule("or-ones", binary(.or, x, .literal(1)), .literal(1), if: isOnes),
    AlgebraRule("xor-ones", binary(.xor, x, .literal(1)), unary(.not, x), if: isOnes),
  ]

  private static let choiceRules: [AlgebraRule] = [
    AlgebraRule("select-equal", select(c, x, x), x),
    AlgebraRule("select-true", select(isTrue, x, y), x),
    AlgebraRule("select-false", select(isFalse, x, y), y),
    AlgebraRule("select-complement", select(unary(.not, c), x, y), select(c, y, x)),
    AlgebraRule("select-bool", select(c, isTrue, isFalse), c) { $0.type.dtype == .bool },
    AlgebraRule("select-bool-complement", select(c, isFalse, isTrue), unary(.not, c)) {
      $0.type.dtype == .bool
    },
    AlgebraRule("min-itself", binary(.min, x, x), x),
    AlgebraRule("max-itself", binary(.max, x, x), x),
    AlgebraRule(
      "min-of-min",
      binary(.min, .named(2, binary(.min, x, .literal(1))), .literal(3)), c
    ) { $0.evaluate(.le, 1, 3) == .bool(true) },
    AlgebraRule(
      "max-of-max",
      binary(.max, .named(2, binary(.max, x, .literal(1))), .literal(3)), c
    ) { $0.evaluate(.ge, 1, 3) == .bool(true) },
  ]

  private static let comparisonRules: [AlgebraRule] = [
    AlgebraRule("less-than-itself", binary(.lt, x, x), isFalse),
    AlgebraRule("greater-than-itself", binary(.gt, x, x), isFalse),
    AlgebraRule("equal-to-itself", binary(.eq, x, x), isTrue, if: isExact),
    AlgebraRule("differs-from-itself", binary(.ne, x, x), isFalse, if: isExact),
    AlgebraRule("at-most-itself", binary(.le, x, x), isTrue, if: isExact),
    AlgebraRule("at-least-itself", binary(.ge, x, x), isTrue, if: isExact),
    AlgebraRule("equals-true", binary(.eq, x, isTrue), x) { $0.dtype(0) == .bool },
    AlgebraRule("differs-from-false", binary(.ne, x, isFalse), x) { $0.dtype(0) == .bool },
    AlgebraRule("equals-false", binary(.eq, x, isFalse), unary(.not, x)) { $0.dtype(0) == .bool },
    AlgebraRule("differs-from-true", binary(.ne, x, isTrue), unary(.not, x)) {
      $0.dtype(0) == .bool
    },
    AlgebraRule("complement-of-equal", unary(.not, binary(.eq, x, y)), binary(.ne, x, y)),
    AlgebraRule("complement-of-different", unary(.not, binary(.ne, x, y)), binary(.eq, x, y)),
    // With NaN, the complement of < is not >=.
    AlgebraRule(
      "complement-of-less", unary(.not, binary(.lt, x, y)), binary(.ge, x, y), if: isInteger),
    AlgebraRule(
      "complement-of-greater", unary(.not, binary(.gt, x, y)), binary(.le, x, y), if: isInteger),
    AlgebraRule(
      "complement-of-at-most", unary(.not, binary(.le, x, y)), binary(.gt, x, y), if: isInteger),
    AlgebraRule(
      "complement-of-at-least", unary(.not, binary(.ge, x, y)), binary(.lt, x, y), if: isInteger),
  ]

  private static let conversionRules: [AlgebraRule] = [
    AlgebraRule("cast-to-same", unary(.cast, x), x) { $0.dtype(0) == $0.type.dtype },
    AlgebraRule("cast-of-lossless", unary(.cast, .named(1, unary(.cast, x))), unary(.cast, x)) {
      canSkip(from: $0.dtype(0), through: $0.dtype(1), to: $0.type.dtype)
    },
    // Derivatives were taken before.
    AlgebraRule("constant-for-derivatives", unary(.stopGradient, x), x),
    AlgebraRule("bitcast-to-same", unary(.bitcast, x), x) { $0.dtype(0) == $0.type.dtype },
    AlgebraRule("bitcast-twice", unary(.bitcast, unary(.bitcast, x)), unary(.bitcast, x)),
  ]

  /// `(x · a) · b = x · (a · b)` for the associative rows on integers and bits.
  private static let reassociationRules: [AlgebraRule] = [
    reassociation(.add, .add, "integer", if: isExact),
    reassociation(.mul, .mul, "integer", if: isExact),
    reassociation(.and, .and, "integer", if: isExact),
    reassociation(.or, .or, "integer", if: isExact),
    reassociation(.xor, .xor, "integer", if: isExact),
  ]

  private static func reassociation(
    _ row: Elementwise, _ primitive: Primitive, _ kind: String, changesRounding: Bool = false,
    if condition: @escaping @Sendable (Match) -> Bool
  ) -> AlgebraRule {
    AlgebraRule(
      "reassociate-\(kind)-\(row)",
      binary(row, binary(row, x, .literal(1)), .literal(2)),
      binary(row, x, .computed { $0.evaluate(primitive, 1, 2) }),
      changesRounding: changesRounding, if: condition)
  }

  /// Rules that round differently.
  static let fastRules: [AlgebraRule] = [
    reassociation(.add, .add, "float", changesRounding: true, if: isFloat),
    reassociation(.mul, .mul, "float", changesRounding: true, if: isFloat),
    AlgebraRule(
      "divide-by-literal", x / .literal(1), x * .computed { reciprocal($0.literal(1)) },
      changesRounding: true
    ) { isNormal($0.literal(1)) && isNormal(reciprocal($0.literal(1))) },
    AlgebraRule("add-any-zero", x + 0.0, x, changesRounding: true, if: isFloat),
  ]

  // MARK: Conditions and literals

  private static func isOnes(_ match: Match) -> Bool {
    match.literal(1).bits == match.literal(1).type.mask
  }

  private static func negated(_ literal: Literal) -> Literal {
    Literal(
      literal.type,
      bits: Primitive.neg.evaluate(
        literal.bits, type: literal.type, result: literal.type, fused: false))
  }

  private static func reciprocal(_ literal: Literal) -> Literal {
    let type = literal.type
    return Literal(
      type,
      bits: Primitive.div.evaluate(
        Literal.one(type).bits, literal.bits, type: type, result: type, fused: false))
  }

  /// Holds for floats that are neither zero, subnormal, infinite nor NaN.
  private static func isNormal(_ literal: Literal) -> Bool {
    switch literal.type {
    case .f64: Double(bitPattern: literal.bits).isNormal
    case .f32, .bf16: Float(literal.doubleValue).isNormal
    case .f16: literal.doubleValue.magnitude >= 0x1p-14 && literal.doubleValue.isFinite
    case .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool: false
    }
  }

  private static func isPowerOfTwo(_ literal: Literal) -> Bool {
    isNormal(literal) && literal.doubleValue.magnitude.significand == 1
  }

  /// Holds when converting to `middle` first changes no result: it keeps every value of `source`,
  /// and the conversion to `target` saturates or wraps like the direct one.
  private static func canSkip(from source: DType, through middle: DType, to target: DType) -> Bool {
    guard keeps(source, in: middle) else { return false }
    let saturates = source.isInteger && middle.isFloat && target.isInteger
    return !saturates || source == target || keeps(source, in: target)
  }

  /// Holds when `target` has every value of `source`.
  private static func keeps(_ source: DType, in target: DType) -> Bool {
    if source == target || source == .bool { return true }
    if target == .bool { return false }
    if source.isFloat { return target == .f64 || target == .f32 && source.bitWidth == 16 }
    let bits = source.isSignedInteger ? source.bitWidth - 1 : source.bitWidth
    switch target {
    case .f64: return bits <= 53
    case .f32: return bits <= 24
    case .f16: return bits <= 11
    case .bf16: return bits <= 8
    default:
      return target.isSignedInteger
        ? bits <= target.bitWidth - 1 : source.isUnsignedInteger && bits <= target.bitWidth
    }
  }
}
