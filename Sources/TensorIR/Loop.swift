// Loops and conditionals over tensors: nodes that hold graphs.

public import IRCore

/// Loop whose steps a graph describes.
///
/// Operands are the starts of the carried values, the sources of the per-step inputs, the
/// destinations of the stacked outputs that have one, the invariants, and the number of steps where
/// only the run tells it; results are the carried values after the last step, then the stacked
/// outputs. A loop without steps gives its starts and destinations back.
public struct LoopNode: Hashable, Sendable {
  /// Graph of one step. Parameters: the step's number (an i64), the carried values, the rows of
  /// the per-step inputs, the invariants. Results: the carried values for the next step, then the
  /// rows of the stacked outputs.
  public var body: Graph
  /// Whether to go on, asked before every step: a bool from the step's number, the carried values
  /// and the invariants. Its parameters have the names that the body's have.
  public var condition: Graph?
  /// Number of steps, or the most of them; `nil` where nothing but the condition or the operand
  /// bounds it.
  public var count: IndexExpression?
  /// Whether the last operand, an i64, is the number of steps; it is brought into `0...count`.
  public var hasCountOperand: Bool
  /// Number of carried values.
  public var carriedCount: Int
  /// By per-step input: which row of its source a step reads, over the step's number as variable 0.
  public var inputRows: [IndexExpression]
  /// The stacked outputs.
  public var stacks: [Stack]

  /// Rows that steps write.
  public struct Stack: Hashable, Sendable {
    /// The row that a step writes, over the step's number as variable 0.
    public var row: IndexExpression
    /// Whether an operand gives the rows that no step writes; without one, step `t` writes row `t`
    /// and the count tells the number of rows.
    public var hasDestination: Bool

    /// Describes an output.
    public init(row: IndexExpression = .variable(0), hasDestination: Bool = false) {
      self.row = row
      self.hasDestination = hasDestination
    }
  }

  /// Describes a loop; its graphs take the names that text gives them.
  public init(
    body: Graph, condition: Graph? = nil, count: IndexExpression?, hasCountOperand: Bool = false,
    carriedCount: Int, inputRows: [IndexExpression] = [], stacks: [Stack] = []
  ) {
    self.body = body.named("body")
    self.condition = condition?.named("condition")
    self.count = count
    self.hasCountOperand = hasCountOperand
    self.carriedCount = carriedCount
    self.inputRows = inputRows
    self.stacks = stacks
  }
}

extension LoopNode {
  /// Places of the operands, and of the body's parameters behind the step's number, by what they
  /// are. A parameter's number is that of its operand where no destination stands between.
  package struct Layout {
    package let carried: Range<Int>
    package let inputs: Range<Int>
    package let destinations: Range<Int>
    package let invariants: Range<Int>
    /// Of the number of steps.
    package let count: Int?

    /// The number of operands.
    package var operandCount: Int { invariants.upperBound + (count == nil ? 0 : 1) }

    /// The operand that each parameter of the body stands for, behind the step's number.
    package var parameterOperands: [Int] { Array(carried) + Array(inputs) + Array(invariants) }

    /// The operand that each parameter of the condition stands for, behind the step's number.
    package var conditionOperands: [Int] { Array(carried) + Array(invariants) }
  }

  /// The places of the operands.
  package var layout: Layout {
    let carried = 0..<carriedCount
    let inputs = carriedCount..<carriedCount + inputRows.count
    let destinationCount = stacks.count { $0.hasDestination }
    let destinations = inputs.upperBound..<inputs.upperBound + destinationCount
    let known = 1 + carriedCount + inputRows.count
    let invariantCount = max(0, body.parameters.count - known)
    let invariants = destinations.upperBound..<destinations.upperBound + invariantCount
    return Layout(
      carried: carried, inputs: inputs, destinations: destinations, invariants: invariants,
      count: hasCountOperand ? invariants.upperBound : nil)
  }

  /// Type of the step's number.
  package static let indexType = TensorType(.i64)
}

/// One of two graphs by a bool. Operands are the bool, then one per parameter of the graphs, whose
/// parameters agree in names and types; results are those of the graph that is chosen.
public struct ConditionalNode: Hashable, Sendable {
  /// Where the bool holds.
  public var then: Graph
  /// Where it does not.
  public var otherwise: Graph

  /// Describes a choice; its graphs take the names that text gives them.
  public init(then: Graph, otherwise: Graph) {
    self.then = then.named("then")
    self.otherwise = otherwise.named("otherwise")
  }
}

extension Graph {
  /// The graph under the name that text gives to its part of a node.
  func named(_ name: String) -> Graph {
    var graph = self
    graph.name = name
    return graph
  }
}

extension NodeKind {
  /// The graphs that the node holds.
  package var bodies: [Graph] {
    switch self {
    case .loop(let loop): (loop.condition.map { [$0] } ?? []) + [loop.body]
    case .conditional(let choice): [choice.then, choice.otherwise]
    case .custom(let custom): custom.graphs
    case .parameter, .constant, .iota, .elementwise, .view, .call, .kernel, .reduce, .scan,
      .concat, .gather, .scatter, .contract, .sort:
      []
    }
  }

  /// The node with other graphs in place of those that it holds.
  package func mappingBodies<Failure: Error>(
    _ change: (Graph) throws(Failure) -> Graph
  ) throws(Failure) -> NodeKind {
    switch self {
    case .loop(var loop):
      if let condition = loop.condition { loop.condition = try change(condition) }
      loop.body = try change(loop.body)
      return .loop(loop)
    case .conditional(var choice):
      choice.then = try change(choice.then)
      choice.otherwise = try change(choice.otherwise)
      return .conditional(choice)
    case .custom(let custom): return .custom(try custom.mapping(change))
    case .parameter, .constant, .iota, .elementwise, .view, .call, .kernel, .reduce, .scan,
      .concat, .gather, .scatter, .contract, .sort:
      return self
    }
  }
}

extension Graph {
  /// The graph with other graphs in place of those that its nodes hold.
  package func mappingBodies<Failure: Error>(
    _ change: (Graph) throws(Failure) -> Graph
  ) throws(Failure) -> Graph {
    guard nodes.contains(where: { !$0.kind.bodies.isEmpty }) else { return self }
    var result = Graph(name: name)
    for id in ids {
      var node = self[id]
      node.kind = try node.kind.mappingBodies(change)
      result.append(node, at: locations[id.index])
    }
    result.results = results
    return result
  }

  /// This graph and, in order, all those that its nodes hold, at any depth.
  package var withBodies: [Graph] {
    var found = [self]
    var next = 0
    while next < found.count {
      for node in found[next].nodes { found += node.kind.bodies }
      next += 1
    }
    return found
  }
}
