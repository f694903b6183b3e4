// Options of a compiler, and its failures.

import CLatheRuntime
public import DiskCaching
public import IRCore
public import LLVMBindings

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Options of a compiler: a value, part of every cache key.
public struct CompilerOptions: Hashable, Sendable {
  /// Instruction set to compile for; results depend on it only through FMA and stated orders.
  public var row: TargetRow
  /// Threads that run programs; 0 is as many as the process may use. Never changes results.
  public var threads: Int
  /// Whether the IR is verified after every pass.
  public var verifiesPasses: Bool
  /// Whether the second call of a compiled function traces it again and compares: what changes from
  /// call to call would be lost in the program.
  public var comparesTraces: Bool
  /// Passes to leave out by name, to find the one at fault: those on tensors, and `plan`.
  public var disabledPasses: Set<String>
  /// Folder in which compiled kernels are kept for other processes; `nil` for none. Never changes
  /// results. See `userCacheFolder`.
  public var cacheFolder: String?
  /// The most bytes that kernels may take there.
  public var cacheByteLimit: Int

  /// The host's row, all threads; verification and comparison of traces in debug builds; nothing is
  /// kept on disk.
  public init(
    row: TargetRow = .host, threads: Int = 0, verifiesPasses: Bool? = nil,
    comparesTraces: Bool? = nil, disabledPasses: Set<String> = [], cacheFolder: String? = nil,
    cacheByteLimit: Int = DiskCache.standardByteLimit
  ) {
    self.row = row
    self.threads = threads
    self.disabledPasses = disabledPasses
    self.cacheFolder = cacheFolder
    self.cacheByteLimit = cacheByteLimit
    #if DEBUG
      self.verifiesPasses = verifiesPasses ?? true
      self.comparesTraces = comparesTraces ?? true
    #else
      self.verifiesPasses = verifiesPasses ?? false
      self.comparesTraces = comparesTraces ?? false
    #endif
  }
}

extension CompilerOptions {
  /// `.cache/lathe` in the user's home, whatever the environment says; `nil` for users without one.
  public static let userCacheFolder: String? = {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { memory in
      guard let base = memory.baseAddress,
        getpwuid_r(geteuid(), &entry, base, memory.count, &found) == 0, found != nil,
        let directory: UnsafeMutablePointer<CChar> = entry.pw_dir
      else { return nil }
      let home = String(cString: directory)
      guard home.hasPrefix("/") else { return nil }
      return home + "/.cache/lathe"
    }
  }()

  /// The cache that the options name; what goes wrong with it is one line on standard error.
  package var disk: DiskCache? {
    cacheFolder.map { folder in
      DiskCache(folder: folder, byteLimit: cacheByteLimit) { message in
        let line = Array("lathe: \(message)\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
      }
    }
  }
}

extension TargetRow {
  /// The widest row that this machine runs.
  public static let host: TargetRow = all.first(where: \.isRunnable) ?? .sse2

  /// Whether this machine has the row's instructions.
  public var isRunnable: Bool {
    let cpu = lathe_cpu_features()
    #if arch(x86_64)
      switch self {
      case .avx512:
        return cpu.avx512f && cpu.avx512bw && cpu.avx512dq && cpu.avx512vl && cpu.avx512cd
          && cpu.fma && cpu.avx2 && cpu.f16c
      case .avx2: return cpu.avx2 && cpu.fma && cpu.f16c
      default: return self == .sse2
      }
    #else
      return self == .neon && cpu.neon
    #endif
  }
}

/// Why a module did not compile.
public enum CompileFailure: Error, Sendable, CustomStringConvertible {
  /// The module given is not well formed.
  case invalid(VerifierError)
  /// A pass broke the IR: a bug of the compiler.
  case pass(PassFailure)
  /// LLVM refused, or cannot be opened.
  case llvm(LLVMFailure)
  /// Code that was compiled cannot be linked: a bug of the compiler.
  case link(kernel: String, String)
  /// An extent is only known at run time; programs are compiled for given shapes.
  case symbolicShape(value: String, type: String)
  /// A tensor has more elements than can be addressed.
  case tooLarge(value: String, type: String)
  /// A kernel that a program cannot call, and why.
  case kernel(name: String, String)
  /// Loops, or loops and conditionals together, stand in each other more deeply than programs can.
  case nesting(deepest: Int)
  /// The module has no graph.
  case empty

  /// The failure in one line.
  public var description: String {
    switch self {
    case .invalid(let error): "\(error)"
    case .pass(let failure): "\(failure)"
    case .llvm(let failure): failure.message
    case .symbolicShape(let value, let type):
      "\(value): \(type) has an extent without a value; bind its symbols first"
    case .tooLarge(let value, let type): "\(value): \(type) has too many elements"
    case .link(let name, let reason), .kernel(let name, let reason): "kernel @\(name): \(reason)"
    case .nesting(let deepest):
      "loops and conditionals nest too deeply: \(deepest) loops in each other are the most"
    case .empty: "the module has no graph to compile"
    }
  }
}

/// Why a compiled program did not run.
public enum RunFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// Another number of inputs or outputs than the program has.
  case argumentCount(what: String, found: Int, expected: Int)
  /// An input or output of the wrong size.
  case argumentSize(what: String, index: Int, found: Int, expected: Int)
  /// No memory.
  case allocation(AllocationFailure)
  /// A check inside a kernel failed; the kernel's first operation was made at `location`.
  case check(kernel: String, message: String, location: SourceLocation)

  /// The failure in one line.
  public var description: String {
    switch self {
    case .argumentCount(let what, let found, let expected):
      "\(expected) \(what)s expected, found \(found)"
    case .argumentSize(let what, let index, let found, let expected):
      "\(what) \(index): \(expected) bytes expected, found \(found)"
    case .allocation(let failure): "\(failure)"
    case .check(let kernel, let message, _): "kernel @\(kernel): \(message)"
    }
  }
}
