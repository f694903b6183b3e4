// The IR files of schedules and lanes.

import Foundation
import IRCore
import LoopIR
import LoopPasses
import Testing

/// IR file whose kernel's schedule is to be applied.
struct ScheduleFile: Sendable, CustomTestStringConvertible {
  var path: String

  var testDescription: String { path }

  static let all: [ScheduleFile] = ["schedule", "vectorize"].flatMap { folder in
    let found = try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")
    return (found ?? []).sorted().map { ScheduleFile(path: "\(folder)/\($0)") }
  }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "IR").path()

  private static let marker = "// expect\n"

  private var place: String { "\(Self.root)/\(path)" }

  /// The part before the expectation, and the expectation.
  var parts: (program: String, expected: String?) {
    get throws {
      let text = try String(contentsOfFile: place, encoding: .utf8)
      guard let found = text.range(of: Self.marker) else { return (text, nil) }
      return (String(text[..<found.lowerBound]), String(text[found.upperBound...]))
    }
  }

  /// The refusal that the file names.
  var expectedError: String? {
    get throws {
      try parts.program.split(separator: "\n").compactMap { line in
        line.range(of: "// error: ").map { String(line[$0.upperBound...]) }
      }.first
    }
  }

  func rewriteExpectation(_ text: String) throws {
    try (parts.program + Self.marker + text).write(
      toFile: place, atomically: true, encoding: .utf8)
  }
}

@Suite struct GoldenTests {
  @Test(arguments: ScheduleFile.all) func printsWhatItSays(_ file: ScheduleFile) throws {
    let kernel = try Kernel(parsing: try file.parts.program)
    try kernel.verify()
    if let message = try file.expectedError {
      let error = #expect(throws: PassFailure.self) { try Pass.applySchedule.run(kernel) }
      #expect(error?.message == "@\(kernel.name): \(message)")
      return
    }
    let result = try Pass.applySchedule.run(kernel)
    // Sums that may be regrouped round differently.
    let isExact = !kernel.schedule.contains { "\($0)".contains("reassociating") }
    for size in isExact ? [1, 9, 20] : [] {
      let inputs = Inputs(symbols: kernel.symbols.map { _ in size }, seed: 3)
      #expect(try kernel.outcome(inputs) == result.outcome(inputs))
    }
    let actual = result.description
    if ProcessInfo.processInfo.environment["UPDATE_IR"] != nil {
      try file.rewriteExpectation(actual)
    } else {
      let isCurrent = try file.parts.expected == actual
      #expect(isCurrent, "\(file.path) is out of date; rerun with UPDATE_IR=1")
    }
  }
}
