// Losses of numbers and of distances.

public import Lathe

/// Mean of `(x - t)²`.
public func meanSquaredError(_ values: Tensor, _ targets: Tensor) -> Tensor {
  let difference = values - targets
  return (difference * difference).mean()
}

/// Mean of `|x - t|`.
public func meanAbsoluteError(_ values: Tensor, _ targets: Tensor) -> Tensor {
  abs(values - targets).mean()
}

/// Mean of `d²/2` where `d = |x - t|` is at most `delta`, of `delta · (d - delta/2)` beyond (Peter
/// Huber, *Robust estimation of a location parameter*, 1964).
public func huberLoss(_ values: Tensor, _ targets: Tensor, delta: Double = 1) -> Tensor {
  let distance = abs(values - targets)
  let near = distance.minimum(Tensor.full([], delta, distance.dtype))
  return (near * (distance - near * 0.5)).mean()
}

/// Mean over rows `[…, features]` of `1 - cos(x, t)`.
public func cosineLoss(_ values: Tensor, _ targets: Tensor, epsilon: Double = 1e-8) -> Tensor {
  let product = (values * targets).sum(axis: -1)
  let squares = (values * values).sum(axis: -1) * (targets * targets).sum(axis: -1)
  return (1 - product * rsqrt(squares + epsilon * epsilon)).mean()
}

/// Mean over rows of `max(0, |a - p|² - |a - n|² + margin)`: an anchor is to be nearer to its like
/// than to the other (Florian Schroff and others, *FaceNet*, 2015).
public func tripletLoss(
  anchor: Tensor, positive: Tensor, negative: Tensor, margin: Double = 1
) -> Tensor {
  func distance(_ other: Tensor) -> Tensor {
    let difference = anchor - other
    return (difference * difference).sum(axis: -1)
  }
  return (distance(positive) - distance(negative) + margin).relu().mean()
}
