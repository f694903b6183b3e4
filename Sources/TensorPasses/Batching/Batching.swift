// Batching: a graph on many values at once.

public import IRCore
public import TensorIR

extension Graph {
  /// The graph that computes for `count` values at once what this one computes for each of them.
  ///
  /// Parameters: those of this graph, the ones at `parameters` with an axis of `count` in front.
  /// Results: those of this graph, all with that axis. Bits are those of a loop: orders of
  /// combination stay.
  ///
  /// - Parameter row: gives new reductions their standard order.
  public func batched(
    over parameters: [Int], count: Int, row: TargetRow
  ) throws(TransformError) -> Graph {
    var batching = Batching(self, over: parameters, count: count, row)
    return try batching.graph()
  }
}

/// A graph while it is batched.
struct Batching {
  let old: Graph
  let count: Int
  var builder: DerivativeBuilder
  private let parameters: Set<Int>
  /// What stands for the old values.
  private(set) var values: [ValueID: ValueID] = [:]
  /// The old values that have the axis.
  private(set) var isBatched: Set<ValueID> = []

  init(_ old: Graph, over parameters: [Int], count: Int, _ row: TargetRow) {
    self.old = old
    self.count = count
    self.parameters = Set(parameters)
    builder = DerivativeBuilder(name: old.name, row: row)
  }

  mutating func graph() throws(TransformError) -> Graph {
    for (place, id) in old.parameters.enumerated() {
      guard case .parameter(let name) = old[id].kind else { continue }
      builder.location = old.locations[id.index]
      let type = old[id].types[0]
      let isOver = parameters.contains(place)
      values[ValueID(id)] = try builder.parameter(name, isOver ? wide(type) : type)
      if isOver { isBatched.insert(ValueID(id)) }
    }
    for id in old.ids where !old[id].isParameter { try batch(id) }
    builder.location = .unknown
    let results = old.results.map { widened($0) }
    return builder.returning(results)
  }

  /// The type with the axis.
  func wide(_ type: TensorType) -> TensorType {
    TensorType(type.dtype, [IndexExpression(count)] + type.shape)
  }

  /// The value with the axis: repeated where it has none.
  mutating func widened(_ value: ValueID) -> ValueID {
    let new = values[value] ?? value
    return isBatched.contains(value) ? new : repeated(new)
  }

  /// A new value along the axis.
  mutating func repeated(_ value: ValueID) -> ValueID {
    let type = builder[type: value]
    return builder.view(
      value, View(type.shape.indices.map { .variable($0 + 1) }), wide(type).shape)
  }

  private mutating func batch(_ id: NodeID) throws(TransformError) {
    builder.location = old.locations[id.index]
    let node = old[id]
    let operands = node.operands.compactMap(\.value)
    guard operands.contains(where: isBatched.contains) else {
      var copy = node
      copy.operands = copy.operands.map { $0.renamed(values) }
      for (number, value) in builder.copy(copy).enumerated() { values[ValueID(id, number)] = value }
      return
    }
    for (number, value) in try results(of: node, operands).enumerated() {
      values[ValueID(id, number)] = value
      isBatched.insert(ValueID(id, number))
    }
  }

  /// The results of a node of which some operand has the axis, all with the axis.
  private mutating func results(
    of node: Node, _ operands: [ValueID]
  ) throws(TransformError) -> [ValueID] {
    let types = node.types.map(wide)
    switch node.kind {
    case .parameter, .constant, .iota: return []
    case .elementwise:
      let wide = node.operands.map { operand -> TensorOperand in
        guard let value = operand.value else { return operand }
        return .value(widened(value))
      }
      return builder.copy(Node(node.kind, wide, types))
    case .view(let view):
      return [builder.view(widened(operands[0]), view.batched, types[0].shape)]
    case .reduce(let reduction): return [try reduce(reduction, operands[0], types[0])]
    case .scan(var scan):
      scan.axis += 1
      return builder.copy(Node(.scan(scan), operands.map { .value(widened($0)) }, types))
    case .contract(var contraction):
      for (side, operand) in operands.enumerated() {
        let map = contraction.operands[side].map(\.batched)
        contraction.operands[side] = isBatched.contains(operand) ? [.variable(0)] + map : map
      }
      return builder.copy(
        Node(.contract(contraction), operands.map { .value(values[$0] ?? $0) }, types))
    case .loop(let loop): return try results(of: loop, operands)
    case .conditional(let choice): return try results(of: choice, operands)
    case .gather(var gather):
      gather.coordinates = batched(gather.coordinates, of: operands[0], operands.dropFirst())
      return builder.copy(
        Node(.gather(gather), operands.map { .value(values[$0] ?? $0) }, types))
    case .scatter(var scatter):
      let both = operands[..<2].map { TensorOperand.value(widened($0)) }
      scatter.coordinates =
        [.expression(.variable(0))] + batched(scatter.coordinates, operands.dropFirst(2))
      return builder.copy(
        Node(
          .scatter(scatter), both + operands.dropFirst(2).map { .value(values[$0] ?? $0) }, types))
    case .concat(let axis):
      return builder.copy(
        Node(.concat(axis: axis + 1), operands.map { .value(widened($0)) }, types))
    case .sort(var sort):
      sort.axis += 1
      return builder.copy(Node(.sort(sort), operands.map { .value(widened($0)) }, types))
    case .custom(let custom): return try results(of: custom, operands)
    case .kernel(let kernel): return results(of: kernel, operands, types)
    case .call:
      throw .notBatched(
        operation: node.kind.keyword, reason: "this version has no rule for it",
        at: builder.location)
    }
  }

  /// The coordinates with the axis in front, which a source has, or not.
  private func batched(
    _ coordinates: [Coordinate], of source: ValueID, _ indices: ArraySlice<ValueID>
  ) -> [Coordinate] {
    let inner = batched(coordinates, indices)
    return isBatched.contains(source) ? [.expression(.variable(0))] + inner : inner
  }

  /// The coordinates over axes behind a further one, which index operands have, or not.
  private func batched(
    _ coordinates: [Coordinate], _ indices: ArraySlice<ValueID>
  ) -> [Coordinate] {
    var operands = indices
    return coordinates.map { coordinate in
      let moved = coordinate.mapping(\.batched)
      guard case .element(let place) = moved, isBatched.contains(operands.removeFirst()) else {
        return moved
      }
      return .element([.variable(0)] + place)
    }
  }

  private mutating func reduce(
    _ reduction: Reduction, _ operand: ValueID, _ type: TensorType
  ) throws(TransformError) -> ValueID {
    var value = widened(operand)
    var moved = Reduction(
      reduction.monoid, axes: reduction.axes.map { $0 + 1 }, order: reduction.order)
    if reduction.monoid.row.givesPlace, reduction.axes.count > 1 {
      // The place among all elements is that along the one axis of them.
      let all = old[type: operand].elementCount
      value = try builder.reshape(value, [IndexExpression(count), all])
      moved.axes = [1]
    }
    return builder.copy(Node(.reduce(moved), [.value(value)], type))[0]
  }
}

extension IndexExpression {
  /// The expression where an axis stands in front.
  var batched: IndexExpression { replacingVariables { .variable($0 + 1) } }
}

extension View {
  /// The view of every element along an axis in front.
  var batched: View {
    View(
      [.variable(0)] + indices.map(\.batched),
      guards: guards.map { Guard($0.expression.batched, in: $0.lower.batched, $0.upper.batched) },
      fill: fill)
  }
}
