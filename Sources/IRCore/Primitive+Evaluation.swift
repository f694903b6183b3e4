// The reference meaning of the primitives, on bits.

extension Primitive {
  /// Evaluates on the bits of up to three operands.
  ///
  /// - Parameters:
  ///   - type: the type of the value operands (for `select`, of the second and third).
  ///   - result: the result's type; differs from `type` for comparisons and casts.
  ///   - fused: whether `mulAdd` rounds once (the target row has FMA).
  public func evaluate(
    _ a: UInt64, _ b: UInt64 = 0, _ c: UInt64 = 0, type: DType, result: DType, fused: Bool
  ) -> UInt64 {
    switch self {
    case .select, .selectRarely: return a & 1 != 0 ? b : c
    case .cast: return Self.convert(a, from: type, to: result)
    case .bitcast: return a
    default: break
    }
    switch type {
    case .f64:
      return evaluateFloat(
        Double(bitPattern: a), Double(bitPattern: b), Double(bitPattern: c), fused)
    case .f32:
      return evaluateFloat(
        Float(bitPattern: UInt32(truncatingIfNeeded: a)),
        Float(bitPattern: UInt32(truncatingIfNeeded: b)),
        Float(bitPattern: UInt32(truncatingIfNeeded: c)), fused)
    case .f16, .bf16:
      let value = evaluate(
        Self.convert(a, from: type, to: .f32), Self.convert(b, from: type, to: .f32),
        Self.convert(c, from: type, to: .f32), type: .f32, result: .f32, fused: fused)
      return isComparison ? value : Self.convert(value, from: .f32, to: type)
    case .i8: return evaluateInteger(Int8.self, a, b, c)
    case .i16: return evaluateInteger(Int16.self, a, b, c)
    case .i32: return evaluateInteger(Int32.self, a, b, c)
    case .i64: return evaluateInteger(Int64.self, a, b, c)
    case .u8: return evaluateInteger(UInt8.self, a, b, c)
    case .u16: return evaluateInteger(UInt16.self, a, b, c)
    case .u32: return evaluateInteger(UInt32.self, a, b, c)
    case .u64: return evaluateInteger(UInt64.self, a, b, c)
    case .bool: return evaluateBool(a & 1, b & 1)
    }
  }

  private func evaluateFloat<T: BinaryFloatingPoint & Sendable>(
    _ a: T, _ b: T, _ c: T, _ fused: Bool
  ) -> UInt64 {
    switch self {
    case .add: return Self.bits(a + b)
    case .sub: return Self.bits(a - b)
    case .mul: return Self.bits(a * b)
    case .div: return Self.bits(a / b)
    case .rem: return Self.bits(a.truncatingRemainder(dividingBy: b))
    case .mulAdd: return Self.bits(fused ? c.addingProduct(a, b) : a * b + c)
    case .neg: return Self.bits(-a)
    case .abs: return Self.bits(a.magnitude)
    case .sqrt: return Self.bits(a.squareRoot())
    case .floor: return Self.bits(a.rounded(.down))
    case .ceil: return Self.bits(a.rounded(.up))
    case .trunc: return Self.bits(a.rounded(.towardZero))
    case .roundEven: return Self.bits(a.rounded(.toNearestOrEven))
    case .scale2: return Self.bits(Self.scaled(a, by: b))
    case .lt: return a < b ? 1 : 0
    case .le: return a <= b ? 1 : 0
    case .gt: return a > b ? 1 : 0
    case .ge: return a >= b ? 1 : 0
    case .eq: return a == b ? 1 : 0
    case .ne: return a != b ? 1 : 0
    case .mulHigh, .and, .or, .xor, .not, .shiftLeft, .shiftRight, .popCount, .leadingZeros,
      .select, .selectRarely, .cast, .bitcast:
      return unreachable(on: "a float")
    }
  }

