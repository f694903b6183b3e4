// Opening libLLVM, and what is known about it.
import CLLVM

/// The shared library behind this module, opened when the first owner is made.
///
/// Making a module, a target machine or a JIT session opens it; so does `load()`, which may run
/// early on another thread.
public enum LLVMLibrary {
  /// The major version whose headers this build was compiled with.
  public static let headerVersion = Int(CLLVM_VERSION)

  /// Whether the library is loaded.
  public static var isLoaded: Bool { cllvm_load_ns() != 0 }

  /// How long opening the library took, in nanoseconds; 0 while it is not loaded.
  public static var loadNanoseconds: UInt64 { UInt64(cllvm_load_ns()) }

  /// Path of the library's file; `nil` while it is not loaded.
  public static var path: String? { cllvm_path().map { String(cString: $0) } }

  /// Opens the library and registers the x86-64 and AArch64 targets. Idempotent, from any thread.
  public static func load() throws(LLVMFailure) {
    var reason: UnsafePointer<CChar>?
    guard cllvm_load(&reason) == 1 else {
      throw LLVMFailure(message: reason.map { String(cString: $0) } ?? "cannot open libLLVM")
    }
    _ = targets
    _ = options
  }

  /// The library's version, such as "22.1.8".
  public static func version() throws(LLVMFailure) -> String {
    try load()
    var major: UInt32 = 0
    var minor: UInt32 = 0
    var patch: UInt32 = 0
    LLVMGetVersion(&major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
  }

  /// Registers the targets once, by the laziness of a static constant.
  private static let targets: Void = {
    LLVMInitializeX86TargetInfo()
    LLVMInitializeX86Target()
    LLVMInitializeX86TargetMC()
    LLVMInitializeX86AsmPrinter()
    LLVMInitializeAArch64TargetInfo()
    LLVMInitializeAArch64Target()
    LLVMInitializeAArch64TargetMC()
    LLVMInitializeAArch64AsmPrinter()
  }()

  /// Options that no other interface of LLVM sets, for all users of the library in the process.
  ///
  /// Loop strength reduction took half of code generation's time on kernels of many loops, and
  /// made none of them faster: what it spares is a few additions of addresses in each iteration.
  private static let options: Void = {
    "lathe".withCString { program in
      "-disable-lsr".withCString { option in
        LLVMParseCommandLineOptions(2, [program, option], nil)
      }
    }
  }()
}
