// Expansions of float primitives that a target row lacks or that LLVM would call a library for.

import IRCore
import LLVMBindings

extension PrimitiveEmitter {
  private func fabs(_ x: LLVMValue) -> LLVMValue { builder.intrinsic("llvm.fabs", [x.type], [x]) }

  func copySign(_ magnitude: LLVMValue, _ sign: LLVMValue) -> LLVMValue {
    builder.intrinsic("llvm.copysign", [magnitude.type], [magnitude, sign])
  }

  // MARK: Rounding without SSE4.1

  /// Adding and subtracting 2^(fraction bits) rounds a small magnitude to an integer.
  func roundEven(_ x: LLVMValue) -> LLVMValue {
    let magnitude = fabs(x)
    let magic = constant(x.type.scalarBits == 64 ? 0x1p52 : 0x1p23, like: x)
    let rounded = builder.fsub(builder.fadd(magnitude, magic), magic)
    let isSmall = builder.fcmp(.olt, magnitude, magic)
    return builder.select(isSmall, copySign(rounded, x), x)
  }

  func floor(_ x: LLVMValue) -> LLVMValue {
    let rounded = roundEven(x)
    let lower = builder.fsub(rounded, constant(1, like: x))
    return builder.select(builder.fcmp(.ogt, rounded, x), lower, rounded)
  }

  func ceil(_ x: LLVMValue) -> LLVMValue {
    let rounded = roundEven(x)
    let higher = builder.fadd(rounded, constant(1, like: x))
    return copySign(builder.select(builder.fcmp(.olt, rounded, x), higher, rounded), x)
  }

  func trunc(_ x: LLVMValue) -> LLVMValue { copySign(floor(fabs(x)), x) }

  // MARK: Scaling by a power of two

  /// `x · 2^floor(n)` for any n, where row bodies use only integers and no NaN by an infinity:
  /// `vscalef` makes numbers of NaN there.
  func scaleByAny(_ x: LLVMValue, _ n: LLVMValue, _ type: DType) -> LLVMValue {
    if type.isShortFloat {
      return narrow(scaleByAny(widen(x, type), widen(n, type), .f32), to: type)
    }
    if row.hasScale {
      return builder.select(builder.fcmp(.uno, x, x), x, scaleNatively(x, n))
    }
    let whole = row.hasRounding ? builder.intrinsic("llvm.floor", [n.type], [n]) : floor(n)
    return scale(x, whole, type)
  }

  /// One `vscalefps`/`vscalefpd` per 512 bits.
  func scaleNatively(_ x: LLVMValue, _ n: LLVMValue) -> LLVMValue {
    let isDouble = x.type.scalarBits == 64
    let width = isDouble ? 8 : 16
    let lanes = x.type.lanes
    let count = (lanes + width - 1) / width
    let parts = (0..<count).map { part in
      scaleRegister(slice(x, part, width), slice(n, part, width), isDouble)
    }
    if lanes == 1 { return builder.extractElement(parts[0], 0) }
    if lanes < width { return builder.shuffle(parts[0], Array(0..<lanes)) }
    return joined(parts)
  }

  private func scaleRegister(_ x: LLVMValue, _ n: LLVMValue, _ isDouble: Bool) -> LLVMValue {
    let name = "llvm.x86.avx512.mask.scalef.\(isDouble ? "pd" : "ps").512"
    let mask = (isDouble ? types.i8 : types.i16).constant(-1)
    let currentRounding = types.i32.constant(4)
    return builder.intrinsic(name, [], [x, n, x.type.zero, mask, currentRounding])
  }

  /// Part number `part` of `width` lanes; lanes beyond the value are anything.
  private func slice(_ x: LLVMValue, _ part: Int, _ width: Int) -> LLVMValue {
    let lanes = x.type.lanes
    if lanes == width { return x }
    if lanes == 1 { return builder.insertElement(x.type.vector(width).zero, x, 0) }
    let indices = (0..<width).map { lane in
      part * width + lane < lanes ? part * width + lane : 0
    }
    return builder.shuffle(x, indices)
  }

