// Loops that memory ends, branches, sections, and what the check says of them.
import CLatheRuntime
import Testing

@Suite struct ControlTests {
  static let teams: [Int32] = [1, 2, 3, 8]

  /// Counts while a byte is set, which the body clears at some number; then copies by the counter.
  @Test(arguments: teams, [0, 1, 2, 500] as [Int64])
  func leavesALoop(threads: Int32, steps: Int64) {
    let table = ProgramTable(
      [
        .call(storeWhetherBelow, [.slot(0), .slot(1)], symbols: [0], count: .constant(1)),
        .loop(.constant(LATHE_UNBOUNDED), to: 5),
        .block(LATHE_STEP_LOOP_TEST, to: 5, [.slot(1)]),
        .call(countUp, [.slot(0)], count: .constant(96), chunk: 16),
        .call(storeWhetherBelow, [.slot(0), .slot(1)], symbols: [0], count: .constant(1)),
        .end(of: 1),
        // The counter is still known.
        .call(lathe_copy, [.counter(0), .slot(2)], count: .constant(8), chunk: 8),
      ], slots: 3, symbols: 1)
    #expect(table.fault == LATHE_PROGRAM_FINE)
    let team = Team(threads)
    for _ in 0..<5 {
      let cells = Cells(96)
      let flag = Cells(1)
      let count = Cells(1)
      let word = table.run(
        [cells.address, flag.address, count.address], symbols: [steps], on: team)
      #expect(word == LATHE_OK)
      #expect(cells.values == Array(repeating: steps, count: 96))
      #expect(count.values == [steps])
    }
  }

  @Test(arguments: teams) func readsTripsFromMemory(threads: Int32) {
    let table = ProgramTable(
      [
        .loop(.constant(7), to: 2, told: .slot(1)),
        .call(countUp, [.slot(0)], count: .constant(64), chunk: 8),
        .end(of: 0),
      ], slots: 2)
    #expect(table.fault == LATHE_PROGRAM_FINE)
    let team = Team(threads)
    for (told, made) in [(-5, 0), (0, 0), (3, 3), (7, 7), (8, 7)] as [(Int64, Int64)] {
      let cells = Cells(64)
      let trips = Cells(1)
      trips.cells[0] = told
      _ = table.run([cells.address, trips.address], on: team)
      #expect(cells.values == Array(repeating: made, count: 64))
    }
  }

  @Test(arguments: teams) func takesOneBranch(threads: Int32) {
    let table = ProgramTable(
      [
        .loop(.constant(10), to: 7),
        .call(storeWhetherBelow, [.slot(0), .slot(1)], symbols: [0], count: .constant(1)),
        .block(LATHE_STEP_IF, to: 4, [.slot(1)]),
        .call(countUp, [.slot(0)], count: .constant(32)),
        .block(LATHE_STEP_ELSE, to: 6),
        .call(countUp, [.slot(2)], count: .constant(32)),
        .block(LATHE_STEP_END_IF),
        .end(of: 0),
      ], slots: 3, symbols: 1)
    #expect(table.fault == LATHE_PROGRAM_FINE)
    let team = Team(threads)
    for limit: Int64 in [0, 4, 10, 11] {
      let yes = Cells(32)
      let flag = Cells(1)
      let no = Cells(32)
      _ = table.run([yes.address, flag.address, no.address], symbols: [limit], on: team)
      #expect(yes.values == Array(repeating: min(limit, 10), count: 32))
      #expect(no.values == Array(repeating: 10 - min(limit, 10), count: 32))
    }
  }

  /// One thread walks a section, whatever runs beside it; what follows waits for it.
  @Test(arguments: teams) func walksSectionsAlone(threads: Int32) {
    let table = ProgramTable(
      [
        .call(countUp, [.slot(1)], count: .constant(400)),
        .block(LATHE_STEP_SECTION_BEGIN, to: 5),
        .loop(.constant(2000), to: 4),
        .call(countUp, [.slot(0)], count: .constant(4), chunk: 2),
        .end(of: 2),
        .block(LATHE_STEP_SECTION_END, to: 1),
        .call(countUp, [.slot(1)], count: .constant(400), barrier: false),
        .call(countUp, [.slot(0)], count: .constant(4)),
      ], slots: 2)
    #expect(table.fault == LATHE_PROGRAM_FINE)
    let team = Team(threads)
    for _ in 0..<5 {
      let cells = Cells(4)
      let others = Cells(400)
      _ = table.run([cells.address, others.address], on: team)
      #expect(cells.values == Array(repeating: 2001, count: 4))
      #expect(others.values == Array(repeating: 2, count: 400))
    }
  }

