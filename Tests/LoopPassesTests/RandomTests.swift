// Random loops keep their bits under schedules.

import IRCore
import LoopIR
import LoopPasses
import Testing

@Suite struct RandomTests {
  @Test(arguments: 1...120 as ClosedRange<UInt64>) func keepsBits(_ seed: UInt64) throws {
    let kernel = try Kernel(parsing: LoopWriter.kernel(seed: seed))
    let schedules: [[ScheduleStep]] = [
      [.vectorize("i", lanes: 4)],
      [.split("i", by: 6, outer: "o", inner: "i"), .vectorize("i", lanes: 2)],
      [.unroll("i", by: 2)],
    ]
    for steps in schedules {
      var scheduled = kernel
      scheduled.schedule = steps
      let result = try Pass.applySchedule.run(scheduled)
      let cleaned = try Pipeline([.combineCommonValues, .hoistInvariants, .removeDeadValues])
        .run(result)
      for size in [8, 11] {
        let inputs = Inputs(symbols: [size], seed: seed)
        let expected = try kernel.outcome(inputs)
        #expect(try result.outcome(inputs) == expected, "seed \(seed)")
        #expect(try cleaned.outcome(inputs) == expected, "seed \(seed)")
      }
    }
  }
}
