// The `eval` lines of IR files.

package import IRCore
import LoopIR

/// A call with its arguments and the results that it must give.
package struct EvaluatedCall: Sendable {
  /// The graph or kernel.
  package let name: String
  /// Extents by symbol.
  package private(set) var symbols: [String: Int] = [:]
  /// One per parameter that is read.
  package private(set) var arguments: [TensorValue] = []
  /// What must come out.
  package private(set) var results: [TensorValue] = []

  /// Reads `@f(n: 3, [1.0, 2.0, 3.0]) == [6.0]`.
  package init(_ text: String, in module: Module) throws(TextError) {
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
  ) throws(TextError) -> ([TensorType], [TensorType]) {
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
  private func value(
    _ type: TensorType, _ reader: inout TokenReader
  ) throws(TextError) -> TensorValue {
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
}

extension EvaluatedCall {
  /// What follows `// name: ` on each line of a text that has it, with the line's number from 1.
  package static func directives(_ name: String, in text: String) -> [(line: Int, text: String)] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let mark = "// \(name): "
    return lines.enumerated().compactMap { index, line in
      guard let range = line.firstRange(of: mark) else { return nil }
      return (index + 1, String(line[range.upperBound...]))
    }
  }
}
