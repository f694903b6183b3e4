// Teams: many callers, reuse, the shared ones, forks, and the caller's floating-point mode.
import CLatheRuntime
import Foundation
import Testing

@Suite struct TeamTests {
  /// Two steps with a barrier; both buffers end with values that depend on every chunk.
  static func program() -> ProgramTable {
    ProgramTable(
      [
        .call(mirrorPlusOne, [.slot(0), .slot(1)], count: .symbol(0), chunk: 9),
        .call(mirrorPlusOne, [.slot(1), .slot(0)], count: .symbol(0), chunk: 9),
      ], slots: 2, symbols: 1)
  }

  @Test(arguments: [1, 2, 3, 8] as [Int32]) func servesManyCallers(threads: Int32) async {
    let team = Team(threads)
    let table = Self.program()
    await withTaskGroup(of: Bool.self) { group in
      for size in 1...6 {
        group.addTask {
          let count = size * 37
          let first = Cells(count)
          let second = Cells(count)
          for _ in 0..<200 {
            let slots = [first.address, second.address]
            guard table.run(slots, symbols: [Int64(count)], on: team) == LATHE_OK else {
              return false
            }
          }
          return first.values == Array(repeating: 400, count: count)
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  @Test func wakesSleepingThreads() {
    let team = Team(3)
    let table = Self.program()
    let first = Cells(100)
    let second = Cells(100)
    for pause: useconds_t in [0, 20, 100, 2000, 0, 2000] {
      for _ in 0..<10 {
        _ = table.run([first.address, second.address], symbols: [100], on: team)
        usleep(pause)
      }
    }
    #expect(first.values == Array(repeating: 120, count: 100))
  }

  @Test func endsIdleBusyAndUnstartedTeams() {
    let table = Self.program()
    let first = Cells(40)
    let second = Cells(40)
    for turn in 0..<50 {
      let team = Team(4)
      guard turn % 2 == 0 else { continue }
      _ = table.run([first.address, second.address], symbols: [40], on: team)
    }
    #expect(first.values == Array(repeating: 50, count: 40))
  }

  @Test func clampsThreads() {
    let teams = [Team(-3), Team(1), Team(64), Team(1000)]
    #expect(teams.map { lathe_team_threads($0.team) } == [1, 1, 64, 64])
  }

  @Test func sharesOneTeamPerSize() {
    #expect(lathe_team_shared(3) == lathe_team_shared(3))
    #expect(lathe_team_shared(3) != lathe_team_shared(2))
    let all = lathe_team_shared(0)
    #expect(lathe_team_threads(all) == min(64, lathe_cpu_features().available_cpus))
  }

  @Test(.enabled(if: !isThreadSanitized, "its threads cannot start after a fork"))
  func makesNewTeamsAfterAFork() {
    let table = Self.program()
    let first = Cells(100)
    let second = Cells(100)
    let slots = [first.address, second.address]
    let own = Team(2)
    _ = table.run(slots, symbols: [100], on: own)
    let shared = lathe_team_shared(2)
    _ = lathe_run(table.program, slots, [100], shared, nil)
    // Swift hides fork; the run time must survive hosts that call it.
    typealias Fork = @convention(c) () -> Int32
    guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "fork") else { return }
    let child = unsafeBitCast(symbol, to: Fork.self)()
    if child == 0 {
      _ = table.run(slots, symbols: [100], on: own)
      let renewed = lathe_team_shared(2)
      _ = lathe_run(table.program, slots, [100], renewed, nil)
      _exit(renewed != shared && first.cells.allSatisfy { $0 == 8 } ? 0 : 1)
    }
    var status: Int32 = -1
    #expect(waitpid(child, &status, 0) == child)
    #expect(status == 0)
  }

  @Test(arguments: [1, 2] as [Int32]) func setsAndRestoresTheFloatingPointMode(threads: Int32) {
    let table = ProgramTable(
      [.call(probeFloatingPoint, [.slot(0)], count: .constant(64))], slots: 1)
    let cells = Cells(64)
    let before = fegetround()
    let upward: Int32 = FE_UPWARD
    fesetround(upward)
    _ = table.run([cells.address], on: Team(threads))
    let inside = fegetround()
    fesetround(before)
    #expect(cells.values == Array(repeating: 1, count: 64))
    #expect(inside == upward)
  }
}

/// Whether this process runs under ThreadSanitizer.
let isThreadSanitized = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "__tsan_init") != nil
