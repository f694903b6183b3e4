// Reductions, scans and normalizations as free functions, beside the methods that they call.
//
// The largest and smallest element are `maximum` and `minimum`, because `max(a, b)` is Swift's.

/// Sum of the elements along axes: `Σ x`; of nothing 0. `nil` means all axes.
public func sum(
  _ x: Tensor, axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  x.sum(axes: axes, keepDims: keepDims, file: file, line: line)
}

/// Sum of the elements along axes: `Σ x`; of nothing 0.
public func sum(
  _ x: Tensor, axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.sum(axis: axis, keepDims: keepDims, file: file, line: line)
}

/// Product of the elements along axes: `Π x`; of nothing 1. `nil` means all axes.
public func product(
  _ x: Tensor, axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  x.product(axes: axes, keepDims: keepDims, file: file, line: line)
}

/// Product of the elements along axes: `Π x`; of nothing 1.
public func product(
  _ x: Tensor, axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.product(axis: axis, keepDims: keepDims, file: file, line: line)
}

/// Largest element along axes; NaN if an element is. Of nothing an error. `nil` means all axes.
public func maximum(
  _ x: Tensor, axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  x.max(axes: axes, keepDims: keepDims, file: file, line: line)
}

/// Largest element along axes; NaN if an element is. Of nothing an error.
public func maximum(
  _ x: Tensor, axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.max(axis: axis, keepDims: keepDims, file: file, line: line)
}

/// Smallest element along axes; NaN if an element is. Of nothing an error. `nil` means all axes.
public func minimum(
  _ x: Tensor, axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  x.min(axes: axes, keepDims: keepDims, file: file, line: line)
}

/// Smallest element along axes; NaN if an element is. Of nothing an error.
public func minimum(
  _ x: Tensor, axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.min(axis: axis, keepDims: keepDims, file: file, line: line)
}

/// Arithmetic mean along axes: `Σ x / n`; of nothing NaN. `nil` means all axes.
public func mean(
  _ x: Tensor, axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  x.mean(axes: axes, keepDims: keepDims, file: file, line: line)
}

/// Arithmetic mean along axes: `Σ x / n`; of nothing NaN.
public func mean(
  _ x: Tensor, axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.mean(axis: axis, keepDims: keepDims, file: file, line: line)
}

/// `ln Σ eˣ` along axes, without overflow; of nothing -inf. `nil` means all axes.
public func logSumExp(
  _ x: Tensor, axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  x.logSumExp(axes: axes, keepDims: keepDims, file: file, line: line)
}

/// `ln Σ eˣ` along axes, without overflow; of nothing -inf.
public func logSumExp(
  _ x: Tensor, axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.logSumExp(axis: axis, keepDims: keepDims, file: file, line: line)
}

/// Index (i64) of the largest element along `axis`, or among all for `nil`.
public func argMax(
  _ x: Tensor, axis: Int? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.argMax(axis: axis, keepDims: keepDims, file: file, line: line)
}

/// Index (i64) of the smallest element along `axis`, or among all for `nil`.
public func argMin(
  _ x: Tensor, axis: Int? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.argMin(axis: axis, keepDims: keepDims, file: file, line: line)
}

/// Variance along axes: `Σ (x - mean(x))² / (n - correction)`. `nil` means all axes.
public func variance(
  _ x: Tensor, axes: [Int]? = nil, correction: Int = 0, keepDims: Bool = false,
  file: String = #fileID, line: Int = #line
) -> Tensor {
  x.variance(axes: axes, correction: correction, keepDims: keepDims, file: file, line: line)
}

/// Standard deviation along axes: `√variance`. `nil` means all axes.
public func standardDeviation(
  _ x: Tensor, axes: [Int]? = nil, correction: Int = 0, keepDims: Bool = false,
  file: String = #fileID, line: Int = #line
) -> Tensor {
  x.standardDeviation(
    axes: axes, correction: correction, keepDims: keepDims, file: file, line: line)
}

/// Shares along an axis: `eˣ / Σ eˣ`, without overflow.
public func softmax(
  _ x: Tensor, axis: Int = -1, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.softmax(axis: axis, file: file, line: line)
}

/// Logarithm of `softmax`, accurate where shares are small.
public func logSoftmax(
  _ x: Tensor, axis: Int = -1, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.logSoftmax(axis: axis, file: file, line: line)
}

/// Layer normalization along axes: `(x - mean x) / √(variance x + epsilon) · scale + offset`.
public func layerNorm(
  _ x: Tensor, scale: Tensor? = nil, offset: Tensor? = nil, axes: [Int] = [-1],
  epsilon: Double = 1e-5, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.layerNorm(
    scale: scale, offset: offset, axes: axes, epsilon: epsilon, file: file, line: line)
}

/// Root-mean-square normalization along axes: `x / √(mean(x²) + epsilon) · scale`.
public func rmsNorm(
  _ x: Tensor, scale: Tensor? = nil, axes: [Int] = [-1], epsilon: Double = 1e-5,
  file: String = #fileID, line: Int = #line
) -> Tensor {
  x.rmsNorm(scale: scale, axes: axes, epsilon: epsilon, file: file, line: line)
}

/// Mean cross-entropy of `logits`, `[batch, classes]`, against integer labels `[batch]` or
/// probabilities `[batch, classes]`: the mean over the batch of `-Σ t · ln softmax(x)`.
public func crossEntropy(
  _ logits: Tensor, _ targets: Tensor, smoothing: Double = 0, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  logits.crossEntropy(targets, smoothing: smoothing, file: file, line: line)
}

/// Sums of the elements up to each one along `axis`.
public func cumulativeSum(
  _ x: Tensor, axis: Int, exclusive: Bool = false, reverse: Bool = false,
  file: String = #fileID, line: Int = #line
) -> Tensor {
  x.cumulativeSum(axis: axis, exclusive: exclusive, reverse: reverse, file: file, line: line)
}
