// Attributes of functions and parameters.
import CLLVM

/// A fact about a function or a parameter that LLVM may rely on.
public enum LLVMAttribute: Hashable, Sendable {
  /// Never unwinds.
  case nounwind
  /// Always returns or exits.
  case willreturn
  /// Never calls itself, directly or not.
  case norecurse
  /// Always inlined.
  case alwaysinline
  /// Never inlined.
  case noinline
  /// Rarely run.
  case cold
  /// The parameter's memory is reached through no other pointer during the call.
  case noalias
  /// The parameter's memory is only read.
  case readonly
  /// The parameter's memory is only written.
  case writeonly
  /// The parameter's address is not kept after the call.
  case nocapture
  /// Never null.
  case nonnull
  /// Never undefined.
  case noundef
  /// Aligned to this many bytes, a power of two.
  case align(Int)
  /// At least this many bytes may be read.
  case dereferenceable(Int)
  /// A target's or tool's attribute, such as `"target-cpu"="x86-64-v4"`.
  case string(String, String)

  func make(in context: LLVMContextRef) -> LLVMAttributeRef {
    switch self {
    case .nounwind: enumeration("nounwind", in: context)
    case .willreturn: enumeration("willreturn", in: context)
    case .norecurse: enumeration("norecurse", in: context)
    case .alwaysinline: enumeration("alwaysinline", in: context)
    case .noinline: enumeration("noinline", in: context)
    case .cold: enumeration("cold", in: context)
    case .noalias: enumeration("noalias", in: context)
    case .readonly: enumeration("readonly", in: context)
    case .writeonly: enumeration("writeonly", in: context)
    // LLVM 21 replaced `nocapture` by `captures(none)`, whose value is 0.
    case .nocapture:
      enumeration(LLVMLibrary.headerVersion >= 21 ? "captures" : "nocapture", in: context)
    case .nonnull: enumeration("nonnull", in: context)
    case .noundef: enumeration("noundef", in: context)
    case .align(let bytes): enumeration("align", UInt64(bytes), in: context)
    case .dereferenceable(let bytes): enumeration("dereferenceable", UInt64(bytes), in: context)
    case .string(let key, let value):
      LLVMCreateStringAttribute(
        context, key, UInt32(key.utf8.count), value, UInt32(value.utf8.count))
    }
  }

  private func enumeration(
    _ name: String, _ value: UInt64 = 0, in context: LLVMContextRef
  ) -> LLVMAttributeRef {
    LLVMCreateEnumAttribute(context, LLVMGetEnumAttributeKindForName(name, name.utf8.count), value)
  }
}
