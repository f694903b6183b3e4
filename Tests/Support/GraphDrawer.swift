// Draws the nodes of random graphs.

import IRCore
import TensorIR

/// Builder of one random graph, and of those that it calls.
struct GraphDrawer {
  var random: SplitMix64
  var builder: GraphBuilder
  let shapes: ShapePool
  private let name: String
  private let size: Int
  var values: [ValueID] = []
  private var callees: [Graph] = []
  /// Number of loops around.
  var depth = 0

  private static let typings = RowTyping.all

  init(
    _ name: String, _ parameters: [TensorType], shapes: ShapePool, random: SplitMix64, size: Int
  ) {
    self.name = name
    self.shapes = shapes
    self.random = random
    self.size = size
    builder = GraphBuilder(name: name)
    for (index, type) in parameters.enumerated() {
      if let value = try? builder.parameter("p\(index)", type) { values.append(value) }
    }
  }

  /// The drawn graph first, then those that it calls.
  var module: Module { Module(graphs: [graph] + callees) }

  private var graph: Graph { builder.returning(results) }
  private var results: [ValueID] = []

  /// Adds nodes, then chooses results.
  mutating func draw() { draw(size: size) }

  /// Adds about `size` nodes, then chooses results.
  mutating func draw(size: Int) {
    // One graph in five is mostly reductions, scans and what works along rows, one mostly
    // contractions, one mostly what moves elements by other tensors.
    let choices = random.pick([
      [2, 3, 7, 7, 8, 9, 9, 9, 10, 11, 12], [0, 2, 3, 7, 10, 11, 20, 20, 21, 21, 21],
      Array(0...20), Array(0...23) + [22, 22], [0, 2, 3, 7, 9, 10, 11, 12, 20, 23, 23, 23, 23],
    ])
    var attempts = 0
    while builder.graph.nodes.count < size + builder.graph.parameters.count, attempts < size * 4 {
      attempts += 1
      // Recent values are likelier, so that chains grow.
      let value = random.oneIn(3) ? random.pick(values) : random.pick(values.suffix(4))
      let made: [ValueID]? =
        switch random.pick(choices) {
        case 0: leaf().map { [$0] }
        case 1 where name == "main": call(value)
        case 2...6: view(value).map { [$0] }
        case 7: reduce(value).map { [$0] }
        case 8: scan(value).map { [$0] }
        case 9: rows(value)
        case 20: contract(value).map { [$0] }
        case 21: layer(value)
        case 22: depth < 2 ? loop(value) : nil
        case 23: moved(value)
        default: elementwise(value).map { [$0] }
        }
      values += made ?? []
    }
    guard let last = values.last else { return }
    results = [last] + (0..<random.integer(0...3)).map { _ in random.pick(values) }
  }

  func type(_ value: ValueID) -> TensorType { builder[type: value] }
  func extents(_ value: ValueID) -> [Int] { type(value).extents ?? [] }
  /// The most elements of one tensor.
  var limit: Int { shapes.limit }

  // MARK: Leaves and calls

  private mutating func leaf() -> ValueID? {
    let shape = shapes.pick(&random)
    let dtype = random.pick(
      [DType.f32, .f64, .f16, .bf16, .i8, .i32, .i64, .u8, .u16, .u32, .u64])
    if random.oneIn(2), !shape.isEmpty {
      let axis = random.integer(0...shape.count - 1)
      return try? builder.iota(axis: axis, TensorType(dtype, extents: shape))
    }
    guard shape.reduce(1, *) <= 64 else { return nil }
    let elements = dtype.samples(shape.reduce(1, *), &random)
    return try? builder.constant(
      TensorData(dtype, elements.map { Literal(dtype, bits: $0) }), extents: shape)
  }

  private mutating func call(_ value: ValueID) -> [ValueID]? {
    let operands = [value] + (random.oneIn(2) ? [random.pick(values)] : [])
    var drawer = GraphDrawer(
      "callee\(callees.count)", operands.map(type), shapes: shapes, random: random,
      size: random.integer(1...4))
    drawer.draw()
    random = drawer.random
    callees.append(drawer.graph)
    return try? builder.call(drawer.graph, operands)
  }

  // MARK: Elementwise

  mutating func elementwise(_ value: ValueID) -> ValueID? {
    let dtype = type(value).dtype
    let fitting = Self.typings.filter { $0.operands.contains(dtype) }
    let typing = random.pick(fitting)
    let place = random.pick(typing.operands.indices.filter { typing.operands[$0] == dtype })
    var operands = typing.operands.enumerated().map { index, type in
      index == place ? .value(value) : operand(type, extents(value))
    }
    // The sign and payload of a NaN are not promised, so nothing may read them.
    let isRead = typing.row == .copySign ? 1 : typing.row == .bitcast ? 0 : nil
    if let isRead, typing.operands[isRead].isFloat {
      operands[isRead] = withoutNaN(operands[isRead], typing.operands[isRead])
    }
    return try? builder.elementwise(typing.row, operands, dtype: typing.result)
  }

