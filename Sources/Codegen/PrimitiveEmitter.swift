// Emission of the primitives at any number of lanes.

import IRCore
import LLVMBindings

/// Emits single primitives on LLVM values; knows the target row's missing instructions.
struct PrimitiveEmitter {
  let builder: LLVMBuilder
  let row: TargetRow

  var types: LLVMTypes { builder.types }

  /// Emits one primitive.
  ///
  /// - Parameters:
  ///   - operands: values of one number of lanes.
  ///   - type: the element type of the value operands.
  ///   - result: the element type of the result.
  func emit(
    _ primitive: Primitive, _ operands: [LLVMValue], type: DType, result: DType
  ) -> LLVMValue {
    switch primitive {
    case .select, .selectRarely: return builder.select(operands[0], operands[1], operands[2])
    case .cast: return convert(operands[0], from: type, to: result)
    case .bitcast:
      return builder.bitcast(operands[0], to: types.register(result).vector(operands[0].type.lanes))
    default: break
    }
    if type.isShortFloat { return emitShortFloat(primitive, operands, type) }
    if primitive.isComparison { return compare(primitive, operands[0], operands[1], type) }
    return type.isFloat
      ? emitFloat(primitive, operands, type) : emitInteger(primitive, operands, type)
  }

  /// A constant of the value's type.
  func constant(_ value: Double, like other: LLVMValue) -> LLVMValue { other.type.constant(value) }

  /// An integer constant of the value's type.
  func integer(_ value: Int, like other: LLVMValue) -> LLVMValue { other.type.constant(value) }

  private func compare(
    _ primitive: Primitive, _ a: LLVMValue, _ b: LLVMValue, _ type: DType
  ) -> LLVMValue {
    if type.isFloat {
      let predicate: LLVMFloatPredicate =
        switch primitive {
        case .lt: .olt
        case .le: .ole
        case .gt: .ogt
        case .ge: .oge
        case .eq: .oeq
        default: .une
        }
      return builder.fcmp(predicate, a, b)
    }
    let predicate: LLVMIntegerPredicate =
      switch primitive {
      case .lt: type.isSignedInteger ? .slt : .ult
      case .le: type.isSignedInteger ? .sle : .ule
      case .gt: type.isSignedInteger ? .sgt : .ugt
      case .ge: type.isSignedInteger ? .sge : .uge
      case .eq: .eq
      default: .ne
      }
    return builder.icmp(predicate, a, b)
  }

  private func emitFloat(_ primitive: Primitive, _ x: [LLVMValue], _ type: DType) -> LLVMValue {
    let lanes = [x[0].type]
    switch primitive {
    case .add: return builder.fadd(x[0], x[1])
    case .sub: return builder.fsub(x[0], x[1])
    case .mul: return builder.fmul(x[0], x[1])
    case .div: return builder.fdiv(x[0], x[1])
    case .rem: return remainder(x[0], x[1], type)
    case .mulAdd:
      return row.hasFMA
        ? builder.intrinsic("llvm.fma", lanes, x)
        : builder.fadd(builder.fmul(x[0], x[1]), x[2])
    case .neg: return builder.fneg(x[0])
    case .abs: return builder.intrinsic("llvm.fabs", lanes, x)
    case .sqrt: return builder.intrinsic("llvm.sqrt", lanes, x)
    case .floor: return row.hasRounding ? builder.intrinsic("llvm.floor", lanes, x) : floor(x[0])
    case .ceil: return row.hasRounding ? builder.intrinsic("llvm.ceil", lanes, x) : ceil(x[0])
    case .trunc: return row.hasRounding ? builder.intrinsic("llvm.trunc", lanes, x) : trunc(x[0])
    case .roundEven:
      return row.hasRounding ? builder.intrinsic("llvm.roundeven", lanes, x) : roundEven(x[0])
    case .scale2: return row.hasScale ? scaleNatively(x[0], x[1]) : scale(x[0], x[1], type)
    default: return unreachable(primitive)
    }
  }

