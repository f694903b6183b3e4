// What has no file below IR/ yet.

import Driver
import Foundation
import IRCore
import LoopIR
import TensorIR
import TestSupport
import Testing

@Suite struct Coverage {
  /// Every pass has a file that runs it.
  @Test func everyPassHasAFile() {
    let run = Set(IRFile.all.flatMap(\.stages))
    let names = PassList.all(for: .avx2).map(\.name)
    #expect(names.filter { !run.contains($0) } == [])
  }

  /// Every step of a schedule is applied in one file and refused in another.
  @Test func everyScheduleStepIsAppliedAndRefused() {
    let applied = IRFile.all.filter { $0.expectedError == nil && $0.stages == ["apply-schedule"] }
    let refused = IRFile.all.compactMap { $0.expectedError?.text }
    let steps = [
      "split", "reorder", "fuse", "unroll", "vectorize", "parallelize", "pad", "specialize",
      "computeAt", "localize", "stage", "promote",
      "scan", "privatize", "foldStorage", "skew", "skewStorage", "share", "splitScan", "overlap",
      "merge", "shrink",
    ]
    #expect(steps.filter { step in !applied.contains { $0.program.contains("\(step) %") } } == [])
    #expect(steps.filter { step in !refused.contains { $0.contains("cannot \(step)") } } == [])
  }

  /// Every kind of node that programs may have today is in a file that works.
  @Test func everyNodeKindHasAFile() throws {
    let modules = IRFile.all.filter { $0.expectedError == nil }
      .compactMap { try? Module(parsing: $0.program) }
    let found = Set(
      modules.flatMap(\.graphs).flatMap(\.nodes).map { node in
        if case .elementwise = node.kind { "elementwise" } else { node.kind.keyword }
      })
    let kinds = [
      "parameter", "constant", "iota", "elementwise", "view", "call", "kernel", "reduce", "scan",
      "contract", "loop", "conditional", "custom",
    ]
    #expect(kinds.filter { !found.contains($0) } == [])
  }

  /// Every message of the verifiers is the `error:` of a file, or, where text cannot break the
  /// rule, stands in a test of the level.
  @Test(arguments: ["LoopIR", "TensorIR"]) func everyRuleIsBrokenInAFile(level: String) throws {
    let package = IRFile.root.deletingLastPathComponent()
    let tests = package.appending(path: "Tests/\(level)Tests/VerifierTests.swift")
    let errors =
      IRFile.all.compactMap { $0.expectedError?.text }
      + (try String(contentsOf: tests, encoding: .utf8)).components(separatedBy: "\n")
    let sources = package.appending(path: "Sources/\(level)")
    let names = try FileManager.default.contentsOfDirectory(atPath: sources.path())
    var missing: [String] = []
    for name in names.sorted() where name.hasPrefix("Verifier") {
      let text = try String(contentsOf: sources.appending(path: name), encoding: .utf8)
      for message in Self.messages(in: text)
      where !Self.covered(message, errors) && !Self.unreachable.contains(where: message.contains) {
        missing.append("\(name): \(message)")
      }
    }
    #expect(missing == [])
  }

  /// Messages of rules that an earlier rule always breaks with.
  private static let unreachable = ["is defined, but the kernel has no such variable"]

  /// The string literals that hold a blank and stand behind `error(`, `fail(` or the like.
  private static func messages(in source: String) -> [String] {
    var messages: [String] = []
    for line in source.split(separator: "\n") where !line.drop(while: { $0 == " " }).hasPrefix("//")
    {
      var rest = line[...]
      while let open = rest.firstIndex(of: "\"") {
        var depth = 0
        var end = rest.index(after: open)
        while end < rest.endIndex, rest[end] != "\"" || depth > 0 {
          if rest[end] == "(" {
            depth += depth > 0 ? 1 : rest[rest.index(before: end)] == "\\" ? 1 : 0
          }
          if rest[end] == ")", depth > 0 { depth -= 1 }
          end = rest.index(after: end)
        }
        let literal = String(rest[rest.index(after: open)..<end])
        if literal.contains(" "), literal.count > 12 { messages.append(literal) }
        rest = end < rest.endIndex ? rest[rest.index(after: end)...] : rest[end...]
      }
    }
    return messages
  }

  /// Whether an error has the literal's fixed parts in order.
  private static func covered(_ message: String, _ errors: [String]) -> Bool {
    var parts: [String] = [""]
    var depth = 0
    var previous: Character?
    for character in message {
      if depth > 0 {
        depth += character == "(" ? 1 : character == ")" ? -1 : 0
      } else if character == "(", previous == "\\" {
        parts[parts.count - 1].removeLast()
        parts.append("")
        depth = 1
      } else {
        parts[parts.count - 1].append(character)
      }
      previous = character
    }
    return errors.contains { error in
      var rest = error[...]
      for part in parts where !part.isEmpty {
        guard let found = rest.range(of: part) else { return false }
        rest = rest[found.upperBound...]
      }
      return true
    }
  }
}
