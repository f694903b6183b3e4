// The `eval` directives of IR files.

import Driver
import IRCore
import LoopIR
import TensorIR

extension IRFile {
  /// Runs each `// eval:` by the interpreters, before and after the file's passes, and as machine
  /// code on every row that runs here; returns what does not give the stated bits, in words.
  public func evaluationFailures() -> [String] {
    directives("eval").flatMap { line, text -> [String] in
      do {
        let module = try Module(parsing: program)
        let after = expectedError == nil ? try transformed(module) : module
        let call = try EvaluatedCall(text, in: module)
        return try call.failures(module, after, row).map { "line \(line): \($0)" }
      } catch {
        return ["line \(line): \(error)"]
      }
    }
  }
}

extension EvaluatedCall {
  fileprivate func failures(
    _ before: Module, _ after: Module, _ row: TargetRow
  ) throws -> [String] {
    var failures: [String] = []
    func check(_ what: String, _ found: [TensorValue]) {
      if let words = difference(found, results) { failures.append("\(what): \(words)") }
    }
    if before.kernel(named: name) != nil {
      for (when, module) in [("before", before), ("after", after)] {
        guard let kernel = module.kernel(named: name) else { continue }
        let types = results.map { (type: $0.type, extents: $0.extents) }
        let symbols = kernel.symbols.map { self.symbols[$0] ?? 0 }
        let interpreted = try kernel.interpreted(arguments, types, row: row, symbols: symbols)
        check("interpreted \(when)", interpreted)
        for row in TargetRow.runnable {
          let memory = try JITKernel(kernel, for: row).run(
            kernel.memory(arguments, types), symbols: symbols)
          check("on \(row.name) \(when)", kernel.written(memory, types))
        }
      }
      return failures
    }
    for module in [before, after] where module.graph(named: name) != nil {
      check(
        "interpreted",
        try GraphInterpreter.run(
          module, name, inputs: arguments, symbols: symbols, row: row))
    }
    guard symbols.isEmpty, before.graphs.first?.name == name else { return failures }
    for row in TargetRow.runnable {
      let compiler = Compiler(CompilerOptions(row: row, threads: 1, verifiesPasses: true))
      check("on \(row.name)", try compiler.compile(before).run(arguments))
    }
    return failures
  }
}
