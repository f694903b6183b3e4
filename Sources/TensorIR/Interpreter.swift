// The meaning of graphs: node by node, element by element.

public import IRCore
public import LoopIR

/// Reference evaluator of graphs: each node's whole result, in order, by the definition of its
/// kind. Too simple to be wrong; everything else is held to it, bit by bit.
public enum GraphInterpreter {
  /// Evaluator of kernel nodes: the kernel, its operands, the types of its results, the row.
  public typealias KernelRunner =
    (Kernel, [TensorValue], [(type: DType, extents: [Int])], TargetRow)
    throws(GraphInterpreterError) -> [TensorValue]

  /// Evaluates a graph of a module.
  ///
  /// - Parameters:
  ///   - name: the graph's name.
  ///   - inputs: one per parameter; symbols take their values from the extents.
  ///   - symbols: values of symbols that extents alone do not give; checked against them.
  ///   - row: decides whether `mulAdd` rounds once.
  public static func run(
    _ module: Module, _ name: String, inputs: [TensorValue], symbols: [String: Int] = [:],
    row: TargetRow, kernels: @escaping KernelRunner = runKernel
  ) throws(GraphInterpreterError) -> [TensorValue] {
    do { try module.verify() } catch { throw .invalid(error) }
    let table = GraphTable(module)
    guard let graph = table[name] else { throw .missingGraph(name) }
    return try evaluate(graph, inputs, symbols, table, row, kernels)
  }

  /// Evaluates a graph of a verified module.
  private static func evaluate(
    _ graph: Graph, _ inputs: [TensorValue], _ symbols: [String: Int], _ table: GraphTable,
    _ row: TargetRow, _ kernels: @escaping KernelRunner
  ) throws(GraphInterpreterError) -> [TensorValue] {
    // Only bodies of loops and conditionals recurse, which is as deep as the text nests.
    let bodies = BodyInterpreter { (body, inputs) throws(GraphInterpreterError) in
      try evaluate(body, inputs, [:], table, row, kernels)
    }
    // Calls are frames on a stack of our own, so that their depth is bounded by memory alone.
    var frames = [try Frame(graph, inputs, symbols)]
    while true {
      let top = frames.count - 1
      switch try frames[top].advance(row: row, kernels: kernels, bodies: bodies) {
      case .call(let callee, let operands):
        guard let graph = table[callee] else { throw .missingGraph(callee) }
        frames.append(try Frame(graph, operands, [:]))
      case .finished(let results):
        frames.removeLast()
        guard !frames.isEmpty else { return results }
        frames[top - 1].finishNode(results)
      }
    }
  }

  /// Evaluates a kernel by the reference interpreter of its level. A check of the kernel that fails
  /// is an error with the check's message.
  public static func runKernel(
    _ kernel: Kernel, _ operands: [TensorValue], _ results: [(type: DType, extents: [Int])],
    _ row: TargetRow
  ) throws(GraphInterpreterError) -> [TensorValue] {
    let parameters = kernel.buffers.filter(\.role.isParameter)
    var inputs = operands[...]
    var outputs = results[...]
    var bindings = SymbolBindings()
    var buffers: [[UInt8]] = []
    for parameter in parameters {
      let input = parameter.role == .output ? nil : inputs.popFirst()
      let output = parameter.role == .input ? nil : outputs.popFirst()
      guard let extents = input?.extents ?? output?.extents else { break }
      bindings.bind(zip(parameter.shape, extents).map { ($0, IndexExpression($1)) })
      let count = extents.reduce(parameter.type.byteSize, *)
      buffers.append(input?.bytes ?? [UInt8](repeating: 0, count: count))
    }
    var symbols: [Int] = []
    for symbol in kernel.symbols {
      guard let value = bindings.values[symbol]?.asConstant else {
        throw .unboundSymbol(graph: kernel.name, symbol: symbol)
      }
      symbols.append(value)
    }
    let failed: Int?
    do {
      failed = try KernelInterpreter.run(kernel, buffers: &buffers, symbols: symbols, row: row)
    } catch { throw .kernel(error) }
    if let failed {
      throw .check(kernel: kernel.name, message: kernel.checkMessages[failed])
    }
    let written = zip(parameters, buffers).filter { $0.0.role != .input }
    return zip(written, results).map { TensorValue($1.type, $1.extents, bytes: $0.1) }
  }
}

