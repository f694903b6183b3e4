// Planning loops around loops that are shared out.

import IRCore
import LoopIR

extension KernelPlan {
  /// The most phases that the iterations of an outer loop become.
  private static let mostPhases = 64

  /// Repeats the body of an outermost loop that only runs others, once per iteration, where the
  /// outer one must run in order and the inner ones may be shared out: each then is a phase.
  mutating func unrollSweeps() {
    for case .loop(let sweep) in kernel.body {
      guard let name = kernel[sweep.variable].name, sweep.carried.isEmpty,
        let count = sweep.constantTripCount, count > 1,
        count * sweep.body.count <= Self.mostPhases, sweep.body.count > 0,
        sweep.body.allSatisfy({ $0.isPlainLoop }), sweep.body.contains(where: isWorthSharing)
      else { continue }
      if (try? kernel.parallelizing(name)) != nil { continue }
      _ = attempt([.unroll(name, by: count)])
    }
  }

  private func isWorthSharing(_ statement: Statement) -> Bool {
    guard case .loop(let loop) = statement, kernel.sharedState(loop) == nil else { return false }
    let estimate = WorkEstimate(kernel, row, costs, vectorLoop: nil, lanes: 1)
    let work = estimate.nanosecondsPerIteration(loop) * estimate.tripCount(loop)
    return work >= 8 * Self.blockNanoseconds
  }

  /// Puts locals that several of the kernel's outermost statements use where all threads see them.
  mutating func shareLocals() {
    for (index, buffer) in kernel.buffers.enumerated() where buffer.role.isPrivate {
      let users = kernel.body.count { [$0].touches(BufferID(index)) }
      if users > 1 { _ = attempt([.share(buffer.name)]) }
    }
  }
}

extension Statement {
  /// Holds for serial loops that carry nothing.
  fileprivate var isPlainLoop: Bool {
    guard case .loop(let loop) = self else { return false }
    return loop.kind == .serial && loop.carried.isEmpty
  }
}
