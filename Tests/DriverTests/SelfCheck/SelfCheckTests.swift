// Self-check: nothing is wrong with what is right, and planted mistakes are found and named.

import Driver
import IRCore
import LoopIR
import TensorIR
import TestSupport
import Testing

@Suite struct SelfCheckTests {
  private static let options = CompilerOptions(row: .host, verifiesPasses: true)

  @Test func programsAreWellFormed() {
    #expect(SelfCheckProgram.all.count == SelfCheckProgram.texts.count)
  }

  @Test(arguments: TargetRow.runnable) func findsNothingWrong(row: TargetRow) throws {
    let check = SelfCheck(Compiler(CompilerOptions(row: row, verifiesPasses: true)))
    for program in SelfCheckProgram.all {
      let report = try check.report(
        program.module, program.inputs, updates: program.module.possibleUpdates)
      #expect(report == nil, "\(report?.text(file: nil) { _ in nil } ?? "")")
    }
  }

  /// What became of one planted mistake.
  private struct Outcome {
    /// Whether results of whole programs show it, as the other tests compare them.
    var isSeen = false
    var report: SelfCheckReport?
  }

  private static func outcome(of bug: SeededBug) throws -> Outcome {
    let compiler = bug.compiler(options)
    var outcome = Outcome()
    for program in SelfCheckProgram.all where outcome.report == nil {
      let updates = program.module.possibleUpdates
      outcome.report = try SelfCheck(compiler, seconds: 2).report(
        program.module, program.inputs, updates: updates)
      outcome.isSeen = outcome.isSeen || isWrong(program, updates, compiler)
    }
    return outcome
  }

  /// Holds results after each stage, and compiled ones, to those of the traced program.
  private static func isWrong(
    _ program: SelfCheckProgram, _ updates: [Int?], _ compiler: Compiler
  ) -> Bool {
    do {
      let (row, passes) = (options.row, compiler.passes)
      let expected = try program.module.interpreted(program.inputs, row: row)
      let lowered = try (passes.tensor + passes.lowering).reduce(program.module) {
        try $1.run($0)
      }
      let scheduled = try lowered.mapKernels { kernel in
        try passes.schedule(kernel, for: row, verifies: true)
      }
      for module in [lowered, scheduled] {
        let found = try module.interpreted(program.inputs, row: row)
        if difference(found, expected) != nil { return true }
      }
      let function = try compiler.compile(program.module, updates: updates)
      return difference(try function.run(program.inputs, owned: true), expected) != nil
    } catch {
      return true
    }
  }

  /// At least 20 mistakes; all but two, and no fewer than 18, are found and named.
  @Test func plantedMistakesAreFoundAndNamed() throws {
    var seen = 0
    var found = 0
    var named = 0
    for bug in SeededBug.all {
      let outcome = try Self.outcome(of: bug)
      seen += outcome.isSeen ? 1 : 0
      guard let report = outcome.report else {
        print("not found: \(bug.testDescription)")
        continue
      }
      found += 1
      if report.stage == bug.guilty {
        named += 1
      } else {
        print("\(bug.testDescription): named \(report.guilty)")
      }
      #expect(report.shrunkText.contains("graph @main") && report.shrunkCount > 0)
    }
    let count = SeededBug.all.count
    print("\(count) mistakes: \(seen) seen, \(found) found, \(named) named")
    #expect(count >= 20)
    #expect(min(seen, found, named) >= max(18, count - 2))
  }

  /// The report says where, what and how to see it again; the file that it names shows it again.
  @Test func reportLeadsToTheMistake() throws {
    let bug = try #require(SeededBug.inModules.first)
    let program = SelfCheckProgram.all[0]
    let report = try #require(
      try SelfCheck(bug.compiler(Self.options)).report(program.module, program.inputs))
    let text = report.text(file: "/tmp/a.lathe") { _ in "Net.swift:7" }
    #expect(text.contains("guilty: canonicalize"))
    #expect(text.contains("sub in Net.swift:7"))
    #expect(
      text.contains(
        "lathe opt /tmp/a.lathe --passes inline-calls,expand-arguments,canonicalize --dump-after"))
    #expect(report.shrunkCount == 1, "\(report.shrunkText)")
    let small = try Module(parsing: report.shrunkText)
    let line = try #require(EvaluatedCall.directives("eval", in: report.shrunkText).first?.text)
    let call = try EvaluatedCall(line, in: small)
    let expected = try small.interpreted(call.arguments, row: .host)
    #expect(difference(call.results, expected) == nil)
    let wrong = try bug.compiler(Self.options).compile(small).run(call.arguments)
    #expect(difference(wrong, expected) != nil)
  }
}
