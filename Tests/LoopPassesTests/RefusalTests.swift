// Schedule steps that are not legal, and what they say.

import IRCore
import LoopIR
import LoopPasses
import Testing

/// A kernel's loops, a step and the refusal.
struct Refused: Sendable, CustomTestStringConvertible {
  var program: Program
  var step: ScheduleStep
  var message: String

  init(_ program: Program, _ step: ScheduleStep, _ message: String) {
    self.program = program
    self.step = step
    self.message = message
  }

  init(_ loops: String, _ step: ScheduleStep, _ message: String) {
    let head = "kernel @k(in %x: f32[n,m], inout %y: f32[n,m], in %p: i64[n]) symbols(n, m)"
    self.init(Program(text: "\(head) {\n\(loops)\n}\n", sizes: []), step, message)
  }

  var testDescription: String { message }

  static let all: [Refused] = forms + dependences + lanes + parallel

  static let forms = [
    Refused(
      .chain, .split("i", by: 0, outer: "a", inner: "b"),
      "cannot split %i by 0: the factor must be at least 1"),
    Refused(
      .chain, .split("j", by: 2, outer: "a", inner: "b"), "cannot split %j by 2: no loop %j"),
    Refused(
      .product, .split("i", by: 2, outer: "j", inner: "b"),
      "cannot split %i by 2: the name %j is taken"),
    Refused(
      .chain, .split("i", by: 2, outer: "a", inner: "a"),
      "cannot split %i by 2: both loops would be %a"),
    Refused(.chain, .unroll("i", by: 0), "cannot unroll %i by 0: the factor must be at least 1"),
    Refused(
      .chain, .unroll("i", by: 1 << 40),
      "cannot unroll %i by 1099511627776: the body would be too long"),
    Refused(
      .scratch, .reorder(["i", "j"]), "cannot reorder %i, %j: %j is not alone inside %i"),
    Refused(
      .product, .reorder(["i"]),
      "cannot reorder %i: two or more different loops are needed"),
    Refused(
      .triangle, .reorder(["j", "i"]), "cannot reorder %j, %i: the bounds of %j need %i"),
  ]

  static let dependences = [
    Refused(
      """
      for %i in 1..<n { for %j in 0..<m - 1 {
        %0 = load %y[%i - 1, %j + 1] : f32
        store %0, %y[%i, %j]
      } }
      """, .reorder(["j", "i"]),
      "cannot reorder %j, %i: store to %y at [%i, %j] depends on load of %y at [%i - 1, %j + 1]"),
    Refused(
      """
      for %i in 0..<n { for %j in 0..<m {
        %0 = load %x[%i, %j] : f32
        accumulate %y[0, 0] add= %0
      } }
      """, .reorder(["j", "i"]),
      "cannot reorder %j, %i: accumulate into %y at [0, 0] depends on "
        + "accumulate into %y at [0, 0]"),
    Refused(
      "for %i in 1..<n { %0 = load %y[%i - 1, 0] : f32\n store %0, %y[%i, 0] }",
      .parallelize("i"),
      "cannot parallelize %i: store to %y at [%i, 0] depends on load of %y at [%i - 1, 0]"),
    Refused(
      "for %i in 1..<n { %0 = load %y[%i - 1, 0] : f32\n store %0, %y[%i, 0] }",
      .vectorize("i", lanes: 4),
      "cannot vectorize %i by 4: store to %y at [%i, 0] depends on load of %y at [%i - 1, 0]"),
    Refused(
      "for %i in 0..<n { %0 = load %p[%i] : i64\n store 1.0, %y[%0, 0] }", .parallelize("i"),
      "cannot parallelize %i: store to %y at [%0, 0] depends on store to %y at [%0, 0]"),
  ]

  static let lanes = [
    Refused(
      .chain, .vectorize("i", lanes: 12),
      "cannot vectorize %i by 12: the lanes must be a power of two from 2 to 512"),
    Refused(
      .recurrence, .vectorize("i", lanes: 4),
      "cannot vectorize %i by 4: carried value %a goes from iteration to iteration"),
    Refused(
      .product, .vectorize("l", lanes: 4),
      "cannot vectorize %l by 4: accumulate into %c at [%i, %j] does not vary with %l"),
    Refused(
      "for %i in 0..<n step 2 { store 1.0, %y[%i, 0] }", .vectorize("i", lanes: 4),
      "cannot vectorize %i by 4: %i has step 2"),
    Refused(
      "parallel %i in 0..<n { store 1.0, %y[%i, 0] }", .vectorize("i", lanes: 4),
      "cannot vectorize %i by 4: %i is parallel"),
    Refused(
      "vector %i in 0..<2 step 2 { %v = splat 1.0 : 2xf32\n store %v, %y[%i + lane, 0] }",
      .vectorize("i", lanes: 4), "cannot vectorize %i by 4: %i runs in lanes already"),
    Refused(
      "for %i in 0..<2 { %v = splat 1.0 : 2xf32\n store %v, %y[%i, lane] }",
      .vectorize("i", lanes: 4), "cannot vectorize %i by 4: %v has lanes already"),
  ]

