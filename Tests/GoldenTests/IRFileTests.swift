// Every file below IR/ does what it says.

import Foundation
import IRCore
import TensorIR
import TestSupport
import Testing

@Suite struct IRFiles {
  @Test(arguments: IRFile.all) func doesWhatItSays(file: IRFile) throws {
    let evaluation = file.evaluationFailures()
    #expect(evaluation == [])
    let outcome = file.run()
    #expect(outcome == file.run(), "two runs differ")
    if let expected = file.expectedError {
      guard case .error(let message, let line) = outcome else {
        Issue.record("no error, expected: \(expected.text)")
        return
      }
      #expect(message.contains(expected.text))
      if let line { #expect(line == expected.line) }
      return
    }
    guard case .text(let text) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    for (word, count) in file.counts {
      let found = text.count(ofWords: word)
      #expect(found == count, "'\(word)' stands \(found) times in:\n\(text.prefix(4000))")
    }
    if !file.reasons.isEmpty {
      let decisions = try file.fusionDecisions()
      for reason in file.reasons {
        #expect(decisions.contains { $0.contains(reason) }, "\(reason) is none of \(decisions)")
      }
    }
    try checkReadingBack(text, file)
    guard let expected = file.expected else { return }
    if IRFile.isUpdating, evaluation.isEmpty {
      if expected != text { try file.rewriteExpectation(text) }
    } else {
      #expect(text == expected, "rerun with UPDATE_IR=1, and read what changes")
    }
  }

  private func checkReadingBack(_ text: String, _ file: IRFile) throws {
    guard let last = file.stages.last, last != "llvm", last != "assembly" else { return }
    #expect(try Module(parsing: text).description == text, "does not read back")
  }

  /// The runner itself: a wrong value, and words that stand inside other words.
  @Test func noticesWhatIsWrong() {
    let program = """
      // run: interpret
      // eval: @f([1.0, 2.0]) == [2.0, 4.5]
      graph @f(%x: f32[2]) -> f32[2] {
        %0 = add %x, %x : f32[2]
        return %0
      }

      """
    let failures = IRFile(path: "wrong", text: program).evaluationFailures()
    #expect(failures.count == 2 + TargetRow.runnable.count)
    #expect(failures.first == "line 2: interpreted: result 0 at 1: 4.0, not 4.5")
    #expect("load loaded unload load".count(ofWords: "load") == 2)
    #expect("for %i, formal".count(ofWords: "for %i") == 1)
  }

  /// One number for all that the files print.
  static var digest: UInt64 {
    IRFile.all.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { state, file in
      "\(file.run())".utf8.reduce(state) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
  }

  /// Swift seeds hashing per process, so order that came from a set would differ.
  @Test func anotherProcessPrintsTheSame() async throws {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      print("digest \(IRFiles.digest)")
    }
    let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    let isSame = output.contains("digest \(Self.digest)")
    #expect(isSame, "the other process printed something else")
  }
}
