// Values and blocks.
import CLLVM

/// A value of one module: a constant, a parameter, an instruction. Valid while the module lives.
public struct LLVMValue: Equatable, CustomStringConvertible {
  let ref: LLVMValueRef

  /// The type of the value.
  public var type: LLVMType { LLVMType(ref: LLVMTypeOf(ref)) }

  /// Whether the value is known when the module is built.
  public var isConstant: Bool { LLVMIsConstant(ref) != 0 }

  /// Names the value in printed IR.
  public func setName(_ name: String) { LLVMSetValueName2(ref, name, name.utf8.count) }

  /// Adds one incoming edge to this phi.
  public func addIncoming(_ value: LLVMValue, from block: LLVMBlock) {
    var values: [LLVMValueRef?] = [value.ref]
    var blocks: [LLVMBasicBlockRef?] = [block.ref]
    LLVMAddIncoming(ref, &values, &blocks, 1)
  }

  /// Adds one case to this switch; `value` is an integer constant.
  public func addCase(_ value: LLVMValue, to block: LLVMBlock) {
    LLVMAddCase(ref, value.ref, block.ref)
  }

  /// The value as it prints in IR.
  public var description: String { takeMessage(LLVMPrintValueToString(ref)) }
}

/// A basic block of one function, valid while the module lives.
public struct LLVMBlock: Equatable {
  let ref: LLVMBasicBlockRef

  /// Whether the block already ends in a branch, return, switch or unreachable.
  public var hasTerminator: Bool { LLVMGetBasicBlockTerminator(ref) != nil }

  /// The function that the block is part of.
  public var function: LLVMFunction { LLVMFunction(ref: LLVMGetBasicBlockParent(ref)) }
}
