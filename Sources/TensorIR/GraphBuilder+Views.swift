// Builds views: broadcast, transpose, reshape, slice, flip, pad, sliding windows.

public import IRCore

extension GraphBuilder {
  /// Repeats axes of extent 1 and adds leading axes by NumPy's rules.
  public mutating func broadcast(
    _ value: ValueID, to shape: [IndexExpression], at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let type = self[type: value]
    let offset = shape.count - type.rank
    guard offset >= 0 else {
      throw .shape(
        "broadcast", [type], "has more axes than \(TensorType.text(shape))")
    }
    var indices: [IndexExpression] = []
    for (axis, extent) in type.shape.enumerated() {
      let target = shape[axis + offset]
      guard extent == target || extent == 1 else {
        throw .shape(
          "broadcast", [type],
          "does not broadcast to \(TensorType.text(shape)): axis \(axis + offset) is "
            + "\(TensorType.text(extent)) and \(TensorType.text(target))")
      }
      indices.append(extent == target ? .variable(axis + offset) : 0)
    }
    return view(value, View(indices), shape, location)
  }

  /// Permutes axes: axis `a` of the result is axis `permutation[a]` of the operand.
  public mutating func transpose(
    _ value: ValueID, _ permutation: [Int], at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let type = self[type: value]
    guard permutation.sorted() == Array(0..<type.rank) else {
      throw .shape("transpose", [type], "has no permutation \(permutation) of its axes")
    }
    var indices = type.shape
    for (axis, source) in permutation.enumerated() { indices[source] = .variable(axis) }
    return view(value, View(indices), permutation.map { type.shape[$0] }, location)
  }

  /// Gives the elements, in row-major order, another shape of as many elements.
  public mutating func reshape(
    _ value: ValueID, to shape: [IndexExpression], at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let type = self[type: value]
    guard let indices = TensorType.reshapeIndices(from: type.shape, to: shape) else {
      let count = TensorType(type.dtype, shape).elementCount
      throw .shape(
        "reshape", [type],
        "has \(TensorType.text(type.elementCount)) elements, \(TensorType.text(shape)) has "
          + TensorType.text(count))
    }
    return view(value, View(indices), shape, location)
  }

  /// Adds an axis of extent 1 in front of axis `axis`, or after the last.
  public mutating func expandDims(
    _ value: ValueID, axis: Int, at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let type = self[type: value]
    guard (0...type.rank).contains(axis) else {
      throw .shape("expandDims", [type], "has no place for axis \(axis)")
    }
    var shape = type.shape
    shape.insert(1, at: axis)
    return try reshape(value, to: shape, at: location)
  }

  /// Removes axes of extent 1.
  public mutating func squeeze(
    _ value: ValueID, axes: [Int], at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let type = self[type: value]
    for axis in axes {
      guard type.shape.indices.contains(axis), type.shape[axis] == 1 else {
        throw .shape("squeeze", [type], "has no axis \(axis) of extent 1")
      }
    }
    let shape = type.shape.indices.filter { !axes.contains($0) }.map { type.shape[$0] }
    return try reshape(value, to: shape, at: location)
  }

  /// Takes `counts[a]` elements along each axis from `starts[a]` on, `strides[a]` apart.
  public mutating func slice(
    _ value: ValueID, starts: [IndexExpression], strides: [Int], counts: [IndexExpression],
    at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let type = self[type: value]
    guard [starts.count, strides.count, counts.count].allSatisfy({ $0 == type.rank }) else {
      throw .shape("slice", [type], "needs a start, a stride and a count for each axis")
    }
    let facts = AxisFacts(counts)
    var indices: [IndexExpression] = []
    for axis in type.shape.indices {
      let index = starts[axis] + .variable(axis) * IndexExpression(strides[axis])
      let isEmpty = counts[axis] == 0
      if counts[axis].asConstant ?? 0 < 0
        || !isEmpty && (facts.reaches(type.shape[axis], index) || facts.goesBelowZero(index))
      {
        throw .shape(
          "slice", [type],
          "has no \(TensorType.text(counts[axis])) elements from "
            + "\(TensorType.text(starts[axis])) by \(strides[axis]) along axis \(axis)")
      }
      indices.append(index)
    }
    return view(value, View(indices), counts, location)
  }

  /// Reverses the order along axes.
  public mutating func flip(
    _ value: ValueID, axes: [Int], at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let type = self[type: value]
    for axis in axes where !type.shape.indices.contains(axis) {
      throw .shape("flip", [type], "has no axis \(axis)")
    }
    let indices = type.shape.enumerated().map { axis, extent in
      axes.contains(axis) ? extent - 1 - .variable(axis) : .variable(axis)
    }
    return view(value, View(indices), type.shape, location)
  }

  /// Adds `low[a]` elements before and `high[a]` after each axis, all of them `fill`.
  public mutating func pad(
    _ value: ValueID, low: [Int], high: [Int], fill: Literal,
    at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let type = self[type: value]
    guard low.count == type.rank, high.count == type.rank, (low + high).allSatisfy({ $0 >= 0 })
    else {
      throw .shape(
        "pad", [type], "needs two numbers of at least 0 for each axis, found \(low) and \(high)")
    }
    guard fill.type == type.dtype else {
      throw .type("pad", [type], "is filled with \(fill.type), expected \(type.dtype)")
    }
    var view = View([])
    var shape: [IndexExpression] = []
    for (axis, extent) in type.shape.enumerated() {
      let index = IndexExpression.variable(axis) - IndexExpression(low[axis])
      view.indices.append(index)
      shape.append(extent + IndexExpression(low[axis]) + IndexExpression(high[axis]))
      if low[axis] + high[axis] > 0 {
        view.guards.append(View.Guard(index, in: 0, extent))
      }
    }
    view.fill = view.guards.isEmpty ? nil : fill
    return self.view(value, view, shape, location)
  }

  /// Lays windows along axes: axis `axes[w]` then counts positions `strides[w]` apart, and a new
  /// last axis for each window counts its `sizes[w]` elements, `dilations[w]` apart.
  public mutating func slidingWindow(
    _ value: ValueID, axes: [Int], sizes: [Int], strides: [Int], dilations: [Int],
    at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let type = self[type: value]
    guard [sizes.count, strides.count, dilations.count].allSatisfy({ $0 == axes.count }),
      (sizes + strides + dilations).allSatisfy({ $0 > 0 }), Set(axes).count == axes.count,
      axes.allSatisfy({ type.shape.indices.contains($0) })
    else {
      throw .shape(
        "slidingWindow", [type],
        "needs a size, a stride and a dilation above 0 for each of distinct axes \(axes)")
    }
    var shape = type.shape
    var indices = type.shape.indices.map { IndexExpression.variable($0) }
    for (window, axis) in axes.enumerated() {
      let reach = (sizes[window] - 1) * dilations[window] + 1
      let room = type.shape[axis] - IndexExpression(reach)
      if let room = room.asConstant, room < 0 {
        throw .shape(
          "slidingWindow", [type], "has no room for a window of \(reach) along axis \(axis)")
      }
      shape[axis] = room.floorDiv(IndexExpression(strides[window])) + 1
      shape.append(IndexExpression(sizes[window]))
      indices[axis] =
        .variable(axis) * IndexExpression(strides[window])
        + .variable(type.rank + window) * IndexExpression(dilations[window])
    }
    return view(value, View(indices), shape, location)
  }

  private mutating func view(
    _ value: ValueID, _ view: View, _ shape: [IndexExpression], _ location: SourceLocation
  ) -> ValueID {
    append(.view(view), [.value(value)], TensorType(self[type: value].dtype, shape), location)
  }
}
