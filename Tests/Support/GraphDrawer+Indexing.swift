// Draws gathers, scatters, concatenations and sorts.

import IRCore
import TensorIR

extension GraphDrawer {
  /// One of the operations that move elements by other tensors.
  mutating func moved(_ value: ValueID) -> [ValueID]? {
    switch random.integer(0...4) {
    case 0, 1: gather(value).map { [$0] }
    case 2: scatter(value).map { [$0] }
    case 3: concat(value).map { [$0] }
    default: sort(value)
    }
  }

  // MARK: Indices

  /// Integers for the places of an axis: drawn ones, all inside, or whatever integers are there.
  private mutating func index(
    _ shape: [Int], extent: Int, isInside: Bool
  ) -> ValueID? {
    let count = shape.reduce(1, *)
    let dtype = random.pick([DType.i32, .i64, .u8, .i8, .u32, .u64])
    let there = values.filter { type($0).dtype.isInteger && extents($0) == shape }
    if !isInside, !there.isEmpty, random.oneIn(2) { return random.pick(there) }
    guard count <= 256, !isInside || extent > 0 else { return nil }
    let largest = isInside ? min(extent, 100) - 1 : extent + 2
    let elements = (0..<count).map { _ in
      Literal(
        dtype, integer: random.integer((isInside || !dtype.isSignedInteger ? 0 : -2)...largest))
    }
    return try? builder.constant(TensorData(dtype, elements), extents: shape)
  }

  /// Coordinates in `shape` over axes, some of which index operands name; the axes' extents.
  private mutating func coordinates(
    in shape: [Int], isInside: Bool
  ) -> (coordinates: [Coordinate], indices: [ValueID], axes: [Int])? {
    var axes: [Int] = []
    for extent in shape where random.oneIn(2) { axes.append(extent) }
    if axes.isEmpty || random.oneIn(2) {
      axes.insert(random.integer(0...5), at: random.integer(0...axes.count))
    }
    guard axes.reduce(1, *) <= limit else { return nil }
    var coordinates: [Coordinate] = []
    var indices: [ValueID] = []
    for extent in shape {
      let fitting = axes.indices.filter { axes[$0] <= extent }
      if !fitting.isEmpty, random.oneIn(2) {
        let axis = random.pick(fitting)
        let room = extent - axes[axis]
        coordinates.append(
          .expression(.variable(axis) + IndexExpression(random.integer(0...room))))
        continue
      }
      let used = axes.indices.filter { _ in random.oneIn(2) }
      guard let index = index(used.map { axes[$0] }, extent: extent, isInside: isInside) else {
        return nil
      }
      indices.append(index)
      coordinates.append(.element(used.map { .variable($0) }))
    }
    return (coordinates, indices, axes)
  }

  private mutating func rule(_ shape: [Int]) -> OutsideRule {
    let rules = shape.contains(0) ? [OutsideRule.skipped] : OutsideRule.allCases
    return random.pick(rules)
  }

  // MARK: Nodes

  private mutating func gather(_ value: ValueID) -> ValueID? {
    let rule = rule(extents(value))
    guard let drawn = coordinates(in: extents(value), isInside: rule == .checked) else {
      return nil
    }
    let fill = rule == .skipped ? literal(type(value).dtype) : nil
    return try? builder.gather(
      Gather(drawn.coordinates, outside: rule, fill: fill), value, drawn.indices,
      shape: drawn.axes.map { IndexExpression($0) })
  }

  private mutating func scatter(_ value: ValueID) -> ValueID? {
    let rule = rule(extents(value))
    let dtype = type(value).dtype
    guard let drawn = coordinates(in: extents(value), isInside: rule == .checked) else {
      return nil
    }
    let shape = drawn.axes.map { IndexExpression($0) }
    let updates = values.filter { type($0).dtype == dtype }
      .compactMap { try? builder.broadcast($0, to: shape) }
    guard !updates.isEmpty else { return nil }
    let combination = random.pick(
      dtype.isNumeric ? [nil] + Scatter.combinations : [Elementwise?.none])
    return try? builder.scatter(
      Scatter(drawn.coordinates, combination: combination, outside: rule), value,
      random.pick(updates), drawn.indices)
  }

  private mutating func concat(_ value: ValueID) -> ValueID? {
    let shape = extents(value)
    guard !shape.isEmpty else { return nil }
    let axis = random.integer(0...shape.count - 1)
    let fitting = values.filter { other in
      type(other).dtype == type(value).dtype && extents(other).count == shape.count
        && shape.indices.allSatisfy { $0 == axis || extents(other)[$0] == shape[$0] }
    }
    let parts = (0..<random.integer(1...3)).map { _ in random.pick(fitting) }
    let total = parts.reduce(0) { $0 + extents($1)[axis] }
    guard total * shape.indices.filter({ $0 != axis }).reduce(1, { $0 * shape[$1] }) <= limit
    else { return nil }
    return try? builder.concat(parts, axis: axis)
  }

  private mutating func sort(_ value: ValueID) -> [ValueID]? {
    let shape = extents(value)
    guard !shape.isEmpty, type(value).dtype.isNumeric else { return nil }
    let axis = random.integer(0...shape.count - 1)
    var operands = [value]
    if random.oneIn(2) {
      let place = TensorType(.i64, type(value).shape)
      if let places = try? builder.iota(axis: axis, place) { operands.append(places) }
    }
    let alike = values.filter { extents($0) == shape }
    if random.oneIn(3) { operands.append(random.pick(alike)) }
    let count = random.oneIn(3) ? random.integer(0...shape[axis]) : nil
    return try? builder.sort(
      Sort(axis: axis, isDescending: random.oneIn(2), count: count), operands)
  }
}
