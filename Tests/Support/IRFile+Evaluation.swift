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

/// A call with its arguments and the results that it must give.
private struct EvaluatedCall {
  let name: String
  var symbols: [String: Int] = [:]
  var arguments: [TensorValue] = []
  var results: [TensorValue] = []

  /// Reads `@f(n: 3, [1.0, 2.0, 3.0]) == [6.0]`.
  init(_ text: String, in module: Module) throws {
    var reader = try TokenReader(text)
    name = try reader.expect(.symbol, "the name of a graph or kernel").text
    try reader.expect("(")
    while reader.next.kind == .word, reader.second.text == ":" {
      let symbol = reader.take().text
      try reader.expect(":")
      symbols[symbol] = try reader.integer()
      _ = reader.takeIf(",")
    }
    let (parameters, results) = try Self.types(of: name, in: module, reader)
    for type in parameters { arguments.append(try value(type, &reader)) }
    try reader.expect(")")
    try reader.expect("==")
    for type in results { self.results.append(try value(type, &reader)) }
  }

  private static func types(
    of name: String, in module: Module, _ reader: TokenReader
  ) throws -> ([TensorType], [TensorType]) {
    if let graph = module.graph(named: name) {
      return (
        graph.parameters.map { graph[$0].types[0] }, graph.results.map { graph[type: $0] }
      )
    }
    guard let kernel = module.kernel(named: name) else {
      throw reader.error("no graph or kernel @\(name)")
    }
    func types(_ roles: [Buffer.Role]) -> [TensorType] {
      kernel.buffers.filter { roles.contains($0.role) }.map { TensorType($0.type, $0.shape) }
    }
    return (types([.input, .inout_]), types([.output, .inout_]))
  }

  /// Reads a list; its brackets may nest, and its length must be that of the type.
  private func value(_ type: TensorType, _ reader: inout TokenReader) throws -> TensorValue {
    let extents = type.shape.map { extent in
      extent.evaluate { atom in
        if case .symbol(let symbol) = atom { symbols[symbol] } else { nil }
      } ?? 0
    }
    var depth = 0
    var elements: [Literal] = []
    repeat {
      if reader.takeIf("[") {
        depth += 1
      } else if reader.takeIf("]") {
        depth -= 1
      } else if depth == 0 || !reader.takeIf(",") {
        elements.append(try reader.literal(implied: type.dtype))
      }
    } while depth > 0
    _ = reader.takeIf(",")
    guard elements.count == extents.reduce(1, *) else {
      throw reader.error("\(extents.reduce(1, *)) elements expected, found \(elements.count)")
    }
    return TensorValue(type.dtype, extents, elements)
  }

  func failures(_ before: Module, _ after: Module, _ row: TargetRow) throws -> [String] {
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
