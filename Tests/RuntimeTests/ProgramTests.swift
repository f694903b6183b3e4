// Programs: every iteration once, steps in order, loops, statuses, and faults that are refused.
import CLatheRuntime
import Testing

@Suite struct ProgramTests {
  static let teams: [Int32] = [1, 2, 3, 8]

  @Test(arguments: teams, [0, 1, 2, 7, 64, 65, 1000] as [Int64])
  func runsEachIterationOnce(threads: Int32, count: Int64) {
    let team = Team(threads)
    for chunk: Int64 in [1, 3, 64, 2000] {
      let table = ProgramTable(
        [.call(countUp, [.slot(0)], count: .constant(count), chunk: chunk)], slots: 1)
      let cells = Cells(Int(count) + 1)
      for _ in 0..<20 { #expect(table.run([cells.address], on: team) == LATHE_OK) }
      #expect(cells.values == Array(repeating: 20, count: Int(count)) + [0])
    }
  }

  @Test(arguments: teams) func cutsChunksByShapeAlone(threads: Int32) {
    let table = ProgramTable(
      [.call(recordChunk, [.slot(0)], count: .constant(100), chunk: 7)], slots: 1)
    let cells = Cells(100)
    _ = table.run([cells.address], on: Team(threads))
    let expected = (0..<100).map { i -> Int64 in
      let begin = Int64(i / 7 * 7)
      return begin * 1_000_000 + min(begin + 7, 100)
    }
    #expect(cells.values == expected)
  }

  @Test(arguments: teams) func barriersOrderSteps(threads: Int32) {
    // Each step reads, mirrored, what the step before wrote on any thread.
    let steps = (0..<50).map { index in
      Step.call(
        mirrorPlusOne, [.slot(UInt32(index % 2)), .slot(UInt32(1 - index % 2))],
        count: .symbol(0), chunk: 5)
    }
    let table = ProgramTable(steps, slots: 2, symbols: 1)
    let team = Team(threads)
    for _ in 0..<20 {
      let first = Cells(96)
      let second = Cells(96)
      _ = table.run([first.address, second.address], symbols: [96], on: team)
      #expect(first.values == Array(repeating: 50, count: 96))
    }
  }

  @Test(arguments: teams) func carriesStateThroughLoops(threads: Int32) {
    // A state in a ring of two; each inner loop has an even number of trips and ends where it began.
    let size = Int64(8 * 32)
    let counter = lathe_loop_counter(1)
    let table = ProgramTable(
      [
        .loop(.constant(2), to: 4),
        .loop(.symbol(1), to: 3),
        .call(
          mirrorPlusOne,
          [
            .moving(0, by: size, along: counter, ring: 2),
            .moving(0, by: size, along: counter, ring: 2, phase: 1),
          ], count: .constant(32), chunk: 16),
        .end(of: 1),
        .end(of: 0),
      ], slots: 1, symbols: 2)
    #expect(table.fault == LATHE_PROGRAM_FINE)
    let state = Cells(64)
    _ = table.run([state.address], symbols: [32, 1000], on: Team(threads))
    #expect(state.values.prefix(32) == ArraySlice(Array(repeating: 2000, count: 32)))
  }

  @Test(arguments: teams) func walksNestedLoopsInOrder(threads: Int32) {
    let table = ProgramTable(
      [
        .loop(.constant(3), to: 4),
        .call(
          appendDigit, [.slot(0)], symbols: [lathe_loop_counter(0)], count: .constant(1)),
        .loop(.symbol(lathe_loop_counter(0)), to: 3),
        .end(of: 2),
        .end(of: 0),
      ], slots: 1)
    #expect(table.fault == LATHE_PROGRAM_FINE)
    let cells = Cells(1)
    _ = table.run([cells.address], on: Team(threads))
    #expect(cells.values == [12])
  }

  @Test(arguments: teams) func skipsLoopsOfNoTrips(threads: Int32) {
    let table = ProgramTable(
      [
        .loop(.symbol(0, plus: -5), to: 4),
        .loop(.constant(9), to: 3),
        .call(countUp, [.slot(0)], count: .constant(4)),
        .end(of: 1),
        .end(of: 0),
        .call(countUp, [.slot(0, offset: 8)], count: .constant(3), barrier: false),
      ], slots: 1, symbols: 1)
    #expect(table.fault == LATHE_PROGRAM_FINE)
    let cells = Cells(4)
    let team = Team(threads)
    _ = table.run([cells.address], symbols: [5], on: team)
    #expect(cells.values == [0, 1, 1, 1])
    _ = table.run([cells.address], symbols: [6], on: team)
    #expect(cells.values == [9, 11, 11, 11])
  }

  @Test(arguments: teams) func keepsTheLowestFailure(threads: Int32) {
    let table = ProgramTable(
      [
        .call(failAtOddIterations, [], symbols: [0], count: .constant(500), barrier: false),
        .call(failAtOddIterations, [], symbols: [1], count: .constant(500), barrier: false),
        .call(failAtOddIterations, [], symbols: [1], count: .constant(500), barrier: false),
      ], slots: 0, symbols: 2)
    let team = Team(threads)
    for _ in 0..<20 {
      #expect(table.run([], symbols: [0, 0], on: team) == LATHE_OK)
      #expect(table.run([], symbols: [1, 400], on: team) == 1 << 40 | 1)
      #expect(table.run([], symbols: [2, 400], on: team) == 1)
    }
  }

  @Test(arguments: teams) func givesEachThreadItsScratch(threads: Int32) {
    let table = ProgramTable(
      [.call(useScratch, [.slot(0)], symbols: [0], count: .constant(300))], slots: 1, symbols: 1,
      scratch: 8 * 512)
    let cells = Cells(300)
    _ = table.run([cells.address], symbols: [512], on: Team(threads))
    #expect(cells.values == Array(repeating: 1, count: 300))
  }

  @Test func reportsThatScratchIsTooLarge() {
    let table = ProgramTable(
      [.call(countUp, [.slot(0)], count: .constant(1))], slots: 1, scratch: 1 << 60)
    let cells = Cells(1)
    #expect(table.run([cells.address]) == LATHE_OUT_OF_MEMORY)
    #expect(cells.values == [0])
  }

  @Test(
    arguments: [
      (LATHE_PROGRAM_KERNEL_MISSING, [Step.call(nil, [], count: .constant(1))]),
      (LATHE_PROGRAM_CHUNK_NOT_POSITIVE, [.call(countUp, [], count: .constant(1), chunk: 0)]),
      (LATHE_PROGRAM_SLOT_OUT_OF_RANGE, [.call(countUp, [.slot(1)], count: .constant(1))]),
      (LATHE_PROGRAM_SYMBOL_OUT_OF_RANGE, [.call(countUp, [], count: .symbol(1))]),
      (
        LATHE_PROGRAM_SYMBOL_OUT_OF_RANGE,
        [.call(countUp, [], symbols: [lathe_loop_counter(0)], count: .constant(1))]
      ),
      (
        LATHE_PROGRAM_SYMBOL_OUT_OF_RANGE,
        [.call(countUp, [.moving(0, by: 8, along: Int32.min)], count: .constant(1))]
      ),
      (
        LATHE_PROGRAM_TOO_MANY_ARGUMENTS,
        [.call(countUp, Array(repeating: .slot(0), count: 129), count: .constant(1))]
      ),
      (LATHE_PROGRAM_LOOPS_UNMATCHED, [.end(of: 0)]),
      (LATHE_PROGRAM_LOOPS_UNMATCHED, [.loop(.constant(1), to: 1)]),
      (
        LATHE_PROGRAM_LOOPS_UNMATCHED,
        [
          .loop(.constant(1), to: 2), .loop(.constant(1), to: 3), .end(of: 0), .end(of: 1),
        ]
      ),
      (
        LATHE_PROGRAM_LOOPS_TOO_DEEP,
        (0..<17).map { .loop(.constant(1), to: 33 - $0) } + (0..<17).map { .end(of: 16 - $0) }
      ),
    ] as [(lathe_program_fault, [Step])])
  func refusesWhatItCannotWalk(fault: lathe_program_fault, steps: [Step]) {
    #expect(ProgramTable(steps, slots: 1, symbols: 1).fault == fault)
  }
}
