// The processor that code is generated for.
import CLLVM

/// Generates code for one processor. Not safe to share between threads: each compile makes one.
public struct LLVMTargetMachine: ~Copyable {
  let ref: LLVMTargetMachineRef
  let layout: LLVMTargetDataRef

  /// How much work instruction selection and register allocation do.
  public enum CodegenLevel: Sendable, CaseIterable {
    case none, less, `default`, aggressive
  }

  /// Which processor: LLVM's names for it.
  public struct Description: Sendable, Hashable {
    /// For example `x86_64-unknown-linux-gnu`.
    public var triple: String
    /// For example `x86-64-v4`.
    public var cpu: String
    /// For example `+avx512f,-fma`; empty for what the CPU has.
    public var features: String

    /// Names a processor.
    public init(triple: String, cpu: String, features: String = "") {
      self.triple = triple
      self.cpu = cpu
      self.features = features
    }

    /// The machine this process runs on.
    public static func host() throws(LLVMFailure) -> Description {
      try LLVMLibrary.load()
      return Description(
        triple: takeMessage(LLVMGetDefaultTargetTriple()),
        cpu: takeMessage(LLVMGetHostCPUName()),
        features: takeMessage(LLVMGetHostCPUFeatures()))
    }
  }

  /// Makes a machine for position-independent code in the small code model, which both the JIT and
  /// the system linker take.
  public init(_ target: Description, level: CodegenLevel = .default) throws(LLVMFailure) {
    try LLVMLibrary.load()
    var found: LLVMTargetRef?
    var message: UnsafeMutablePointer<CChar>?
    guard LLVMGetTargetFromTriple(target.triple, &found, &message) == 0, let found else {
      throw LLVMFailure(message: takeMessage(message))
    }
    guard
      let machine = LLVMCreateTargetMachine(
        found, target.triple, target.cpu, target.features, level.code, LLVMRelocPIC,
        LLVMCodeModelSmall)
    else { throw LLVMFailure(message: "no target machine for \(target.triple) \(target.cpu)") }
    ref = machine
    layout = LLVMCreateTargetDataLayout(machine)
  }

  /// The triple that code is generated for.
  public var triple: String { takeMessage(LLVMGetTargetMachineTriple(ref)) }

  /// The CPU that code is generated for.
  public var cpu: String { takeMessage(LLVMGetTargetMachineCPU(ref)) }

  /// The feature string that the machine was made with.
  public var features: String { takeMessage(LLVMGetTargetMachineFeatureString(ref)) }

  deinit {
    LLVMDisposeTargetData(layout)
    LLVMDisposeTargetMachine(ref)
  }
}

extension LLVMTargetMachine.CodegenLevel {
  var code: LLVMCodeGenOptLevel {
    switch self {
    case .none: LLVMCodeGenLevelNone
    case .less: LLVMCodeGenLevelLess
    case .default: LLVMCodeGenLevelDefault
    case .aggressive: LLVMCodeGenLevelAggressive
    }
  }
}
