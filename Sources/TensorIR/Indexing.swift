// Gathers and scatters: elements at places that other tensors name.

public import IRCore

/// Place along one axis of the tensor that a gather reads or a scatter writes, over the axes that
/// the node walks: those of a gather's result, or of a scatter's updates.
public enum Coordinate: Hashable, Sendable {
  /// An expression over the axes.
  case expression(IndexExpression)
  /// The integer that an index operand has at these expressions over the axes. Each such coordinate
  /// has an operand of its own, in order.
  case element([IndexExpression])
}

/// What becomes of indices that lie outside of the tensor.
public enum OutsideRule: String, Hashable, Sendable, CaseIterable {
  /// They are an error of the call.
  case checked
  /// They stand for the nearest place inside.
  case clamped
  /// A gather has its fill there; a scatter writes nothing.
  case skipped
}

/// Elements of a tensor at places that integer tensors name.
///
/// Operands are the source and then the index operands. The element of the result at axes
/// (i₀, i₁, …) is that of the source at the coordinates, one per axis of the source.
public struct Gather: Hashable, Sendable {
  /// One per axis of the source.
  public var coordinates: [Coordinate]
  /// What becomes of indices outside.
  public var outside: OutsideRule
  /// The element for indices outside; present exactly where they are skipped.
  public var fill: Literal?

  /// Describes a gather.
  public init(_ coordinates: [Coordinate], outside: OutsideRule = .checked, fill: Literal? = nil) {
    self.coordinates = coordinates
    self.outside = outside
    self.fill = fill
  }
}

/// Updates written into a copy of a tensor at places that integer tensors name.
///
/// Operands are the destination, the updates and then the index operands. Every element of the
/// updates, in row-major order of its axes (i₀, i₁, …), is combined with the element of the result
/// at the coordinates, one per axis of the destination; the last of those that replace an element
/// stays.
public struct Scatter: Hashable, Sendable {
  /// One per axis of the destination.
  public var coordinates: [Coordinate]
  /// How an update and the element before become one: `add`, `mul`, `max`, `min`; the update
  /// replaces it for `nil`.
  public var combination: Elementwise?
  /// What becomes of indices outside.
  public var outside: OutsideRule

  /// Describes a scatter.
  public init(
    _ coordinates: [Coordinate], combination: Elementwise? = nil, outside: OutsideRule = .checked
  ) {
    self.coordinates = coordinates
    self.combination = combination
    self.outside = outside
  }

  /// The rows that combine.
  public static let combinations: [Elementwise] = [.add, .mul, .max, .min]
}

extension Coordinate {
  /// The expressions over the axes.
  package var expressions: [IndexExpression] {
    switch self {
    case .expression(let expression): [expression]
    case .element(let place): place
    }
  }

  /// Where the coordinate reads its index operand, if it has one.
  package var place: [IndexExpression]? {
    guard case .element(let place) = self else { return nil }
    return place
  }

  /// The coordinate with other expressions.
  package func mapping(_ change: (IndexExpression) -> IndexExpression) -> Coordinate {
    switch self {
    case .expression(let expression): .expression(change(expression))
    case .element(let place): .element(place.map(change))
    }
  }
}

extension Gather {
  /// What is wrong with a gather from a tensor by index operands, as words that follow the
  /// operands' types; `nil` where nothing is.
  package func problem(
    _ source: TensorType, _ indices: [TensorType], result: TensorType
  ) -> Mismatch? {
    guard source.dtype == result.dtype else {
      return .type("give a result of \(source.dtype), found \(result)")
    }
    guard (outside == .skipped) == (fill != nil) else {
      return .shape(fill == nil ? "have no fill for what is skipped" : "have a fill without use")
    }
    if let fill, fill.type != result.dtype {
      return .type("are filled with \(result.dtype), found \(fill.type)")
    }
    return Coordinate.problem(coordinates, of: source, indices, axes: result.shape)
  }
}

extension Scatter {
  /// What is wrong with a scatter of updates into a tensor by index operands, as words that follow
  /// the operands' types; `nil` where nothing is.
  package func problem(
    _ destination: TensorType, _ updates: TensorType, _ indices: [TensorType]
  ) -> Mismatch? {
    guard destination.dtype == updates.dtype else {
      return .type("update \(destination.dtype) with \(updates.dtype)")
    }
    if let combination {
      guard Self.combinations.contains(combination) else {
        let list = Self.combinations.map(\.name).joined(separator: ", ")
        return .type("are combined by one of \(list), found \(combination)")
      }
      guard destination.dtype.isNumeric else {
        return .type("are combined by \(combination), which takes numeric types")
      }
    }
    return Coordinate.problem(coordinates, of: destination, indices, axes: updates.shape)
  }
}

