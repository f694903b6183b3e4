// Kernels that are compiled and linked into this process.

import CLatheRuntime
import Codegen
import IRCore
import LLVMBindings
import LoopIR
import LoopPasses

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

  /// The kernel after its schedule.
  let scheduled: Kernel
  /// `lathe_k_` and the content hash.
  let symbol: String
  let phases: [Phase]
  let code: KernelObject
  /// Keeps the code.
  private let object: JITObject

  init(symbol: String, scheduled: Kernel, phases: [Phase], code: KernelObject, object: JITObject) {
    self.scheduled = scheduled
    self.symbol = symbol
    self.phases = phases
    self.code = code
    self.object = object
  }

  /// Iterations of a phase's parallel loop for constant bounds; 1 without such a loop.
  static func iterations(_ phase: [Statement]) -> Int {
    guard case .loop(let loop)? = phase.first, loop.kind == .parallel,
      let count = (loop.upper - loop.lower).asConstant
    else { return 1 }
    return count <= 0 ? 0 : (count - 1) / loop.step + 1
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
  private let disabledPasses: Set<String>
  private let verifies: Bool
  private let state = Locked(State())

  init(row: TargetRow, disabledPasses: Set<String>, verifies: Bool) {
    self.row = row
    self.disabledPasses = disabledPasses
    self.verifies = verifies
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
      times.compiledKernels += 1
      let outcome: Outcome
      do { outcome = .success(try compile(kernel, key: key, &times)) } catch {
        outcome = .failure(error)
      }
      if case .failure = outcome { state.withLock { _ = $0.kernels.removeValue(forKey: key) } }
      promise.fulfill(outcome)
    }
    return try promise.wait().get()
  }

  private func compile(
    _ kernel: Kernel, key: String, _ times: inout CompileStatistics
  ) throws(CompileFailure) -> LoadedKernel {
    let scheduled: Kernel
    do {
      scheduled = try PassList.schedule(
        kernel, for: row, without: disabledPasses, verifies: verifies)
    } catch {
      throw .pass(error)
    }
    let symbol = "lathe_k_" + SHA256.hex("\(row.name)\n\(key)").prefix(32)
    do {
      let session = try session()
      let machine = try LLVMTargetMachine(KernelCompiler.target(row), level: .default)
      let code = try KernelCompiler(row: row).compile(
        scheduled, symbol: symbol, machine: machine, now: { UInt64(lathe_now_ns()) },
        times: &times.codegen)
      let start = lathe_now_ns()
      let object = try session.add(code.object, name: symbol)
      var phases: [LoadedKernel.Phase] = []
      var cost = KernelCost(scheduled, row)
      for (name, phase) in zip(code.symbols, scheduled.phases) {
        phases.append(
          LoadedKernel.Phase(
            function: unsafeBitCast(try object.address(of: name), to: lathe_kernel.self),
            iterations: LoadedKernel.iterations(phase),
            cost: cost.nanosecondsPerIteration(of: phase)))
      }
      times.linkNanoseconds += UInt64(lathe_now_ns() - start)
      return LoadedKernel(
        symbol: symbol, scheduled: scheduled, phases: phases, code: code, object: object)
    } catch {
      throw .llvm(error)
    }
  }

  /// The JIT session, made at the first compile; it resolves only what is named here.
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
