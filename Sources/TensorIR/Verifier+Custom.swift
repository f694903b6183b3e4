// The verifier's rules for functions with derivatives of their own; the list heads Verifier.swift.

import IRCore

extension GraphVerifier {
  func verifyCustom(_ custom: CustomNode, _ id: NodeID) throws(VerifierError) {
    let node = graph[id]
    try verifyBody(custom.body, "body", id)
    guard (0...custom.body.parameters.count).contains(custom.argumentCount) else {
      throw error(
        id, "\(custom.argumentCount) arguments stated of \(custom.body.parameters.count) operands")
    }
    let found = node.operands.compactMap(type)
    guard found == custom.operandTypes else {
      throw error(
        id, "operands \(list(custom.operandTypes)) expected, found \(list(found))")
    }
    guard node.types == custom.resultTypes else {
      throw error(id, "results \(list(custom.resultTypes)) expected, found \(list(node.types))")
    }
    if custom.rules.isEmpty {
      throw error(id, "a pullback or a pushforward expected, found neither")
    }
    for (rule, graph) in custom.rules { try verify(rule, graph, of: custom, id) }
  }

  private func verify(
    _ rule: CustomNode.Rule, _ graph: Graph, of custom: CustomNode, _ id: NodeID
  ) throws(VerifierError) {
    try verifyBody(graph, rule.rawValue, id)
    let places = custom.layout(of: rule)
    let operands = custom.operandTypes
    let types = graph.parameters.map { graph[$0].types[0] }
    let expected =
      operands[..<custom.argumentCount] + custom.resultTypes + custom.seedTypes(of: rule)
      + operands[custom.argumentCount...]
    guard types == Array(expected) else {
      throw error(
        id, "a \(rule) of \(list(Array(expected))) expected, found one of \(list(types))")
    }
    let names = graph.parameterNames
    guard Array(names[places.arguments] + names[places.captures]) == custom.body.parameterNames
    else { throw error(id, "the body's names expected of the operands of its \(rule)") }
    let slopes = graph.results.map { graph[type: $0] }
    guard slopes == custom.slopeTypes(of: rule) else {
      throw error(
        id,
        "a \(rule) that gives \(list(custom.slopeTypes(of: rule))) expected, "
          + "found \(list(slopes))")
    }
  }
}
