// The builder: where instructions go, and how control moves.
import CLLVM

/// Appends instructions to a block.
///
/// A copyable handle on its module's only builder: all copies share one position, and all are valid
/// while the module lives. Names are hints that print; LLVM makes them unique.
public struct LLVMBuilder {
  let ref: LLVMBuilderRef
  let context: LLVMContextRef
  let module: LLVMModuleRef

  /// Makes the module's types.
  public var types: LLVMTypes { LLVMTypes(context: context) }

  /// The block that instructions go to, once there is one.
  public var block: LLVMBlock? { LLVMGetInsertBlock(ref).map(LLVMBlock.init(ref:)) }

  /// Puts what follows at the end of `block`.
  public func position(atEndOf block: LLVMBlock) { LLVMPositionBuilderAtEnd(ref, block.ref) }

  /// Puts what follows before an instruction.
  public func position(before instruction: LLVMValue) {
    LLVMPositionBuilderBefore(ref, instruction.ref)
  }

  /// Goes to `target`.
  @discardableResult
  public func br(_ target: LLVMBlock) -> LLVMValue {
    LLVMValue(ref: LLVMBuildBr(ref, target.ref))
  }

  /// Goes to `then` if the `i1` is 1, to `otherwise` if it is 0.
  @discardableResult
  public func condBr(
    _ condition: LLVMValue, _ then: LLVMBlock, _ otherwise: LLVMBlock
  ) -> LLVMValue {
    LLVMValue(ref: LLVMBuildCondBr(ref, condition.ref, then.ref, otherwise.ref))
  }

  /// Goes to the block of the case that equals `value`, added by `addCase`, else to `fallback`.
  public func switchOn(_ value: LLVMValue, else fallback: LLVMBlock, cases: Int = 4) -> LLVMValue {
    LLVMValue(ref: LLVMBuildSwitch(ref, value.ref, fallback.ref, UInt32(cases)))
  }

  /// Returns nothing.
  public func ret() { LLVMBuildRetVoid(ref) }

  /// Returns a value.
  public func ret(_ value: LLVMValue) { LLVMBuildRet(ref, value.ref) }

  /// States that control never comes here.
  public func unreachable() { LLVMBuildUnreachable(ref) }

  /// A value that depends on the block control came from; see `addIncoming`.
  public func phi(_ type: LLVMType, _ name: String = "") -> LLVMValue {
    LLVMValue(ref: LLVMBuildPhi(ref, type.ref, name))
  }

  /// Calls a function of this module.
  @discardableResult
  public func call(
    _ function: LLVMFunction, _ arguments: [LLVMValue], _ name: String = ""
  ) -> LLVMValue {
    call(function.value, type: function.type, arguments, name)
  }

  /// Calls through an address.
  @discardableResult
  public func call(
    _ address: LLVMValue, type: LLVMType, _ arguments: [LLVMValue], _ name: String = ""
  ) -> LLVMValue {
    withRefs(arguments.map(\.ref)) { refs, count in
      LLVMValue(ref: LLVMBuildCall2(ref, type.ref, address.ref, refs, count, name))
    }
  }
}
