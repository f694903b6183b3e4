// The table that the run time walks.

import CLatheRuntime
import Codegen
import IRCore
import LoopIR
import TensorIR

/// Owner of a `lathe_program` and its parts. Slots are inputs, outputs, constants and the arena,
/// in that order.
final class ProgramTable: @unchecked Sendable {
  // Unchecked: written by `init`, then constant.
  let program: UnsafePointer<lathe_program>
  private let steps: UnsafeMutableBufferPointer<lathe_step>
  private var arguments: [UnsafeMutableBufferPointer<lathe_argument>] = []
  private var terms: [UnsafeMutableBufferPointer<lathe_term>] = []
  /// Keeps the code that the steps point to.
  let kernels: [LoadedKernel]
  /// By step: the kernel that it calls, and where its first operation was made.
  let origins: [(kernel: LoadedKernel, location: SourceLocation)?]
  /// What all steps cost in nanoseconds.
  let nanoseconds: Double
  /// Bytes of the arena, shared locals included.
  let arenaBytes: Int

  init(
    _ layout: ProgramLayout, _ kernels: [LoadedKernel], slotOf: (ProgramLayout.Base) -> Int,
    slotCount: Int, threads: Int
  ) throws(CompileFailure) {
    self.kernels = kernels
    var rows = ProgramRows(layout, kernels)
    nanoseconds = rows.cost(of: rows.list[...], threads: threads).alone
    rows.chooseSections(threads: threads)
    rows.matchBlocks()
    arenaBytes = rows.arenaBytes
    origins = rows.list.map(\.origin)
    steps = .allocate(capacity: rows.list.count)
    for (index, row) in rows.list.enumerated() {
      var step = row.step
      var list: [lathe_argument] = []
      for place in row.arguments {
        let moves = Self.copied(Self.terms(of: place))
        terms.append(moves)
        var argument = Self.argument(place, slot: slotOf(place.base), layout)
        argument.term_count = UInt32(moves.count)
        argument.terms = UnsafePointer(moves.baseAddress)
        list.append(argument)
      }
      let memory = Self.copied(list)
      arguments.append(memory)
      step.argument_count = UInt32(list.count)
      step.arguments = UnsafePointer(memory.baseAddress)
      steps.initializeElement(at: index, to: step)
    }
    let program = UnsafeMutablePointer<lathe_program>.allocate(capacity: 1)
    program.initialize(
      to: lathe_program(
        steps: steps.baseAddress, step_count: UInt32(rows.list.count),
        slot_count: UInt32(slotCount), symbol_count: 0,
        scratch_bytes: UInt64(kernels.map(\.code.scratchBytes).max() ?? 0)))
    self.program = UnsafePointer(program)
    switch lathe_program_check(program, nil) {
    case LATHE_PROGRAM_FINE: break
    case LATHE_PROGRAM_LOOPS_TOO_DEEP, LATHE_PROGRAM_BLOCKS_TOO_DEEP:
      throw .nesting(deepest: Int(LATHE_MAX_LOOP_DEPTH))
    case let fault: throw .kernel(name: "program", "the run time refuses it: \(fault.rawValue)")
    }
  }

  /// An argument without its terms.
  private static func argument(
    _ place: ProgramLayout.Place, slot: Int, _ layout: ProgramLayout
  ) -> lathe_argument {
    var argument = lathe_argument()
    argument.slot = UInt32(slot)
    argument.offset = Int64(place.offset)
    // Shared locals stand behind all blocks.
    if case .block(let block) = place.base, block >= 0 {
      argument.offset += Int64(layout.blockOffsets[block])
    }
    return argument
  }

  private static func terms(of place: ProgramLayout.Place) -> [lathe_term] {
    var terms = place.terms
    if case .counter(let depth) = place.base {
      terms = [ProgramLayout.Term(depth: depth, stride: 0)]
    }
    return terms.map { term in
      lathe_term(
        symbol: lathe_loop_counter(Int32(term.depth)), ring: UInt32(term.ring),
        phase: UInt32(term.phase), stride: Int64(term.stride))
    }
  }

  private static func copied<Element>(
    _ list: [Element]
  ) -> UnsafeMutableBufferPointer<Element> {
    let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: list.count)
    _ = memory.initialize(from: list)
    return memory
  }

  deinit {
    UnsafeMutablePointer(mutating: program).deallocate()
    steps.deallocate()
    for list in arguments { list.deallocate() }
    for list in terms { list.deallocate() }
  }
}
