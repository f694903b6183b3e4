// Losses of classes and probabilities.

public import Lathe

/// Mean cross-entropy of logits `[…, classes]` against integer labels `[…]`, of rows whose label is
/// not `ignored`: `-Σ t · ln softmax(x)`, where `smoothing` of each target is spread evenly over the
/// classes. NaN when all labels are ignored.
public func softmaxCrossEntropy(
  _ logits: Tensor, _ labels: Tensor, smoothing: Double = 0, ignoring ignored: Int? = nil,
  file: String = #fileID, line: Int = #line
) -> Tensor {
  guard let ignored else {
    return logits.crossEntropy(labels, smoothing: smoothing, file: file, line: line)
  }
  let label = Tensor(ignored).cast(to: labels.dtype)
  let counts = labels .!= label
  let safe = select(counts, labels, Tensor.zeros(labels.shape, labels.dtype))
  let logs = logits.logSoftmax(file: file, line: line)
  let classes = logits.shape.last ?? 0
  let isTarget =
    Tensor.arange(classes).cast(to: labels.dtype) .== safe.expandedDimensions(at: -1)
  let hard = select(isTarget, logs, Tensor.zeros(logs.shape, logs.dtype)).sum(axis: -1)
  let rows = hard * (smoothing - 1) - logs.mean(axis: -1) * smoothing
  let weights = counts.cast(to: logits.dtype)
  return (rows * weights).sum() / weights.sum()
}

/// Mean cross-entropy of logits against probabilities of the same shape, each an event of its own:
/// `max(x, 0) - x·t + ln(1 + e^-|x|)`.
public func sigmoidCrossEntropy(
  _ logits: Tensor, _ targets: Tensor, smoothing: Double = 0
) -> Tensor {
  let targets = smoothing == 0 ? targets : targets * (1 - smoothing) + smoothing / 2
  return (logits.relu() - logits * targets + log1p(exp(-abs(logits)))).mean()
}

/// Mean of `-x[label]` over rows of log-probabilities `[…, classes]`.
public func negativeLogLikelihood(_ logProbabilities: Tensor, _ labels: Tensor) -> Tensor {
  let classes = logProbabilities.shape.last ?? 0
  let isTarget =
    Tensor.arange(classes).cast(to: labels.dtype) .== labels.expandedDimensions(at: -1)
  let zeros = Tensor.zeros(logProbabilities.shape, logProbabilities.dtype)
  return -select(isTarget, logProbabilities, zeros).sum(axis: -1).mean()
}

/// Mean over rows of `Σ t · (ln t - x)`, the divergence of the distribution whose logarithms are
/// `logProbabilities` from the targets `[…, classes]`; a target of 0 adds nothing.
public func klDivergence(_ logProbabilities: Tensor, _ targets: Tensor) -> Tensor {
  let isPositive = targets .> Tensor.zeros([], targets.dtype)
  let safe = select(isPositive, targets, Tensor.ones(targets.shape, targets.dtype))
  let terms = targets * (log(safe) - logProbabilities)
  return terms.sum(axis: -1).mean()
}

/// Mean of `max(0, 1 - x·t)` for targets of -1 and 1.
public func hingeLoss(_ scores: Tensor, _ targets: Tensor) -> Tensor {
  (1 - scores * targets).relu().mean()
}