  private func joined(_ parts: [LLVMValue]) -> LLVMValue {
    var parts = parts
    while parts.count > 1 {
      parts = stride(from: 0, to: parts.count, by: 2).map { k in
        let lanes = parts[k].type.lanes
        return builder.shuffle(parts[k], parts[k + 1], Array(0..<2 * lanes))
      }
    }
    return parts[0]
  }

  /// Three products, of which only the last may round: see Note: scaling.
  func scale(_ x: LLVMValue, _ n: LLVMValue, _ type: DType) -> LLVMValue {
    let isDouble = type == .f64
    let (lowest, highest) = isDouble ? (-1022, 1023) : (-126, 127)
    func clamp(_ value: LLVMValue) -> LLVMValue {
      let low = integer(lowest, like: value)
      let high = integer(highest, like: value)
      let raised = builder.select(builder.icmp(.slt, value, low), low, value)
      return builder.select(builder.icmp(.sgt, raised, high), high, raised)
    }
    func power(_ exponent: LLVMValue) -> LLVMValue {
      let biased = builder.add(exponent, integer(highest, like: exponent))
      let wide = isDouble ? builder.zext(biased, to: types.i64.vector(x.type.lanes)) : biased
      let bits = builder.shl(wide, integer(isDouble ? 52 : 23, like: wide))
      return builder.bitcast(bits, to: x.type)
    }
    let exponent = boundedExponent(n, isDouble ? 2200 : 300)
    let last = clamp(exponent)
    let rest = builder.sub(exponent, last)
    let middle = clamp(rest)
    let first = power(builder.sub(rest, middle))
    let isMinusInfinity = builder.fcmp(.oeq, n, constant(-.infinity, like: n))
    let infinite = builder.select(isMinusInfinity, n.type.zero, n)
    let isFinite = builder.fcmp(.olt, fabs(n), constant(.infinity, like: n))
    let start = builder.fmul(x, builder.select(isFinite, first, infinite))
    return builder.fmul(builder.fmul(start, power(middle)), power(last))
  }

  /// n clamped to `±limit` as 32-bit integers: no vector conversion of f64 to 64-bit ones exists
  /// before AVX-512. The clamp comes first, with NaN to the lower bound, because the saturating
  /// conversion is scalar on vectors.
  private func boundedExponent(_ n: LLVMValue, _ limit: Double) -> LLVMValue {
    let least = constant(-limit, like: n)
    let most = constant(limit, like: n)
    let raised = builder.select(builder.fcmp(.ogt, n, least), n, least)
    let bounded = builder.select(builder.fcmp(.olt, raised, most), raised, most)
    return builder.fptosi(bounded, to: types.i32.vector(n.type.lanes))
  }

  // MARK: Remainder

  /// C's `fmod`, exact: long division of the significands, one bit per step, while any lane needs
  /// one.
  func remainder(_ x: LLVMValue, _ y: LLVMValue, _ type: DType) -> LLVMValue {
    let isDouble = type == .f64
    let fraction = isDouble ? 52 : 23
    let integers = (isDouble ? types.i64 : types.i32).vector(x.type.lanes)
    let magnitudeX = fabs(x)
    let magnitudeY = fabs(y)
    let (significandX, exponentX) = decompose(magnitudeX, integers, fraction)
    let (significandY, exponentY) = decompose(magnitudeY, integers, fraction)
    let steps = builder.sub(exponentX, exponentY)
    let rest = divideLong(significandX, significandY, steps)
    // rest · 2^(exponentY - fraction) is exact: the result has no more bits than y.
    let exponent = builder.sub(exponentY, integer(fraction, like: exponentY))
    let value = builder.sitofp(rest, to: x.type)
    let scaled =
      row.hasScale
      ? scaleNatively(value, builder.sitofp(exponent, to: x.type))
      : scale(value, builder.sitofp(exponent, to: x.type), type)
    let isSmaller = builder.fcmp(.olt, magnitudeX, magnitudeY)
    let result = builder.select(isSmaller, x, copySign(scaled, x))
    let infinity = constant(.infinity, like: x)
    let isDefined = builder.and(
      builder.fcmp(.olt, magnitudeX, infinity), builder.fcmp(.ogt, magnitudeY, y.type.zero))
    return builder.select(isDefined, result, constant(.nan, like: x))
  }

