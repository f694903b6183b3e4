// Emission of casts.

import IRCore
import LLVMBindings

extension PrimitiveEmitter {
  func convert(_ x: LLVMValue, from source: DType, to target: DType) -> LLVMValue {
    if source == target { return x }
    if source.isShortFloat { return convert(widen(x, source), from: .f32, to: target) }
    let type = types.register(target).vector(x.type.lanes)
    if target == .bool {
      return source.isFloat
        ? builder.fcmp(.une, x, x.type.zero) : builder.icmp(.ne, x, x.type.zero)
    }
    if target.isShortFloat { return narrow(single(x, source, for: target), to: target) }
    if source.isFloat {
      if target.isFloat {
        return target.bitWidth > source.bitWidth
          ? builder.fpext(x, to: type) : builder.fptrunc(x, to: type)
      }
      let name = target.isSignedInteger ? "llvm.fptosi.sat" : "llvm.fptoui.sat"
      return builder.intrinsic(name, [type, x.type], [x])
    }
    let isSigned = source.isSignedInteger
    if target.isFloat {
      return isSigned ? builder.sitofp(x, to: type) : builder.uitofp(x, to: type)
    }
    if target.bitWidth < source.bitWidth { return builder.trunc(x, to: type) }
    if target.bitWidth == source.bitWidth { return x }
    return isSigned ? builder.sext(x, to: type) : builder.zext(x, to: type)
  }

  /// An f32 that rounds to the short float `target` as the value does. Integers round to f32 first
  /// where that changes nothing: up to 16 bits fit, and those that do not are infinite in f16.
  private func single(_ x: LLVMValue, _ source: DType, for target: DType) -> LLVMValue {
    if source == .f64 { return roundedToOdd(x) }
    if source.isFloat || source.bitWidth <= 16 || target == .f16 {
      return convert(x, from: source, to: .f32)
    }
    return roundedToOdd(convert(source.bitWidth == 64 ? odd(x) : x, from: source, to: .f64))
  }

  /// The f64 as the f32 that is odd in its last bit unless it is exact, so that rounding it to a few
  /// bits less rounds the f64 (S. Boldo and G. Melquiond, "Emulation of a FMA and Correctly Rounded
  /// Sums", 2008).
  private func roundedToOdd(_ x: LLVMValue) -> LLVMValue {
    let lanes = x.type.lanes
    let nearest = builder.fptrunc(x, to: types.float.vector(lanes))
    let back = builder.fpext(nearest, to: x.type)
    let bits = builder.bitcast(nearest, to: types.i32.vector(lanes))
    let isAbove = builder.fcmp(.ogt, magnitude(back), magnitude(x))
    let towardZero = builder.select(isAbove, builder.sub(bits, integer(1, like: bits)), bits)
    let odd = builder.or(towardZero, integer(1, like: bits))
    let isInexact = builder.fcmp(.une, back, x)
    return builder.bitcast(builder.select(isInexact, odd, towardZero), to: nearest.type)
  }

  /// A 64-bit integer itself up to 2⁵³ in magnitude, beyond it the odd one of the two multiples of
  /// 2¹¹ around it: exact in f64, and with the same roundings to fewer digits.
  private func odd(_ x: LLVMValue) -> LLVMValue {
    let rest = builder.and(x, integer(0x7ff, like: x))
    let whole = builder.or(builder.sub(x, rest), integer(0x800, like: x))
    // Both signs at once; the unsigned integers that wrap are no ties, being so close to 2⁶⁴.
    let shifted = builder.add(x, integer(1 << 53, like: x))
    let isLarge = builder.icmp(.ugt, shifted, integer(1 << 54, like: x))
    let isInexact = builder.icmp(.ne, rest, x.type.zero)
    return builder.select(builder.and(isLarge, isInexact), whole, x)
  }

  private func magnitude(_ x: LLVMValue) -> LLVMValue {
    builder.intrinsic("llvm.fabs", [x.type], [x])
  }
}
