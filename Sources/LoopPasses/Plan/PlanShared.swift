// Planning loops that meet in memory or carry values.

import IRCore
import LoopIR

extension KernelPlan {
  /// The most copies of a buffer that iterations combine into.
  private static let mostCopies = 64
  /// Copies that consecutive iterations of one block take in turn, so that no addition waits for
  /// the one before it to reach memory.
  private static let interleavedCopies = 4

  /// Gives blocks of the loop copies of what its iterations combine into, and shares them out.
  mutating func shareOutPrivately(_ outer: Loop) -> Bool {
    guard let name = kernel[outer.variable].name, let count = outer.constantTripCount,
      outer.carried.isEmpty
    else { return false }
    let buffers = combinedBuffers(in: outer)
    let block = (count / Self.mostCopies).roundedUpToPowerOfTwo
    guard !buffers.isEmpty, block > 1, block < count,
      buffers.allSatisfy({ isSmall($0, besides: count) })
    else { return false }
    let names = blockNames(name)
    let split = ScheduleStep.split(name, by: block, outer: names.outer, inner: names.inner)
    let parts = interleaving(names.inner, block, buffers)
    let shared = buffers.map { buffer in
      ScheduleStep.privatize(
        buffer, at: names.outer, into: kernel.freshName(like: "\(buffer)_own"),
        reassociates: false)
    }
    let sharing = shared + [.parallelize(names.outer)]
    return attempt([split] + parts + sharing) || attempt([split] + sharing)
  }

  /// Steps that let parts of a block take turns, each with copies of its own.
  private func interleaving(
    _ name: String, _ block: Int, _ buffers: [String]
  ) -> [ScheduleStep] {
    let part = kernel.freshName(like: "\(name)_part")
    let inner = kernel.freshName(like: "\(name)_at")
    let copies = buffers.map { buffer in
      ScheduleStep.privatize(
        buffer, at: part, into: kernel.freshName(like: "\(buffer)_part"), reassociates: false)
    }
    let split = ScheduleStep.split(
      name, by: block / Self.interleavedCopies, outer: part, inner: inner)
    return [split] + copies + [
      .reorder([inner, part]), .unroll(part, by: Self.interleavedCopies),
    ]
  }

  /// What the loop accumulates into, where every iteration may meet every other one.
  private func combinedBuffers(in loop: Loop) -> [String] {
    buffers(in: loop) { reference, buffer in
      guard case .accumulate = reference.statement else { return false }
      return !buffer.role.isPrivate
    }
  }

  /// Whether the copies of a buffer have far fewer elements than there are iterations.
  private func isSmall(_ name: String, besides count: Int) -> Bool {
    guard let buffer = kernel.buffers.first(where: { $0.name == name }) else { return false }
    let elements = buffer.shape.reduce(1.0) { $0 * ($1.asConstant.map(Double.init) ?? .infinity) }
    return elements * Double(4 * Self.mostCopies * Self.interleavedCopies) <= Double(count)
  }

  /// Runs loops of recurrences that combine alike in any grouping in lanes, where no loop around
  /// them or inside them is in lanes already.
  mutating func scanRecurrences() {
    for loop in candidates(in: kernel.body) where !loop.carried.isEmpty {
      guard let name = kernel[loop.variable].name else { continue }
      let lanes = self.lanes(of: loop)
      let isLong = loop.constantTripCount.map { $0 >= 4 * lanes } ?? true
      if isLong, lanes >= 2 { _ = attempt(.scan(name, lanes: lanes, reassociates: false)) }
    }
  }

  /// Cuts a loop of recurrences that combine alike in any grouping into chunks that are shared out.
  mutating func shareOutChunks(_ loop: Loop) -> Bool {
    guard let split = ChunkedScan(loop, kernel, reassociates: false) else { return false }
    return attempt(split.steps)
  }
}

/// The steps that run an outermost loop of recurrences in chunks and lanes.
struct ChunkedScan {
  /// Iterations of one chunk.
  static let chunk = 16_384
  /// Lanes of a loop whose running values are read.
  static let scanLanes = 16
  /// Lanes of a loop of which only the end is read: vectors enough that additions do not wait.
  static let reductionLanes = 64

  /// The steps; the loops over chunks are shared out.
  let steps: [ScheduleStep]

  /// `nil` where the loop is short or not of that kind.
  init?(_ loop: Loop, _ kernel: Kernel, reassociates: Bool) {
    guard let name = kernel[loop.variable].name, !loop.carried.isEmpty,
      let count = loop.constantTripCount, count >= 4 * Self.chunk
    else { return nil }
    let totals = kernel.freshName(like: "\(name)_totals")
    let split = ScheduleStep.splitScan(
      name, by: Self.chunk, into: totals, reassociates: reassociates)
    let combining = (
      outer: kernel.freshName(like: "\(name)_total"), inner: kernel.freshName(like: name)
    )
    let running = kernel.freshName(like: "\(name)_chunk")
    guard let result = try? kernel.applying(split) else { return nil }
    var steps = [
      split, .parallelize(combining.outer),
      .scan(combining.inner, lanes: Self.reductionLanes, reassociates: reassociates),
    ]
    if result.loop(named: running) != nil {
      steps += [
        .parallelize(running), .scan(name, lanes: Self.scanLanes, reassociates: reassociates),
      ]
    }
    self.steps = steps
  }
}
