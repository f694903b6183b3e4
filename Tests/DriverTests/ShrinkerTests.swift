// The tests' own tools: programs shrink, and what is saved runs as an IR file.

import Driver
import IRCore
import TensorIR
import TestSupport
import Testing

@Suite struct ShrinkerTests {
  /// A fault of one row shrinks to that row on one element.
  @Test func leavesWhatFailsAlone() throws {
    func fails(_ program: RandomProgram) -> String? {
      // Only what a result needs counts.
      let live = program.keeping(program.graph.results).graph
      return live.nodes.contains { $0.kind == .elementwise(.div) } ? "divides" : nil
    }
    let programs = (0..<200 as Range<UInt64>).map { RandomProgram(seed: $0) }
    let failing = programs.filter { fails($0) != nil }
    try #require(failing.count > 10)
    for program in failing.prefix(10) {
      let (small, reason) = Shrinker(row: .avx2, fails: fails).shrink(program, "divides")
      #expect(reason == "divides")
      let computed = small.graph.nodes.filter { !$0.isParameter }
      #expect(computed.count == 1, "\(small.module)")
      let file = IRFile(path: "shrunk", text: small.fileText(reason, row: .avx2))
      #expect(file.evaluationFailures() == [])
    }
  }

  /// Equal seeds draw equal programs, and every program is well formed.
  @Test func drawsBySeedAlone() throws {
    for seed in 0..<100 as Range<UInt64> {
      let program = RandomProgram(seed: seed)
      try program.module.verify()
      #expect(program.module == RandomProgram(seed: seed).module)
      #expect(program.inputs == RandomProgram(seed: seed).inputs)
    }
  }

  /// Over all seeds every row and every kind of node that programs may have is drawn.
  @Test func drawsEveryRow() {
    var rows: Set<String> = []
    for seed in 0..<600 as Range<UInt64> {
      for node in RandomProgram(seed: seed).module.graphs.flatMap(\.nodes) {
        rows.insert(node.kind.keyword)
      }
    }
    let missing = Elementwise.all.map(\.name).filter { !rows.contains($0) }
    #expect(missing == [])
    #expect(["constant", "iota", "view", "call"].filter { !rows.contains($0) } == [])
  }
}
