// The verifier's rules for loops and conditionals; the list heads Verifier.swift.

import IRCore
import LoopIR

extension GraphVerifier {
  func verifyLoop(_ loop: LoopNode, _ id: NodeID) throws(VerifierError) {
    let node = graph[id]
    let places = loop.layout
    try verifyBody(loop.body, "body", id)
    guard node.operands.count == places.operandCount else {
      throw error(
        id, "\(places.operandCount) operands expected, found \(node.operands.count)")
    }
    guard loop.carriedCount + loop.stacks.count == loop.body.results.count else {
      throw error(
        id,
        "\(loop.carriedCount) carried values and \(loop.stacks.count) stacked outputs expected of "
          + "the body, found \(loop.body.results.count) results")
    }
    try verifyCount(loop, id)
    try verifyParameters(loop, id)
    try verifyCondition(loop, id)
    try verifyResults(loop, id)
  }

  func type(_ operand: TensorOperand) -> TensorType? {
    operand.value.map { graph[type: $0] }
  }

  /// Checks a graph that a node holds.
  func verifyBody(_ body: Graph, _ what: String, _ id: NodeID) throws(VerifierError) {
    do { try GraphVerifier(body, module: module).verifyGraph() } catch let problem {
      throw error(id, "in its \(what): \(problem.message)")
    }
  }

  private func verifyCount(_ loop: LoopNode, _ id: NodeID) throws(VerifierError) {
    if let count = loop.count {
      try verifyExpressions([count], axes: 0, id)
      if let count = count.asConstant, !(0...IndexFacts.largestExtent).contains(count) {
        throw error(id, "0 or more steps expected, found \(count)")
      }
    } else if !loop.hasCountOperand, loop.condition == nil {
      throw error(id, "a number of steps or a condition expected, found neither")
    }
    if let place = loop.layout.count, let found = type(graph[id].operands[place]),
      found != LoopNode.indexType
    {
      throw error(id, "a number of steps of \(LoopNode.indexType) expected, found \(found)")
    }
  }

  private func verifyParameters(_ loop: LoopNode, _ id: NodeID) throws(VerifierError) {
    let places = loop.layout
    let types = loop.body.parameters.map { loop.body[$0].types[0] }
    guard let index = types.first, types.count == 1 + places.parameterOperands.count else {
      throw error(
        id,
        "a body of at least \(1 + loop.carriedCount + loop.inputRows.count) parameters "
          + "expected, found \(types.count)")
    }
    guard index == LoopNode.indexType else {
      throw error(id, "\(LoopNode.indexType) expected for the step's number, found \(index)")
    }
    for (parameter, place) in zip(types.dropFirst(), places.parameterOperands) {
      guard let found = type(graph[id].operands[place]) else { continue }
      if places.inputs.contains(place) {
        let row = loop.inputRows[place - places.inputs.lowerBound]
        try verifyRow(row, parameter, of: found, loop, id)
      } else if found != parameter {
        throw error(id, "\(parameter) expected for operand \(place), found \(found)")
      }
    }
  }

  /// Checks that a row of a tensor has the type `row` and stands within it at every step.
  private func verifyRow(
    _ index: IndexExpression, _ row: TensorType, of tensor: TensorType, _ loop: LoopNode,
    _ id: NodeID
  ) throws(VerifierError) {
    guard tensor.rank > 0, tensor.dtype == row.dtype, Array(tensor.shape.dropFirst()) == row.shape
    else {
      throw error(id, "rows of \(row) expected, found a tensor of \(tensor)")
    }
    try verifyExpressions([index], axes: 1, id)
    let text = index.text { _ in "t" }
    guard let step = index.coefficient(of: .variable(0)) else {
      throw error(id, "row \(text) is no multiple of the step and a constant")
    }
    guard let count = loop.count else {
      throw error(id, "rows need a number of steps, the most at least")
    }
    if count == 0 { return }
    let facts = AxisFacts([count])
    let isInside = facts.isAtLeast(index, 0) && facts.isBelow(index, tensor.shape[0])
    guard isInside || step == 0 && count.asConstant == nil else {
      let steps = TensorType.text(count)
      throw error(id, "row \(text) of \(steps) steps leaves \(tensor)")
    }
  }

  private func verifyCondition(_ loop: LoopNode, _ id: NodeID) throws(VerifierError) {
    guard let condition = loop.condition else { return }
    try verifyBody(condition, "condition", id)
    let body = loop.body.parameters.map { loop.body[$0] }
    let skipped = 1 + loop.carriedCount..<1 + loop.carriedCount + loop.inputRows.count
    let expected = body.indices.filter { !skipped.contains($0) }.map { body[$0] }
    guard condition.parameters.map({ condition[$0] }) == expected else {
      throw error(id, "the body's parameters but for its rows expected of the condition")
    }
    let results = condition.results.map { condition[type: $0] }
    guard results == [TensorType(.bool)] else {
      throw error(id, "a condition that gives bool expected, found \(list(results))")
    }
  }

  private func verifyResults(_ loop: LoopNode, _ id: NodeID) throws(VerifierError) {
    let node = graph[id]
    let body = loop.body.results.map { loop.body[type: $0] }
    guard node.types.count == body.count else {
      throw error(id, "\(body.count) results expected, found \(node.types.count)")
    }
    for index in 0..<loop.carriedCount {
      guard let start = type(node.operands[index]) else { continue }
      guard body[index] == start, node.types[index] == start else {
        throw error(
          id, "\(start) expected for carried value \(index), found \(body[index])")
      }
    }
    var destinations = loop.layout.destinations[...]
    for (stack, index) in zip(loop.stacks, loop.carriedCount...) {
      try verifyRow(stack.row, body[index], of: node.types[index], loop, id)
      if stack.hasDestination, let place = destinations.popFirst() {
        guard let found = type(node.operands[place]), found != node.types[index] else { continue }
        throw error(
          id, "a destination of \(node.types[index]) expected, found \(found)")
      }
      guard stack.row == .variable(0), node.types[index].shape[0] == loop.count,
        !loop.hasCountOperand, loop.condition == nil
      else {
        throw error(
          id, "a destination expected for output \(index): steps do not write all its rows in order"
        )
      }
    }
  }

  func list(_ types: [TensorType]) -> String {
    types.map(\.description).joined(separator: ", ")
  }

  func verifyConditional(_ choice: ConditionalNode, _ id: NodeID) throws(VerifierError) {
    let node = graph[id]
    try verifyBody(choice.then, "first body", id)
    try verifyBody(choice.otherwise, "second body", id)
    let parameters = choice.then.parameters.map { choice.then[$0] }
    guard choice.otherwise.parameters.map({ choice.otherwise[$0] }) == parameters else {
      throw error(id, "two bodies of equal parameters expected")
    }
    let results = choice.then.results.map { choice.then[type: $0] }
    guard choice.otherwise.results.map({ choice.otherwise[type: $0] }) == results,
      node.types == results
    else {
      throw error(id, "results \(list(results)) expected of both bodies and the node")
    }
    let expected = [TensorType(.bool)] + parameters.map { $0.types[0] }
    let found = node.operands.compactMap(type)
    guard found == expected else {
      throw error(id, "operands \(list(expected)) expected, found \(list(found))")
    }
  }
}
