// Elements at places that other tensors name.

import IRCore
import TensorIR

/// How an update and the element that it meets become one.
public enum Combination: String, Hashable, Sendable, CaseIterable {
  /// The update replaces the element; of several for one element, the last stays.
  case set
  /// Their sum.
  case add
  /// Their product.
  case multiply
  /// The larger one; NaN where either is.
  case max
  /// The smaller one; NaN where either is.
  case min

  /// The row of a scatter node.
  var row: Elementwise? {
    switch self {
    case .set: nil
    case .add: .add
    case .multiply: .mul
    case .max: .max
    case .min: .min
    }
  }
}

extension Tensor {
  /// Slices by integer indices along an axis, which the axes of the indices replace: rows of a
  /// table, for `axis` 0.
  ///
  /// ```swift
  /// table.take(tokens)                  // [tokens, width] by [batch, time]: [batch, time, width]
  /// ```
  ///
  /// An index outside is an error of the call unless `outside` says otherwise; -1 is outside. Its
  /// derivative adds up what the same slice was read for, in index order.
  public func take(
    _ indices: Tensor, axis: Int = 0, outside: OutOfRange = .error, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    IndexedPlaces(
      self, slices: indices, axis: axis, outside, "take", at: .line(file: file, line: line)
    ).gathered(outside)
  }

  /// Single elements by integer indices along an axis: `result[i, j] = self[i, indices[i, j]]` along
  /// axis 1. Indices have as many axes as this; extents but for the axis' are equal, or 1 and repeat.
  ///
  /// ```swift
  /// logits.takeAlong(labels.expandedDimensions(at: -1))   // [batch, 1]
  /// scores.takeAlong(scores.argSorted())                  // sorted
  /// ```
  public func takeAlong(
    _ indices: Tensor, axis: Int = -1, outside: OutOfRange = .error, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    IndexedPlaces(
      self, elements: indices, axis: axis, outside, "takeAlong",
      at: .line(file: file, line: line)
    ).gathered(outside)
  }

  /// Slices by an integer tensor for each of the first axes: `result[k] = self[i[k], j[k]]`. The
  /// index tensors broadcast, and their axes replace the ones that they index.
  public func gather(
    at indices: [Tensor], outside: OutOfRange = .error, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    IndexedPlaces(
      self, leading: indices, outside, "gather", at: .line(file: file, line: line)
    ).gathered(outside)
  }

  /// This tensor with slices along an axis updated at integer indices: the counterpart of `take`.
  ///
  /// `updates` broadcast to the shape that `take` would have; they are combined one after the other
  /// in row-major order, so the bits of sums do not depend on threads.
  ///
  /// ```swift
  /// Tensor.zeros([10]).scatter(1, at: digits, by: .add)   // how often each digit occurs
  /// ```
  public func scatter(
    _ updates: Tensor, at indices: Tensor, axis: Int = 0, by combination: Combination = .set,
    outside: OutOfRange = .error, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    IndexedPlaces(
      self, slices: indices, axis: axis, outside, "scatter", at: .line(file: file, line: line)
    ).scattered(updates, combination, outside)
  }

  /// This tensor with single elements along an axis updated: the counterpart of `takeAlong`.
  public func scatterAlong(
    _ updates: Tensor, at indices: Tensor, axis: Int = -1, by combination: Combination = .set,
    outside: OutOfRange = .error, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    IndexedPlaces(
      self, elements: indices, axis: axis, outside, "scatterAlong",
      at: .line(file: file, line: line)
    ).scattered(updates, combination, outside)
  }

  /// This tensor with slices updated by an integer tensor for each of the first axes: the
  /// counterpart of `gather`.
  public func scatter(
    _ updates: Tensor, at indices: [Tensor], by combination: Combination = .set,
    outside: OutOfRange = .error, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    IndexedPlaces(
      self, leading: indices, outside, "scatter", at: .line(file: file, line: line)
    ).scattered(updates, combination, outside)
  }

  /// Rows that are 1 at an integer and 0 elsewhere: `[…]` to `[…, depth]`; all 0 for integers outside
  /// of `0..<depth`.
  public func oneHot(
    _ depth: Int, dtype: DType = .f32, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard self.dtype.isInteger, depth >= 0 else {
      misuse("oneHot: \(typeText): integers and a depth from 0 on expected", at: location)
    }
    let target = shape + [depth]
    Self.requireShape(target, dtype, "oneHot", at: location)
    // Numbers of 64 bits tell those outside of a narrow type's range apart.
    let numbers = Tensor(
      .iota(axis: rank), [], dtype: .i64, shape: target, at: location)
    let spread = cast(to: .i64).view(
      (0..<rank).map { .variable($0) }, target, at: location)
    let isHot = Tensor.apply(.eq, [spread, numbers], at: location)
    return isHot.cast(to: dtype)
  }
}
