// Draws nodes that hold graphs.

import IRCore
import TensorIR

extension GraphDrawer {
  /// A loop of a few steps that carries a value and others of its type, or a conditional.
  mutating func loop(_ value: ValueID) -> [ValueID]? {
    if random.oneIn(3) { return conditional(value) }
    let carried = [value] + (0..<random.integer(0...2)).map { _ in random.pick(values) }
    let count = random.pick([0, 1, 2, 3, 5])
    var sources: [ValueID] = []
    var rows: [IndexExpression] = []
    for _ in 0..<random.integer(0...2) {
      guard let (source, row) = rowSource(count) else { continue }
      sources.append(source)
      rows.append(row)
    }
    let invariants = (0..<random.integer(0...2)).map { _ in random.pick(values) }
    let rowTypes = sources.map { TensorType(type($0).dtype, Array(type($0).shape.dropFirst())) }
    let types = carried.map(type) + rowTypes + invariants.map(type)
    let number = TensorType(.i64)
    var inner = body([number] + types)
    var results = carried.indices.map { index in
      inner.value(like: type(carried[index]), or: inner.builder.graph.parameters[1 + index])
    }
    var stacks: [LoopNode.Stack] = []
    var destinations: [ValueID] = []
    // Rows in order need no destination, but only where the number of steps is known.
    let isBounded = random.oneIn(2)
    for _ in 0..<random.integer(results.isEmpty ? 1...2 : 0...2) {
      let row = inner.random.pick(inner.values)
      let rowType = inner.type(row)
      if let (target, place) = rowSource(count, of: rowType) {
        destinations.append(target)
        stacks.append(LoopNode.Stack(row: place, hasDestination: true))
      } else if isBounded {
        stacks.append(LoopNode.Stack())
      } else {
        continue
      }
      results.append(row)
    }
    random = inner.random
    var loop = LoopNode(
      body: inner.builder.returning(results), count: IndexExpression(count),
      carriedCount: carried.count, inputRows: rows, stacks: stacks)
    var operands = carried + sources + destinations + invariants
    if !isBounded {
      loop.condition = condition([number] + carried.map(type) + invariants.map(type), loop)
      if random.oneIn(2), let told = scalar(random.integer(-1...count + 1)) {
        loop.hasCountOperand = true
        operands.append(told)
      }
    }
    return try? builder.loop(loop, operands)
  }

  /// A function with rules that give the arguments, or the results, back.
  private mutating func custom(_ value: ValueID) -> [ValueID]? {
    let operands = [value] + (0..<random.integer(0...2)).map { _ in random.pick(values) }
    let drawn = body(operands.map(type))
    random = drawn.random
    let function = drawn.builder.returning([random.pick(drawn.values), random.pick(drawn.values)])
    var custom = CustomNode(
      body: function, argumentCount: random.integer(0...operands.count))
    let names = function.parameterNames
    for rule in [CustomNode.Rule.pullback, .pushforward] {
      if rule == .pushforward, custom.pullback != nil, random.oneIn(2) { continue }
      if rule == .pullback, random.oneIn(3) { continue }
      var known: [(String, TensorType)] = zip(names, custom.operandTypes).map { ($0, $1) }
      let captured = known[custom.argumentCount...]
      known.removeSubrange(custom.argumentCount...)
      known += custom.resultTypes.enumerated().map { ("y\($0)", $1) }
      known += custom.seedTypes(of: rule).enumerated().map { ("d\($0)", $1) }
      var builder = GraphBuilder(name: rule.rawValue)
      var parameters: [ValueID] = []
      for (name, type) in known + captured {
        guard let parameter = try? builder.parameter(name, type) else { return nil }
        parameters.append(parameter)
      }
      let places =
        rule == .pullback
        ? custom.floatArguments : custom.floatResults.map { $0 + custom.argumentCount }
      custom[rule] = builder.returning(places.map { parameters[$0] })
    }
    return try? builder.custom(custom, operands)
  }

