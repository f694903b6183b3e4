// Batching of functions with derivatives of their own.

import IRCore
import TensorIR

extension Batching {
  /// One function on all values; its rules, too, are those of all values at once.
  mutating func results(
    of custom: CustomNode, _ operands: [ValueID]
  ) throws(TransformError) -> [ValueID] {
    let moving = operands.indices.filter { isBatched.contains(operands[$0]) }
    var node = custom
    node.body = try custom.body.batched(over: moving, count: count, row: builder.row)
    for (rule, graph) in custom.rules { node[rule] = try batched(rule, graph, of: custom, moving) }
    return try builder.custom(node, operands.map { values[$0] ?? $0 })
  }

  /// - Parameter moving: the operands that have the axis.
  private func batched(
    _ rule: CustomNode.Rule, _ graph: Graph, of custom: CustomNode, _ moving: [Int]
  ) throws(TransformError) -> Graph {
    let places = custom.layout(of: rule)
    let arguments = moving.filter { $0 < custom.argumentCount }
    let captures = moving.filter { $0 >= custom.argumentCount }
      .map { $0 - custom.argumentCount + places.captures.lowerBound }
    let floats = custom.floatArguments
    // A result has the axis, and so has its cotangent; a tangent has what its argument has.
    let seeds =
      rule == .pullback
      ? Array(places.seeds)
      : zip(floats, places.seeds).filter { arguments.contains($0.0) }.map(\.1)
    let wide = try graph.batched(
      over: arguments + places.results + seeds + captures, count: count, row: builder.row)
    let single = floats.indices.filter { !arguments.contains(floats[$0]) }
    if rule == .pushforward || single.isEmpty { return wide }
    return try summing(single, of: wide)
  }

  /// The rule with sums over the axis for the arguments that lack it.
  private func summing(_ places: [Int], of rule: Graph) throws(TransformError) -> Graph {
    var inner = DerivativeBuilder(name: rule.name, row: builder.row)
    inner.location = builder.location
    let parameters = try inner.parameters(of: rule)
    var results = inner.inline(rule, parameters)
    for place in places { results[place] = try inner.reduce(.sum, results[place], axes: [0]) }
    return inner.returning(results)
  }
}
