// Addresses, loads, stores and atomics.
import CLLVM

/// What an atomic update does to memory.
public enum LLVMAtomicOperation: Sendable {
  case exchange, add, sub, and, or, xor, max, min, umax, umin, fadd

  var code: LLVMAtomicRMWBinOp {
    switch self {
    case .exchange: LLVMAtomicRMWBinOpXchg
    case .add: LLVMAtomicRMWBinOpAdd
    case .sub: LLVMAtomicRMWBinOpSub
    case .and: LLVMAtomicRMWBinOpAnd
    case .or: LLVMAtomicRMWBinOpOr
    case .xor: LLVMAtomicRMWBinOpXor
    case .max: LLVMAtomicRMWBinOpMax
    case .min: LLVMAtomicRMWBinOpMin
    case .umax: LLVMAtomicRMWBinOpUMax
    case .umin: LLVMAtomicRMWBinOpUMin
    case .fadd: LLVMAtomicRMWBinOpFAdd
    }
  }
}

/// How an atomic access orders the others of its thread.
public enum LLVMAtomicOrdering: Sendable {
  case monotonic, acquire, release, acquireRelease, sequentiallyConsistent

  var code: CLLVM.LLVMAtomicOrdering {
    switch self {
    case .monotonic: LLVMAtomicOrderingMonotonic
    case .acquire: LLVMAtomicOrderingAcquire
    case .release: LLVMAtomicOrderingRelease
    case .acquireRelease: LLVMAtomicOrderingAcquireRelease
    case .sequentiallyConsistent: LLVMAtomicOrderingSequentiallyConsistent
    }
  }
}

extension LLVMBuilder {
  /// Room for one value of `type` on the stack; belongs in the entry block.
  public func alloca(
    _ type: LLVMType, alignment: Int? = nil, _ name: String = ""
  ) -> LLVMValue {
    align(LLVMValue(ref: LLVMBuildAlloca(ref, type.ref, name)), alignment)
  }

  /// Loads a value; without an alignment in bytes, the type's own is assumed.
  public func load(
    _ type: LLVMType, _ pointer: LLVMValue, alignment: Int? = nil, _ name: String = ""
  ) -> LLVMValue {
    align(LLVMValue(ref: LLVMBuildLoad2(ref, type.ref, pointer.ref, name)), alignment)
  }

  /// Stores a value; without an alignment in bytes, the type's own is assumed.
  @discardableResult
  public func store(
    _ value: LLVMValue, to pointer: LLVMValue, alignment: Int? = nil
  ) -> LLVMValue {
    align(LLVMValue(ref: LLVMBuildStore(ref, value.ref, pointer.ref)), alignment)
  }

  /// The address `base + index * size of element`, with further indices going into aggregates.
  ///
  /// `inbounds` promises that the address stays inside, or one past, what `base` points into. A
  /// vector index gives a vector of addresses.
  public func gep(
    _ element: LLVMType, _ base: LLVMValue, _ indices: [LLVMValue], inbounds: Bool = true,
    _ name: String = ""
  ) -> LLVMValue {
    withRefs(indices.map(\.ref)) { refs, count in
      inbounds
        ? LLVMValue(ref: LLVMBuildInBoundsGEP2(ref, element.ref, base.ref, refs, count, name))
        : LLVMValue(ref: LLVMBuildGEP2(ref, element.ref, base.ref, refs, count, name))
    }
  }

  /// Updates memory in one step and returns what was there.
  @discardableResult
  public func atomicRMW(
    _ operation: LLVMAtomicOperation, _ pointer: LLVMValue, _ value: LLVMValue,
    ordering: LLVMAtomicOrdering
  ) -> LLVMValue {
    LLVMValue(
      ref: LLVMBuildAtomicRMW(ref, operation.code, pointer.ref, value.ref, ordering.code, 0))
  }

  /// Stores `new` if memory holds `expected`; returns `{ what was there, i1 whether it stored }`.
  public func cmpxchg(
    _ pointer: LLVMValue, expected: LLVMValue, new: LLVMValue,
    success: LLVMAtomicOrdering, failure: LLVMAtomicOrdering
  ) -> LLVMValue {
    LLVMValue(
      ref: LLVMBuildAtomicCmpXchg(
        ref, pointer.ref, expected.ref, new.ref, success.code, failure.code, 0))
  }

  private func align(_ value: LLVMValue, _ alignment: Int?) -> LLVMValue {
    if let alignment { LLVMSetAlignment(value.ref, UInt32(alignment)) }
    return value
  }
}
