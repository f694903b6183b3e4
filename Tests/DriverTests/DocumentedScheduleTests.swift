// The schedule that an article goes through.

import Foundation
import IRCore
import LoopIR
import LoopPasses
import TestSupport
import Testing

@Suite struct DocumentedScheduleTests {
  private static let article = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Sources/Lathe/Lathe.docc/MatrixProduct.md")

  /// The lines of the article's block of that name.
  private func block(_ name: String) throws -> [String] {
    let lines = try String(contentsOf: Self.article, encoding: .utf8).split(separator: "\n")
    return lines.drop { $0 != "```\(name)" }.dropFirst().prefix { $0 != "```" }
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// The plain nests of a product with the schedule of all five loops.
  private func fiveLoops(_ sizes: [Int]) throws -> Kernel {
    let steps = try block("five-loops").joined(separator: " ")
    var text = try Product(sizes).kernel.description
    let head = try #require(text.range(of: ") {"))
    text.replaceSubrange(head, with: ") schedule [\(steps)] {")
    return try Kernel(parsing: text)
  }

  /// The schedule with all five loops has those that the article shows.
  @Test func fiveLoopsAreShown() throws {
    let text = try Pass.applySchedule.run(fiveLoops([1024, 1024, 1024])).description
    var rest = text[...]
    let lines = try block("five-loops-result")
    #expect(lines.count == 7)
    for line in lines {
      let found = rest.range(of: line)
      #expect(found != nil, "'\(line)' is not in what is left of:\n\(text)")
      rest = found.map { rest[$0.upperBound...] } ?? rest
    }
  }

  /// It keeps the bits, also where rows and sums fill no whole blocks.
  @Test func fiveLoopsKeepBits() throws {
    let scheduled = try Pass.applySchedule.run(fiveLoops([210, 160, 600]))
    let kernel = try Product([210, 160, 600]).kernel
    for row in TargetRow.runnable {
      let run = KernelCase(kernel, symbols: [], seed: 7)
      let expected = try run.compiled(kernel, row: row)
      #expect(run.difference(try run.compiled(scheduled, row: row), expected) == nil)
    }
  }

  /// The article's blocks of steps and of loops, in order.
  private func blocks() throws -> [(isSteps: Bool, lines: [String])] {
    var result: [(Bool, [String])] = []
    var open: (Bool, [String])?
    for line in try String(contentsOf: Self.article, encoding: .utf8).split(separator: "\n") {
      if line == "```schedule" || line == "```loops" {
        open = (line == "```schedule", [])
      } else if line == "```" {
        if let block = open { result.append(block) }
        open = nil
      } else {
        open?.1.append(line.trimmingCharacters(in: .whitespaces))
      }
    }
    return result
  }

  /// Every line of loops that the article shows stands in what its steps so far make, in order;
  /// all steps together are the planner's.
  @Test func matrixProductGoesThroughThePlan() throws {
    let kernel = try Product([1024, 1024, 1024]).kernel
    let planned = try Pass.plan(for: .avx512).run(kernel).schedule
    var count = 0
    for block in try blocks() {
      if block.isSteps {
        let steps = planned.dropFirst(count).prefix(block.lines.count).map(\.description)
        #expect(block.lines == steps)
        count += block.lines.count
        continue
      }
      var partial = kernel
      partial.schedule = Array(planned.prefix(count))
      let text = try Pass.applySchedule.run(partial).description
      var rest = text[...]
      for line in block.lines {
        let found = rest.range(of: line)
        #expect(found != nil, "'\(line)' is not in what is left of:\n\(text)")
        rest = found.map { rest[$0.upperBound...] } ?? rest
      }
    }
    #expect(count == planned.count)
  }
}
