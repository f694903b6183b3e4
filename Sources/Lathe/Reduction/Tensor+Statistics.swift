// Mean, variance, standard deviation and norms, composed of sums and elementwise operations.

import IRCore
import TensorIR

extension AxisReduction {
  /// `Σ x / n`; NaN for nothing.
  func mean(_ x: Tensor) -> Tensor {
    apply(.div, self(.sum, x), Tensor(floatLiteral: Double(count(in: x))))
  }

  /// `x - mean(x)`, in the shape of x.
  func centered(_ x: Tensor) -> Tensor { apply(.sub, x, spread(mean(x), x.shape)) }

  /// `Σ (x - mean(x))² / (n - correction)`; NaN for nothing.
  func variance(_ x: Tensor, correction: Int) -> Tensor {
    let centered = centered(x)
    let squares = self(.sum, apply(.mul, centered, centered))
    let divisor = Swift.max(count(in: x) - correction, 0)
    return apply(.div, squares, Tensor(floatLiteral: Double(divisor)))
  }
}

extension Tensor {
  /// Arithmetic mean along axes: `Σ x / n`, of float tensors. NaN for nothing and where an element
  /// is. `nil` means all axes.
  public func mean(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: keepDims, "mean", at: .line(file: file, line: line))
    return reduce.ofFloat(self, reduce.mean)
  }

  /// Arithmetic mean along one axis: `Σ x / n`, of float tensors. NaN for nothing and where an
  /// element is.
  public func mean(
    axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    mean(axes: [axis], keepDims: keepDims, file: file, line: line)
  }

  /// Variance along axes: `Σ (x - mean(x))² / (n - correction)`, of float tensors, from the mean
  /// first and the squares then. `correction` 0 divides by the count, 1 estimates the variance of
  /// what was sampled. NaN for no more elements than the correction, at least 0 / 0, and where an
  /// element is. `nil` means all axes.
  public func variance(
    axes: [Int]? = nil, correction: Int = 0, keepDims: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: keepDims, "variance", at: .line(file: file, line: line))
    return reduce.ofFloat(self) { reduce.variance($0, correction: correction) }
  }

  /// Variance along one axis: `Σ (x - mean(x))² / (n - correction)`.
  public func variance(
    axis: Int, correction: Int = 0, keepDims: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    variance(axes: [axis], correction: correction, keepDims: keepDims, file: file, line: line)
  }

  /// Standard deviation along axes: `√variance`, of float tensors. `nil` means all axes.
  public func standardDeviation(
    axes: [Int]? = nil, correction: Int = 0, keepDims: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: keepDims, "standardDeviation", at: .line(file: file, line: line))
    return reduce.ofFloat(self) {
      reduce.apply(.sqrt, reduce.variance($0, correction: correction))
    }
  }

  /// Standard deviation along one axis: `√variance`.
  public func standardDeviation(
    axis: Int, correction: Int = 0, keepDims: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    standardDeviation(
      axes: [axis], correction: correction, keepDims: keepDims, file: file, line: line)
  }

  /// Forms of `norm`.
  public enum Norm: Sendable {
    /// `Σ |x|`; 0 for nothing.
    case sum
    /// `√(Σ x²)`, which overflows where a square does; 0 for nothing.
    case euclidean
    /// `max |x|`; nothing has none: an error.
    case maximum
  }

  /// Length of the vectors along axes, of float tensors; NaN where an element is. `nil` means all
  /// axes.
  public func norm(
    _ norm: Norm = .euclidean, axes: [Int]? = nil, keepDims: Bool = false,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: keepDims, "norm", at: .line(file: file, line: line))
    return reduce.ofFloat(self) { x in
      switch norm {
      case .sum: reduce(.sum, reduce.apply(.abs, x))
      case .euclidean: reduce.apply(.sqrt, reduce(.sum, reduce.apply(.mul, x, x)))
      case .maximum: reduce(.max, reduce.apply(.abs, x))
      }
    }
  }

  /// Length of the vectors along one axis, of float tensors; NaN where an element is.
  public func norm(
    _ norm: Norm = .euclidean, axis: Int, keepDims: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    self.norm(norm, axes: [axis], keepDims: keepDims, file: file, line: line)
  }
}
