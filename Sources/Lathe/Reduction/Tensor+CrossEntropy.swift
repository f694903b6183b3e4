// Cross-entropy of logits against labels or probabilities.

import IRCore
import TensorIR

extension Tensor {
  /// Mean cross-entropy of these logits, `[batch, classes]`, against `targets`: the mean over the
  /// batch of `-Σ t · ln softmax(x)` along the classes, of float tensors.
  ///
  /// - `targets` of an integer type, `[batch]`, name the class of each row, so that the row's loss
  ///   is `-ln softmax(x)[label]`. A label outside `0..<classes` makes it NaN.
  /// - `targets` of the logits' type, `[batch, classes]`, are probabilities; they are taken as they
  ///   are, and where one is 0, the class adds nothing, even with a logit of -inf.
  ///
  /// `smoothing` takes that share of each target and spreads it evenly over the classes:
  /// `(1 - smoothing) · t + smoothing / classes`. Any number of axes may stand in the place of the
  /// batch. Rows with NaN, with +inf, or of -inf alone, are NaN; the mean of no rows is NaN; rows
  /// of no classes are an error.
  public func crossEntropy(
    _ targets: Tensor, smoothing: Double = 0, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let targets = targets.materialized
    let reduce = AxisReduction([-1], of: self, keepDims: false, "crossEntropy", at: location)
    reduce.requireFloat(self)
    guard smoothing >= 0, smoothing <= 1 else {
      misuse("crossEntropy: a smoothing of \(smoothing), expected 0 to 1", at: location)
    }
    let isLabels = targets.dtype.isInteger
    let expected = isLabels ? Array(shape.dropLast()) : shape
    guard isLabels || targets.dtype == dtype, targets.shape == expected else {
      misuse(
        "crossEntropy: \(typeText), \(targets.typeText): integer labels of shape "
          + "\(shape.dropLast()) or \(dtype) probabilities of shape \(shape) expected", at: location
      )
    }
    let probabilities = isLabels ? nil : reduce.widened(targets, like: self)
    return reduce.inArithmeticType(self) { logits in
      let loss = CrossEntropy(reduce, logits, smoothing)
      let rows = probabilities.map(loss.ofProbabilities) ?? loss.ofLabels(targets)
      return AxisReduction(nil, of: rows, keepDims: false, "crossEntropy", at: location).mean(rows)
    }
  }
}

/// Losses of rows of logits: with `s = x - max x`, `ln softmax(x) = s - ln Σ eˢ`, so that one sum
/// of powers and one of chosen elements suffice.
private struct CrossEntropy {
  let reduce: AxisReduction
  /// The logits less the greatest of their row.
  let shifted: Tensor
  /// `ln Σ eˢ` of each row.
  let logarithm: Tensor
  let smoothing: Double

  init(_ reduce: AxisReduction, _ logits: Tensor, _ smoothing: Double) {
    self.reduce = reduce
    self.smoothing = smoothing
    let largest = reduce.spread(reduce.shift(of: logits), logits.shape)
    shifted = reduce.apply(.sub, logits, largest)
    logarithm = reduce.apply(.log, reduce(.sum, reduce.apply(.exp, shifted)))
  }

  private var classes: Int { reduce.count(in: shifted) }

  func ofLabels(_ labels: Tensor) -> Tensor {
    let index = Tensor(
      .iota(axis: shifted.rank - 1), [], dtype: labels.dtype, shape: shifted.shape,
      at: reduce.location)
    let isClass = reduce.apply(.eq, index, reduce.spread(labels, shifted.shape))
    let chosen = reduce(.sum, reduce.apply(.select, isClass, shifted, 0))
    let loss = reduce.apply(.sub, logarithm, smoothed(chosen))
    let isValid = reduce.apply(
      .and, reduce.apply(.ge, labels, 0),
      reduce.apply(.lt, labels, Tensor(scalar: .integer(classes))))
    return reduce.apply(.select, isValid, loss, Tensor(floatLiteral: .nan))
  }

  func ofProbabilities(_ targets: Tensor) -> Tensor {
    let isZero = reduce.apply(.eq, targets, 0)
    let terms = reduce.apply(.select, isZero, 0, reduce.apply(.mul, targets, shifted))
    let share = smoothed(reduce(.sum, targets), even: Tensor(floatLiteral: smoothing))
    return reduce.apply(
      .sub, reduce.apply(.mul, share, logarithm), smoothed(reduce(.sum, terms)))
  }

  /// `(1 - smoothing) · x + even`, where `even` is by default the smoothing's share of the mean of
  /// the shifted logits.
  private func smoothed(_ x: Tensor, even: Tensor? = nil) -> Tensor {
    if smoothing == 0 { return x }
    let rest = reduce.apply(.mul, x, Tensor(floatLiteral: 1 - smoothing))
    let share =
      even ?? reduce.apply(.mul, reduce.mean(shifted), Tensor(floatLiteral: smoothing))
    return reduce.apply(.add, rest, share)
  }
}
