// Draws reductions, scans, and chains of them along rows.

import IRCore
import TensorIR

extension GraphDrawer {
  /// A reduction along some axes, or all of them.
  mutating func reduce(_ value: ValueID) -> ValueID? {
    let rank = extents(value).count
    guard rank > 0 else { return nil }
    return reduce(value, axes: axes(rank), order: order())
  }

  /// A scan along an axis, in either direction; now and then from given starts, which are
  /// reductions of the same elements.
  mutating func scan(_ value: ValueID) -> ValueID? {
    let rank = extents(value).count
    guard rank > 0 else { return nil }
    let monoid = random.pick(Reduction.Monoid.allCases.filter(\.row.scans))
    let axis = random.integer(0...rank - 1)
    let order = order()
    var starts: ValueID?
    if random.oneIn(4) {
      let scan = Scan(monoid, axis: axis, isExclusive: false, isReverse: false, order: order)
      let row = try? builder.reduce(monoid, value, axes: [axis], order: .sequential)
      let wide = row.flatMap { try? builder.expandDims($0, axis: axis) }
      starts = wide.flatMap {
        try? builder.broadcast($0, to: scan.startsType(for: type(value)).shape)
      }
    }
    return try? builder.scan(
      monoid, value, from: starts, axis: axis, exclusive: random.oneIn(3),
      reverse: random.oneIn(3), order: order)
  }

  /// Reductions of rows whose results go back to the rows' elements, as in softmax: reduce,
  /// elementwise, broadcast, elementwise, and again.
  mutating func rows(_ value: ValueID) -> [ValueID]? {
    let shape = extents(value)
    guard !shape.isEmpty else { return nil }
    let axes = axes(shape.count)
    let order = order()
    var made: [ValueID] = []
    var element = value
    for _ in 0..<random.integer(1...3) {
      // Now and then a reduction of the same rows in another order, or of other elements.
      let source = random.oneIn(4) ? value : element
      let rowOrder = random.oneIn(6) ? self.order() : order
      guard var row = reduce(source, axes: axes, order: rowOrder) else { break }
      made.append(row)
      if random.oneIn(3), let next = elementwise(row), type(next).shape == type(row).shape {
        row = next
      }
      guard let spread = spread(row, along: axes, to: shape),
        let next = combine(element, spread)
      else { break }
      element = next
      if random.oneIn(3), let next = elementwise(element), extents(next) == shape { element = next }
      made.append(element)
    }
    return made.isEmpty ? nil : made
  }

  private mutating func axes(_ rank: Int) -> [Int] {
    switch random.integer(0...3) {
    case 0: return Array(0..<rank)
    case 1: return [random.integer(0...rank - 1)]
    case 2: return [rank - 1]
    default:
      let some = (0..<rank).filter { _ in random.oneIn(2) }
      return some.isEmpty ? [0] : some
    }
  }

  /// Chunks are often so short that reductions are split.
  private mutating func order() -> CombinationOrder {
    if random.oneIn(5) { return .sequential }
    let lanes = random.pick([1, 4, 16, 16, 64])
    return .lanes(lanes, chunk: random.oneIn(2) ? 4096 : lanes * random.pick([1, 2, 3, 8]))
  }

  private mutating func reduce(
    _ value: ValueID, axes: [Int], order: CombinationOrder
  ) -> ValueID? {
    let fitting = Reduction.Monoid.allCases.filter { $0.resultType(of: type(value).dtype) != nil }
    guard !fitting.isEmpty else { return nil }
    return try? builder.reduce(random.pick(fitting), value, axes: axes, order: order)
  }

  /// A value per row, repeated along the rows.
  private mutating func spread(_ row: ValueID, along axes: [Int], to shape: [Int]) -> ValueID? {
    var value = row
    for axis in axes {
      guard let wider = try? builder.expandDims(value, axis: axis) else { return nil }
      value = wider
    }
    return try? builder.broadcast(value, to: shape.map { IndexExpression($0) })
  }

  private mutating func combine(_ element: ValueID, _ spread: ValueID) -> ValueID? {
    let dtype = type(element).dtype
    var operand = spread
    if type(spread).dtype != dtype {
      guard let cast = try? builder.elementwise(.cast, [.value(spread)], dtype: dtype) else {
        return nil
      }
      operand = cast
    }
    let rows: [Elementwise] = dtype == .bool ? [.and, .or, .xor] : [.add, .sub, .mul, .max, .div]
    return try? builder.elementwise(random.pick(rows), [.value(element), .value(operand)])
  }
}
