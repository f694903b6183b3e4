// Functions with derivatives of their own: nodes that hold the function and its rules.

import IRCore

/// A function with a derivative that its author states.
///
/// Operands are the arguments, then what the function and its rules captured; results are those of
/// the body. The node means its body: `inline-calls` puts that in its place, and the rules vanish.
/// Differentiation puts a rule in the place of the body's derivative. See `Note: custom`.
public struct CustomNode: Hashable, Sendable {
  /// The function. Parameters: one for each operand.
  public var body: Graph
  /// In reverse. Parameters: the arguments, the body's results, a cotangent for each of them that
  /// is a float, what was captured. Results: a cotangent for each float argument.
  public var pullback: Graph?
  /// Forward, linear in the tangents. Parameters: the arguments, the body's results, a tangent for
  /// each float argument, what was captured. Results: a tangent for each float result.
  public var pushforward: Graph?
  /// Number of operands that are arguments; the others are constant for derivatives.
  public var argumentCount: Int

  /// Describes a function; its graphs take the names that text gives them.
  public init(
    body: Graph, pullback: Graph? = nil, pushforward: Graph? = nil, argumentCount: Int
  ) {
    self.body = body.named("body")
    self.pullback = pullback?.named("pullback")
    self.pushforward = pushforward?.named("pushforward")
    self.argumentCount = argumentCount
  }
}

extension CustomNode {
  /// What a rule takes the values of, behind the arguments.
  package enum Rule: String {
    case pullback, pushforward
  }

  /// A rule's graph.
  package subscript(rule: Rule) -> Graph? {
    get { rule == .pullback ? pullback : pushforward }
    set { if rule == .pullback { pullback = newValue } else { pushforward = newValue } }
  }

  /// The rules that are stated.
  package var rules: [(rule: Rule, graph: Graph)] {
    [Rule.pullback, .pushforward].compactMap { rule in self[rule].map { (rule, $0) } }
  }

  /// The graphs, the body first.
  package var graphs: [Graph] { [body] + rules.map(\.graph) }

  /// The function with other graphs.
  package func mapping<Failure: Error>(
    _ change: (Graph) throws(Failure) -> Graph
  ) throws(Failure) -> CustomNode {
    var node = self
    node.body = try change(body)
    for (rule, graph) in rules { node[rule] = try change(graph) }
    return node
  }

  /// Types of the operands.
  package var operandTypes: [TensorType] { body.parameters.map { body[$0].types[0] } }

  /// Types of the results.
  package var resultTypes: [TensorType] { body.results.map { body[type: $0] } }

  /// Places of the arguments that are floats.
  package var floatArguments: [Int] {
    let types = operandTypes
    return types.indices.prefix(argumentCount).filter { types[$0].dtype.isFloat }
  }

  /// Places of the results that are floats.
  package var floatResults: [Int] {
    let types = resultTypes
    return types.indices.filter { types[$0].dtype.isFloat }
  }

  /// Types that a rule takes tangents or cotangents of.
  package func seedTypes(of rule: Rule) -> [TensorType] {
    rule == .pullback
      ? floatResults.map { resultTypes[$0] } : floatArguments.map { operandTypes[$0] }
  }

  /// Types that a rule gives tangents or cotangents of.
  package func slopeTypes(of rule: Rule) -> [TensorType] {
    seedTypes(of: rule == .pullback ? .pushforward : .pullback)
  }

  /// Places among a rule's parameters.
  package struct Layout {
    package let arguments: Range<Int>
    package let results: Range<Int>
    /// The tangents or cotangents that the rule takes.
    package let seeds: Range<Int>
    package let captures: Range<Int>
  }

  /// The places of a rule's parameters.
  package func layout(of rule: Rule) -> Layout {
    let results = argumentCount..<argumentCount + body.results.count
    let seeds = results.upperBound..<results.upperBound + seedTypes(of: rule).count
    let captureCount = body.parameters.count - argumentCount
    return Layout(
      arguments: 0..<argumentCount, results: results, seeds: seeds,
      captures: seeds.upperBound..<seeds.upperBound + captureCount)
  }
}

// Note: custom
//
// A rule could also be an elementwise row whose partial passes to a carrier, or a name in the module
// that a call looks up. A node that holds its graphs needs neither a second value beside each
// result nor a module where there is one graph; it prints and reads back; loops, choices and other
// such nodes may stand in it and around it; and no pass behind `inline-calls` sees it. The rules are
// graphs like any other: differentiated they give second derivatives, batched they are the rules of
// the batched function. A pushforward serves both directions: it is linear in the tangents, so its
// own pullback by them is the rule in reverse. A pullback serves one, for authors state what is
// linear in no cotangent, too: one that is cut off at a bound.
