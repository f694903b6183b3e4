// From a kernel to an LLVM module, and from there to text or object code.

public import IRCore
public import LLVMBindings
public import LoopIR

/// Object code of one kernel.
///
/// Each phase of the kernel is a function with the C signature `void (void *const *buffers, const
/// int64_t *symbols, int64_t begin, int64_t end, lathe_status *status, void *scratch)`: it runs the
/// iterations `begin..<end` of the phase's parallel loop, or the phase once where it has none.
/// `buffers` holds the address of each parameter, then, where there are shared locals, one of
/// `sharedBytes` bytes that all threads see.
public struct KernelObject: Sendable {
  /// The phases' symbols in order.
  public let symbols: [String]
  /// An ELF or Mach-O object that refers to nothing but `lathe_*`, `memcpy` and `memset`.
  public let object: [UInt8]
  /// Messages of the kernel's checks by site.
  public let checks: [String]
  /// Bytes of scratch memory that a call needs.
  public let scratchBytes: Int
  /// Bytes of memory that the phases and threads of a call share, aligned to 64.
  public let sharedBytes: Int

  /// Describes code that was compiled.
  public init(
    symbols: [String], object: [UInt8], checks: [String], scratchBytes: Int, sharedBytes: Int
  ) {
    self.symbols = symbols
    self.object = object
    self.checks = checks
    self.scratchBytes = scratchBytes
    self.sharedBytes = sharedBytes
  }
}

/// Nanoseconds that the parts of one compilation took.
public struct CodegenTimes: Hashable, Sendable {
  /// Building and verifying the LLVM module.
  public var build: UInt64 = 0
  /// LLVM's passes.
  public var optimize: UInt64 = 0
  /// Instruction selection to object bytes.
  public var emit: UInt64 = 0

  /// Nothing took any time yet.
  public init() {}
}

/// Compiles verified kernels for a target row.
public struct KernelCompiler: Sendable {
  /// The instruction set.
  public let row: TargetRow
  /// What runs over the module between emission and code generation.
  public let passes: [LLVMPass]

  /// Compiles for `row`.
  public init(row: TargetRow, passes: [LLVMPass] = LLVMPass.standard) {
    self.row = row
    self.passes = passes
  }

  /// The machine that LLVM generates code for.
  public static func target(_ row: TargetRow) -> LLVMTargetMachine.Description {
    #if os(macOS)
      let system = "apple-macosx15.0"
    #else
      let system = "unknown-linux-gnu"
    #endif
    let architecture = row.architecture == .x86_64 ? "x86_64" : "aarch64"
    return LLVMTargetMachine.Description(
      triple: "\(architecture)-\(system)", cpu: row.cpu, features: row.features)
  }

  /// Compiles to an object.
  public func compile(
    _ kernel: Kernel, symbol: String, machine: borrowing LLVMTargetMachine,
    now: () -> UInt64 = { 0 }, times: inout CodegenTimes
  ) throws(LLVMFailure) -> KernelObject {
    let start = now()
    let emission = try LLVMModule(symbol, for: machine)
    let emitted = try build(kernel, symbol: symbol, in: emission)
    let built = now()
    let module = try passes.run(on: emission, symbol, for: machine)
    let optimized = now()
    let object = try module.emitObject(for: machine)
    times.build += built - start
    times.optimize += optimized - built
    times.emit += now() - optimized
    return KernelObject(
      symbols: Self.symbols(of: kernel, symbol), object: object, checks: kernel.checkMessages,
      scratchBytes: emitted.scratch, sharedBytes: emitted.shared)
  }

  /// LLVM IR after LLVM's passes, or before them.
  public func llvmText(
    _ kernel: Kernel, symbol: String, optimized: Bool = true
  ) throws(LLVMFailure) -> String {
    let machine = try LLVMTargetMachine(Self.target(row))
    let emission = try LLVMModule(symbol, for: machine)
    _ = try build(kernel, symbol: symbol, in: emission)
    guard optimized else { return emission.text }
    return try passes.run(on: emission, symbol, for: machine).text
  }

  /// Assembly.
  public func assembly(_ kernel: Kernel, symbol: String) throws(LLVMFailure) -> String {
    let machine = try LLVMTargetMachine(Self.target(row))
    let emission = try LLVMModule(symbol, for: machine)
    _ = try build(kernel, symbol: symbol, in: emission)
    return try passes.run(on: emission, symbol, for: machine).emitAssembly(for: machine)
  }

  /// The functions' symbols: `symbol`, then `symbol` with the number of the phase.
  private static func symbols(of kernel: Kernel, _ symbol: String) -> [String] {
    kernel.phases.indices.map { $0 == 0 ? symbol : "\(symbol)_\($0)" }
  }

  /// Emits a function per phase; returns what they need of memory.
  private func build(
    _ kernel: Kernel, symbol: String, in module: borrowing LLVMModule
  ) throws(LLVMFailure) -> (scratch: Int, shared: Int) {
    let types = module.types
    let parameters = [
      types.pointer, types.pointer, types.i64, types.i64, types.pointer, types.pointer,
    ]
    var bytes = (scratch: 0, shared: 0)
    for (name, phase) in zip(Self.symbols(of: kernel, symbol), kernel.phases) {
      let function = module.addFunction(
        name, types.function(parameters, returning: types.void))
      function.addAttribute(.nounwind)
      function.setTarget(
        cpu: row.cpu, features: row.features, vectorBits: row.vectorBytes * 8)
      for index in [0, 1] { function.addAttribute(.noalias, toParameter: index) }
      var emitter = KernelEmitter(kernel, row: row, function: function, module: module)
      emitter.emit(phase: phase)
      bytes = (emitter.scratchBytes, emitter.sharedBytes)
    }
    try module.verify()
    return bytes
  }
}
