// Kernels that are compiled and linked into this process.

import CLatheRuntime
import Codegen
import DiskCaching
import IRCore
import LLVMBindings
import LoopIR
import LoopPasses
import ObjectLinking

/// Machine code of one kernel in this process.
final class LoadedKernel: Sendable {
  /// What runs between two barriers.
  struct Phase: Sendable {
    let function: lathe_kernel
    /// Iterations of the parallel loop for constant bounds; 1 without such a loop.
    let iterations: Int
    /// Nanoseconds of one parallel iteration, roughly.
    let cost: Double
  }

  /// Of the kernel that was compiled first, for messages.
  let name: String
  /// `lathe_k_` and the content hash.
  let symbol: String
  let phases: [Phase]
  let code: KernelObject
  /// Keeps the code.
  private let linked: LinkedCode

  init(
    name: String, symbol: String, _ code: KernelObject, _ phases: [StoredKernel.Phase],
    _ linked: LinkedCode
  ) throws {
    self.name = name
    self.symbol = symbol
    self.code = code
    self.linked = linked
    self.phases = try phases.map { phase in
      Phase(
        function: unsafeBitCast(try linked.address(of: phase.symbol), to: lathe_kernel.self),
        iterations: phase.iterations, cost: phase.cost)
    }
  }
}

/// An object in memory, by whom it was linked.
enum LinkedCode: Sendable {
  case here(LinkedObject)
  case session(JITObject)

  func address(of symbol: String) throws -> UnsafeRawPointer {
    switch self {
    case .here(let object): try object.address(of: symbol)
    case .session(let object): try object.address(of: symbol)
    }
  }
}

/// Compiles each distinct kernel once; equal ones share an object whatever they are called.
final class KernelCache: Sendable {
  private typealias Outcome = Result<LoadedKernel, CompileFailure>

  private struct State {
    var kernels: [String: Promise<Outcome>] = [:]
    var session: JITSession?
  }

  private let row: TargetRow
  private let passes: CompilationPasses
  private let verifies: Bool
  /// `nil` where nothing is kept on disk.
  private let archive: KernelArchive?
  private let state = Locked(State())

  init(_ options: CompilerOptions, _ passes: CompilationPasses, disk: DiskCache?) {
    row = options.row
    self.passes = passes
    verifies = options.verifiesPasses
    archive = disk.flatMap {
      KernelArchive($0, row: options.row, disabledPasses: options.disabledPasses)
    }
  }

  /// The machine code of an unscheduled kernel, compiled by the first caller; others wait without
  /// holding the lock. `key` is the kernel's structural text.
  func load(
    _ kernel: Kernel, key: String, _ times: inout CompileStatistics
  ) throws(CompileFailure) -> LoadedKernel {
    let (promise, isMine) = state.withLock { state in
      if let known = state.kernels[key] { return (known, false) }
      let promise = Promise<Outcome>()
      state.kernels[key] = promise
      return (promise, true)
    }
    if isMine {
      let outcome: Outcome
      do { outcome = .success(try make(kernel, key: key, &times)) } catch {
        outcome = .failure(error)
      }
      if case .failure = outcome { state.withLock { _ = $0.kernels.removeValue(forKey: key) } }
      promise.fulfill(outcome)
    }
    return try promise.wait().get()
  }

  /// Takes a kernel from disk, or compiles it and keeps it there.
  private func make(
    _ kernel: Kernel, key: String, _ times: inout CompileStatistics
  ) throws(CompileFailure) -> LoadedKernel {
    let content = SHA256.hex("\(row.name)\n\(key)")
    let symbol = "lathe_k_" + content.prefix(32)
    let place = archive?.key(content)
    if let archive, let place, let stored = archive.kernel(for: place) {
      if let loaded = try? link(kernel.name, symbol, stored.code, stored.phases, &times) {
        times.storedKernels += 1
        return loaded
      }
      archive.remove(place)
    }
    times.compiledKernels += 1
    let (code, phases) = try compile(kernel, symbol: symbol, &times)
    let loaded: LoadedKernel
    do { loaded = try link(kernel.name, symbol, code, phases, &times) } catch {
      throw .link(kernel: kernel.name, "\(error)")
    }
    if let archive, let place, let maker = KernelArchive.maker {
      archive.store(StoredKernel(code, phases, maker: maker), for: place)
    }
    return loaded
  }

