// Functions of a module.
import CLLVM

/// A function of one module, valid while the module lives.
public struct LLVMFunction: Equatable {
  let ref: LLVMValueRef

  /// Who sees a symbol.
  public enum Linkage: Sendable {
    /// Every object.
    case external
    /// This object only, with a name in its symbol table.
    case `internal`
    /// This object only, without a name.
    case `private`
  }

  /// The function as a value: its address.
  public var value: LLVMValue { LLVMValue(ref: ref) }

  /// The function's type, which calls need.
  public var type: LLVMType { LLVMType(ref: LLVMGlobalGetValueType(ref)) }

  /// The type of what the function returns.
  public var resultType: LLVMType { LLVMType(ref: LLVMGetReturnType(type.ref)) }

  /// The parameters, in order.
  public var parameters: [LLVMValue] {
    (0..<LLVMCountParams(ref)).map { LLVMValue(ref: LLVMGetParam(ref, $0)) }
  }

  /// Adds an empty block at the end.
  public func appendBlock(_ name: String) -> LLVMBlock {
    LLVMBlock(ref: LLVMAppendBasicBlockInContext(LLVMGetTypeContext(LLVMTypeOf(ref)), ref, name))
  }

  /// States a fact about the function.
  public func addAttribute(_ attribute: LLVMAttribute) {
    // The C API counts: the function at -1, the result at 0, parameters from 1.
    add(attribute, at: .max)
  }

  /// States a fact about a parameter, counted from 0.
  public func addAttribute(_ attribute: LLVMAttribute, toParameter index: Int) {
    add(attribute, at: UInt32(index) + 1)
  }

  /// Sets who sees the function's symbol; external at first.
  public func setLinkage(_ linkage: Linkage) { LLVMSetLinkage(ref, linkage.code) }

  /// Generates the function for this processor, whatever the target machine says, and lets it use
  /// vectors of `vectorBits` bits, which LLVM avoids on some CPUs that have them.
  public func setTarget(cpu: String, features: String = "", vectorBits: Int? = nil) {
    addAttribute(.string("target-cpu", cpu))
    if !features.isEmpty { addAttribute(.string("target-features", features)) }
    if let vectorBits {
      addAttribute(.string("prefer-vector-width", "\(vectorBits)"))
      addAttribute(.string("min-legal-vector-width", "\(vectorBits)"))
    }
  }

  private func add(_ attribute: LLVMAttribute, at index: UInt32) {
    let context = LLVMGetTypeContext(LLVMTypeOf(ref))
    LLVMAddAttributeAtIndex(ref, index, attribute.make(in: context!))
  }
}

extension LLVMFunction.Linkage {
  var code: LLVMLinkage {
    switch self {
    case .external: LLVMExternalLinkage
    case .internal: LLVMInternalLinkage
    case .private: LLVMPrivateLinkage
    }
  }
}
