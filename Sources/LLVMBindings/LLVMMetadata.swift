// Metadata: alias scopes, branch weights, facts about single loads and stores.
import CLLVM

/// A metadata node of one module, valid while the module lives.
public struct LLVMMetadata: Equatable {
  let ref: LLVMMetadataRef
  let context: LLVMContextRef

  static func string(_ text: String, in context: LLVMContextRef) -> LLVMMetadata {
    LLVMMetadata(
      ref: LLVMMDStringInContext2(context, text, text.utf8.count), context: context)
  }

  static func node(_ operands: [LLVMMetadata], in context: LLVMContextRef) -> LLVMMetadata {
    withRefs(operands.map(\.ref)) { refs, count in
      LLVMMetadata(ref: LLVMMDNodeInContext2(context, refs, Int(count)), context: context)
    }
  }
}

extension LLVMTypes {
  /// A domain of alias scopes; equal names are one domain.
  public func aliasDomain(_ name: String) -> LLVMMetadata {
    .node([.string(name, in: context)], in: context)
  }

  /// A scope of a domain: one buffer's memory. Equal names in a domain are one scope.
  public func aliasScope(_ name: String, in domain: LLVMMetadata) -> LLVMMetadata {
    .node([.string(name, in: context), domain], in: context)
  }
}

extension LLVMValue {
  /// Says that this load or store touches only memory of these scopes.
  public func setAliasScopes(_ scopes: [LLVMMetadata]) { setMetadata("alias.scope", scopes) }

  /// Says that this load or store touches no memory of these scopes.
  public func setNoAlias(_ scopes: [LLVMMetadata]) { setMetadata("noalias", scopes) }

  /// Says that the loaded memory never changes while the function may read it.
  public func setInvariantLoad() { setMetadata("invariant.load", []) }

  /// Asks for a store or load that leaves the caches alone.
  public func setNontemporal() {
    guard isInstruction else { return }
    let one = type.types.i32.constant(1)
    let context = self.context
    setMetadata("nontemporal", [LLVMMetadata(ref: LLVMValueAsMetadata(one.ref), context: context)])
  }

  /// Weighs the two ways of this conditional branch.
  public func setBranchWeights(_ taken: Int, _ other: Int) {
    let context = self.context
    let weights = [taken, other].map { weight in
      let constant = LLVMTypes(context: context).i32.constant(weight)
      return LLVMMetadata(ref: LLVMValueAsMetadata(constant.ref), context: context)
    }
    setMetadata("prof", [.string("branch_weights", in: context)] + weights)
  }

  /// Sets a metadata node of this kind on an instruction; a folded constant has none.
  public func setMetadata(_ kind: String, _ operands: [LLVMMetadata]) {
    guard isInstruction else { return }
    let context = self.context
    let node = LLVMMetadata.node(operands, in: context)
    let id = LLVMGetMDKindIDInContext(context, kind, UInt32(kind.utf8.count))
    LLVMSetMetadata(ref, id, LLVMMetadataAsValue(context, node.ref))
  }

  private var isInstruction: Bool { LLVMIsAInstruction(ref) != nil }
  private var context: LLVMContextRef { LLVMGetTypeContext(LLVMTypeOf(ref)) }
}
