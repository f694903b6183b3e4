// Builds programs for the run time's tests, in memory that lives as long as the table.
import CLatheRuntime
import Testing

/// A program and the tables it points into.
final class ProgramTable: @unchecked Sendable {  // Immutable once made; run by many threads.
  private var steps: UnsafeMutableBufferPointer<lathe_step>
  private var arguments: [UnsafeMutableBufferPointer<lathe_argument>] = []
  private var terms: [UnsafeMutableBufferPointer<lathe_term>] = []
  private var symbols: [UnsafeMutableBufferPointer<Int32>] = []
  let program: UnsafeMutablePointer<lathe_program>

  init(_ rows: [Step], slots: Int, symbols symbolCount: Int = 0, scratch: UInt64 = 0) {
    steps = .allocate(capacity: rows.count)
    program = .allocate(capacity: 1)
    for (index, row) in rows.enumerated() {
      let own = copy(
        row.arguments.map { argument in
          let list = copy(argument.terms)
          terms.append(list)
          return lathe_argument(
            slot: argument.slot, term_count: UInt32(list.count), offset: argument.offset,
            terms: UnsafePointer(list.baseAddress))
        })
      let named = copy(row.symbols)
      arguments.append(own)
      symbols.append(named)
      var step = row.step
      step.arguments = UnsafePointer(own.baseAddress)
      step.argument_count = UInt32(own.count)
      step.symbols = UnsafePointer(named.baseAddress)
      step.symbol_count = UInt32(named.count)
      steps.initializeElement(at: index, to: step)
    }
    program.initialize(
      to: lathe_program(
        steps: steps.baseAddress, step_count: UInt32(rows.count), slot_count: UInt32(slots),
        symbol_count: UInt32(symbolCount), scratch_bytes: scratch))
  }

  deinit {
    for table in arguments { table.deallocate() }
    for table in terms { table.deallocate() }
    for table in symbols { table.deallocate() }
    steps.deallocate()
    program.deallocate()
  }

  /// What `lathe_program_check` says.
  var fault: lathe_program_fault { lathe_program_check(program, nil) }

  /// Runs the program over `slots` on `team`, and returns the status word.
  func run(
    _ slots: [UnsafeMutableRawPointer?], symbols: [Int64] = [], on team: Team? = nil
  ) -> UInt64 {
    lathe_run(program, slots, symbols, team?.team, nil)
  }
}

private func copy<T>(_ values: [T]) -> UnsafeMutableBufferPointer<T> {
  let copied = UnsafeMutableBufferPointer<T>.allocate(capacity: values.count)
  _ = copied.initialize(from: values)
  return copied
}

/// One row of a table, its pointers not yet set.
struct Step: @unchecked Sendable {  // A value; its kernel is a function without state.
  var step = lathe_step()
  var arguments: [Argument] = []
  var symbols: [Int32] = []

  /// A call that costs enough to be shared, unless `cost` says otherwise.
  static func call(
    _ kernel: lathe_kernel?, _ arguments: [Argument], symbols: [Int32] = [],
    count: lathe_extent, chunk: Int64 = 1, barrier: Bool = true, cost: UInt32 = 1_000_000
  ) -> Step {
    var step = lathe_step()
    step.kind = LATHE_STEP_CALL
    step.flags = barrier ? LATHE_STEP_BARRIER : 0
    step.kernel = kernel
    step.count = count
    step.chunk = chunk
    step.chunk_cost = cost
    return Step(step: step, arguments: arguments, symbols: symbols)
  }

  static func loop(
    _ trips: lathe_extent, to end: UInt32, told argument: Argument? = nil
  ) -> Step {
    var step = lathe_step()
    step.kind = LATHE_STEP_LOOP_BEGIN
    step.count = trips
    step.match = end
    return Step(step: step, arguments: argument.map { [$0] } ?? [])
  }

  /// A step that decides by a byte, ends a block or begins a section.
  static func block(
    _ kind: lathe_step_kind, to match: UInt32 = 0, _ arguments: [Argument] = [],
    barrier: Bool = false
  ) -> Step {
    var step = lathe_step()
    step.kind = kind
    step.flags = barrier ? LATHE_STEP_BARRIER : 0
    step.match = match
    return Step(step: step, arguments: arguments)
  }

  static func end(of begin: UInt32) -> Step {
    var step = lathe_step()
    step.kind = LATHE_STEP_LOOP_END
    step.match = begin
    return Step(step: step)
  }
}

extension Step: CustomTestStringConvertible {
  var testDescription: String {
    switch step.kind {
    case LATHE_STEP_LOOP_BEGIN: "loop to \(step.match)"
    case LATHE_STEP_LOOP_END: "end of \(step.match)"
    default: "call"
    }
  }
}

extension lathe_extent {
  static func constant(_ value: Int64) -> lathe_extent {
    lathe_extent(constant: value, scale: 0, symbol: 0)
  }

  static func symbol(_ symbol: Int32, scale: Int64 = 1, plus: Int64 = 0) -> lathe_extent {
    lathe_extent(constant: plus, scale: scale, symbol: symbol)
  }
}

/// An argument of a step with the terms that the table will point to.
struct Argument: Sendable {
  var slot: UInt32
  var offset: Int64 = 0
  var terms: [lathe_term] = []

  static func slot(_ slot: UInt32, offset: Int64 = 0) -> Argument {
    Argument(slot: slot, offset: offset)
  }

  static func moving(
    _ slot: UInt32, by stride: Int64, along symbol: Int32, ring: UInt32 = 0, phase: UInt32 = 0
  ) -> Argument {
    Argument(
      slot: slot, terms: [lathe_term(symbol: symbol, ring: ring, phase: phase, stride: stride)])
  }

  /// The counter of a loop.
  static func counter(_ depth: Int32) -> Argument {
    Argument(
      slot: LATHE_SLOT_COUNTER,
      terms: [lathe_term(symbol: lathe_loop_counter(depth), ring: 0, phase: 0, stride: 0)])
  }

  /// The same address, moved along another loop too.
  func moving(by stride: Int64, along symbol: Int32) -> Argument {
    var moved = self
    moved.terms.append(lathe_term(symbol: symbol, ring: 0, phase: 0, stride: stride))
    return moved
  }
}

/// A team that ends with its last reference.
final class Team: @unchecked Sendable {  // The run time's own locks guard it.
  let team: OpaquePointer?

  init(_ threads: Int32) { team = lathe_team_create(threads) }

  deinit { lathe_team_destroy(team) }
}

/// Zeroed numbers that kernels write, freed with the last reference.
final class Cells: @unchecked Sendable {  // Kernels write disjoint cells; tests read afterwards.
  let cells: UnsafeMutableBufferPointer<Int64>

  init(_ count: Int) {
    cells = .allocate(capacity: count)
    cells.initialize(repeating: 0)
  }

  deinit { cells.deallocate() }

  var address: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(cells.baseAddress) }
  var values: [Int64] { Array(cells) }
}