  /// A value of the type and shape, made from what is there, or a literal.
  private mutating func operand(_ dtype: DType, _ shape: [Int]) -> TensorOperand {
    if random.oneIn(4) { return .literal(literal(dtype)) }
    let extents = shape.map { IndexExpression($0) }
    let same = values.filter { type($0) == TensorType(dtype, extents) }
    if !same.isEmpty, !random.oneIn(4) { return .value(random.pick(same)) }
    for _ in 0..<4 {
      var candidate = random.pick(values)
      guard let broadcast = try? builder.broadcast(candidate, to: extents) else { continue }
      if extents != type(candidate).shape { candidate = broadcast }
      if type(candidate).dtype == dtype { return .value(candidate) }
      let cast = try? builder.elementwise(.cast, [.value(candidate)], dtype: dtype)
      if let cast { return .value(cast) }
    }
    return .literal(literal(dtype))
  }

  mutating func literal(_ dtype: DType) -> Literal {
    let literal = Literal(dtype, bits: dtype.sample(&random))
    return literal.isNaN ? Literal(dtype, .nan) : literal
  }

  private mutating func withoutNaN(_ operand: TensorOperand, _ dtype: DType) -> TensorOperand {
    guard case .value(let value) = operand else {
      return operand.literal?.isNaN == true ? .literal(.one(dtype)) : operand
    }
    guard let isNaN = try? builder.elementwise(.isNaN, [.value(value)]),
      let chosen = try? builder.elementwise(
        .select, [.value(isNaN), .literal(.one(dtype)), .value(value)])
    else { return .literal(.one(dtype)) }
    return .value(chosen)
  }

  // MARK: Views

  private mutating func view(_ value: ValueID) -> ValueID? {
    let shape = extents(value)
    guard !shape.isEmpty else {
      return try? builder.broadcast(value, to: shapes.pick(&random).map { IndexExpression($0) })
    }
    switch random.integer(0...7) {
    case 0: return try? builder.transpose(value, shape.indices.shuffled(using: &random))
    case 1: return reshape(value, shape)
    case 2, 3: return slice(value, shape)
    case 4:
      return try? builder.flip(value, axes: shape.indices.filter { _ in random.oneIn(2) })
    case 5: return pad(value, shape)
    case 6: return window(value, shape)
    default: return broadcast(value, shape)
    }
  }

  private mutating func reshape(_ value: ValueID, _ shape: [Int]) -> ValueID? {
    var left = shape.reduce(1, *)
    var target: [Int] = []
    while left > 1, target.count < 3, !random.oneIn(4) {
      let divisors = (1...min(left, 64)).filter { left % $0 == 0 }
      target.append(random.pick(divisors))
      left /= target[target.count - 1]
    }
    target.append(left)
    if random.oneIn(4) { target.insert(1, at: random.integer(0...target.count)) }
    return try? builder.reshape(value, to: target.map { IndexExpression($0) })
  }

  private mutating func slice(_ value: ValueID, _ shape: [Int]) -> ValueID? {
    var starts: [Int] = []
    var strides: [Int] = []
    var counts: [Int] = []
    for extent in shape {
      let start = extent == 0 ? 0 : random.integer(0...extent - 1)
      let stride = random.pick([1, 1, 2, 3, -1, -2])
      let room = stride > 0 ? (extent - start + stride - 1) / stride : start / -stride + 1
      starts.append(start)
      strides.append(stride)
      counts.append(extent == 0 ? 0 : random.oneIn(12) ? 0 : random.integer(1...max(1, room)))
    }
    return try? builder.slice(
      value, starts: starts.map { IndexExpression($0) }, strides: strides,
      counts: counts.map { IndexExpression($0) })
  }

  private mutating func pad(_ value: ValueID, _ shape: [Int]) -> ValueID? {
    let low = shape.map { _ in random.pick([0, 0, 1, 3]) }
    let high = shape.map { _ in random.pick([0, 0, 1, 2]) }
    guard zip(shape, zip(low, high)).map({ $0 + $1.0 + $1.1 }).reduce(1, *) <= shapes.limit else {
      return nil
    }
    return try? builder.pad(value, low: low, high: high, fill: literal(type(value).dtype))
  }

  private mutating func window(_ value: ValueID, _ shape: [Int]) -> ValueID? {
    let axis = random.integer(0...shape.count - 1)
    let size = random.integer(1...3)
    guard shape.reduce(1, *) * size <= shapes.limit, shape.count < 5 else { return nil }
    return try? builder.slidingWindow(
      value, axes: [axis], sizes: [size], strides: [random.integer(1...2)],
      dilations: [random.integer(1...2)])
  }

  private mutating func broadcast(_ value: ValueID, _ shape: [Int]) -> ValueID? {
    let leading = random.pick([1, 2, 3, 7])
    let target = [leading] + shape.map { $0 == 1 ? random.pick([1, 5, 16]) : $0 }
    guard target.reduce(1, *) <= shapes.limit, target.count < 6 else { return nil }
    return try? builder.broadcast(value, to: target.map { IndexExpression($0) })
  }
}
