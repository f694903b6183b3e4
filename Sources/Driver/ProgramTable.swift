// The table that the run time walks.

import CLatheRuntime
import LoopIR

/// Owner of a `lathe_program` and its parts. Slots are inputs, outputs, constants and the arena,
/// in that order.
final class ProgramTable: @unchecked Sendable {
  // Unchecked: written by `init`, then constant.
  let program: UnsafePointer<lathe_program>
  private let steps: UnsafeMutableBufferPointer<lathe_step>
  private var arguments: [UnsafeMutableBufferPointer<lathe_argument>] = []
  /// Keeps the code that the steps point to.
  let kernels: [LoadedKernel]
  /// The sum of all chunks' costs in nanoseconds.
  let nanoseconds: Double

  /// Nanoseconds of a chunk that many short iterations share.
  private static let chunkNanoseconds = 20_000.0

  init(
    _ layout: ProgramLayout, _ kernels: [LoadedKernel], slotOf: (ProgramLayout.Place) -> Int,
    slotCount: Int
  ) {
    self.kernels = kernels
    steps = .allocate(capacity: layout.steps.count)
    var scratch = 0
    var total = 0.0
    for (index, (step, kernel)) in zip(layout.steps, kernels).enumerated() {
      let list = UnsafeMutableBufferPointer<lathe_argument>.allocate(
        capacity: step.arguments.count)
      for (k, place) in step.arguments.enumerated() {
        var argument = lathe_argument()
        argument.slot = UInt32(slotOf(place))
        if case .arena(let offset) = place { argument.offset = Int64(offset) }
        list.initializeElement(at: k, to: argument)
      }
      arguments.append(list)
      scratch = max(scratch, kernel.scratchBytes)
      let row = Self.row(kernel, list, isBarrier: step.isBarrier)
      total += kernel.cost * Double(kernel.iterations)
      steps.initializeElement(at: index, to: row)
    }
    nanoseconds = total
    let program = UnsafeMutablePointer<lathe_program>.allocate(capacity: 1)
    program.initialize(
      to: lathe_program(
        steps: steps.baseAddress, step_count: UInt32(layout.steps.count),
        slot_count: UInt32(slotCount), symbol_count: 0, scratch_bytes: UInt64(scratch)))
    self.program = UnsafePointer(program)
  }

  /// A call; short iterations are grouped into chunks by their cost, which depends on shapes only.
  private static func row(
    _ kernel: LoadedKernel, _ arguments: UnsafeMutableBufferPointer<lathe_argument>,
    isBarrier: Bool
  ) -> lathe_step {
    let iterations = kernel.iterations
    let wanted = (chunkNanoseconds / max(kernel.cost, 1)).rounded(.down)
    let chunk = max(1, min(Int(min(wanted, 1e12)), max(1, iterations)))
    var row = lathe_step()
    row.kind = LATHE_STEP_CALL
    row.flags = isBarrier ? LATHE_STEP_BARRIER : 0
    row.argument_count = UInt32(arguments.count)
    row.chunk_cost = UInt32(min(kernel.cost * Double(chunk), 1e9))
    row.kernel = kernel.function
    row.arguments = UnsafePointer(arguments.baseAddress)
    row.count.constant = Int64(iterations)
    row.chunk = Int64(chunk)
    return row
  }

  deinit {
    UnsafeMutablePointer(mutating: program).deallocate()
    steps.deallocate()
    for list in arguments { list.deallocate() }
  }
}
