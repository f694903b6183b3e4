// Schedules that the planner writes.

import IRCore
import LoopIR
import LoopPasses
import Testing

/// Kernel, target row and the schedule that the plan should be.
struct Planned: Sendable, CustomTestStringConvertible {
  var program: Program
  var row: TargetRow
  var schedule: String

  var testDescription: String { "\(row.name): \(schedule)" }

  init(_ text: String, _ schedule: String, row: TargetRow = .avx512) {
    self.init(Program(text: text, sizes: []), schedule, row: row)
  }

  init(_ program: Program, _ schedule: String, row: TargetRow = .avx512) {
    self.program = program
    self.row = row
    self.schedule = schedule
  }

  /// `y = √x` over a shape.
  static func sqrt(_ shape: [Int], type: String = "f32") -> String {
    let names = ["a", "b", "c"].prefix(shape.count)
    let indices = names.map { "%\($0)" }.joined(separator: ", ")
    let extents = shape.map(String.init).joined(separator: ",")
    let loops = zip(names, shape).map { "for %\($0) in 0..<\($1) {" }.joined(separator: "\n")
    return """
      kernel @sqrt(in %x: \(type)[\(extents)], out %y: \(type)[\(extents)]) {
        \(loops)
        %0 = load %x[\(indices)] : \(type)
        %1 = sqrt %0 : \(type)
        store %1, %y[\(indices)]
        \(names.map { _ in "}" }.joined(separator: "\n"))
      }
      """
  }

  static let all = [
    // Little work stays on one thread; twice the native width where registers allow.
    Planned(sqrt([1000]), "vectorize %a by 32"),
    Planned(sqrt([1000]), "vectorize %a by 16", row: .avx2),
    Planned(sqrt([1000]), "vectorize %a by 8", row: .sse2),
    Planned(sqrt([1000], type: "f64"), "vectorize %a by 16"),
    Planned(sqrt([5]), "vectorize %a by 8"),
    Planned(sqrt([1]), ""),
    // Much work goes in blocks.
    Planned(
      sqrt([1 << 22]),
      "split %a by 65536 into %a_block %a_in, parallelize %a_block, vectorize %a_in by 32"),
    Planned(
      sqrt([4096, 1024]),
      "split %a by 64 into %a_block %a_in, parallelize %a_block, vectorize %b by 32"),
    // A short outer axis: blocks of the inner one go outermost.
    Planned(
      sqrt([2, 1 << 20]),
      "split %b by 32768 into %b_block %b_in, reorder %b_block %a, parallelize %b_block, "
        + "vectorize %b_in by 32"),
    // Chains of a loop per element want company.
    Planned(
      .mandelbrot,
      "split %r by 8 into %r_block %r_in, parallelize %r_block, vectorize %c by 64"),
    // Sums keep their order: lanes go across them.
    Planned(.product, "parallelize %i, vectorize %j by 32"),
    Planned(.recurrence, ""),
    Planned(.fibonacci, ""),
  ]
}

@Suite struct PlanTests {
  @Test(arguments: Planned.all) func choosesBySizeAndRow(_ planned: Planned) throws {
    let kernel = try Pass.plan(for: planned.row).run(planned.program.kernel)
    let schedule = kernel.schedule.map(\.description).joined(separator: ", ")
    #expect(schedule == planned.schedule)
    #expect(try Pass.applySchedule.run(kernel).schedule.isEmpty)
  }

  @Test(
    arguments: [
      Program.chain, .recurrence, .fibonacci, .mandelbrot, .triangle, .window, .cutWindow,
      .ragged, .choices, .scatter, .product, .scratch, .mixed,
    ], TargetRow.all)
  func keepsBits(_ program: Program, _ row: TargetRow) throws {
    let kernel = try program.kernel
    let planned = try Pipeline(LoopPasses.standard(for: row)).run(kernel)
    for symbols in program.sizes {
      let inputs = Inputs(symbols: symbols, seed: 5)
      let expected = try kernel.outcome(inputs, row: row)
      for order in planned.orders(5) {
        #expect(try planned.outcome(inputs, order: order, row: row) == expected)
      }
    }
  }
}
