// Connectionist temporal classification.

public import Lathe

/// Mean over the batch of `-ln p(labels | inputs)` where a path of one class per step stands for the
/// labels that are left when repeated classes and blanks go (Alex Graves and others, *Connectionist
/// temporal classification*, 2006). The sum over all paths runs as a loop over the steps.
///
/// - Parameters:
///   - logProbabilities: `[batch, steps, classes]`, class 0 is the blank.
///   - labels: integers `[batch, most]`, from 1 on; what stands behind an example's own is not read.
///   - inputLengths: steps of each example, integers `[batch]`.
///   - labelLengths: labels of each example, integers `[batch]`.
///
/// An example whose labels have no path, because it has too few steps, adds about 1e30.
public func ctcLoss(
  _ logProbabilities: Tensor, _ labels: Tensor, inputLengths: Tensor, labelLengths: Tensor,
  file: String = #fileID, line: Int = #line
) -> Tensor {
  guard logProbabilities.shape.count == 3, labels.shape.count == 2,
    labels.shape[0] == logProbabilities.shape[0], logProbabilities.shape[1] > 0
  else {
    misuse(
      "ctcLoss: \(logProbabilities.shape) and labels \(labels.shape): [batch, steps, classes] of one "
        + "step or more and [batch, most] expected", file: file, line: line)
  }
  let paths = LabelPaths(labels)
  let steps = logProbabilities.transposed(0, 1)
  let emissions = einsum("tbc,bsc->tbs", steps, paths.classes(logProbabilities))
  let start = select(
    paths.numbers .< Tensor(2), emissions[0], Tensor.full([], paths.never, emissions.dtype))
  let lengths = inputLengths.cast(to: .i64).expandedDimensions(at: 1)
  let numbers = Tensor.arange(steps.shape[0])
  let (last, _) = scan(over: (emissions, numbers), from: start) { scores, step in
    let (emission, number) = step
    let isOn = (number .> Tensor(0)) & (number .< lengths)
    scores = select(isOn, paths.next(scores) + emission, scores)
    return ()
  }
  return -paths.end(last, labelLengths.cast(to: .i64)).mean()
}

/// Labels with blanks between and around them, as scores `[batch, 2 · most + 1]` run along them.
private struct LabelPaths {
  /// As good as minus infinity, without the NaN of their differences.
  let never: Float = -1e30
  /// Classes at each place, `[batch, places]`.
  private let symbols: Tensor
  /// Number of each place.
  let numbers: Tensor
  /// Whether a path may come from two places before: a label unlike the one before it.
  private let skips: Tensor

  init(_ labels: Tensor) {
    let count = 2 * labels.shape[1] + 1
    numbers = Tensor.arange(count)
    let spread = labels.cast(to: .i64).expandedDimensions(at: 2)
      .padded([(0, 0), (0, 0), (1, 0)]).reshaped(labels.shape[0], count - 1)
    symbols = spread.padded([(0, 0), (0, 1)])
    let before = Self.moved(symbols, by: 2, filling: .integer(-1))
    skips = (symbols .> Tensor(0)) & (symbols .!= before)
  }

  /// One-hot rows of the places' classes, `[batch, places, classes]`.
  func classes(_ like: Tensor) -> Tensor {
    let numbers = Tensor.arange(like.shape[2])
    return (symbols.expandedDimensions(at: 2) .== numbers).cast(to: like.dtype)
  }

  /// Scores of the next step before its emission: logarithms of sums over where a path comes from.
  func next(_ scores: Tensor) -> Tensor {
    let one = Self.moved(scores, by: 1, filling: .float(Double(never)))
    let two = Self.moved(scores, by: 2, filling: .float(Double(never)))
    return add(add(scores, one), select(skips, two, Tensor.full([], never, scores.dtype)))
  }

  /// Score of all paths that end with the last label or the blank behind it.
  func end(_ scores: Tensor, _ lengths: Tensor) -> Tensor {
    let last = (lengths * 2).expandedDimensions(at: 1)
    let isEnd = (numbers .== last) | (numbers .== last - 1)
    return select(isEnd, scores, Tensor.full([], never, scores.dtype)).logSumExp(axis: 1)
  }

  /// `ln(e^a + e^b)`.
  private func add(_ a: Tensor, _ b: Tensor) -> Tensor {
    let largest = a.maximum(b).stopGradient()
    return largest + log(exp(a - largest) + exp(b - largest))
  }

  private static func moved(_ x: Tensor, by count: Int, filling value: ScalarValue) -> Tensor {
    let width = x.shape[1]
    return x.padded([(0, 0), (count, 0)], with: value)[.all, 0..<width]
  }
}
