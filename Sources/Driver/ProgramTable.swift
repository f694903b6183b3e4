// The table that the run time walks.

import CLatheRuntime
import Codegen
import LoopIR

/// Owner of a `lathe_program` and its parts. Slots are inputs, outputs, constants and the arena,
/// in that order. A kernel of several phases is a step per phase.
final class ProgramTable: @unchecked Sendable {
  // Unchecked: written by `init`, then constant.
  let program: UnsafePointer<lathe_program>
  private let steps: UnsafeMutableBufferPointer<lathe_step>
  private var arguments: [UnsafeMutableBufferPointer<lathe_argument>] = []
  /// Keeps the code that the steps point to.
  let kernels: [LoadedKernel]
  /// The kernel of each step.
  let kernelOfStep: [LoadedKernel]
  /// The sum of all chunks' costs in nanoseconds.
  let nanoseconds: Double
  /// Bytes of the arena, shared locals included.
  let arenaBytes: Int

  /// Nanoseconds of a chunk that many short iterations share.
  private static let chunkNanoseconds = 20_000.0

  init(
    _ layout: ProgramLayout, _ kernels: [LoadedKernel], slotOf: (ProgramLayout.Place) -> Int,
    slotCount: Int
  ) {
    self.kernels = kernels
    kernelOfStep = kernels.flatMap { kernel in kernel.phases.map { _ in kernel } }
    steps = .allocate(capacity: kernelOfStep.count)
    var next = 0
    var total = 0.0
    // Steps between two barriers may overlap: each has shared memory of its own.
    var sharedStart = layout.arenaBytes
    var arenaBytes = layout.arenaBytes
    for (step, kernel) in zip(layout.steps, kernels) {
      var places = step.arguments
      if step.isBarrier { sharedStart = layout.arenaBytes }
      if kernel.code.sharedBytes > 0 {
        places.append(.arena(sharedStart))
        sharedStart += kernel.code.sharedBytes
        arenaBytes = max(arenaBytes, sharedStart)
      }
      let list = Self.arguments(places, slotOf)
      arguments.append(list)
      for (index, phase) in kernel.phases.enumerated() {
        let row = Self.row(phase, list, isBarrier: step.isBarrier || index > 0)
        total += phase.cost * Double(phase.iterations)
        steps.initializeElement(at: next, to: row)
        next += 1
      }
    }
    nanoseconds = total
    self.arenaBytes = arenaBytes
    let program = UnsafeMutablePointer<lathe_program>.allocate(capacity: 1)
    program.initialize(
      to: lathe_program(
        steps: steps.baseAddress, step_count: UInt32(next), slot_count: UInt32(slotCount),
        symbol_count: 0, scratch_bytes: UInt64(kernels.map(\.code.scratchBytes).max() ?? 0)))
    self.program = UnsafePointer(program)
  }

  private static func arguments(
    _ places: [ProgramLayout.Place], _ slotOf: (ProgramLayout.Place) -> Int
  ) -> UnsafeMutableBufferPointer<lathe_argument> {
    let list = UnsafeMutableBufferPointer<lathe_argument>.allocate(capacity: places.count)
    for (index, place) in places.enumerated() {
      var argument = lathe_argument()
      argument.slot = UInt32(slotOf(place))
      if case .arena(let offset) = place { argument.offset = Int64(offset) }
      list.initializeElement(at: index, to: argument)
    }
    return list
  }

  /// A call; short iterations are grouped into chunks by their cost, which depends on shapes only.
  private static func row(
    _ phase: LoadedKernel.Phase, _ arguments: UnsafeMutableBufferPointer<lathe_argument>,
    isBarrier: Bool
  ) -> lathe_step {
    let wanted = (chunkNanoseconds / max(phase.cost, 1)).rounded(.down)
    let chunk = max(1, min(Int(min(wanted, 1e12)), max(1, phase.iterations)))
    var row = lathe_step()
    row.kind = LATHE_STEP_CALL
    row.flags = isBarrier ? LATHE_STEP_BARRIER : 0
    row.argument_count = UInt32(arguments.count)
    row.chunk_cost = UInt32(min(phase.cost * Double(chunk), 1e9))
    row.kernel = phase.function
    row.arguments = UnsafePointer(arguments.baseAddress)
    row.count.constant = Int64(phase.iterations)
    row.chunk = Int64(chunk)
    return row
  }

  deinit {
    UnsafeMutablePointer(mutating: program).deallocate()
    steps.deallocate()
    for list in arguments { list.deallocate() }
  }
}