/// Activation of one graph.
private struct Frame {
  enum Step {
    case call(String, [TensorValue])
    case finished([TensorValue])
  }

  private let graph: Graph
  private let symbols: [String: Int]
  private let lastUses: [Int]
  /// Results of each node until their last use.
  private var values: [[TensorValue]]
  private var next = 0

  init(
    _ graph: Graph, _ inputs: [TensorValue], _ symbols: [String: Int]
  ) throws(GraphInterpreterError) {
    self.graph = graph
    self.symbols = try Self.bind(graph, inputs, symbols)
    lastUses = graph.lastUses
    values = [[TensorValue]](repeating: [], count: graph.nodes.count)
    for (parameter, input) in zip(graph.parameters, inputs) { values[parameter.index] = [input] }
  }

  private static func bind(
    _ graph: Graph, _ inputs: [TensorValue], _ symbols: [String: Int]
  ) throws(GraphInterpreterError) -> [String: Int] {
    let parameters = graph.parameters
    guard parameters.count == inputs.count else {
      throw .inputCount(graph: graph.name, expected: parameters.count, found: inputs.count)
    }
    var bindings = SymbolBindings(symbols.mapValues { IndexExpression($0) })
    let pairs = zip(parameters, inputs).flatMap { parameter, input in
      zip(graph[parameter].types[0].shape, input.extents.map { IndexExpression($0) })
        .map { ($0, $1) }
    }
    bindings.bind(pairs)
    let names = ValueNames(graph)
    for (parameter, input) in zip(parameters, inputs) {
      let type = graph[parameter].types[0]
      let name = names[ValueID(parameter)]
      let found = TensorType(input.type, extents: input.extents)
      let extents = type.shape.map(bindings.substituted)
      guard type.dtype == input.type, extents == found.shape else {
        throw .input(
          graph: graph.name, parameter: name, expected: TensorType(type.dtype, extents),
          found: found)
      }
      guard let count = Graph.elementCount(input.extents), count <= IndexFacts.largestExtent
      else {
        throw .extent(graph: graph.name, value: name, type: found)
      }
      guard input.bytes.count == count * input.type.byteSize else {
        throw .inputBytes(
          graph: graph.name, parameter: name, expected: count * input.type.byteSize,
          found: input.bytes.count)
      }
    }
    return bindings.values.compactMapValues(\.asConstant)
  }

  /// Evaluates nodes up to the next call, or to the end.
  mutating func advance(
    row: TargetRow, kernels: GraphInterpreter.KernelRunner, bodies: BodyInterpreter
  ) throws(GraphInterpreterError) -> Step {
    while next < graph.nodes.count {
      let node = graph.nodes[next]
      if case .call(let name) = node.kind { return .call(name, operands(of: node)) }
      if !node.isParameter {
        finishNode(try evaluate(node, row, kernels, bodies))
      } else {
        next += 1
      }
    }
    return .finished(graph.results.map { values[$0.node.index][$0.result] })
  }

  /// Keeps the results of the node that is evaluated and goes on to the next.
  mutating func finishNode(_ results: [TensorValue]) {
    values[next] = results
    for operand in graph.nodes[next].operands {
      guard let value = operand.value, lastUses[value.node.index] == next else { continue }
      values[value.node.index] = []
    }
    next += 1
  }

  private func operands(of node: Node) -> [TensorValue] {
    node.operands.compactMap(\.value).map { values[$0.node.index][$0.result] }
  }

