// Bits before and after schedule steps.

import IRCore
import LoopIR
import LoopPasses
import Testing

/// A program and a schedule that is legal on it.
struct Scheduled: Sendable, CustomTestStringConvertible {
  var program: Program
  var steps: [ScheduleStep]

  init(_ program: Program, _ steps: ScheduleStep...) {
    self.program = program
    self.steps = steps
  }

  var testDescription: String { "\(program.testDescription) \(steps)" }

  static let all: [Scheduled] =
    splits + reorders + unrolls + vectors + parallels
    + scans + privates + folds + skews + overlaps

  static let splits = [
    Scheduled(.chain, .split("i", by: 8, outer: "io", inner: "ii")),
    Scheduled(.chain, .split("i", by: 1, outer: "io", inner: "i")),
    Scheduled(
      .recurrence, .split("i", by: 5, outer: "io", inner: "ii"),
      .split("ii", by: 2, outer: "p", inner: "q")),
    Scheduled(.fibonacci, .split("i", by: 4, outer: "io", inner: "ii")),
    Scheduled(.mixed, .split("i", by: 60, outer: "io", inner: "ii")),
    Scheduled(
      .scratch, .split("k", by: 5, outer: "ko", inner: "ki"),
      .split("i", by: 3, outer: "io", inner: "ii")),
  ]

  static let reorders = [
    Scheduled(.product, .reorder(["i", "l", "j"])),
    Scheduled(.product, .reorder(["l", "j", "i"])),
    Scheduled(
      .product, .split("j", by: 4, outer: "jo", inner: "ji"),
      .split("i", by: 2, outer: "io", inner: "ii"), .reorder(["io", "jo", "l", "ii", "ji"])),
    Scheduled(.mandelbrot, .reorder(["c", "r"])),
  ]

  static let unrolls = [
    Scheduled(.chain, .unroll("i", by: 3)),
    Scheduled(.recurrence, .unroll("i", by: 4)),
    Scheduled(.fibonacci, .unroll("i", by: 3)),
    Scheduled(.fibonacci, .unroll("i", by: 11)),
    Scheduled(.fibonacci, .unroll("i", by: 100)),
    Scheduled(.window, .unroll("k", by: 3)),
    Scheduled(
      .recurrence, .split("i", by: 6, outer: "io", inner: "ii"), .unroll("io", by: 2),
      .unroll("ii", by: 4)),
    Scheduled(.mandelbrot, .unroll("c", by: 2)),
    Scheduled(.choices, .unroll("i", by: 2)),
    Scheduled(.triangle, .unroll("j", by: 2)),
  ]

  static let vectors: [Scheduled] =
    [Program.chain, .triangle, .window, .cutWindow, .ragged, .choices, .scatter].flatMap {
      [
        Scheduled($0, .vectorize("i", lanes: 2)), Scheduled($0, .vectorize("i", lanes: 8)),
        Scheduled($0, .vectorize("i", lanes: 16)),
      ]
    } + [
      Scheduled(.mandelbrot, .vectorize("c", lanes: 4)),
      Scheduled(.mandelbrot, .vectorize("c", lanes: 64)),
      Scheduled(.mandelbrot, .vectorize("r", lanes: 8)),
      Scheduled(.mixed, .vectorize("i", lanes: 16)),
      Scheduled(.product, .vectorize("j", lanes: 8)),
      Scheduled(.product, .vectorize("i", lanes: 4)),
      Scheduled(.product, .reorder(["i", "l", "j"]), .vectorize("j", lanes: 16)),
      Scheduled(.scratch, .vectorize("j", lanes: 4), .vectorize("k", lanes: 8)),
      Scheduled(.chain, .vectorize("i", lanes: 4), .unroll("i", by: 3)),
      Scheduled(
        .chain, .split("i", by: 16, outer: "io", inner: "ii"), .vectorize("ii", lanes: 8)),
    ]

  static let parallels = [
    Scheduled(.chain, .parallelize("i")),
    Scheduled(
      .chain, .split("i", by: 16, outer: "io", inner: "ii"), .parallelize("io"),
      .vectorize("ii", lanes: 8)),
    Scheduled(
      .mixed, .split("i", by: 60, outer: "io", inner: "ii"), .vectorize("ii", lanes: 4),
      .parallelize("io")),
    Scheduled(.chain, .parallelize("i"), .split("i", by: 4, outer: "io", inner: "ii")),
    Scheduled(.mandelbrot, .parallelize("r"), .vectorize("c", lanes: 64)),
    Scheduled(.product, .parallelize("i"), .vectorize("j", lanes: 16)),
    Scheduled(.scratch, .parallelize("i")),
    Scheduled(.triangle, .parallelize("i")),
    Scheduled(.ragged, .parallelize("i")),
    Scheduled(.choices, .parallelize("i")),
  ]
}

