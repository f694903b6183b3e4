// Batch normalization, by statistics that are given and by those of the batch.

import IRCore
import TensorIR

extension Tensor {
  /// Batch normalization (Ioffe and Szegedy, 2015) by given statistics, as in inference:
  /// `(x - mean) / √(variance + epsilon) · scale + offset`, of float tensors.
  ///
  /// `axes` are those that share a mean: `[0]` of `[batch, features]`, `[0, 2, 3]` of
  /// `[batch, channels, height, width]`. `mean`, `variance`, `scale` and `offset` have the extents
  /// of the other axes, `[features]` or `[channels]`, or are scalars. The quotient is a product with
  /// `rsqrt`. An element is NaN where it or one of its statistics is; nothing stays nothing.
  public func batchNorm(
    mean: Tensor, variance: Tensor, scale: Tensor? = nil, offset: Tensor? = nil,
    axes: [Int] = [0], epsilon: Double = 1e-5, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: false, "batchNorm", at: .line(file: file, line: line))
    let (mean, variance) = (
      reduce.widened(mean, like: self), reduce.widened(variance, like: self)
    )
    return reduce.ofFloat(self) { x in
      let centered = reduce.apply(.sub, x, reduce.feature(mean, "mean", of: x))
      _ = reduce.feature(variance, "variance", of: x)
      return reduce.batchNormalized(
        centered, variance, epsilon, scale.map { reduce.widened($0, like: self) },
        offset.map { reduce.widened($0, like: self) })
    }
  }

  /// Batch normalization (Ioffe and Szegedy, 2015) by the statistics of the batch, as in training:
  /// `(x - mean x) / √(variance x + epsilon) · scale + offset`, of float tensors, with the mean and
  /// the variance, from which running statistics are kept.
  ///
  /// `axes` are those that share a mean: `[0]` of `[batch, features]`, `[0, 2, 3]` of
  /// `[batch, channels, height, width]`. The statistics have the extents of the other axes, and so
  /// have `scale` and `offset`, which may also be scalars. The variance divides by the count of
  /// elements. A feature with NaN or an infinity is NaN; the statistics of nothing are NaN.
  public func batchNorm(
    scale: Tensor? = nil, offset: Tensor? = nil, axes: [Int] = [0], epsilon: Double = 1e-5,
    file: String = #fileID, line: Int = #line
  ) -> (normalized: Tensor, mean: Tensor, variance: Tensor) {
    let reduce = AxisReduction(
      axes, of: self, keepDims: false, "batchNorm", at: .line(file: file, line: line))
    reduce.requireFloat(self)
    let x = reduce.widened(self, like: self)
    let mean = reduce.mean(x)
    let centered = reduce.apply(.sub, x, reduce.spread(mean, shape))
    let variance = reduce.mean(reduce.apply(.mul, centered, centered))
    let normalized = reduce.batchNormalized(
      centered, variance, epsilon, scale.map { reduce.widened($0, like: self) },
      offset.map { reduce.widened($0, like: self) })
    return (
      reduce.rounded(normalized, like: self), reduce.rounded(mean, like: self),
      reduce.rounded(variance, like: self)
    )
  }
}

extension AxisReduction {
  /// `x · rsqrt(variance + epsilon) · scale + offset`, all but x one element per feature.
  fileprivate func batchNormalized(
    _ x: Tensor, _ variance: Tensor, _ epsilon: Double, _ scale: Tensor?, _ offset: Tensor?
  ) -> Tensor {
    let root = reciprocalRoot(variance, epsilon)
    var result = apply(.mul, x, feature(root, "variance", of: x))
    if let scale { result = apply(.mul, result, feature(scale, "scale", of: x)) }
    if let offset { result = apply(.add, result, feature(offset, "offset", of: x)) }
    return result
  }

  /// A tensor of one element per feature in the shape of `x`; scalars stay what they are.
  fileprivate func feature(_ tensor: Tensor, _ name: String, of x: Tensor) -> Tensor {
    if tensor.rank == 0 { return tensor }
    let expected = x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] }
    guard tensor.shape == expected else {
      misuse(
        "\(function): \(x.typeText): \(name) has shape \(tensor.shape), expected \(expected)",
        at: location)
    }
    return spread(tensor, x.shape)
  }
}