  private func evaluate(
    _ node: Node, _ row: TargetRow, _ kernels: GraphInterpreter.KernelRunner,
    _ bodies: BodyInterpreter
  ) throws(GraphInterpreterError) -> [TensorValue] {
    var shapes: [[Int]] = []
    for type in node.types { shapes.append(try extents(of: type)) }
    switch node.kind {
    case .constant(let data): return [TensorValue(data.type, shapes[0], bytes: data.bytes)]
    case .iota(let axis): return [Evaluation.iota(axis, node.types[0].dtype, shapes[0])]
    case .elementwise:
      let operands = node.operands.map { operand -> Evaluation.Operand in
        switch operand {
        case .value(let id): .tensor(values[id.node.index][id.result])
        case .literal(let literal): .literal(literal)
        }
      }
      return [Evaluation.elementwise(node, operands, shapes[0], fused: row.hasFMA)]
    case .view(let view):
      switch Evaluation.view(view, operands(of: node)[0], shapes[0], symbols) {
      case .success(let value): return [value]
      case .failure(let outside):
        throw .index(
          graph: graph.name, value: name, axis: outside.axis, index: outside.index,
          extent: outside.extent)
      }
    case .kernel(let kernel):
      let results = zip(node.types, shapes).map { (type: $0.dtype, extents: $1) }
      return try kernels(kernel, operands(of: node), results, row)
    case .reduce(let reduction):
      let operand = operands(of: node)[0]
      if reduction.monoid.row.needsElements,
        reduction.axes.contains(where: { operand.extents[$0] == 0 })
      {
        throw .emptyReduction(graph: graph.name, value: name, monoid: reduction.monoid)
      }
      return [Evaluation.reduce(reduction, operand, shapes[0])]
    case .scan(let scan):
      let operands = operands(of: node)
      return [Evaluation.scan(scan, operands[0], from: operands.dropFirst().first)]
    case .contract(let contraction):
      return [try contract(contraction, node, shapes[0], row)]
    case .loop(let loop):
      var count: Int?
      if let expression = loop.count { count = try extents(of: TensorType(.f32, [expression]))[0] }
      return try bodies.run(
        loop, operands(of: node), count: count,
        results: zip(node.types, shapes).map { ($0.dtype, $1) },
        row: { IndexEvaluator($0, rank: 1, symbols).value(at: [$1]) })
    case .conditional(let choice):
      let operands = operands(of: node)
      let body = operands[0].bits(0) != 0 ? choice.then : choice.otherwise
      return try bodies.evaluate(body, Array(operands.dropFirst()))
    case .custom(let custom): return try bodies.evaluate(custom.body, operands(of: node))
    case .parameter, .call, .concat, .gather, .scatter, .sort:
      fatalError("the verifier and the callers let \(node.kind.keyword) through")
    }
  }

  private func contract(
    _ contraction: Contraction, _ node: Node, _ shape: [Int], _ row: TargetRow
  ) throws(GraphInterpreterError) -> TensorValue {
    let summed = try extents(of: TensorType(.f32, contraction.summed))
    return Evaluation.contract(
      contraction, operands(of: node), result: (node.types[0].dtype, shape), summed: summed,
      symbols, fused: row.hasFMA)
  }

  private var name: String { ValueNames(graph)[ValueID(NodeID(next))] }

  private func extents(of type: TensorType) throws(GraphInterpreterError) -> [Int] {
    var extents: [Int] = []
    for extent in type.shape {
      var missing: String?
      let value = extent.evaluate { atom in
        guard case .symbol(let name) = atom else { return nil }
        if symbols[name] == nil { missing = name }
        return symbols[name]
      }
      if let missing { throw .unboundSymbol(graph: graph.name, symbol: missing) }
      extents.append(value ?? 0)
    }
    guard let count = Graph.elementCount(extents), count <= IndexFacts.largestExtent else {
      throw .extent(
        graph: graph.name, value: name, type: TensorType(type.dtype, extents: extents))
    }
    return extents
  }
}

extension Graph {
  /// For each node the place of the last node that uses it; `Int.max` for results.
  fileprivate var lastUses: [Int] {
    var uses = [Int](repeating: -1, count: nodes.count)
    for (place, node) in nodes.enumerated() {
      for operand in node.operands {
        if let value = operand.value { uses[value.node.index] = place }
      }
    }
    for result in results { uses[result.node.index] = .max }
    return uses
  }
}
