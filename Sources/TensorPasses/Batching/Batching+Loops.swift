// Batching of loops and choices.

import IRCore
import TensorIR

extension Batching {
  /// Both sides for every value, and a choice by element where the condition differs.
  mutating func results(
    of choice: ConditionalNode, _ operands: [ValueID]
  ) throws(TransformError) -> [ValueID] {
    let places = operands.indices.dropFirst().filter { isBatched.contains(operands[$0]) }
      .map { $0 - 1 }
    let then = try choice.then.batched(over: places, count: count, row: builder.row)
    let otherwise = try choice.otherwise.batched(over: places, count: count, row: builder.row)
    let inputs = operands.map { values[$0] ?? $0 }
    guard isBatched.contains(operands[0]) else {
      return try builder.conditional(ConditionalNode(then: then, otherwise: otherwise), inputs)
    }
    let first = builder.inline(then, Array(inputs.dropFirst()))
    let second = builder.inline(otherwise, Array(inputs.dropFirst()))
    var results: [ValueID] = []
    for (a, b) in zip(first, second) { results.append(try builder.choose(inputs[0], a, b)) }
    return results
  }

  /// One loop whose carried values all have the axis; rows that are read and written have it behind
  /// their own. Where a condition ends the loop, steps go on while any value's holds, and leave the
  /// others as they are.
  mutating func results(
    of loop: LoopNode, _ operands: [ValueID]
  ) throws(TransformError) -> [ValueID] {
    let layout = loop.layout
    if let place = layout.count, isBatched.contains(operands[place]) {
      throw .notBatched(
        operation: "loop", reason: "the number of its steps differs", at: builder.location)
    }
    if loop.condition != nil, !loop.stacks.isEmpty {
      throw .notBatched(
        operation: "loop", reason: "it writes rows until a condition fails", at: builder.location)
    }
    let moving = layout.parameterOperands.indices.filter {
      $0 < loop.carriedCount || isBatched.contains(operands[layout.parameterOperands[$0]])
    }.map { $0 + 1 }
    let node = try batchedNode(loop, moving)
    var inputs = layout.carried.map { widened(operands[$0]) }
    for place in layout.inputs {
      let value = values[operands[place]] ?? operands[place]
      inputs.append(isBatched.contains(operands[place]) ? builder.swapped(value) : value)
    }
    for place in layout.destinations { inputs.append(builder.swapped(widened(operands[place]))) }
    inputs += layout.invariants.map { values[operands[$0]] ?? operands[$0] }
    if let place = layout.count { inputs.append(values[operands[place]] ?? operands[place]) }
    return try builder.loop(node, inputs).enumerated().map { number, value in
      number < loop.carriedCount ? value : builder.swapped(value)
    }
  }

  /// - Parameter moving: the parameters of the body that have the axis.
  private func batchedNode(
    _ loop: LoopNode, _ moving: [Int]
  ) throws(TransformError) -> LoopNode {
    let body = try loop.body.batched(over: moving, count: count, row: builder.row)
    guard let condition = loop.condition else {
      return LoopNode(
        body: body, count: loop.count, hasCountOperand: loop.hasCountOperand,
        carriedCount: loop.carriedCount, inputRows: loop.inputRows, stacks: loop.stacks)
    }
    // The condition takes what the body does but for the rows.
    let behind = 1 + loop.carriedCount
    let places = moving.compactMap { place in
      place < behind
        ? place : place < behind + loop.inputRows.count ? nil : place - loop.inputRows.count
    }
    let each = try condition.batched(over: places, count: count, row: builder.row)
    return LoopNode(
      body: try steppingWhere(each, body, loop), condition: try holdingAnywhere(each),
      count: loop.count, hasCountOperand: loop.hasCountOperand, carriedCount: loop.carriedCount,
      inputRows: loop.inputRows)
  }

  private func holdingAnywhere(_ condition: Graph) throws(TransformError) -> Graph {
    var inner = DerivativeBuilder(name: "condition", row: builder.row)
    inner.location = builder.location
    let parameters = try inner.parameters(of: condition)
    let holds = inner.inline(condition, parameters)[0]
    let any = try inner.reduce(.any, holds, axes: [0])
    return inner.returning([any])
  }

  private func steppingWhere(
    _ condition: Graph, _ body: Graph, _ loop: LoopNode
  ) throws(TransformError) -> Graph {
    var inner = DerivativeBuilder(name: "body", row: builder.row)
    inner.location = builder.location
    let parameters = try inner.parameters(of: body)
    let behind = 1 + loop.carriedCount
    let seen = parameters.prefix(behind) + parameters.dropFirst(behind + loop.inputRows.count)
    let holds = inner.inline(condition, Array(seen))[0]
    let next = inner.inline(body, parameters)
    var results: [ValueID] = []
    for (new, old) in zip(next, parameters.dropFirst()) {
      results.append(try inner.choose(holds, new, old))
    }
    return inner.returning(results)
  }
}

extension DerivativeBuilder {
  /// Parameters like those of a graph.
  mutating func parameters(of graph: Graph) throws(TransformError) -> [ValueID] {
    var added: [ValueID] = []
    for id in graph.parameters {
      guard case .parameter(let name) = graph[id].kind else { continue }
      added.append(try parameter(name, graph[id].types[0]))
    }
    return added
  }

  /// By the first axis: `a` where the vector `isFirst` holds, else `b`.
  mutating func choose(
    _ isFirst: ValueID, _ a: ValueID, _ b: ValueID
  ) throws(TransformError) -> ValueID {
    let shape = self[type: a].shape
    return try apply(.select, view(isFirst, View([.variable(0)]), shape), a, b)
  }

  /// The first two axes in each other's place.
  mutating func swapped(_ value: ValueID) -> ValueID {
    let shape = self[type: value].shape
    var indices = shape.indices.map { IndexExpression.variable($0) }
    indices.swapAt(0, 1)
    var target = shape
    target.swapAt(0, 1)
    return view(value, View(indices), target)
  }
}
