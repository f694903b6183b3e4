// Builds graphs: checks operands and infers types.

public import IRCore
public import LoopIR

/// Builder of a graph. Each method adds a node and returns its value, or throws an error that names
/// the operation, the types found and what is wrong; the graph is then as before.
public struct GraphBuilder: Sendable {
  /// What is built so far.
  public private(set) var graph: Graph

  /// Begins an empty graph.
  public init(name: String) { graph = Graph(name: name) }

  /// Type of a value.
  public subscript(type id: ValueID) -> TensorType { graph[type: id] }

  /// The graph that returns `results`.
  public func returning(_ results: [ValueID]) -> Graph {
    var graph = graph
    graph.results = results
    return graph
  }

  /// Adds a node that is known to be well formed.
  @discardableResult
  package mutating func append(_ node: Node, at location: SourceLocation) -> NodeID {
    graph.append(node, at: location)
  }

  /// Adds a checked node of one result.
  mutating func append(
    _ kind: NodeKind, _ operands: [TensorOperand], _ type: TensorType, _ location: SourceLocation
  ) -> ValueID {
    ValueID(graph.append(Node(kind, operands, type), at: location))
  }

  /// Adds a parameter. Parameters come before all other nodes, and no two have one name.
  public mutating func parameter(
    _ name: String, _ type: TensorType, at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    guard graph.nodes.last?.isParameter ?? true else {
      throw .shape("parameter %\(name)", [type], "comes after other nodes")
    }
    guard !graph.nodes.contains(where: { $0.kind == .parameter(name) }) else {
      throw .shape("parameter %\(name)", [type], "is a second parameter of that name")
    }
    return append(.parameter(name), [], type, location)
  }

  /// Adds dense data, row-major.
  public mutating func constant(
    _ data: TensorData, extents: [Int], at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let type = TensorType(data.type, extents: extents)
    guard let count = Graph.elementCount(extents), count == data.count else {
      throw .shape("constant", [type], "does not fit \(data.count) elements")
    }
    return append(.constant(data), [], type, location)
  }

  /// Adds a tensor whose elements are their index along `axis`; `type` is numeric.
  public mutating func iota(
    axis: Int, _ type: TensorType, at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    guard type.shape.indices.contains(axis) else {
      throw .shape("iota", [type], "has no axis \(axis)")
    }
    guard type.dtype.isNumeric else { throw .type("iota", [type], "is not numeric") }
    return append(.iota(axis: axis), [], type, location)
  }

  /// Applies a row to operands of one shape; nothing broadcasts.
  ///
  /// - Parameters:
  ///   - dtype: the result's element type, which casts need.
  ///   - shape: the result's shape, which is needed when every operand is a literal.
  public mutating func elementwise(
    _ row: Elementwise, _ operands: [TensorOperand], dtype: DType? = nil,
    shape: [IndexExpression]? = nil, at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let values = operands.compactMap { $0.value.map { graph[type: $0] } }
    let types = operands.map { operand in
      switch operand {
      case .value(let id): graph[type: id]
      case .literal(let literal): TensorType(literal.type)
      }
    }
    guard operands.count == row.arity else {
      throw .shape(row.name, types, "are \(operands.count) operands, expected \(row.arity)")
    }
    guard let shape = shape ?? values.first?.shape else {
      throw .shape(row.name, types, "are literals only, and no shape is stated")
    }
    guard values.allSatisfy({ $0.shape == shape }) else {
      throw .shape(
        row.name, values, "differ in shape, expected \(TensorType.text(shape)) for all")
    }
    switch row.typing.result(of: types.map(\.dtype), stated: dtype) {
    case .failure(let failure): throw .type(row.name, types, "do not fit: \(failure)")
    case .success(let result):
      return append(.elementwise(row), operands, TensorType(result, shape), location)
    }
  }

  /// Calls another graph of the module; its symbols follow from the operands' shapes.
  public mutating func call(
    _ callee: Graph, _ operands: [ValueID], at location: SourceLocation = .unknown
  ) throws(InferenceError) -> [ValueID] {
    try invoke(.call(callee.name), "call @\(callee.name)", Signature(callee), operands, location)
  }

  /// Runs a kernel: operands are its `in` and `inout` parameters, results its `out` and `inout`.
  public mutating func kernel(
    _ kernel: Kernel, _ operands: [ValueID], at location: SourceLocation = .unknown
  ) throws(InferenceError) -> [ValueID] {
    try invoke(
      .kernel(kernel), "kernel @\(kernel.name)", Signature(kernel), operands, location)
  }

  private mutating func invoke(
    _ kind: NodeKind, _ operation: String, _ signature: Signature, _ operands: [ValueID],
    _ location: SourceLocation
  ) throws(InferenceError) -> [ValueID] {
    let types = operands.map { graph[type: $0] }
    switch signature.results(of: types) {
    case .failure(.shape(let problem)): throw .shape(operation, types, "do not fit: \(problem)")
    case .failure(.type(let problem)): throw .type(operation, types, "do not fit: \(problem)")
    case .success(let results):
      let id = graph.append(Node(kind, operands.map { .value($0) }, results), at: location)
      return results.indices.map { ValueID(id, $0) }
    }
  }
}

extension Graph {
  /// Number of elements of constant extents; `nil` when one is negative or the number overflows.
  package static func elementCount(_ extents: [Int]) -> Int? {
    var count = 1
    for extent in extents {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else { return nil }
      count = product
    }
    return count
  }
}
