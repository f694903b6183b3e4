// From index tensors to the coordinates of gathers and scatters.

import IRCore
import TensorIR

/// The places of a tensor that index tensors name, over the axes of what is read or written there.
struct IndexedPlaces {
  let function: String
  let tensor: Tensor
  let location: SourceLocation
  /// One per axis of the tensor.
  private(set) var coordinates: [Coordinate] = []
  /// In the order of the coordinates that read them.
  private(set) var indices: [Tensor] = []
  /// Extents of the axes.
  private(set) var shape: [Int] = []

  private init(_ tensor: Tensor, _ function: String, at location: SourceLocation) {
    self.tensor = tensor
    self.function = function
    self.location = location
  }

  /// Slices of `tensor` by the indices along one axis: the axes of the indices stand in its place.
  init(
    _ tensor: Tensor, slices indices: Tensor, axis: Int, _ rule: OutOfRange, _ function: String,
    at location: SourceLocation
  ) {
    self.init(tensor, function, at: location)
    let axis = Tensor.resolve(axis: axis, rank: tensor.rank, function, at: location)
    let rank = indices.rank
    for place in tensor.shape.indices {
      if place == axis {
        let axes = (0..<rank).map { IndexExpression.variable(axis + $0) }
        coordinates.append(.element(axes))
      } else {
        coordinates.append(.expression(.variable(place < axis ? place : place + rank - 1)))
      }
    }
    shape = tensor.shape[..<axis] + indices.shape + tensor.shape[(axis + 1)...]
    append(indices, rule, axis)
  }

  /// Single elements along one axis: the indices have the axes of `tensor`, other axes repeat by
  /// NumPy's rule.
  init(
    _ tensor: Tensor, elements indices: Tensor, axis: Int, _ rule: OutOfRange,
    _ function: String, at location: SourceLocation
  ) {
    self.init(tensor, function, at: location)
    let axis = Tensor.resolve(axis: axis, rank: tensor.rank, function, at: location)
    guard indices.rank == tensor.rank else {
      fail("indices of \(tensor.rank) axes expected, found \(indices.typeText)")
    }
    for (place, extent) in tensor.shape.enumerated() {
      let count = indices.shape[place]
      guard place == axis || count == extent || count == 1 || extent == 1 else {
        fail("indices of extent \(extent) along axis \(place) expected, found \(indices.typeText)")
      }
      shape.append(place == axis ? count : extent == 1 ? count : extent)
    }
    for (place, extent) in tensor.shape.enumerated() {
      if place == axis {
        let axes = indices.shape.enumerated().map { axis, count in
          count == 1 ? IndexExpression(0) : .variable(axis)
        }
        coordinates.append(.element(axes))
      } else {
        coordinates.append(.expression(extent == 1 ? 0 : .variable(place)))
      }
    }
    append(indices, rule, axis)
  }

  /// Slices by one index tensor for each of the first axes; these broadcast, and their axes stand in
  /// place of those.
  init(
    _ tensor: Tensor, leading indices: [Tensor], _ rule: OutOfRange, _ function: String,
    at location: SourceLocation
  ) {
    self.init(tensor, function, at: location)
    guard (1...max(1, tensor.rank)).contains(indices.count), tensor.rank > 0 else {
      fail("1 to \(tensor.rank) index tensors expected, found \(indices.count)")
    }
    shape = commonShape(indices)
    let rank = shape.count
    for index in indices { coordinates.append(.element(of: index, axesEnd: rank)) }
    for place in tensor.shape.indices.dropFirst(indices.count) {
      coordinates.append(.expression(.variable(place - indices.count + rank)))
    }
    shape += tensor.shape.dropFirst(indices.count)
    for (axis, index) in indices.enumerated() { append(index, rule, axis) }
  }

