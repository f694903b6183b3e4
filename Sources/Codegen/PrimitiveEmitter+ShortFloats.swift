// Emission of operations on f16 and bf16: their bits in registers, f32 in between.

import IRCore
import LLVMBindings

extension PrimitiveEmitter {
  /// A primitive on f16 or bf16: signs on the bits, all else in f32, rounded at once.
  func emitShortFloat(
    _ primitive: Primitive, _ operands: [LLVMValue], _ type: DType
  ) -> LLVMValue {
    switch primitive {
    case .neg: return builder.xor(operands[0], integer(0x8000, like: operands[0]))
    case .abs: return builder.and(operands[0], integer(0x7fff, like: operands[0]))
    default:
      let wide = operands.map { widen($0, type) }
      let value = emit(primitive, wide, type: .f32, result: .f32)
      return primitive.isComparison ? value : narrow(value, to: type)
    }
  }

  /// The f32 of the same value.
  func widen(_ x: LLVMValue, _ type: DType) -> LLVMValue {
    let lanes = x.type.lanes
    let single = types.float.vector(lanes)
    if type == .f16, row.hasHalf {
      return builder.fpext(builder.bitcast(x, to: types.half.vector(lanes)), to: single)
    }
    let bits = builder.zext(x, to: types.i32.vector(lanes))
    if type == .f16 { return widenHalf(bits, single) }
    return builder.bitcast(builder.shl(bits, integer(16, like: bits)), to: single)
  }

  /// The nearest value of a type, ties to even.
  func narrow(_ x: LLVMValue, to type: DType) -> LLVMValue {
    let lanes = x.type.lanes
    let result = types.i16.vector(lanes)
    if type == .f16, row.hasHalf {
      return builder.bitcast(builder.fptrunc(x, to: types.half.vector(lanes)), to: result)
    }
    let bits = builder.bitcast(x, to: types.i32.vector(lanes))
    return builder.trunc(type == .f16 ? narrowHalf(bits) : narrowBrain(x, bits), to: result)
  }

  // MARK: bf16

  /// Adds just less than half a unit, or half a unit to an odd value, and cuts. `vcvtneps2bf16` would
  /// make zeros of subnormal numbers.
  private func narrowBrain(_ x: LLVMValue, _ bits: LLVMValue) -> LLVMValue {
    let upper = builder.lshr(bits, integer(16, like: bits))
    let isOdd = builder.and(upper, integer(1, like: bits))
    let sum = builder.add(builder.add(bits, integer(0x7fff, like: bits)), isOdd)
    let rounded = builder.lshr(sum, integer(16, like: bits))
    let quiet = builder.or(upper, integer(0x40, like: bits))
    return builder.select(builder.fcmp(.uno, x, x), quiet, rounded)
  }

  // MARK: f16 without instructions

  /// The fields moved into place make a number that is 2¹¹² times too small, subnormal or not.
  private func widenHalf(_ bits: LLVMValue, _ single: LLVMType) -> LLVMValue {
    let sign = builder.shl(builder.and(bits, integer(0x8000, like: bits)), integer(16, like: bits))
    let magnitude = builder.and(bits, integer(0x7fff, like: bits))
    let moved = builder.shl(magnitude, integer(13, like: bits))
    let scaled = builder.fmul(
      builder.bitcast(moved, to: single), single.constant(0x1p112))
    let special = builder.or(moved, integer(0x7f80_0000, like: bits))
    let isSpecial = builder.icmp(.sge, magnitude, integer(0x7c00, like: bits))
    let value = builder.select(isSpecial, special, builder.bitcast(scaled, to: bits.type))
    return builder.bitcast(builder.or(value, sign), to: single)
  }

  /// By magnitude: subnormal results are rounded by an addition to 1/2, whose unit is theirs; normal
  /// ones as in `narrowBrain`, with another bias of the exponent; 2¹⁶ and more is infinite.
  private func narrowHalf(_ bits: LLVMValue) -> LLVMValue {
    func number(_ value: Int) -> LLVMValue { integer(value, like: bits) }
    func isBelow(_ limit: Int, _ value: LLVMValue) -> LLVMValue {
      builder.icmp(.slt, value, number(limit))
    }
    let sign = builder.and(builder.lshr(bits, number(16)), number(0x8000))
    let magnitude = builder.and(bits, number(0x7fff_ffff))
    let single = types.float.vector(bits.type.lanes)
    let sum = builder.fadd(builder.bitcast(magnitude, to: single), single.constant(0.5))
    let small = builder.sub(builder.bitcast(sum, to: bits.type), number(0x3f00_0000))
    let isOdd = builder.and(builder.lshr(magnitude, number(13)), number(1))
    let rounding = builder.add(isOdd, number(0xfff - (112 << 23)))
    let usual = builder.lshr(builder.add(magnitude, rounding), number(13))
    let payload = builder.and(builder.lshr(magnitude, number(13)), number(0x3ff))
    let quiet = builder.or(payload, number(0x7e00))
    let special = builder.select(isBelow(0x7f80_0001, magnitude), number(0x7c00), quiet)
    let large = builder.select(isBelow(0x4780_0000, magnitude), usual, special)
    let result = builder.select(isBelow(0x3880_0000, magnitude), small, large)
    return builder.or(result, sign)
  }
}
