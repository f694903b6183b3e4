// The schedule that an article goes through.

import Foundation
import IRCore
import LoopIR
import LoopPasses
import Testing

@Suite struct DocumentedScheduleTests {
  private static let article = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Sources/Lathe/Lathe.docc/MatrixProduct.md")

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