  /// Places that a subscript names in which tensors stand; no ellipsis stands there.
  ///
  /// As in NumPy, integers count among the tensors, which broadcast together. Their axes stand where
  /// the first of them stands, or before all others where something else stands between them.
  init(_ tensor: Tensor, _ selections: [AxisSelection], at location: SourceLocation) {
    self.init(tensor, "subscript", at: location)
    let selections = withoutMasks(selections)
    let tensors = selections.compactMap(\.indexTensor)
    let slice = tensor.slice(selections.map { $0.indexTensor == nil ? $0 : .all }, at: location)
    let common = commonShape(tensors)
    let start = AxisSelection.startOfTensors(selections)
    let sources = selections.filter { $0.axisCount > 0 }
    let walked = sources.indices.compactMap {
      sources[$0].indexTensor == nil ? nil : slice.axes[$0].target
    }
    let kept = slice.shape.indices.filter { !walked.contains($0) }
    shape = kept.map { slice.shape[$0] }
    shape.insert(contentsOf: common, at: start)
    for (axis, selection) in sources.enumerated() {
      guard let index = selection.indexTensor else {
        let place = slice.axes[axis].index { target in
          let place = kept.firstIndex(of: target) ?? 0
          return place < start ? place : place + common.count
        }
        coordinates.append(.expression(place))
        continue
      }
      coordinates.append(.element(of: index, axesEnd: start + common.count))
      append(countedFromStart(index, axis), .error, axis)
    }
  }

  /// The selections with the integers where masks hold in place of the masks.
  private func withoutMasks(_ selections: [AxisSelection]) -> [AxisSelection] {
    var axis = 0
    return selections.flatMap { selection in
      defer { axis += selection.axisCount }
      guard let mask = selection.mask else { return [selection] }
      tensor.requireMask(mask, axis: axis, at: location)
      return mask.placesThatHold(
        "\(function): \(tensor.typeText)[\(mask.typeText)]",
        "select(mask, x, y) keeps the shape of x", at: location
      ).map { .tensor(IndexTensor($0)) }
    }
  }

  /// Indices with the extent added to negative ones.
  private func countedFromStart(_ indices: Tensor, _ axis: Int) -> Tensor {
    guard indices.dtype.isSignedInteger else { return indices }
    let extent = Tensor(integerLiteral: tensor.shape[axis])
    let wide = indices.cast(to: .i64)
    return Tensor.apply(
      .select,
      [
        Tensor.apply(.lt, [wide, 0], at: location),
        Tensor.apply(.add, [wide, extent], at: location), wide,
      ], at: location)
  }

  /// The shape that index tensors broadcast to.
  private func commonShape(_ indices: [Tensor]) -> [Int] {
    let types = indices.map { TensorType(.i64, extents: $0.shape) }
    do {
      return try TensorType.broadcastShape(of: function, types).compactMap(\.asConstant)
    } catch { misuse("\(error)", at: location) }
  }

  private func fail(_ problem: String) -> Never {
    misuse("\(function): \(tensor.typeText): \(problem)", at: location)
  }

  private mutating func append(_ tensor: Tensor, _ rule: OutOfRange, _ axis: Int) {
    guard tensor.dtype.isInteger else {
      fail("integer indices expected, found \(tensor.typeText)")
    }
    indices.append(
      rule.indices(tensor, extent: self.tensor.shape[axis], at: location).materialized)
  }

  // MARK: Nodes

  /// The elements at the places.
  func gathered(_ rule: OutOfRange) -> Tensor {
    Tensor.requireShape(shape, tensor.dtype, function, at: location)
    let gather = Gather(
      coordinates, outside: rule.rule, fill: rule.fill(tensor, function, at: location))
    return Tensor(
      .gather(gather), ([tensor.materialized] + indices).map { .node($0.node) },
      dtype: tensor.dtype, shape: shape, at: location)
  }

  /// The tensor with updates at the places; they broadcast to the places' shape.
  func scattered(_ updates: Tensor, _ combination: Combination, _ rule: OutOfRange) -> Tensor {
    guard let updates = updates.taking(tensor.dtype), updates.dtype == tensor.dtype else {
      fail("updates of \(tensor.dtype) expected, found \(updates.typeText)")
    }
    guard combination == .set || tensor.dtype.isNumeric else {
      fail("a numeric type expected to combine by \(combination), found \(tensor.dtype)")
    }
    Tensor.requireShape(shape, tensor.dtype, function, at: location)
    let spread = updates.broadcast(to: shape, function, at: location)
    let scatter = Scatter(coordinates, combination: combination.row, outside: rule.rule)
    return Tensor(
      .scatter(scatter), ([tensor.materialized, spread] + indices).map { .node($0.node) },
      dtype: tensor.dtype, shape: tensor.shape, at: location)
  }
}

extension Coordinate {
  /// The element of an index tensor whose axes are the last before axis `end` of the walk; extents of
  /// 1 repeat.
  fileprivate static func element(of index: Tensor, axesEnd end: Int) -> Coordinate {
    let offset = end - index.rank
    return .element(
      index.shape.enumerated().map { axis, count in
        count == 1 ? IndexExpression(0) : .variable(offset + axis)
      })
  }
}