  private func emitInteger(_ primitive: Primitive, _ x: [LLVMValue], _ type: DType) -> LLVMValue {
    switch primitive {
    case .add: return builder.add(x[0], x[1])
    case .sub: return builder.sub(x[0], x[1])
    case .mul: return builder.mul(x[0], x[1])
    case .mulHigh: return mulHigh(x[0], x[1], type)
    case .div: return divide(x[0], x[1], type)
    case .rem: return integerRemainder(x[0], x[1], type)
    case .mulAdd: return builder.add(builder.mul(x[0], x[1]), x[2])
    case .neg: return builder.neg(x[0])
    case .abs:
      guard type.isSignedInteger else { return x[0] }
      let isNegative = builder.icmp(.slt, x[0], x[0].type.zero)
      return builder.select(isNegative, builder.neg(x[0]), x[0])
    case .and: return builder.and(x[0], x[1])
    case .or: return builder.or(x[0], x[1])
    case .xor: return builder.xor(x[0], x[1])
    case .not: return builder.not(x[0])
    case .shiftLeft: return shift(x[0], x[1]) { builder.shl($0, $1) }
    case .shiftRight:
      return shift(x[0], x[1]) {
        type.isSignedInteger ? builder.ashr($0, $1) : builder.lshr($0, $1)
      }
    case .popCount: return builder.intrinsic("llvm.ctpop", [x[0].type], x)
    case .leadingZeros:
      return builder.intrinsic("llvm.ctlz", [x[0].type], [x[0], types.i1.constant(0)])
    default: return unreachable(primitive)
    }
  }

  private func unreachable(_ primitive: Primitive) -> LLVMValue {
    fatalError("the typing rules let \(primitive.rawValue) through")
  }

  // MARK: Integers

  /// Shift whose count, as an unsigned number, may exceed the width: then 0.
  private func shift(
    _ x: LLVMValue, _ count: LLVMValue, _ emit: (LLVMValue, LLVMValue) -> LLVMValue
  ) -> LLVMValue {
    let isWide = builder.icmp(.uge, count, integer(x.type.scalarBits, like: x))
    let safe = builder.select(isWide, x.type.zero, count)
    return builder.select(isWide, x.type.zero, emit(x, safe))
  }

  private func mulHigh(_ a: LLVMValue, _ b: LLVMValue, _ type: DType) -> LLVMValue {
    let bits = type.bitWidth
    let wide = types.integer(bits * 2).vector(a.type.lanes)
    let isSigned = type.isSignedInteger
    let x = isSigned ? builder.sext(a, to: wide) : builder.zext(a, to: wide)
    let y = isSigned ? builder.sext(b, to: wide) : builder.zext(b, to: wide)
    let high = builder.lshr(builder.mul(x, y), wide.constant(bits))
    return builder.trunc(high, to: a.type)
  }

  private func divide(_ a: LLVMValue, _ b: LLVMValue, _ type: DType) -> LLVMValue {
    let zero = a.type.zero
    let isZero = builder.icmp(.eq, b, zero)
    guard type.isSignedInteger else {
      let safe = builder.select(isZero, integer(1, like: b), b)
      return builder.select(isZero, zero, builder.udiv(a, safe))
    }
    let isMinusOne = builder.icmp(.eq, b, integer(-1, like: b))
    let safe = builder.select(builder.or(isZero, isMinusOne), integer(1, like: b), b)
    let quotient = builder.select(isMinusOne, builder.neg(a), builder.sdiv(a, safe))
    return builder.select(isZero, zero, quotient)
  }

  private func integerRemainder(_ a: LLVMValue, _ b: LLVMValue, _ type: DType) -> LLVMValue {
    let isZero = builder.icmp(.eq, b, a.type.zero)
    guard type.isSignedInteger else {
      let safe = builder.select(isZero, integer(1, like: b), b)
      return builder.select(isZero, a, builder.urem(a, safe))
    }
    let isMinusOne = builder.icmp(.eq, b, integer(-1, like: b))
    let safe = builder.select(builder.or(isZero, isMinusOne), integer(1, like: b), b)
    // With the divisor replaced by 1 the remainder is 0, as it is for -1.
    return builder.select(isZero, a, builder.srem(a, safe))
  }
}
