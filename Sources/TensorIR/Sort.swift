// Sorting and joining: operations that move whole elements.

import IRCore

/// Stable sort along an axis: elements that compare equal stay in order, NaN stand last, -0 stands
/// before 0.
///
/// Operands have one shape; the first is sorted, the others are permuted as it is. Results are the
/// first `count` of each line along the axis.
public struct Sort: Hashable, Sendable {
  /// The axis along which elements move.
  public var axis: Int
  /// Whether the largest elements stand first.
  public var isDescending: Bool
  /// How many elements of each line are kept; all for `nil`.
  public var count: Int?

  /// Describes a sort.
  public init(axis: Int, isDescending: Bool = false, count: Int? = nil) {
    self.axis = axis
    self.isDescending = isDescending
    self.count = count
  }

  /// The results' types, or what is wrong with operands of these types, as words that follow them.
  package func results(of types: [TensorType]) -> Result<[TensorType], Mismatch> {
    if let problem = problem(types) { return .failure(problem) }
    return .success(
      types.map { type in
        var type = type
        if let count { type.shape[axis] = IndexExpression(count) }
        return type
      })
  }

  private func problem(_ types: [TensorType]) -> Mismatch? {
    guard let first = types.first else { return .shape("is no operand to sort") }
    guard first.shape.indices.contains(axis) else { return .shape("have no axis \(axis)") }
    guard types.allSatisfy({ $0.shape == first.shape }) else {
      return .shape("differ in shape, expected \(TensorType.text(first.shape)) for all")
    }
    guard first.dtype.isNumeric else { return .type("are sorted by numbers, found \(first)") }
    guard let count else { return nil }
    guard let extent = first.shape[axis].asConstant, (0...extent).contains(count) else {
      return .shape(
        "have \(TensorType.text(first.shape[axis])) elements along axis \(axis), of which the "
          + "first \(count) were asked for")
    }
    return nil
  }
}

extension TensorType {
  /// The type of tensors that stand one after the other along an axis.
  package static func concatenated(
    _ types: [TensorType], axis: Int
  ) -> Result<TensorType, Mismatch> {
    guard var result = types.first else { return .failure(.shape("is no operand to concatenate")) }
    guard result.shape.indices.contains(axis) else {
      return .failure(.shape("have no axis \(axis)"))
    }
    for type in types.dropFirst() {
      guard type.dtype == result.dtype else {
        return .failure(.type("differ in element type, expected \(result.dtype) for all"))
      }
      let isAlike =
        type.rank == result.rank
        && type.shape.indices.allSatisfy { $0 == axis || type.shape[$0] == result.shape[$0] }
      guard isAlike else {
        return .failure(.shape("differ in shape along other axes than \(axis)"))
      }
      result.shape[axis] = result.shape[axis] + type.shape[axis]
    }
    return .success(result)
  }
}
