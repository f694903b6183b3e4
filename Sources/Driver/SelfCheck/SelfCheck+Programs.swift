// Whole programs beside the interpreter.

import IRCore
import TensorIR

extension SelfCheck {
  /// What goes wrong where every kernel is right.
  func programFinding(
    _ program: ProgramCase, _ lowered: Module, _ expected: [TensorValue], updates: [Int?],
    kept: Range<Int>, _ passes: [String]
  ) -> SelfCheckFinding? {
    guard let graph = lowered.graphs.first else { return nil }
    let planned = self.passes.updates(graph, updates)
    let runs: [(name: String, difference: () throws -> String?)] = [
      (
        "layout",
        { try difference(compiler.function(graph, threads: 1), program.inputs, expected) }
      ),
      (
        "update in place",
        {
          let function = try compiler.function(graph, updates: planned, threads: 1)
          return difference(function, program.inputs, expected)
        }
      ),
      (
        "threads",
        {
          let function = try compiler.function(graph, updates: planned)
          return difference(function, program.inputs, expected)
        }
      ),
      (
        "pack-kept-factors",
        {
          if kept.isEmpty { return nil }
          return try keptDifference(program, expected, updates: updates, kept: kept)
        }
      ),
    ]
    for run in runs {
      let found: String?
      do { found = try run.difference() } catch { found = "\(error)" }
      if let found {
        return SelfCheckFinding(guilty: run.name, difference: found, passes: passes)
      }
    }
    return nil
  }

  /// How results differ where inputs are kept or given up.
  private func difference(
    _ function: CompiledFunction, _ inputs: [TensorValue], _ expected: [TensorValue]
  ) -> String? {
    function.difference(on: inputs, from: expected)
      ?? (function.updates.isEmpty
        ? nil : function.difference(on: inputs, from: expected, owned: true))
  }

  private func keptDifference(
    _ program: ProgramCase, _ expected: [TensorValue], updates: [Int?], kept: Range<Int>
  ) throws -> String? {
    let function = try compiler.compile(program.module, updates: updates, kept: kept)
    var storages = try program.inputs.map { try Storage($0.bytes) }
    storages.replaceSubrange(kept, with: try function.prepared(Array(storages[kept])))
    let results = try function(storages)
    let values = zip(results, expected).map { result, value in
      TensorValue(value.type, value.extents, bytes: result.withUnsafeBytes { Array($0) })
    }
    return TensorIR.difference(values, expected)
  }
}
