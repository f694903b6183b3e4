// Loops in reverse: the steps from the last to the first, from saved states.

import IRCore
import TensorIR

extension DerivativeBuilder {
  /// The loop itself, saving the carried values that each step starts from: its results, and the
  /// saved ones as rows.
  mutating func saving(
    _ loop: LoopNode, _ operands: [ValueID]
  ) throws(TransformError) -> (results: [ValueID], saved: [ValueID]) {
    var loop = loop
    let count = loop.body.results.count
    let parameters = loop.body.parameters.dropFirst().prefix(loop.carriedCount)
    loop.body.results += parameters.map { ValueID($0) }
    loop.stacks += parameters.map { _ in LoopNode.Stack() }
    let results = try self.loop(loop, operands)
    return (Array(results.prefix(count)), Array(results.dropFirst(count)))
  }

  /// The cotangents of a loop's operands, by place. See `Note: loops in reverse`.
  mutating func cotangents(
    of active: ActiveLoop, _ operands: [ValueID], saved: [ValueID], results: [ValueID],
    _ given: [ValueID?]
  ) throws(TransformError) -> [(place: Int, value: ValueID)] {
    let loop = active.loop
    let reverse = ReverseLoop(active, count: loop.knownCount ?? 0)
    var starts: [ValueID] = []
    for parameter in active.carried {
      let start = operands[active.operand(of: parameter)]
      starts.append(try orZeros(given[parameter - 1], self[type: start]))
    }
    for parameter in reverse.summed {
      starts.append(try splat(0, loop.body[loop.body.parameters[parameter]].types[0]))
    }
    var rows: [ValueID] = []
    for place in active.stacks.map({ $0 + loop.carriedCount }) {
      rows.append(try orZeros(given[place], self[type: results[place]]))
    }
    var destinations: [ValueID] = []
    for parameter in reverse.rowwise {
      destinations.append(try splat(0, self[type: operands[active.operand(of: parameter)]]))
    }
    for (number, row) in zip(active.stacks, rows) where loop.stacks[number].hasDestination {
      destinations.append(row)
    }
    let sources = saved + loop.layout.inputs.map { operands[$0] } + rows
    let found = try self.loop(
      try reverse.node(row: row, at: location),
      starts + sources + destinations + loop.layout.invariants.map { operands[$0] })
    let places =
      (active.carried + reverse.summed + reverse.rowwise).map { active.operand(of: $0) }
      + active.stacks.compactMap { loop.destination(of: $0) }
    let fixed = active.carried.count..<active.carried.count + reverse.summed.count
    return zip(places, found).enumerated().map { number, pair in
      let parameter = fixed.contains(number) ? reverse.summed[number - fixed.lowerBound] : nil
      let row = parameter.flatMap { reverse.fixedRow($0) }
      let source = self[type: operands[pair.0]]
      return (place: pair.0, value: row.map { atRow($0, pair.1, source) } ?? pair.1)
    }
  }

  /// A row in its place, with zeros for the others.
  private mutating func atRow(_ row: Int, _ value: ValueID, _ type: TensorType) -> ValueID {
    let place = View.Guard(.variable(0), in: IndexExpression(row), IndexExpression(row + 1))
    let view = View(
      (1..<type.rank).map { .variable($0) }, guards: [place], fill: .zero(type.dtype))
    return self.view(value, view, type.shape)
  }
}

/// The loop of a loop's cotangents.
private struct ReverseLoop {
  let active: ActiveLoop
  let count: Int
  /// Parameters of the body whose cotangents steps add up: invariants, and inputs of which every
  /// step reads the same row.
  let summed: [Int]
  /// Inputs of which every step reads a row of its own.
  let rowwise: [Int]

  init(_ active: ActiveLoop, count: Int) {
    self.active = active
    self.count = count
    let rows = active.loop.inputRows
    let first = 1 + active.loop.carriedCount
    let isFixed = { (parameter: Int) in rows[parameter - first].asConstant != nil }
    summed = active.invariants + active.inputs.filter(isFixed)
    rowwise = active.inputs.filter { !isFixed($0) }
  }

