// Rules of gathers, scatters, concatenations and sorts.

import IRCore
import TensorIR

// A gather and a scatter that adds are transposes of each other: the same coordinates over the same
// axes lead the cotangents back.

extension DerivativeBuilder {
  /// The cotangent of a gather's source: zeros to which every read adds its cotangent.
  mutating func cotangent(
    of gather: Gather, _ operands: [ValueID], _ cotangent: ValueID
  ) throws(TransformError) -> ValueID {
    let sum = Scatter(gather.coordinates, combination: .add, outside: gather.outside)
    let zeros = try splat(0, self[type: operands[0]])
    return scatter(sum, zeros, cotangent, operands.dropFirst())
  }

  /// The tangent of a gather: that of the source, gathered; fills do not change.
  mutating func tangent(
    of gather: Gather, _ operands: [ValueID], _ tangent: ValueID, _ shape: [IndexExpression]
  ) -> ValueID {
    var gather = gather
    gather.fill = gather.fill.map { .zero($0.type) }
    return self.gather(gather, tangent, operands.dropFirst(), shape)
  }

  /// The cotangents of a scatter's destination and updates, at the places that are asked for.
  mutating func cotangents(
    of scatter: Scatter, _ operands: [ValueID], _ result: ValueID, _ cotangent: ValueID,
    _ places: [Int]
  ) throws(TransformError) -> [(place: Int, value: ValueID)] {
    let (kept, used) = try shares(of: scatter, operands, result)
    var found: [(Int, ValueID)] = []
    for place in places where place < 2 {
      let given = place == 0 ? cotangent : reading(scatter, cotangent, operands)
      if let share = place == 0 ? kept : used {
        found.append((place, try masked(share, given)))
      } else {
        found.append((place, given))
      }
    }
    return found
  }

  /// The tangent of a scatter from those of its destination and updates, where there are any.
  mutating func tangent(
    of scatter: Scatter, _ operands: [ValueID], _ result: ValueID, _ tangents: [ValueID?]
  ) throws(TransformError) -> ValueID {
    let (kept, used) = try shares(of: scatter, operands, result)
    var destination = try orZeros(tangents[0], self[type: operands[0]])
    var updates = try orZeros(tangents[1], self[type: operands[1]])
    if let kept { destination = try masked(kept, destination) }
    if let used { updates = try masked(used, updates) }
    let sum = Scatter(scatter.coordinates, combination: .add, outside: scatter.outside)
    return self.scatter(sum, destination, updates, operands.dropFirst(2))
  }

  /// What part of each element of the destination, and of each update, the result is; `nil` for
  /// all of it. Where several are the largest, they share.
  private mutating func shares(
    of scatter: Scatter, _ operands: [ValueID], _ result: ValueID
  ) throws(TransformError) -> (kept: ValueID?, used: ValueID?) {
    let type = self[type: operands[0]]
    let updates = self[type: operands[1]]
    switch scatter.combination {
    case .add?: return (nil, nil)
    case nil:
      let last = Scatter(scatter.coordinates, outside: scatter.outside)
      // Numbers of the updates tell which one stayed.
      let numbers = try self.numbers(updates.shape)
      let none = try splat(-1, TensorType(.i64, type.shape))
      let written = self.scatter(last, none, numbers, operands.dropFirst(2))
      let isKept = try apply(.lt, [.value(written), zero(.i64)], shape: type.shape)
      let isUsed = try apply(.eq, reading(scatter, written, operands), numbers)
      return (try cast(isKept, to: type.dtype), try cast(isUsed, to: type.dtype))
    case .max?, .min?:
      let isKept = try cast(apply(.eq, operands[0], result), to: type.dtype)
      let isUsed = try cast(
        apply(.eq, operands[1], reading(scatter, result, operands)), to: type.dtype)
      let sum = Scatter(scatter.coordinates, combination: .add, outside: scatter.outside)
      // An element that is NaN equals none: nothing divides by 0.
      let one = TensorOperand.literal(Literal(type.dtype, 1))
      let count = try apply(
        .max, [.value(self.scatter(sum, isKept, isUsed, operands.dropFirst(2))), one],
        shape: type.shape)
      return (
        try apply(.div, isKept, count),
        try apply(.div, isUsed, reading(scatter, count, operands, fill: .one(type.dtype)))
      )
    case let row?:
      throw noRule("scatter by \(row)", "updates of one element multiply each other")
    }
  }

  /// The elements at the places to which a scatter's updates go; `fill`, or 0, where they go nowhere.
  private mutating func reading(
    _ scatter: Scatter, _ value: ValueID, _ operands: [ValueID], fill: Literal? = nil
  ) -> ValueID {
    let type = self[type: value]
    let skipped = scatter.outside == .skipped ? fill ?? .zero(type.dtype) : nil
    return gather(
      Gather(scatter.coordinates, outside: scatter.outside, fill: skipped), value,
      operands.dropFirst(2), self[type: operands[1]].shape)
  }