  private mutating func conditional(_ value: ValueID) -> [ValueID]? {
    if random.oneIn(3) { return custom(value) }
    let truths = values.filter { type($0) == TensorType(.bool) }
    guard let truth = truths.randomElement(using: &random) ?? comparison(value) else {
      return nil
    }
    let operands = [value, random.pick(values)]
    var then = body(operands.map(type))
    var results = [
      then.value(like: type(value), or: then.builder.graph.parameters[0]),
      then.random.pick(then.values),
    ]
    let first = then.builder.returning(results)
    random = then.random
    let otherwise = body(operands.map(type))
    results = results.indices.map { index in
      let wanted = first[type: first.results[index]]
      let found = otherwise.values.filter { otherwise.type($0) == wanted }
      return found.last ?? results[index]
    }
    random = otherwise.random
    let isWhole = results.indices.allSatisfy { index in
      otherwise.values.contains(results[index])
        && otherwise.type(results[index]) == first[type: first.results[index]]
    }
    let second = isWhole ? otherwise.builder.returning(results) : first
    return try? builder.conditional(
      ConditionalNode(then: first, otherwise: second), truth, operands)
  }

  /// A drawn graph of parameters of the given types.
  private func body(_ types: [TensorType]) -> GraphDrawer {
    var drawer = GraphDrawer(
      "body", types, shapes: shapes, random: random, size: 1)
    drawer.random = random
    drawer.depth = depth + 1
    drawer.draw(size: drawer.random.integer(0...5))
    return drawer
  }

  /// The latest value of a type, else a parameter.
  private func value(like type: TensorType, or parameter: NodeID) -> ValueID {
    values.last { self.type($0) == type && $0.node != parameter } ?? ValueID(parameter)
  }

  /// A value with rows, of the given type if one is stated, and a row for each of `count` steps.
  private mutating func rowSource(
    _ count: Int, of row: TensorType? = nil
  ) -> (ValueID, IndexExpression)? {
    let fitting = values.filter { value in
      let type = type(value)
      guard type.rank > 0, let extent = type.shape[0].asConstant, extent > 0, extent >= count
      else { return false }
      return row.map { $0 == TensorType(type.dtype, Array(type.shape.dropFirst())) } ?? true
    }
    guard !fitting.isEmpty else { return nil }
    let source = random.pick(fitting)
    let extent = extents(source)[0]
    let last = max(0, count - 1)
    let step = IndexExpression.variable(0)
    switch random.integer(0...3) {
    case 0: return (source, IndexExpression(last) - step)
    case 1 where 2 * last < extent: return (source, step * 2)
    case 2: return (source, IndexExpression(random.integer(0...extent - 1)))
    default: return (source, step + IndexExpression(random.integer(0...extent - 1 - last)))
    }
  }

  /// Whether to go on: while the step is below a number, or by an element of what is carried.
  private mutating func condition(_ types: [TensorType], _ loop: LoopNode) -> Graph? {
    if random.oneIn(4) { return nil }
    let names = loop.body.parameters.map { loop.body[$0].kind }
    var builder = GraphBuilder(name: "condition")
    var parameters: [ValueID] = []
    for (index, type) in types.enumerated() {
      let place = index <= loop.carriedCount ? index : index + loop.inputRows.count
      guard case .parameter(let name) = names[place],
        let parameter = try? builder.parameter(name, type)
      else { return nil }
      parameters.append(parameter)
    }
    let most = Literal(.i64, integer: random.integer(0...4))
    let below = try? builder.elementwise(.lt, [.value(parameters[0]), .literal(most)])
    return below.map { builder.returning([$0]) }
  }

  private mutating func scalar(_ number: Int) -> ValueID? {
    try? builder.constant(TensorData(.i64, [Literal(.i64, integer: number)]), extents: [])
  }

  /// Whether the first element of a value is below some number.
  private mutating func comparison(_ value: ValueID) -> ValueID? {
    let type = type(value)
    guard type.dtype.isNumeric, !extents(value).contains(0),
      let below = try? builder.elementwise(.lt, [.value(value), .literal(literal(type.dtype))])
    else { return nil }
    let axes = Array(0..<type.rank)
    return axes.isEmpty
      ? below : try? builder.reduce(.any, below, axes: axes, order: .sequential)
  }
}
