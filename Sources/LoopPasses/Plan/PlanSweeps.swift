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

  // MARK: Tiles

  /// The most iterations that tiles may run for one of the loops as they are.
  private static let mostRecomputation = 1.4
  /// Fewest tiles that are worth sharing out.
  private static let fewestTiles = 8

  /// Passes a sequence of loops over arrays far larger than the second cache through memory once,
  /// in tiles whose windows fit that cache.
  mutating func tileSweeps() {
    guard kernel.body.count > 1 else { return }
    let bytes = kernel.writtenBuffers.reduce(0) { sum, buffer in
      let extents = kernel[buffer].shape.map { $0.asConstant ?? 1 }
      return sum + extents.reduce(kernel[buffer].type.byteSize, *)
    }
    guard bytes > 4 * row.l2Bytes else { return }
    let choices = lastNests.flatMap { nest in
      (1...2).compactMap { bestTiles(of: nest.prefix($0).compactMap { kernel[$0.variable].name }) }
    }
    guard let best = choices.min(by: { $0.cost < $1.cost }) else { return }
    _ = attempt(best.step)
  }

  /// The loops of the last nest, from each loop on that may be its outermost.
  private var lastNests: [[Loop]] {
    guard let last = kernel.body.last else { return [] }
    let nest = last.perfectNest
    return [nest, Array(nest.dropFirst()), nest.last?.body.last?.perfectNest ?? []]
  }

  /// The step with the least recomputation among sizes whose windows fit.
  private func bestTiles(of loops: [String]) -> (step: ScheduleStep, cost: Double)? {
    guard !loops.isEmpty, loops.count <= 2,
      let margins = try? TileMargins(kernel, loops, .overlap(loops, by: loops.map { _ in 1 }))
    else { return nil }
    var best: (step: ScheduleStep, cost: Double)?
    for rows in [8, 16, 32, 64, 128, 256] {
      for columns in loops.count == 1 ? [0] : [128, 256, 512, 1024] {
        let sizes = loops.count == 1 ? [rows] : [rows, columns]
        let cost = margins.recomputation(sizes)
        let tiles = zip(margins.extents, sizes).reduce(1) { $0 * (($1.0 - 1) / $1.1 + 1) }
        guard cost <= Self.mostRecomputation, cost < best?.cost ?? .infinity,
          (margins.extents[0] - 1) / rows + 1 >= Self.fewestTiles, tiles > 1,
          margins.windowBytes(sizes) <= row.l2Bytes / 2
        else { continue }
        best = (.overlap(loops, by: sizes), cost)
      }
    }
    return best
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
  /// The loops of a nest, each alone in the one around it.
  fileprivate var perfectNest: [Loop] {
    guard case .loop(let loop) = self else { return [] }
    return [loop] + (loop.body.count == 1 ? loop.body[0].perfectNest : [])
  }

  /// Holds for serial loops that carry nothing.
  fileprivate var isPlainLoop: Bool {
    guard case .loop(let loop) = self else { return false }
    return loop.kind == .serial && loop.carried.isEmpty
  }
}
