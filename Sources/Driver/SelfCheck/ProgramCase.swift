// A program with what it is run on.

package import IRCore
package import LoopIR
package import TensorIR

/// A module with inputs for its first graph.
package struct ProgramCase: Sendable {
  /// What it is called in files.
  package let name: String
  /// The graph and what it calls.
  package var module: Module
  /// One per parameter of the first graph.
  package var inputs: [TensorValue]

  /// The first graph.
  package var graph: Graph { module.graphs[0] }

  /// Keeps a module and inputs that fit it.
  package init(name: String, module: Module, inputs: [TensorValue]) {
    self.name = name
    self.module = module
    self.inputs = inputs
  }

  /// What the reference interpreters make of the first graph, kernels included.
  package func interpreted(row: TargetRow) throws(GraphInterpreterError) -> [TensorValue] {
    try GraphInterpreter.run(module, graph.name, inputs: inputs, row: row)
  }

  /// The program as an IR file whose `eval` line states what the interpreter makes of it.
  package func fileText(_ failure: String, row: TargetRow) -> String {
    var text = failure.split(separator: "\n").map { "// \($0)\n" }.joined()
    let elements = inputs.map { $0.extents.reduce(1, *) }.reduce(0, +)
    if elements <= Self.mostListedElements, let results = try? interpreted(row: row) {
      let arguments = inputs.map(\.listText).joined(separator: ", ")
      let expected = results.map(\.listText).joined(separator: ", ")
      text += "// eval: @\(graph.name)(\(arguments)) == \(expected)\n"
    }
    return text + module.description
  }

  /// The most elements of inputs that a file lists.
  private static let mostListedElements = 256
}

extension Module {
  /// What the reference interpreters make of the first graph, kernels included.
  package func interpreted(
    _ inputs: [TensorValue], row: TargetRow
  ) throws(GraphInterpreterError) -> [TensorValue] {
    try GraphInterpreter.run(self, graphs[0].name, inputs: inputs, row: row)
  }
}

extension CompiledFunction {
  /// Runs on values; results may be written over those that are given up. With `kept`, all of them
  /// are inputs that the program keeps.
  package func run(
    _ inputs: [TensorValue], owned: Bool = false, kept: Bool = false
  ) throws(RunFailure) -> [TensorValue] {
    var storage: [Storage] = []
    for input in inputs {
      do { storage.append(try Storage(input.bytes)) } catch { throw .allocation(error) }
    }
    if kept { storage = try prepared(storage) }
    let results = try self(storage, owned: inputs.map { _ in owned })
    return zip(results, resultTypes).map { result, type in
      let bytes = result.withUnsafeBytes { Array($0) }
      return TensorValue(type.dtype, type.extents ?? [], bytes: bytes)
    }
  }
}

extension Graph {
  /// A graph that calls one kernel, with a parameter for what it reads and a result for what it
  /// writes.
  package init(calling kernel: Kernel, name: String) {
    func types(_ roles: [Buffer.Role]) -> [TensorType] {
      kernel.buffers.filter { roles.contains($0.role) }.map { TensorType($0.type, $0.shape) }
    }
    self.init(name: name)
    let operands = types([.input, .inout_]).enumerated().map { index, type in
      TensorOperand.value(ValueID(append(Node(.parameter("x\(index)"), [], type))))
    }
    let results = types([.output, .inout_])
    let call = append(Node(.kernel(kernel), operands, results))
    self.results = results.indices.map { ValueID(call, $0) }
  }
}