  /// Splits a positive value into an integer significand with its leading bit at `fraction`, and
  /// the exponent of that bit.
  private func decompose(
    _ magnitude: LLVMValue, _ integers: LLVMType, _ fraction: Int
  ) -> (significand: LLVMValue, exponent: LLVMValue) {
    let bits = builder.bitcast(magnitude, to: integers)
    let width = integers.scalarBits
    let bias = integers.constant(width == 64 ? 1023 : 127)
    let field = builder.lshr(bits, integers.constant(fraction))
    let stored = builder.and(bits, integers.constant((1 << fraction) - 1))
    let isSubnormal = builder.icmp(.eq, field, integers.zero)
    let zeros = builder.intrinsic("llvm.ctlz", [integers], [stored, types.i1.constant(0)])
    // A zero has `width` leading zeros; its lanes are discarded, but the shift must be in range.
    let distance = builder.sub(zeros, integers.constant(width - 1 - fraction))
    let isZero = builder.icmp(.eq, stored, integers.zero)
    let shift = builder.select(isZero, integers.zero, distance)
    let normalized = builder.shl(stored, builder.select(isSubnormal, shift, integers.zero))
    let hidden = builder.or(stored, integers.constant(1 << fraction))
    let exponentOfSubnormal = builder.sub(builder.sub(integers.constant(1), bias), shift)
    return (
      builder.select(isSubnormal, normalized, hidden),
      builder.select(isSubnormal, exponentOfSubnormal, builder.sub(field, bias))
    )
  }

  /// `significandX · 2^steps mod significandY`, in the lanes where steps is not negative.
  private func divideLong(
    _ significandX: LLVMValue, _ significandY: LLVMValue, _ steps: LLVMValue
  ) -> LLVMValue {
    guard let entry = builder.block else { fatalError("no insertion block") }
    let integers = significandX.type
    let header = entry.function.appendBlock("rem.header")
    let body = entry.function.appendBlock("rem.body")
    let exit = entry.function.appendBlock("rem.exit")
    builder.br(header)
    builder.position(atEndOf: header)
    let rest = builder.phi(integers, "rem.rest")
    let left = builder.phi(integers, "rem.left")
    rest.addIncoming(significandX, from: entry)
    left.addIncoming(steps, from: entry)
    let isActive = builder.icmp(.sge, left, integers.zero)
    builder.condBr(any(isActive), body, exit)
    builder.position(atEndOf: body)
    let difference = builder.sub(rest, significandY)
    let fits = builder.icmp(.sge, difference, integers.zero)
    let reduced = builder.select(fits, difference, rest)
    let isLast = builder.icmp(.eq, left, integers.zero)
    let shifted = builder.select(isLast, reduced, builder.shl(reduced, integers.constant(1)))
    rest.addIncoming(builder.select(isActive, shifted, rest), from: body)
    left.addIncoming(builder.sub(left, integers.constant(1)), from: body)
    builder.br(header)
    builder.position(atEndOf: exit)
    return rest
  }

  /// Whether any lane of a mask holds, as one bit.
  func any(_ mask: LLVMValue) -> LLVMValue {
    let lanes = mask.type.lanes
    if lanes == 1 { return mask }
    let bits = builder.bitcast(mask, to: types.integer(lanes))
    return builder.icmp(.ne, bits, bits.type.zero)
  }
}

// Note: scaling
//
// x · 2ⁿ must round once, though it may end below the normal range. n is the sum of a last, a middle
// and a first part, each as much of the rest as a normal power of two holds, and the first part is
// multiplied first. For n ≥ 0 the factors only make the value larger, so every step is exact or
// overflows as the result does. For n < 0 with a middle part, the last factor is the least normal
// power of two, 2^-126 in f32: a step that rounds before it leaves less than 2^-126, so that the
// result is zero however that step rounded. An infinite n, or NaN, takes the place of the first
// factor.
