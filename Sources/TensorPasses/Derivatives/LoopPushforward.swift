// Loops forward, and conditionals either way.

import IRCore
import TensorIR

extension DerivativeBuilder {
  /// The results of a loop with those tangents that depend: one loop of both.
  mutating func tangents(
    of active: ActiveLoop, _ operands: [ValueID], _ tangents: [ValueID?]
  ) throws(TransformError) -> (results: [ValueID], tangents: [ValueID?]) {
    let forward = ForwardLoop(active)
    let loop = active.loop
    let layout = loop.layout
    func tangent(_ place: Int) throws(TransformError) -> ValueID {
      try orZeros(tangents[place], self[type: operands[place]])
    }
    func both(
      _ places: Range<Int>, _ parameters: [Int]
    ) throws(TransformError) -> [ValueID] {
      var values = places.map { operands[$0] }
      for parameter in parameters { values.append(try tangent(active.operand(of: parameter))) }
      return values
    }
    var all = try both(layout.carried, active.carried) + both(layout.inputs, active.inputs)
    all += layout.destinations.map { operands[$0] }
    for place in active.stacks.compactMap(loop.destination) { all.append(try tangent(place)) }
    all += try both(layout.invariants, active.invariants)
    if let count = layout.count { all.append(operands[count]) }
    let found = try self.loop(try forward.node(row: row, at: location), all)
    let (carried, stacks) = (active.carried.count, loop.carriedCount + active.carried.count)
    var slopes = [ValueID?](repeating: nil, count: loop.body.results.count)
    let results =
      Array(found.prefix(loop.carriedCount))
      + found.dropFirst(stacks).prefix(loop.stacks.count)
    for (number, place) in active.results.enumerated() {
      slopes[place] =
        number < carried
        ? found[loop.carriedCount + number] : found[loop.stacks.count + loop.carriedCount + number]
    }
    return (results, slopes)
  }

  /// The results of a choice with their tangents: one choice of both.
  mutating func tangents(
    of choice: ConditionalNode, _ operands: [ValueID], _ tangents: [ValueID?]
  ) throws(TransformError) -> (results: [ValueID], tangents: [ValueID?]) {
    let places = tangents.indices.filter { tangents[$0] != nil }
    let node = ConditionalNode(
      then: try choice.then.pushforward(by: places.map { $0 - 1 }, row: row),
      otherwise: try choice.otherwise.pushforward(by: places.map { $0 - 1 }, row: row))
    let found = try conditional(node, operands + places.compactMap { tangents[$0] })
    let count = choice.then.results.count
    var next = count
    let slopes = choice.then.results.map { result -> ValueID? in
      guard choice.then[type: result].dtype.isFloat else { return nil }
      defer { next += 1 }
      return found[next]
    }
    return (Array(found.prefix(count)), slopes)
  }

  /// The cotangents of a choice's operands at `places`.
  mutating func cotangents(
    of choice: ConditionalNode, _ operands: [ValueID], _ given: [ValueID?], _ places: [Int]
  ) throws(TransformError) -> [(place: Int, value: ValueID)] {
    let seeded = given.indices.filter { given[$0] != nil }
    func pulled(_ graph: Graph) throws(TransformError) -> Graph {
      var pulled = try graph.pullback(of: seeded, by: places.map { $0 - 1 }, row: row)
      pulled.results.removeFirst(graph.results.count)
      return pulled
    }
    let node = ConditionalNode(
      then: try pulled(choice.then), otherwise: try pulled(choice.otherwise))
    let found = try conditional(node, operands + given.compactMap { $0 })
    return zip(places, found).map { (place: $0, value: $1) }
  }
}

/// The loop of a loop's values and tangents.
private struct ForwardLoop {
  let active: ActiveLoop

  init(_ active: ActiveLoop) { self.active = active }

  func node(row: TargetRow, at location: SourceLocation) throws(TransformError) -> LoopNode {
    let loop = active.loop
    var node = loop
    let first = 1 + loop.carriedCount
    node.body = try body(row, location)
    node.condition = try condition(row, location)
    node.carriedCount += active.carried.count
    node.inputRows += active.inputs.map { loop.inputRows[$0 - first] }
    node.stacks += active.stacks.map { loop.stacks[$0] }
    return LoopNode(
      body: node.body, condition: node.condition, count: node.count,
      hasCountOperand: node.hasCountOperand, carriedCount: node.carriedCount,
      inputRows: node.inputRows, stacks: node.stacks)
  }

  /// Parameters of the new body: by those of the old one, and their tangents.
  private func parameters(
    _ builder: inout DerivativeBuilder, inputs: Bool
  ) throws(TransformError) -> (values: [ValueID], tangents: [ValueID]) {
    let loop = active.loop
    let types = loop.body.parameters.map { loop.body[$0].types[0] }
    let inputStart = 1 + loop.carriedCount
    let invariantStart = inputStart + loop.inputRows.count
    var values = [try builder.parameter("t", LoopNode.indexType)]
    var tangents: [ValueID] = []
    func add(_ mark: String, _ places: Range<Int>, _ moving: [Int]) throws(TransformError) {
      let added = try builder.parameters(mark, (places + moving).map { types[$0] })
      values += added.prefix(places.count)
      tangents += added.dropFirst(places.count)
    }
    try add("s", 1..<inputStart, active.carried)
    if inputs { try add("x", inputStart..<invariantStart, active.inputs) }
    try add("c", invariantStart..<types.count, active.invariants)
    return (values, tangents)
  }

  private func body(
    _ row: TargetRow, _ location: SourceLocation
  ) throws(TransformError) -> Graph {
    let loop = active.loop
    var builder = DerivativeBuilder(name: "body", row: row)
    builder.location = location
    let (values, tangents) = try parameters(&builder, inputs: true)
    let pushed = try loop.body.pushforward(by: active.parameters, row: row)
    let results = builder.inline(pushed, values + tangents)
    var slopes: [Int: ValueID] = [:]
    var next = loop.body.results.count
    for (place, result) in loop.body.results.enumerated()
    where loop.body[type: result].dtype.isFloat {
      slopes[place] = results[next]
      next += 1
    }
    let moving = active.results.compactMap { slopes[$0] }
    return builder.returning(
      Array(results.prefix(loop.carriedCount)) + moving.prefix(active.carried.count)
        + results.dropFirst(loop.carriedCount).prefix(loop.stacks.count)
        + moving.dropFirst(active.carried.count))
  }

  private func condition(
    _ row: TargetRow, _ location: SourceLocation
  ) throws(TransformError) -> Graph? {
    guard let condition = active.loop.condition else { return nil }
    var builder = DerivativeBuilder(name: "condition", row: row)
    builder.location = location
    let (values, _) = try parameters(&builder, inputs: false)
    let results = builder.inline(condition, values)
    return builder.returning(results)
  }
}
