// Reductions: sum, product, max, min, any, all, argMax, argMin.
//
// All take one axis, several, or all of them, counted from the end when negative. The result lacks
// the reduced axes, or has them with extent 1 when `keepDims` holds: `[batch, n]` over axis -1 gives
// `[batch]` or `[batch, 1]`. The order in which floats are combined follows from the shape and the
// target row alone (see the article on rounding).

import IRCore
import TensorIR

extension Tensor {
  /// Sum of the elements along axes: `Σ x`. Integers wrap; of nothing 0; NaN if an element is.
  /// `nil` means all axes.
  public func sum(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: keepDims, "sum", at: .line(file: file, line: line))
    return reduce(.sum, self)
  }

  /// Sum of the elements along axes: `Σ x`. Integers wrap; of nothing 0; NaN if an element is.
  public func sum(
    axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    sum(axes: [axis], keepDims: keepDims, file: file, line: line)
  }

  /// Product of the elements along axes: `Π x`. Integers wrap; of nothing 1; NaN if an element
  /// is.
  /// `nil` means all axes.
  public func product(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: keepDims, "product", at: .line(file: file, line: line))
    return reduce(.product, self)
  }

  /// Product of the elements along axes: `Π x`. Integers wrap; of nothing 1; NaN if an element
  /// is.
  public func product(
    axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    product(axes: [axis], keepDims: keepDims, file: file, line: line)
  }

  /// Largest element along axes; NaN if an element is. Nothing has no maximum: an error.
  /// `nil` means all axes.
  public func max(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: keepDims, "max", at: .line(file: file, line: line))
    return reduce(.max, self)
  }

  /// Largest element along axes; NaN if an element is. Nothing has no maximum: an error.
  public func max(
    axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    max(axes: [axis], keepDims: keepDims, file: file, line: line)
  }

  /// Smallest element along axes; NaN if an element is. Nothing has no minimum: an error.
  /// `nil` means all axes.
  public func min(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: keepDims, "min", at: .line(file: file, line: line))
    return reduce(.min, self)
  }

  /// Smallest element along axes; NaN if an element is. Nothing has no minimum: an error.
  public func min(
    axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    min(axes: [axis], keepDims: keepDims, file: file, line: line)
  }

  /// Whether an element along axes holds, of a bool tensor; false for nothing.
  /// `nil` means all axes.
  public func any(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: keepDims, "any", at: .line(file: file, line: line))
    return reduce(.any, self)
  }

  /// Whether an element along axes holds, of a bool tensor; false for nothing.
  public func any(
    axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    any(axes: [axis], keepDims: keepDims, file: file, line: line)
  }

  /// Whether every element along axes holds, of a bool tensor; true for nothing.
  /// `nil` means all axes.
  public func all(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: keepDims, "all", at: .line(file: file, line: line))
    return reduce(.all, self)
  }

  /// Whether every element along axes holds, of a bool tensor; true for nothing.
  public func all(
    axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    all(axes: [axis], keepDims: keepDims, file: file, line: line)
  }

  /// Index (i64) of the largest element along `axis`, or in row-major order among all for `nil`: the
  /// first of equal ones, and of the first NaN if there is one. Nothing has none: an error.
  public func argMax(
    axis: Int? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axis.map { [$0] }, of: self, keepDims: keepDims, "argMax",
      at: .line(file: file, line: line))
    return reduce(.argMax, self)
  }

  /// Index (i64) of the smallest element along `axis`, or in row-major order among all for `nil`: the
  /// first of equal ones, and of the first NaN if there is one. Nothing has none: an error.
  public func argMin(
    axis: Int? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axis.map { [$0] }, of: self, keepDims: keepDims, "argMin",
      at: .line(file: file, line: line))
    return reduce(.argMin, self)
  }
}
