// The vocabulary of derivative rules: nodes at the place of the node that they differentiate.

package import IRCore
package import TensorIR

/// Graph of derivatives under construction.
///
/// Every node that a rule adds stands at the place of the node that is differentiated, so that
/// errors and reports name the caller's line.
package struct DerivativeBuilder {
  private var builder: GraphBuilder
  /// Gives reductions their standard order.
  package let row: TargetRow
  /// Where the node that is differentiated was made.
  package var location: SourceLocation = .unknown

  package init(name: String, row: TargetRow) {
    builder = GraphBuilder(name: name)
    self.row = row
  }

  package subscript(type id: ValueID) -> TensorType { builder[type: id] }

  package func returning(_ results: [ValueID]) -> Graph { builder.returning(results) }

  /// Runs a call of the builder; what it refuses is refused at the node's place.
  private mutating func build<Result>(
    _ body: (inout GraphBuilder, SourceLocation) throws(InferenceError) -> Result
  ) throws(TransformError) -> Result {
    do { return try body(&builder, location) } catch { throw .inference(error, at: location) }
  }

  // MARK: Nodes

  package mutating func parameter(
    _ name: String, _ type: TensorType
  ) throws(TransformError) -> ValueID {
    try build { (b, place) throws(InferenceError) in try b.parameter(name, type, at: place) }
  }

  /// Parameters `mark`0, `mark`1, …
  package mutating func parameters(
    _ mark: String, _ types: [TensorType]
  ) throws(TransformError) -> [ValueID] {
    var added: [ValueID] = []
    for (number, type) in types.enumerated() {
      added.append(try parameter("\(mark)\(number)", type))
    }
    return added
  }

  package mutating func loop(
    _ loop: LoopNode, _ operands: [ValueID]
  ) throws(TransformError) -> [ValueID] {
    try build { (b, place) throws(InferenceError) in try b.loop(loop, operands, at: place) }
  }

  /// A choice; the bool is the first operand.
  package mutating func conditional(
    _ choice: ConditionalNode, _ operands: [ValueID]
  ) throws(TransformError) -> [ValueID] {
    try build { (b, place) throws(InferenceError) in
      try b.conditional(choice, operands[0], Array(operands.dropFirst()), at: place)
    }
  }

  /// A function with a derivative of its own.
  package mutating func custom(
    _ custom: CustomNode, _ operands: [ValueID]
  ) throws(TransformError) -> [ValueID] {
    try build { (b, place) throws(InferenceError) in try b.custom(custom, operands, at: place) }
  }

  /// The nodes of a graph with other values for its parameters; its results.
  package mutating func inline(_ graph: Graph, _ arguments: [ValueID]) -> [ValueID] {
    var values: [ValueID: ValueID] = [:]
    for (parameter, argument) in zip(graph.parameters, arguments) {
      values[ValueID(parameter)] = argument
    }
    for id in graph.ids where !graph[id].isParameter {
      var node = graph[id]
      node.operands = node.operands.map { $0.renamed(values) }
      let copy = builder.append(node, at: graph.locations[id.index])
      for number in node.types.indices { values[ValueID(id, number)] = ValueID(copy, number) }
    }
    return graph.results.map { values[$0] ?? $0 }
  }

  /// A copy of a node with other operands; its results.
  package mutating func copy(_ node: Node) -> [ValueID] {
    let id = builder.append(node, at: location)
    return node.types.indices.map { ValueID(id, $0) }
  }

  package mutating func apply(
    _ row: Elementwise, _ operands: [TensorOperand], dtype: DType? = nil,
    shape: [IndexExpression]
  ) throws(TransformError) -> ValueID {
    try build { (b, place) throws(InferenceError) in
      try b.elementwise(row, operands, dtype: dtype, shape: shape, at: place)
    }
  }

  package mutating func apply(
    _ row: Elementwise, _ operands: ValueID..., dtype: DType? = nil
  ) throws(TransformError) -> ValueID {
    try apply(row, operands.map { .value($0) }, dtype: dtype, shape: self[type: operands[0]].shape)
  }

  /// The sum of what is there.
  package mutating func sum(_ values: [ValueID]) throws(TransformError) -> ValueID? {
    guard var total = values.first else { return nil }
    for value in values.dropFirst() { total = try apply(.add, total, value) }
    return total
  }

  /// A tensor that is `value` everywhere.
  package mutating func splat(
    _ value: Double, _ type: TensorType
  ) throws(TransformError) -> ValueID {
    let scalar = try build { (b, place) throws(InferenceError) in
      try b.constant(
        TensorData(type.dtype, [Literal(type.dtype, value)]), extents: [], at: place)
    }
    return type.rank == 0 ? scalar : view(scalar, View([]), type.shape)
  }

  /// A derivative, or zeros where there is none.
  package mutating func orZeros(
    _ value: ValueID?, _ type: TensorType
  ) throws(TransformError) -> ValueID {
    if let value { return value }
    return try splat(0, type)
  }

  /// Elements by an index map; nothing where it is the tensor itself.
  package mutating func view(
    _ value: ValueID, _ view: View, _ shape: [IndexExpression]
  ) -> ValueID {
    let source = self[type: value]
    let type = TensorType(source.dtype, shape)
    let view = view.simplified(shape: shape)
    if view.isIdentity(from: source, to: type) { return value }
    return ValueID(
      builder.append(Node(.view(view), [.value(value)], type), at: location))
  }

  package mutating func reshape(
    _ value: ValueID, _ shape: [IndexExpression]
  ) throws(TransformError) -> ValueID {
    if self[type: value].shape == shape { return value }
    return try build { (b, place) throws(InferenceError) in
      try b.reshape(value, to: shape, at: place)
    }
  }

  /// The combination over axes in the standard order; the value itself over none.
  package mutating func reduce(
    _ monoid: Reduction.Monoid, _ value: ValueID, axes: [Int]
  ) throws(TransformError) -> ValueID {
    if axes.isEmpty { return value }
    let order = Reduction(monoid, axes: axes, of: self[type: value], row: row).order
    return try build { (b, place) throws(InferenceError) in
      try b.reduce(monoid, value, axes: axes, order: order, at: place)
    }
  }

  package mutating func scan(
    _ monoid: Reduction.Monoid, _ value: ValueID, axis: Int, exclusive: Bool, reverse: Bool
  ) throws(TransformError) -> ValueID {
    let scan = Scan(
      monoid, axis: axis, isExclusive: exclusive, isReverse: reverse, of: self[type: value],
      row: row)
    return copy(Node(.scan(scan), [.value(value)], self[type: value]))[0]
  }

  package mutating func contract(
    _ a: ValueID, _ b: ValueID, maps: [[IndexExpression]], shape: [IndexExpression],
    summed: [IndexExpression], dtype: DType, accumulator: DType
  ) throws(TransformError) -> ValueID {
    try build { (builder, place) throws(InferenceError) in
      try builder.contract(
        a, b, maps: maps, shape: shape, summed: summed, dtype: dtype, accumulator: accumulator,
        at: place)
    }
  }

  /// Repeats a tensor that lacks `axes` along them.
  package mutating func spread(
    _ value: ValueID, axes: [Int], _ shape: [IndexExpression]
  ) -> ValueID {
    let kept = shape.indices.filter { !axes.contains($0) }
    return view(value, View(kept.map { .variable($0) }), shape)
  }

  /// The elements converted to `dtype`.
  package mutating func cast(_ value: ValueID, to dtype: DType) throws(TransformError) -> ValueID {
    if self[type: value].dtype == dtype { return value }
    return try apply(.cast, value, dtype: dtype)
  }
}