extension Coordinate {
  /// What is wrong with places in `type` over axes of the given extents.
  fileprivate static func problem(
    _ coordinates: [Coordinate], of type: TensorType, _ indices: [TensorType],
    axes: [IndexExpression]
  ) -> Mismatch? {
    guard coordinates.count == type.rank else {
      return .shape("take \(type.rank) coordinates for \(type), found \(coordinates.count)")
    }
    if let index = indices.first(where: { !$0.dtype.isInteger }) {
      return .type("are indexed by integers, found \(index)")
    }
    let places = coordinates.compactMap(\.place)
    guard places.count == indices.count else {
      return .shape("take \(places.count) index operands, found \(indices.count)")
    }
    for (place, index) in zip(places, indices) where place.count != index.rank {
      return .shape("take \(index.rank) indices for \(index), found \(place.count)")
    }
    return rangeProblem(coordinates, of: type, indices, axes)
  }

  /// Every expression stays inside, as far as the extents show; where there is no place, nothing is
  /// read.
  private static func rangeProblem(
    _ coordinates: [Coordinate], of type: TensorType, _ indices: [TensorType],
    _ axes: [IndexExpression]
  ) -> Mismatch? {
    if axes.contains(0) { return nil }
    let facts = AxisFacts(axes)
    var operands = indices[...]
    for (axis, coordinate) in coordinates.enumerated() {
      let bounds = coordinate.place == nil ? [type.shape[axis]] : operands.removeFirst().shape
      for (index, bound) in zip(coordinate.expressions, bounds)
      where !(facts.isAtLeast(index, 0) && facts.isBelow(index, bound)) {
        return .shape(
          "are read outside: an index for axis \(axis) of \(type) is not known to stay in "
            + "0..<\(TensorType.text(bound))")
      }
    }
    return nil
  }
}

extension GraphBuilder {
  /// Elements of `source` at places that index operands name; see `Gather`.
  public mutating func gather(
    _ gather: Gather, _ source: ValueID, _ indices: [ValueID], shape: [IndexExpression],
    at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let types = indices.map { self[type: $0] }
    let type = self[type: source]
    let result = TensorType(type.dtype, shape)
    try require(gather.problem(type, types, result: result), "gather", [type] + types)
    return append(.gather(gather), ([source] + indices).map { .value($0) }, result, location)
  }

  /// `destination` with `updates` at places that index operands name; see `Scatter`.
  public mutating func scatter(
    _ scatter: Scatter, _ destination: ValueID, _ updates: ValueID, _ indices: [ValueID],
    at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let types = indices.map { self[type: $0] }
    let (type, update) = (self[type: destination], self[type: updates])
    try require(scatter.problem(type, update, types), "scatter", [type, update] + types)
    return append(
      .scatter(scatter), ([destination, updates] + indices).map { .value($0) }, type, location)
  }

  /// Operands of one shape but for `axis`, one after the other along it.
  public mutating func concat(
    _ parts: [ValueID], axis: Int, at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let types = parts.map { self[type: $0] }
    switch TensorType.concatenated(types, axis: axis) {
    case .failure(let mismatch): throw .mismatch("concat", types, mismatch)
    case .success(let type):
      return append(.concat(axis: axis), parts.map { .value($0) }, type, location)
    }
  }

  /// The first operand sorted along an axis, then the others in its order; see `Sort`.
  public mutating func sort(
    _ sort: Sort, _ operands: [ValueID], at location: SourceLocation = .unknown
  ) throws(InferenceError) -> [ValueID] {
    let types = operands.map { self[type: $0] }
    switch sort.results(of: types) {
    case .failure(let mismatch): throw .mismatch("sort", types, mismatch)
    case .success(let results):
      let id = append(Node(.sort(sort), operands.map { .value($0) }, results), at: location)
      return results.indices.map { ValueID(id, $0) }
    }
  }

  private func require(
    _ mismatch: Mismatch?, _ operation: String, _ types: [TensorType]
  ) throws(InferenceError) {
    if let mismatch { throw .mismatch(operation, types, mismatch) }
  }
}