  /// The row of an input of which every step reads the same one.
  func fixedRow(_ parameter: Int) -> Int? {
    let input = parameter - 1 - active.loop.carriedCount
    let rows = active.loop.inputRows
    return rows.indices.contains(input) ? rows[input].asConstant : nil
  }

  /// A row that a step of the loop reads or writes, as the reversed step numbers it.
  private func reversed(_ row: IndexExpression) -> IndexExpression {
    row.replacingVariables { _ in IndexExpression(count - 1) - .variable(0) }
  }

  func node(row: TargetRow, at location: SourceLocation) throws(TransformError) -> LoopNode {
    let loop = active.loop
    let stacks = active.stacks.map { loop.stacks[$0] }
    let first = 1 + loop.carriedCount
    return LoopNode(
      body: try body(row, location), count: IndexExpression(count),
      carriedCount: active.carried.count + summed.count,
      inputRows: (0..<loop.carriedCount).map { _ in reversed(.variable(0)) }
        + loop.inputRows.map(reversed) + stacks.map { reversed($0.row) },
      stacks: rowwise.map {
        LoopNode.Stack(row: reversed(loop.inputRows[$0 - first]), hasDestination: true)
      }
        + stacks.filter(\.hasDestination).map {
          LoopNode.Stack(row: reversed($0.row), hasDestination: true)
        })
  }

  /// One step: the step of the loop anew, and its pullback.
  private func body(
    _ row: TargetRow, _ location: SourceLocation
  ) throws(TransformError) -> Graph {
    let loop = active.loop
    let types = loop.body.parameters.map { loop.body[$0].types[0] }
    var builder = DerivativeBuilder(name: "body", row: row)
    builder.location = location
    let index = try builder.parameter("t", LoopNode.indexType)
    let states = try builder.parameters("s", (active.carried + summed).map { types[$0] })
    let rowTypes = active.stacks.map {
      loop.body[type: loop.body.results[loop.carriedCount + $0]]
    }
    let invariantStart = 1 + loop.carriedCount + loop.inputRows.count
    let inputs = try builder.parameters("x", types[1..<invariantStart] + rowTypes)
    let invariants = try builder.parameters("c", Array(types[invariantStart...]))
    let last = try builder.apply(
      .sub, [.literal(Literal(.i64, integer: count - 1)), .value(index)], shape: [])
    let known = inputs.prefix(invariantStart - 1)
    let seeds = states.prefix(active.carried.count) + inputs.dropFirst(invariantStart - 1)
    let pulled = try loop.body.pullback(of: active.results, by: active.parameters, row: row)
    let results = builder.inline(pulled, [last] + known + invariants + seeds)
    var slopes: [Int: ValueID] = [:]
    for (parameter, slope) in zip(
      active.parameters, results.dropFirst(loop.body.results.count))
    {
      slopes[parameter] = slope
    }
    var outputs = active.carried.compactMap { slopes[$0] }
    for (parameter, sum) in zip(summed, states.dropFirst(active.carried.count)) {
      guard let slope = slopes[parameter] else { continue }
      outputs.append(try builder.apply(.add, sum, slope))
    }
    outputs += rowwise.compactMap { slopes[$0] }
    for (number, type) in zip(active.stacks, rowTypes) where loop.stacks[number].hasDestination {
      outputs.append(try builder.splat(0, type))
    }
    return builder.returning(outputs)
  }
}

// Note: loops in reverse
//
// The loop is run with the carried values at the start of each step as further stacked outputs. The
// reverse loop goes from the last step to the first. It carries the cotangents of the carried values,
// and the sums so far of those of invariants. A step reads the saved values, the rows that the step
// of the loop read, and the cotangents of the rows that it wrote; computes the step anew from them;
// and pulls back. So what is kept grows with the carried values alone, and a step is computed
// twice. Cotangents of rows that were read are rows again. Rows that a step wrote hide what stood
// there, so zeros stand in the destination's cotangent.
