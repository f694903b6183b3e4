// Evaluating modules on values: by the interpreters, and compiled.

public import IRCore
public import LoopIR
public import TensorIR

/// A kernel whose check failed while it was interpreted.
public struct CheckFailure: Error, CustomStringConvertible {
  /// The check's message.
  public let description: String
}

extension Kernel {
  /// What the reference interpreter makes of `in` and `inout` operands: the `inout` and `out`
  /// parameters afterwards.
  public func interpreted(
    _ operands: [TensorValue], _ results: [(type: DType, extents: [Int])], row: TargetRow,
    symbols: [Int]? = nil
  ) throws -> [TensorValue] {
    var memory = memory(operands, results)
    let symbols = symbols ?? boundSymbols(operands)
    let failed = try KernelInterpreter.run(self, buffers: &memory, symbols: symbols, row: row)
    if let failed { throw CheckFailure(description: checkMessages[failed]) }
    return written(memory, results)
  }

  /// One block of bytes per parameter; outputs hold a pattern.
  public func memory(
    _ operands: [TensorValue], _ results: [(type: DType, extents: [Int])]
  ) -> [[UInt8]] {
    var inputs = operands[...]
    var outputs = results[...]
    return buffers.filter(\.role.isParameter).map { buffer in
      if buffer.role == .output {
        let result = outputs.removeFirst()
        let count = result.extents.reduce(1, *) * result.type.byteSize
        return [UInt8](repeating: 0xa5, count: count)
      }
      if buffer.role == .inout_ { outputs.removeFirst() }
      return inputs.removeFirst().bytes
    }
  }

  /// The written parameters as values.
  public func written(
    _ memory: [[UInt8]], _ results: [(type: DType, extents: [Int])]
  ) -> [TensorValue] {
    let places = buffers.filter(\.role.isParameter).indices.filter { buffers[$0].role != .input }
    return zip(places, results).map { TensorValue($1.type, $1.extents, bytes: memory[$0]) }
  }

  /// Symbols that stand alone as an extent of an operand.
  public func boundSymbols(_ operands: [TensorValue]) -> [Int] {
    let read = buffers.filter { $0.role == .input || $0.role == .inout_ }
    return symbols.map { symbol in
      for (buffer, operand) in zip(read, operands) {
        let axis = buffer.shape.firstIndex(of: .symbol(symbol))
        if let axis, axis < operand.extents.count { return operand.extents[axis] }
      }
      return 0
    }
  }
}

extension Module {
  /// The module with every kernel, in graphs or beside them, replaced.
  public func mapKernels(_ transform: (Kernel) throws -> Kernel) rethrows -> Module {
    var result = self
    result.kernels = try kernels.map(transform)
    result.graphs = try graphs.map { graph in
      var new = Graph(name: graph.name)
      for node in graph.nodes {
        var node = node
        if case .kernel(let kernel) = node.kind { node.kind = .kernel(try transform(kernel)) }
        new.append(node)
      }
      new.results = graph.results
      return new
    }
    return result
  }
}