  static let parallel = [
    Refused(
      .product, .parallelize("j"), "cannot parallelize %j: the loop is not the outermost one"),
    Refused(.recurrence, .parallelize("i"), "cannot parallelize %i: carried value %a"),
    Refused(
      "store 1.0, %y[0, 0]\n for %i in 0..<n { store 2.0, %y[%i, 0] }", .parallelize("i"),
      "cannot parallelize %i: %i is beside statements that are no loops"),
    Refused(
      """
      local %t: f32[4] in stack
      for %i in 0..<n {
        %0 = load %t[0] : f32
        store %0, %y[%i, 0]
        store 1.0, %t[0]
      }
      """, .parallelize("i"),
      "cannot parallelize %i: load of %t at [0] may see what another iteration wrote"),
    Refused(
      """
      local %t: f32[8] in stack
      for %i in 0..<n {
        for %j in 0..<6 { store 1.0, %t[%j + 1] }
        for %k in 0..<7 {
          %0 = load %t[%k] : f32
          store %0, %y[%i, %k]
        }
      }
      """, .parallelize("i"),
      "cannot parallelize %i: load of %t at [%k] may see what another iteration wrote"),
  ]
}

@Suite struct RefusalTests {
  @Test(arguments: Refused.all) func saysWhy(_ refused: Refused) throws {
    let kernel = try refused.program.kernel
    try kernel.verify()
    let error = #expect(throws: ScheduleRefusal.self) { try kernel.applying(refused.step) }
    #expect(error?.description == refused.message)
  }

  @Test func failedPassNamesTheKernel() throws {
    var kernel = try Program.recurrence.kernel
    kernel.schedule = [.vectorize("i", lanes: 4)]
    let error = #expect(throws: PassFailure.self) { try Pass.applySchedule.run(kernel) }
    let message = "@recurrence: cannot vectorize %i by 4: carried value %a goes from iteration"
    #expect(error?.message.hasPrefix(message) == true)
  }
}

/// Dependences that the test must exclude.
@Suite struct DependenceTests {
  @Test(arguments: [
    // Blocks of 8 in one axis.
    "for %i in 0..<n { for %j in 0..<8 { %0 = load %y[0, 8*%i + %j] : f32\n"
      + "store %0, %y[0, 8*%i + %j] } }",
    // Even and odd places.
    "for %i in 0..<n { %0 = load %y[2*%i + 1, 0] : f32\n store %0, %y[2*%i, 0] }",
    // Ranges that do not meet.
    "for %i in 0..<8 { %0 = load %y[%i + 8, 0] : f32\n store %0, %y[%i, 0] }",
    // Blocks with a guarded end.
    "for %i in 0..<n step 16 { for %j in %i..<min(%i + 16, n) { store 1.0, %y[%j, 0] } }",
    // Lanes in a block.
    "for %i in 0..<n step 8 { %v = splat 1.0 : 8xf32\n store %v, %y[%i + lane, 0] }",
    // A value from outside the loop.
    "%s = load %p[0] : i64\n for %i in 0..<n { store 1.0, %y[%i + %s, 0] }",
    // One axis is enough.
    "for %i in 0..<n { %s = load %p[%i] : i64\n store 1.0, %y[%s, %i] }",
  ]) func iterationsAreIndependent(_ loops: String) throws {
    let kernel = try Refused(loops, .parallelize("i"), "").program.kernel
    try kernel.verify()
    let parallel = try kernel.applying(.parallelize("i"))
    #expect(parallel.body.count == 1)
    try parallel.verify()
  }

  @Test func distancesOfALaneCountAndMoreAreLegal() throws {
    let loops = "for %i in 0..<n { %0 = load %y[%i, 0] : f32\n store %0, %y[%i + 8, 0] }"
    let kernel = try Refused(loops, .parallelize("i"), "").program.kernel
    _ = try kernel.applying(.vectorize("i", lanes: 8))
    #expect(throws: ScheduleRefusal.self) { try kernel.applying(.vectorize("i", lanes: 16)) }
  }
}
