// Sorting along an axis.

import IRCore
import TensorIR

extension Tensor {
  /// The elements in ascending order along an axis, or in descending order.
  ///
  /// The sort is stable; NaN stand last in both directions, -0 stands before 0 in ascending order.
  /// Takes numeric types. Cotangents go to where their elements came from.
  public func sorted(
    axis: Int = -1, descending: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let sort = sort("sorted", axis, descending, nil, at: location)
    return Tensor(
      .sort(sort), [.node(materialized.node)], dtype: dtype, shape: shape, at: location)
  }

  /// Where the elements in ascending or descending order stand along an axis, as i64: the places that
  /// `takeAlong` sorts by. Equal elements keep their order; NaN stand last.
  public func argSorted(
    axis: Int = -1, descending: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let sort = sort("argSorted", axis, descending, nil, at: location)
    return sortedWithPlaces(sort, at: location).places
  }

  /// The `count` largest elements along an axis, the largest first, and where they stand, as i64; the
  /// smallest ones for `largest: false`. Of equal ones the first come first; NaN come last.
  ///
  /// ```swift
  /// let (values, tokens) = logits.topK(40)
  /// ```
  public func topK(
    _ count: Int, axis: Int = -1, largest: Bool = true, file: String = #fileID,
    line: Int = #line
  ) -> (values: Tensor, indices: Tensor) {
    let location = SourceLocation.line(file: file, line: line)
    let sort = sort("topK", axis, largest, count, at: location)
    guard (0...shape[sort.axis]).contains(count) else {
      misuse(
        "topK: \(typeText): a count from 0 to \(shape[sort.axis]) expected, found \(count)",
        at: location)
    }
    let (values, places) = sortedWithPlaces(sort, at: location)
    return (values: values, indices: places)
  }

  private func sort(
    _ function: String, _ axis: Int, _ isDescending: Bool, _ count: Int?,
    at location: SourceLocation
  ) -> Sort {
    guard dtype.isNumeric else {
      misuse("\(function): \(typeText): a numeric type expected", at: location)
    }
    let axis = Self.resolve(axis: axis, rank: rank, function, at: location)
    return Sort(axis: axis, isDescending: isDescending, count: count)
  }

  /// What a sort gives, and the places along its axis in that order.
  private func sortedWithPlaces(
    _ sort: Sort, at location: SourceLocation
  ) -> (values: Tensor, places: Tensor) {
    let numbers = Tensor(
      .iota(axis: sort.axis), [], dtype: .i64, shape: shape, at: location)
    var target = shape
    target[sort.axis] = sort.count ?? target[sort.axis]
    let results = Tensor.results(
      of: .sort(sort), [materialized.node, numbers.node],
      [TensorType(dtype, extents: target), TensorType(.i64, extents: target)], at: location)
    return (results[0], results[1])
  }
}
