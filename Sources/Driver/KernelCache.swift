// Kernels that are compiled and linked into this process.

import CLatheRuntime
import Codegen
import IRCore
import LLVMBindings
import LoopIR
import LoopPasses

/// Machine code of one kernel in this process.
final class LoadedKernel: Sendable {
  /// `lathe_k_` and the content hash.
  let symbol: String
  /// The kernel after its schedule.
  let scheduled: Kernel
  let function: lathe_kernel
  let checks: [String]
  let scratchBytes: Int
  /// Bytes of the object file.
  let byteCount: Int
  /// Nanoseconds of one parallel iteration, roughly.
  let cost: Double
  /// Keeps the code.
  private let object: JITObject

  init(
    symbol: String, scheduled: Kernel, function: @escaping lathe_kernel, code: KernelObject,
    cost: Double, object: JITObject
  ) {
    self.symbol = symbol
    self.scheduled = scheduled
    self.function = function
    self.cost = cost
    checks = code.checks
    byteCount = code.object.count
    scratchBytes = code.scratchBytes
    self.object = object
  }

  /// Iterations of the parallel loop for constant bounds; 1 without such a loop.
  var iterations: Int {
    guard case .loop(let loop)? = scheduled.body.first, loop.kind == .parallel,
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
  private let verifies: Bool
  private let state = Locked(State())

  init(row: TargetRow, verifies: Bool) {
    self.row = row
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
    do { scheduled = try PassList.schedule(kernel, for: row, verifies: verifies) } catch {
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
      let address = try object.address(of: symbol)
      times.linkNanoseconds += UInt64(lathe_now_ns() - start)
      var cost = KernelCost(scheduled, row)
      return LoadedKernel(
        symbol: symbol, scheduled: scheduled,
        function: unsafeBitCast(address, to: lathe_kernel.self), code: code,
        cost: cost.nanosecondsPerIteration(), object: object)
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