  /// `value` by a share; 0 wherever the share is 0.
  private mutating func masked(
    _ share: ValueID, _ value: ValueID
  ) throws(TransformError) -> ValueID {
    let type = self[type: value]
    let isNothing = try apply(.eq, [.value(share), zero(type.dtype)], shape: type.shape)
    let product = try apply(.mul, value, share)
    return try apply(
      .select, [.value(isNothing), zero(type.dtype), .value(product)], shape: type.shape)
  }

  private func zero(_ dtype: DType) -> TensorOperand { .literal(.zero(dtype)) }

  /// Each element's row-major number.
  private mutating func numbers(
    _ shape: [IndexExpression]
  ) throws(TransformError) -> ValueID {
    let count = shape.reduce(IndexExpression(1)) { $0 * $1 }
    let flat = copy(Node(.iota(axis: 0), [], TensorType(.i64, [count])))[0]
    return try reshape(flat, shape)
  }

  private mutating func gather(
    _ gather: Gather, _ source: ValueID, _ indices: ArraySlice<ValueID>,
    _ shape: [IndexExpression]
  ) -> ValueID {
    let operands = ([source] + indices).map { TensorOperand.value($0) }
    return copy(Node(.gather(gather), operands, TensorType(self[type: source].dtype, shape)))[0]
  }

  private mutating func scatter(
    _ scatter: Scatter, _ destination: ValueID, _ updates: ValueID, _ indices: ArraySlice<ValueID>
  ) -> ValueID {
    let operands = ([destination, updates] + indices).map { TensorOperand.value($0) }
    return copy(Node(.scatter(scatter), operands, self[type: destination]))[0]
  }
}

// Concatenations and sorts move elements; cotangents move back.

extension DerivativeBuilder {
  /// The cotangent of one part of a concatenation: a slice.
  mutating func cotangent(
    ofPart part: Int, along axis: Int, _ operands: [ValueID], _ cotangent: ValueID
  ) -> ValueID {
    let start = operands[..<part].reduce(IndexExpression(0)) { $0 + self[type: $1].shape[axis] }
    let shape = self[type: operands[part]].shape
    var indices = shape.indices.map { IndexExpression.variable($0) }
    indices[axis] = indices[axis] + start
    return view(cotangent, View(indices), shape)
  }

  /// The tangent of a concatenation.
  mutating func tangent(
    ofConcatAlong axis: Int, _ operands: [ValueID], _ tangents: [ValueID?], _ type: TensorType
  ) throws(TransformError) -> ValueID {
    var parts: [TensorOperand] = []
    for (operand, tangent) in zip(operands, tangents) {
      parts.append(.value(try orZeros(tangent, self[type: operand])))
    }
    return copy(Node(.concat(axis: axis), parts, type))[0]
  }

  /// The cotangents of a sort's operands, where their results have some: each goes to where its
  /// element came from.
  mutating func cotangents(
    of sort: Sort, _ operands: [ValueID], _ given: [ValueID?], _ places: [Int]
  ) throws(TransformError) -> [(place: Int, value: ValueID)] {
    let order = self.order(of: sort, operands[0])
    var found: [(Int, ValueID)] = []
    for place in places {
      guard let cotangent = given[place] else { continue }
      let type = self[type: operands[place]]
      let zeros = try splat(0, type)
      let back = Scatter(coordinates(along: sort.axis, type.rank))
      found.append((place, scatter(back, zeros, cotangent, [order])))
    }
    return found
  }

  /// The tangents of a sort's results.
  mutating func tangents(
    of sort: Sort, _ operands: [ValueID], _ given: [ValueID?]
  ) -> [ValueID?] {
    let order = self.order(of: sort, operands[0])
    return given.map { tangent in
      guard let tangent else { return nil }
      let shape = self[type: order].shape
      return gather(
        Gather(coordinates(along: sort.axis, shape.count)), tangent, [order], shape)
    }
  }

  /// Where along the axis each sorted element came from.
  private mutating func order(of sort: Sort, _ keys: ValueID) -> ValueID {
    var types = [self[type: keys], TensorType(.i64, self[type: keys].shape)]
    let places = copy(Node(.iota(axis: sort.axis), [], types[1]))[0]
    if let count = sort.count {
      for index in types.indices { types[index].shape[sort.axis] = IndexExpression(count) }
    }
    return copy(Node(.sort(sort), [.value(keys), .value(places)], types))[1]
  }

  /// The element that an operand of the same shape names along one axis.
  private func coordinates(along axis: Int, _ rank: Int) -> [Coordinate] {
    let axes = (0..<rank).map { IndexExpression.variable($0) }
    return axes.indices.map { $0 == axis ? .element(axes) : .expression(axes[$0]) }
  }
}