extension Scheduled {
  static let scans = [4, 16].flatMap { lanes in
    [
      Scheduled(.runningTotals, .scan("i", lanes: lanes, reassociates: false)),
      Scheduled(.runningExtremes, .scan("i", lanes: lanes, reassociates: false)),
      Scheduled(.endOfTotals, .scan("i", lanes: lanes, reassociates: false)),
      Scheduled(
        .endOfTotals, .splitScan("i", by: 7, into: "t", reassociates: false),
        .scan("i_1", lanes: lanes, reassociates: false)),
      Scheduled(
        .chunkedTotals, .splitScan("i", by: 7, into: "t", reassociates: false),
        .parallelize("i_total"), .parallelize("i_chunk"),
        .scan("i_1", lanes: lanes, reassociates: false),
        .scan("i", lanes: lanes, reassociates: false)),
      Scheduled(
        .runningTotals, .split("i", by: 8, outer: "io", inner: "ii"),
        .scan("ii", lanes: lanes, reassociates: false)),
    ]
  }

  static let privates = [
    Scheduled(
      .histogram, .split("i", by: 7, outer: "io", inner: "ii"),
      .privatize("h", at: "io", into: "copies", reassociates: false)),
    Scheduled(
      .histogram, .split("i", by: 8, outer: "io", inner: "ii"),
      .privatize("h", at: "ii", into: "copies", reassociates: false)),
    Scheduled(
      .histogram, .split("i", by: 20, outer: "io", inner: "ii"),
      .split("ii", by: 5, outer: "p", inner: "q"),
      .privatize("h", at: "p", into: "part", reassociates: false), .reorder(["q", "p"]),
      .unroll("p", by: 4), .privatize("h", at: "io", into: "own", reassociates: false),
      .parallelize("io")),
  ]

  static let folds = [
    Scheduled(.rollingRows, .foldStorage("t", at: "i", by: 2)),
    Scheduled(.rollingRows, .foldStorage("t", at: "i", by: 5)),
    Scheduled(.rollingRows, .foldStorage("t", at: "i", by: 2), .unroll("i", by: 2)),
  ]

  static let overlaps = [
    Scheduled(.sweeps, .overlap(["p"], by: [1])),
    Scheduled(.sweeps, .overlap(["p"], by: [7])),
    Scheduled(.sweeps, .overlap(["p"], by: [100])),
    Scheduled(.sweeps, .overlap(["q"], by: [4])),
    Scheduled(.sweeps, .overlap(["p", "q"], by: [8, 5])),
    Scheduled(.sweeps, .overlap(["q", "p"], by: [13, 3])),
    Scheduled(.sweeps, .unroll("t", by: 3), .overlap(["p", "q"], by: [6, 6])),
    Scheduled(
      .sweeps, .overlap(["p", "q"], by: [8, 8]), .parallelize("p_tile"),
      .vectorize("j", lanes: 4), .vectorize("l", lanes: 8), .vectorize("q", lanes: 4)),
  ]

  static let skews = [
    Scheduled(.wavefront, .skew("i", "j", into: "s")),
    Scheduled(.wavefront, .skewStorage("d")),
    Scheduled(
      .wavefront, .skew("i", "j", into: "s"), .skewStorage("d"), .vectorize("i", lanes: 8)),
    Scheduled(.product, .skew("i", "j", into: "s"), .vectorize("i", lanes: 4)),
    Scheduled(.mandelbrot, .skew("r", "c", into: "s"), .vectorize("r", lanes: 4)),
  ]
}

@Suite struct ScheduleTests {
  @Test(arguments: Scheduled.all) func keepsBits(_ scheduled: Scheduled) throws {
    var kernel = try scheduled.program.kernel
    kernel.schedule = scheduled.steps
    try kernel.verify()
    let result = try Pass.applySchedule.run(kernel)
    #expect(result.schedule.isEmpty)
    #expect(try Kernel(parsing: result.description) == result)
    try expectSameBits(kernel, result, scheduled.program.sizes)
  }

  @Test(arguments: Scheduled.all) func cleanUpsKeepBits(_ scheduled: Scheduled) throws {
    var kernel = try scheduled.program.kernel
    kernel.schedule = scheduled.steps
    let result = try Pipeline([
      .applySchedule, .combineCommonValues, .hoistInvariants, .removeDeadValues,
      .combineCommonValues,
    ]).run(kernel)
    try expectSameBits(kernel, result, scheduled.program.sizes)
  }

  private func expectSameBits(_ before: Kernel, _ after: Kernel, _ sizes: [[Int]]) throws {
    for symbols in sizes {
      for seed in [1, 2] as [UInt64] {
        let inputs = Inputs(symbols: symbols, seed: seed)
        let expected = try before.outcome(inputs)
        for order in after.orders(seed) {
          let actual = try after.outcome(inputs, order: order)
          #expect(actual == expected, "symbols \(symbols), seed \(seed)\n\(after)")
        }
      }
    }
  }
}