  private func evaluateInteger<T: FixedWidthInteger>(
    _: T.Type, _ first: UInt64, _ second: UInt64, _ third: UInt64
  ) -> UInt64 {
    let a = T(truncatingIfNeeded: first)
    let b = T(truncatingIfNeeded: second)
    let c = T(truncatingIfNeeded: third)
    func bits(_ value: T) -> UInt64 {
      UInt64(truncatingIfNeeded: T.Magnitude(truncatingIfNeeded: value))
    }
    switch self {
    case .add: return bits(a &+ b)
    case .sub: return bits(a &- b)
    case .mul: return bits(a &* b)
    case .mulHigh: return bits(a.multipliedFullWidth(by: b).high)
    case .div: return bits(b == 0 ? 0 : a.dividedReportingOverflow(by: b).partialValue)
    case .rem: return bits(b == 0 ? a : a.remainderReportingOverflow(dividingBy: b).partialValue)
    case .mulAdd: return bits(a &* b &+ c)
    case .neg: return bits(0 &- a)
    case .abs: return bits(a < 0 ? 0 &- a : a)
    case .lt: return a < b ? 1 : 0
    case .le: return a <= b ? 1 : 0
    case .gt: return a > b ? 1 : 0
    case .ge: return a >= b ? 1 : 0
    case .eq: return a == b ? 1 : 0
    case .ne: return a != b ? 1 : 0
    case .and: return bits(a & b)
    case .or: return bits(a | b)
    case .xor: return bits(a ^ b)
    case .not: return bits(~a)
    case .shiftLeft: return b < 0 || b >= T.bitWidth ? 0 : bits(a &<< b)
    case .shiftRight: return b < 0 || b >= T.bitWidth ? 0 : bits(a &>> b)
    case .popCount: return UInt64(a.nonzeroBitCount)
    case .leadingZeros: return UInt64(a.leadingZeroBitCount)
    case .sqrt, .floor, .ceil, .trunc, .roundEven, .scale2, .select, .selectRarely, .cast,
      .bitcast:
      return unreachable(on: "an integer")
    }
  }

  private func evaluateBool(_ a: UInt64, _ b: UInt64) -> UInt64 {
    switch self {
    case .lt: a < b ? 1 : 0
    case .le: a <= b ? 1 : 0
    case .gt: a > b ? 1 : 0
    case .ge: a >= b ? 1 : 0
    case .eq: a == b ? 1 : 0
    case .ne, .xor: a ^ b
    case .and: a & b
    case .or: a | b
    case .not: a ^ 1
    default: unreachable(on: "a bool")
    }
  }

  private func unreachable(on kind: String) -> UInt64 {
    fatalError("the typing rules let \(rawValue) through on \(kind)")
  }

  private static func bits<T: BinaryFloatingPoint>(_ value: T) -> UInt64 {
    if let double = value as? Double { return double.bitPattern }
    if let float = value as? Float { return UInt64(float.bitPattern) }
    fatalError("no bits for \(T.self)")
  }

  /// `x · 2^floor(n)` with one rounding; `2^±∞` is ∞ or 0.
  private static func scaled<T: BinaryFloatingPoint>(_ x: T, by n: T) -> T {
    if n.isNaN || x.isNaN { return x + n }
    if n.isInfinite { return x * (n > 0 ? T.infinity : 0) }
    if x.isZero || x.isInfinite { return x }
    // Beyond ±5000 every finite non-zero f64 or f32 overflows or becomes zero.
    let shift = Int(Swift.max(-5000, Swift.min(5000, Double(n).rounded(.down))))
    let least = Int(T.leastNormalMagnitude.exponent)
    let exponent = Int(x.exponent) + shift
    if exponent >= least { return T(sign: .plus, exponent: T.Exponent(shift), significand: x) }
    // Below the normal range: an exact step to a small normal number, then the one rounding.
    let small = T(sign: x.sign, exponent: T.Exponent(least + 30), significand: x.significand)
    let rest = Swift.max(exponent - least - 30, -100)
    return small * T(sign: .plus, exponent: T.Exponent(rest), significand: 1)
  }
}
