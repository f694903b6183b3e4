// Constants, made from their type.
import CLLVM

extension LLVMType {
  /// The integer constant with the low bits of `value`, sign extended to wider types; on a vector
  /// type, the same in every lane.
  public func constant(_ value: Int) -> LLVMValue {
    constant(low: UInt64(bitPattern: Int64(value)), high: value < 0 ? .max : 0)
  }

  /// The integer constant of up to 128 bits with these words, in every lane.
  public func constant(low: UInt64, high: UInt64) -> LLVMValue {
    let words = [low, high]
    let bits = LLVMGetIntTypeWidth(scalar.ref)
    return splatted(
      LLVMValue(ref: LLVMConstIntOfArbitraryPrecision(scalar.ref, bits > 64 ? 2 : 1, words)))
  }

  /// The floating-point constant nearest to `value` (ties to even), in every lane.
  ///
  /// A NaN may lose its payload; `constant(bitPattern:)` keeps every bit.
  public func constant(_ value: Double) -> LLVMValue {
    splatted(LLVMValue(ref: LLVMConstReal(scalar.ref, value)))
  }

  /// The constant whose lanes have exactly these bits, for integers and floating point up to 64
  /// bits.
  public func constant(bitPattern bits: UInt64) -> LLVMValue {
    let lane = scalar
    let integer = lane.types.integer(lane.scalarBits)
    let pattern = LLVMConstIntOfArbitraryPrecision(integer.ref, 1, [bits])
    return splatted(LLVMValue(ref: LLVMConstBitCast(pattern, lane.ref)))
  }

  /// All bits zero: 0, +0.0, null, or an aggregate of them.
  public var zero: LLVMValue { LLVMValue(ref: LLVMConstNull(ref)) }

  /// An unspecified value.
  public var undef: LLVMValue { LLVMValue(ref: LLVMGetUndef(ref)) }

  /// A value that makes what depends on it undefined: the unused operand of shuffles and inserts.
  public var poison: LLVMValue { LLVMValue(ref: LLVMGetPoison(ref)) }

  /// The constant array of `elements`, which have this type.
  public func constantArray(_ elements: [LLVMValue]) -> LLVMValue {
    withRefs(elements.map(\.ref)) { refs, count in
      LLVMValue(ref: LLVMConstArray2(ref, refs, UInt64(count)))
    }
  }

  private func splatted(_ lane: LLVMValue) -> LLVMValue {
    isVector ? .constantVector(Array(repeating: lane, count: lanes)) : lane
  }
}

extension LLVMValue {
  /// The constant vector with these constant lanes.
  public static func constantVector(_ lanes: [LLVMValue]) -> LLVMValue {
    withRefs(lanes.map(\.ref)) { LLVMValue(ref: LLVMConstVector($0, $1)) }
  }
}
