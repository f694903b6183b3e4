// Loops and conditionals of the builder.

public import IRCore

extension GraphBuilder {
  /// Adds a loop; types of its results follow from the operands and the body.
  ///
  /// - Parameters:
  ///   - loop: the body, whose parameters are named as text allows, and what bounds it.
  ///   - operands: starts of carried values, sources of per-step inputs, destinations, invariants,
  ///     the number of steps; see `LoopNode`.
  public mutating func loop(
    _ loop: LoopNode, _ operands: [ValueID], at location: SourceLocation = .unknown
  ) throws(InferenceError) -> [ValueID] {
    let types = operands.map { graph[type: $0] }
    let carried = types.prefix(loop.carriedCount)
    let rows = loop.body.results.dropFirst(loop.carriedCount).map { loop.body[type: $0] }
    var destinations = types.dropFirst(loop.layout.destinations.lowerBound)
    var results = Array(carried)
    for (stack, row) in zip(loop.stacks, rows) {
      if stack.hasDestination, let type = destinations.popFirst() {
        results.append(type)
      } else {
        results.append(TensorType(row.dtype, [loop.count ?? 0] + row.shape))
      }
    }
    return try held(.loop(loop), operands, results, at: location)
  }

  /// Adds a choice between two graphs by a bool.
  public mutating func conditional(
    _ choice: ConditionalNode, _ truth: ValueID, _ operands: [ValueID],
    at location: SourceLocation = .unknown
  ) throws(InferenceError) -> [ValueID] {
    let results = choice.then.results.map { choice.then[type: $0] }
    return try held(.conditional(choice), [truth] + operands, results, at: location)
  }

  /// Adds a function with a derivative of its own; operands are one per parameter of its body.
  public mutating func custom(
    _ custom: CustomNode, _ operands: [ValueID], at location: SourceLocation = .unknown
  ) throws(InferenceError) -> [ValueID] {
    try held(.custom(custom), operands, custom.resultTypes, at: location)
  }

  /// Adds a node that holds graphs, if it is well formed.
  private mutating func held(
    _ kind: NodeKind, _ operands: [ValueID], _ results: [TensorType], at location: SourceLocation
  ) throws(InferenceError) -> [ValueID] {
    let node = Node(kind, operands.map { .value($0) }, results)
    var extended = graph
    let id = extended.append(node, at: location)
    do { try GraphVerifier(extended, module: nil).verifyKind(id) } catch {
      throw .shape(
        kind.keyword, operands.map { graph[type: $0] }, "do not fit: \(error.message)")
    }
    _ = append(node, at: location)
    return results.indices.map { ValueID(id, $0) }
  }
}