  /// Rows of a matrix, by two loops.
  @Test(arguments: teams) func addressesMoveAlongTwoLoops(threads: Int32) {
    let place = Argument.moving(0, by: 80, along: lathe_loop_counter(0))
      .moving(by: 8, along: lathe_loop_counter(1))
    let table = ProgramTable(
      [
        .loop(.constant(6), to: 5),
        .loop(.constant(10), to: 4),
        .call(countUp, [place], count: .constant(1)),
        .call(lathe_copy, [.counter(1), place], count: .constant(8), chunk: 4),
        .end(of: 1),
        .end(of: 0),
      ], slots: 1)
    #expect(table.fault == LATHE_PROGRAM_FINE)
    let cells = Cells(60)
    _ = table.run([cells.address], on: Team(threads))
    #expect(cells.values == (0..<60).map { $0 % 10 })
  }

  @Test(
    arguments: [
      (LATHE_PROGRAM_ARGUMENT_MISSING, [.block(LATHE_STEP_IF, to: 1), .block(LATHE_STEP_END_IF)]),
      (LATHE_PROGRAM_BLOCKS_UNMATCHED, [.block(LATHE_STEP_END_IF)]),
      (LATHE_PROGRAM_BLOCKS_UNMATCHED, [.block(LATHE_STEP_ELSE, to: 0)]),
      (LATHE_PROGRAM_BLOCKS_UNMATCHED, [.block(LATHE_STEP_SECTION_BEGIN, to: 9)]),
      (
        LATHE_PROGRAM_BLOCKS_UNMATCHED,
        [.block(LATHE_STEP_SECTION_BEGIN, to: 1), .block(LATHE_STEP_SECTION_END, to: 5)]
      ),
      (
        LATHE_PROGRAM_BLOCKS_UNMATCHED,
        [
          .block(LATHE_STEP_IF, to: 1, [.slot(0)]), .block(LATHE_STEP_ELSE, to: 1),
          .block(LATHE_STEP_END_IF),
        ]
      ),
      (
        LATHE_PROGRAM_BLOCKS_UNMATCHED,
        [
          .loop(.constant(1), to: 3), .block(LATHE_STEP_SECTION_BEGIN, to: 2),
          .end(of: 0), .end(of: 0),
        ]
      ),
      (LATHE_PROGRAM_LOOPS_UNMATCHED, [.block(LATHE_STEP_LOOP_TEST, to: 1, [.slot(0)])]),
      (
        LATHE_PROGRAM_LOOPS_UNMATCHED,
        [
          .loop(.constant(1), to: 4), .block(LATHE_STEP_IF, to: 3, [.slot(0)]),
          .block(LATHE_STEP_LOOP_TEST, to: 4, [.slot(0)]), .block(LATHE_STEP_END_IF),
          .end(of: 0),
        ]
      ),
      (
        LATHE_PROGRAM_BLOCKS_TOO_DEEP,
        (0..<65).map { .block(LATHE_STEP_SECTION_BEGIN, to: 129 - $0) }
          + (0..<65).map { .block(LATHE_STEP_SECTION_END, to: 64 - $0) }
      ),
      (
        LATHE_PROGRAM_TOO_MANY_TERMS,
        [
          .call(
            countUp,
            [Argument(slot: 0, terms: Array(repeating: lathe_term(), count: 17))],
            count: .constant(1))
        ]
      ),
      // A counter is not known behind the section that its loop stands in, nor before its loop.
      (
        LATHE_PROGRAM_SYMBOL_OUT_OF_RANGE,
        [
          .block(LATHE_STEP_SECTION_BEGIN, to: 3), .loop(.constant(1), to: 2), .end(of: 1),
          .block(LATHE_STEP_SECTION_END, to: 0),
          .call(countUp, [.counter(0)], count: .constant(1)),
        ]
      ),
      (
        LATHE_PROGRAM_SYMBOL_OUT_OF_RANGE,
        [.call(countUp, [.counter(0)], count: .constant(1))]
      ),
      (
        LATHE_PROGRAM_SLOT_OUT_OF_RANGE,
        [.call(countUp, [Argument(slot: LATHE_SLOT_COUNTER)], count: .constant(1))]
      ),
    ] as [(lathe_program_fault, [Step])])
  func refusesWhatItCannotWalk(fault: lathe_program_fault, steps: [Step]) {
    #expect(ProgramTable(steps, slots: 1, symbols: 1).fault == fault)
  }
}
