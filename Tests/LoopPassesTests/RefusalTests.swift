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

  static let all: [Refused] = forms + dependences + lanes + parallel + regrouping + tiles

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

  static let tiles = [
    Refused(
      .sweeps, .overlap(["p"], by: [0]),
      "cannot overlap %p by 0: one size of at least 1 expected for each loop"),
    Refused(
      .sweeps, .overlap(["p", "p"], by: [4, 4]),
      "cannot overlap %p %p by 4 4: two loops run along one axis"),
    Refused(
      .sweeps, .overlap(["f"], by: [4]),
      "cannot overlap %f by 4: %f is not in the last nest, or writes nothing"),
    Refused(
      .wavefront, .overlap(["j"], by: [4]),
      "cannot overlap %j by 4: %y has an extent that is not constant"),
    Refused(
      """
      for %i in 0..<n {
        for %j in 0..<m {
          store 1.0, %y[%i, %j]
        }
      }
      """, .overlap(["i"], by: [4]),
      "cannot overlap %i by 4: %y is read and written by all tiles"),
  ]

  static let regrouping = [
    Refused(
      .recurrence, .scan("i", lanes: 8, reassociates: true),
      "cannot scan %i by 8: the next %a is no add, mul, min, max, and, or or xor of it and a value "
        + "that no carried value enters"),
    Refused(
      .runningTotals, .scan("i", lanes: 3, reassociates: false),
      "cannot scan %i by 3: the lanes must be a power of two from 2 to 512"),
    Refused(
      .chain, .scan("i", lanes: 8, reassociates: false),
      "cannot scan %i by 8: %i carries no value; vectorize it"),
    Refused(
      """
      %s = for %i in 0..<n (%a = 0.0 : f32) {
        %0 = load %x[%i, 0] : f32
        %1 = add %a, %0 : f32
        store %1, %y[%i, 0]
        yield %1
      }
      """, .scan("i", lanes: 8, reassociates: false),
      "cannot scan %i by 8: add of f32 rounds differently in another order; reassociating allows "
        + "that"),
    Refused(
      """
      %s = for %i in 1..<n (%a = 0.0 : f32) {
        %0 = load %y[%i - 1, 0] : f32
        %1 = add %a, %0 : f32
        store %1, %y[%i, 0]
        yield %1
      }
      """, .scan("i", lanes: 8, reassociates: true),
      "cannot scan %i by 8: store to %y at [%i, 0] depends on load of %y at [%i - 1, 0]"),
    Refused(
      """
      %s = for %i in 0..<n (%a = 0.0 : f32) {
        %0 = load %x[%i, 0] : f32
        %1 = add %a, %0 : f32
        store %1, %y[%i, 0]
        %2 = load %x[%i, 1] : f32
        store %2, %y[%i, 1]
        yield %1
      }
      """, .scan("i", lanes: 8, reassociates: true),
      "cannot scan %i by 8: a statement that touches memory comes after one that a carried value "
        + "enters"),
    Refused(
      .histogram, .privatize("g", at: "i", into: "c", reassociates: false),
      "cannot privatize %g at %i: no buffer %g"),
    Refused(
      .histogram, .privatize("h", at: "i", into: "x", reassociates: false),
      "cannot privatize %h at %i: the name %x is taken"),
    Refused(
      .histogram, .privatize("x", at: "i", into: "c", reassociates: false),
      "cannot privatize %x at %i: load of %x at [%i] is no accumulation into it"),
    Refused(
      Program(
        text: """
          kernel @k(in %x: i64[40], inout %h: i32[8,4]) {
            parallel %b in 0..<8 {
              for %i in 0..<5 {
                %0 = load %x[5 * %b + %i] : i64
                accumulate %h[%b, %0] add= 1
              }
            }
          }
          """, sizes: []), .privatize("h", at: "i", into: "c", reassociates: false),
      "cannot privatize %h at %i: iterations of the parallel loop around %i would meet in %h"),
    Refused(
      .product, .privatize("c", at: "i", into: "d", reassociates: false),
      "cannot privatize %c at %i: %i does not run a constant number of times"),
    Refused(
      Program(
        text: """
          kernel @k(in %x: f32[40], inout %h: f32) {
            for %i in 0..<40 {
              %0 = load %x[%i] : f32
              accumulate %h[] add= %0
            }
          }
          """, sizes: []), .privatize("h", at: "i", into: "c", reassociates: false),
      "cannot privatize %h at %i: add of f32 rounds differently in another order; reassociating "
        + "allows that"),
    Refused(
      .rollingRows, .foldStorage("y", at: "i", by: 2),
      "cannot foldStorage %y at %i by 2: %y is a "
        + "parameter"),
    Refused(
      .rollingRows, .foldStorage("t", at: "i", by: 1),
      "cannot foldStorage %t at %i by 1: an iteration reads 1 places behind what it writes"),
    Refused(
      .rollingRows, .foldStorage("t", at: "j", by: 8),
      "cannot foldStorage %t at %j by 8: load of %t at [%i, -%j + 5] is not %j plus a constant"),
    Refused(
      Program(
        text: """
          kernel @k(in %x: f32[40], out %y: f32[40]) {
            local %t: f32[41] in stack
            store 0.0, %t[40]
            for %i in 0..<40 {
              %0 = load %x[%i] : f32
              store %0, %t[%i]
              store %0, %y[%i]
            }
          }
          """, sizes: []), .foldStorage("t", at: "i", by: 4),
      "cannot foldStorage %t at %i by 4: store to %t at [40] is not among the last 4 places where "
        + "%i starts"),
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
      """
      %0 = load %y[0, 0] : f32
      store %0, %y[0, 1]
      for %i in 0..<n { store %0, %y[%i, 0] }
      """, .parallelize("i"), "cannot parallelize %i: %0 is used in several phases"),
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