  private func compile(
    _ kernel: Kernel, symbol: String, _ times: inout CompileStatistics
  ) throws(CompileFailure) -> (KernelObject, [StoredKernel.Phase]) {
    let scheduled: Kernel
    do {
      scheduled = try passes.schedule(kernel, for: row, verifies: verifies)
    } catch {
      throw .pass(error)
    }
    return try emit(scheduled, symbol: symbol, passes.llvm, &times)
  }

  /// Machine code of a scheduled kernel after some of LLVM's passes, made anew and kept nowhere.
  func loadAnew(
    scheduled kernel: Kernel, _ llvm: [LLVMPass],
    level: LLVMTargetMachine.CodegenLevel = .default
  ) throws(CompileFailure) -> LoadedKernel {
    var times = CompileStatistics()
    let symbol = "lathe_studied"
    let (code, phases) = try emit(kernel, symbol: symbol, llvm, level: level, &times)
    do { return try link(kernel.name, symbol, code, phases, &times) } catch {
      throw .link(kernel: kernel.name, "\(error)")
    }
  }

  private func emit(
    _ scheduled: Kernel, symbol: String, _ llvm: [LLVMPass],
    level: LLVMTargetMachine.CodegenLevel = .default, _ times: inout CompileStatistics
  ) throws(CompileFailure) -> (KernelObject, [StoredKernel.Phase]) {
    let code: KernelObject
    do {
      let machine = try LLVMTargetMachine(KernelCompiler.target(row), level: level)
      code = try KernelCompiler(row: row, passes: llvm).compile(
        scheduled, symbol: symbol, machine: machine, now: { UInt64(lathe_now_ns()) },
        times: &times.codegen)
    } catch {
      throw .llvm(error)
    }
    var cost = KernelCost(scheduled, row)
    let phases = zip(code.symbols, scheduled.phases).map { name, phase in
      StoredKernel.Phase(
        symbol: name, iterations: Self.iterations(phase),
        cost: cost.nanosecondsPerIteration(of: phase))
    }
    return (code, phases)
  }

  /// Iterations of a phase's parallel loop for constant bounds; 1 without such a loop.
  private static func iterations(_ phase: [Statement]) -> Int {
    guard case .loop(let loop)? = phase.first, loop.kind == .parallel,
      let count = (loop.upper - loop.lower).asConstant
    else { return 1 }
    return count <= 0 ? 0 : (count - 1) / loop.step + 1
  }

  // MARK: Linking

  /// Links an object here, or by LLVM's session where it has what is not known here.
  private func link(
    _ name: String, _ symbol: String, _ code: KernelObject, _ phases: [StoredKernel.Phase],
    _ times: inout CompileStatistics
  ) throws -> LoadedKernel {
    let start = lathe_now_ns()
    defer { times.linkNanoseconds += UInt64(lathe_now_ns() - start) }
    let linked: LinkedCode
    do throws(ObjectFailure) {
      let object = try RelocatableObject(code.object)
      linked = .here(try LinkedObject(object, symbols: RuntimeSymbols.byName))
    } catch {
      linked = .session(try session().add(code.object, name: symbol))
    }
    return try LoadedKernel(name: name, symbol: symbol, code, phases, linked)
  }

  /// The JIT session, made when it is first needed; it resolves only what is named here.
  private func session() throws(LLVMFailure) -> JITSession {
    if let known = state.withLock({ $0.session }) { return known }
    let made = try JITSession()
    try made.define(RuntimeSymbols.all)
    return state.withLock { state in
      if let known = state.session { return known }
      state.session = made
      return made
    }
  }
}
