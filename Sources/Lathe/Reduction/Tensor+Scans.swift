// Cumulative sum, product, max and min.
//
// Element k of the result combines the elements up to k along the axis: in order(lanes …) along the
// innermost axis, one after the other elsewhere (see the article "Rounding").
// `exclusive` leaves element k itself out, so that the first result is that of nothing (0, 1, -inf or
// the least integer, inf or the greatest); `reverse` runs from the end. Shapes and element types stay.

import IRCore
import TensorIR

extension Tensor {
  /// Sums of the elements up to each one along `axis`; integers wrap, NaN stays from its place
  /// on.
  public func cumulativeSum(
    axis: Int, exclusive: Bool = false, reverse: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    scanned(
      .sum, axis, exclusive: exclusive, reverse: reverse, "cumulativeSum",
      at: .line(file: file, line: line))
  }

  /// Products of the elements up to each one along `axis`; integers wrap, NaN stays from its
  /// place on.
  public func cumulativeProduct(
    axis: Int, exclusive: Bool = false, reverse: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    scanned(
      .product, axis, exclusive: exclusive, reverse: reverse, "cumulativeProduct",
      at: .line(file: file, line: line))
  }

  /// Largest elements up to each one along `axis`; NaN stays from its place on.
  public func cumulativeMax(
    axis: Int, exclusive: Bool = false, reverse: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    scanned(
      .max, axis, exclusive: exclusive, reverse: reverse, "cumulativeMax",
      at: .line(file: file, line: line))
  }

  /// Smallest elements up to each one along `axis`; NaN stays from its place on.
  public func cumulativeMin(
    axis: Int, exclusive: Bool = false, reverse: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    scanned(
      .min, axis, exclusive: exclusive, reverse: reverse, "cumulativeMin",
      at: .line(file: file, line: line))
  }
}
