// Softmax and its kin, layer and root-mean-square normalization.

import IRCore
import TensorIR

extension Tensor {
  /// Shares along an axis: `e^(x - max x) / Σ e^(x - max x)`, which sums to 1. A row with NaN or
  /// with +inf, or of -inf alone, is NaN; an axis of extent 0 stays empty. Shapes stay.
  public func softmax(
    axis: Int = -1, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      [axis], of: self, keepDims: false, "softmax", at: .line(file: file, line: line))
    reduce.requireFloat(self)
    if count == 0 { return self }
    return reduce.ofFloat(self) { x in
      let powers = reduce.apply(
        .exp, reduce.apply(.sub, x, reduce.spread(reduce.shift(of: x), shape)))
      return reduce.apply(.div, powers, reduce.spread(reduce(.sum, powers), shape))
    }
  }

  /// Logarithm of `softmax`: `x - max x - ln Σ e^(x - max x)`, accurate where shares are small.
  /// A row with NaN or with +inf, or of -inf alone, is NaN; an axis of extent 0 stays empty.
  public func logSoftmax(
    axis: Int = -1, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      [axis], of: self, keepDims: false, "logSoftmax", at: .line(file: file, line: line))
    reduce.requireFloat(self)
    if count == 0 { return self }
    return reduce.ofFloat(self) { x in
      let shifted = reduce.apply(.sub, x, reduce.spread(reduce.shift(of: x), shape))
      let sum = reduce(.sum, reduce.apply(.exp, shifted))
      return reduce.apply(.sub, shifted, reduce.spread(reduce.apply(.log, sum), shape))
    }
  }

  /// `ln Σ eˣ` along axes, without overflow: `m + ln Σ e^(x - m)`, where m is the maximum, or 0 where
  /// that is infinite. -inf for nothing, inf where an element is inf, NaN where one is NaN. `nil`
  /// means all axes.
  public func logSumExp(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: keepDims, "logSumExp", at: .line(file: file, line: line))
    func logSum(_ x: Tensor) -> Tensor {
      reduce.apply(.log, reduce(.sum, reduce.apply(.exp, x)))
    }
    return reduce.ofFloat(self) { x in
      if reduce.count(in: x) == 0 { return logSum(x) }
      let largest = reduce.shift(of: x)
      let shift = reduce.apply(.select, reduce.apply(.isFinite, largest), largest, 0)
      let sum = logSum(reduce.apply(.sub, x, reduce.spread(shift, shape)))
      return reduce.apply(.add, shift, sum)
    }
  }

  /// `ln Σ eˣ` along one axis, without overflow.
  public func logSumExp(
    axis: Int, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    logSumExp(axes: [axis], keepDims: keepDims, file: file, line: line)
  }

  /// Layer normalization (Ba, Kiros and Hinton, 2016) along axes, by default the last:
  /// `(x - mean x) / √(variance x + epsilon) · scale + offset`, of float tensors.
  ///
  /// `scale` and `offset` broadcast to this tensor: `[n]` for `[batch, n]` and the last axis. The
  /// quotient is a product with `rsqrt`. Rows with NaN or an infinity are NaN.
  public func layerNorm(
    scale: Tensor? = nil, offset: Tensor? = nil, axes: [Int] = [-1], epsilon: Double = 1e-5,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: false, "layerNorm", at: .line(file: file, line: line))
    return reduce.ofFloat(self) { x in
      let centered = reduce.centered(x)
      let variance = reduce.mean(reduce.apply(.mul, centered, centered))
      return reduce.normalized(
        centered, variance, epsilon, scale.map { reduce.widened($0, like: self) },
        offset.map { reduce.widened($0, like: self) })
    }
  }

  /// Root-mean-square normalization (Zhang and Sennrich, 2019) along axes, by default the last:
  /// `x / √(mean(x²) + epsilon) · scale`, of float tensors.
  ///
  /// `scale` broadcasts to this tensor: `[n]` for `[batch, n]` and the last axis. The quotient is a
  /// product with `rsqrt`. Rows with NaN are NaN.
  public func rmsNorm(
    scale: Tensor? = nil, axes: [Int] = [-1], epsilon: Double = 1e-5, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let reduce = AxisReduction(
      axes, of: self, keepDims: false, "rmsNorm", at: .line(file: file, line: line))
    return reduce.ofFloat(self) { x in
      let squares = reduce.mean(reduce.apply(.mul, x, x))
      let scale = scale.map { reduce.widened($0, like: self) }
      return reduce.normalized(x, squares, epsilon, scale, nil)
    }
  }
}

extension AxisReduction {
  /// `rsqrt(square + epsilon)`.
  func reciprocalRoot(_ square: Tensor, _ epsilon: Double) -> Tensor {
    apply(.rsqrt, apply(.add, square, Tensor(floatLiteral: epsilon)))
  }

  /// `x · rsqrt(square + epsilon) · scale + offset`, in the shape of x.
  fileprivate func normalized(
    _ x: Tensor, _ square: Tensor, _ epsilon: Double, _ scale: Tensor?, _ offset: Tensor?
  ) -> Tensor {
    var result = apply(.mul, x, spread(reciprocalRoot(square, epsilon), x.shape))
    for (row, operand) in [(Elementwise.mul, scale), (.add, offset)] {
      guard let operand else { continue }
      // The result keeps the shape of x; literals take its element type.
      let isScalar = operand.rank == 0
      let term = isScalar ? operand : operand.broadcast(to: x.shape, function, at: location)
      result = apply(row, result, term)
    }
    return result
  }
}
