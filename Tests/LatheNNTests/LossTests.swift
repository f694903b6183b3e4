// Losses against their formulas on the host.

import Lathe
import LatheNN
import Testing

@Suite struct LossTests {
  private let logits: [[Double]] = [[1, -2, 0.5], [0, 3, -1], [-0.5, 0.25, 2], [4, 1, 1]]
  private var rows: Tensor {
    Tensor(scalars: logits.flatMap { $0.map(Float.init) }, shape: [4, 3])
  }

  private func logSoftmax(_ row: [Double]) -> [Double] {
    let sum = row.reduce(0) { $0 + _exp($1) }
    return row.map { $0 - _log(sum) }
  }

  private func _exp(_ x: Double) -> Double { exp(Tensor(x)).item() }
  private func _log(_ x: Double) -> Double { log(Tensor(x)).item() }

  @Test func ignoredLabelsDoNotCount() {
    let labels = Tensor([2, -1, 0, 1])
    let kept = [(0, 2), (2, 0), (3, 1)]
    for smoothing in [0, 0.2] {
      let expected = kept.reduce(0.0) { sum, entry in
        let logs = logSoftmax(logits[entry.0])
        let even = logs.reduce(0, +) / 3
        return sum - (1 - smoothing) * logs[entry.1] - smoothing * even
      }
      let loss = softmaxCrossEntropy(rows, labels, smoothing: smoothing, ignoring: -1)
      #expect(isClose(floats(loss), [expected / 3]))
    }
    #expect(
      isClose(
        floats(softmaxCrossEntropy(rows, Tensor([2, 0, 0, 1]))),
        floats(negativeLogLikelihood(rows.logSoftmax(), Tensor([2, 0, 0, 1]))).map(Double.init)))
  }

  @Test func sigmoidCrossEntropyOfLargeLogits() {
    let loss = sigmoidCrossEntropy(Tensor([Float(100), -100, 0]), Tensor([Float(1), 1, 0]))
    #expect(isClose(floats(loss), [(0 + 100 + 0.693147180559945) / 3]))
  }

  @Test func divergence() {
    let targets = Tensor(scalars: [Float(0.5), 0.5, 0], shape: [1, 3])
    let loss = klDivergence(rows[0..<1].logSoftmax(), targets)
    let logs = logSoftmax(logits[0])
    #expect(isClose(floats(loss), [0.5 * (_log(0.5) - logs[0]) + 0.5 * (_log(0.5) - logs[1])]))
  }

  @Test func distances() {
    let (x, t) = (Tensor([Float(1), 2, -3]), Tensor([Float(1.5), 0, -3]))
    #expect(isClose(floats(meanSquaredError(x, t)), [(0.25 + 4) / 3]))
    #expect(isClose(floats(meanAbsoluteError(x, t)), [2.5 / 3]))
    #expect(isClose(floats(huberLoss(x, t)), [(0.125 + 1.5) / 3]))
    #expect(isClose(floats(hingeLoss(x, Tensor([Float(1), -1, -1]))), [(0.0 + 3 + 0) / 3]))
    let (a, b) = (Tensor([[3.0, 4.0]], .f32), Tensor([[4.0, 3.0]], .f32))
    #expect(isClose(floats(cosineLoss(a, b)), [1 - 24.0 / 25]))
    #expect(isClose(floats(tripletLoss(anchor: a, positive: b, negative: a)), [3]))
  }

  /// Every path of 4 steps over 3 classes, its repetitions and blanks taken out.
  private func likelihood(_ logs: [[Double]], _ labels: [Int]) -> Double {
    func paths(_ steps: Int) -> [[Int]] {
      steps == 0 ? [[]] : paths(steps - 1).flatMap { path in (0..<3).map { path + [$0] } }
    }
    return paths(logs.count).reduce(0) { sum, path in
      let merged = path.indices.filter { $0 == 0 || path[$0] != path[$0 - 1] }.map { path[$0] }
      guard merged.filter({ $0 != 0 }) == labels else { return sum }
      return sum + _exp(zip(logs, path).reduce(0) { $0 + $1.0[$1.1] })
    }
  }

  @Test func ctcSumsOverAllPaths() {
    let examples = [([1, 2], 4), ([1, 1], 4), ([2, 0], 3)]
    let scores = Tensor.randomNormal([3, 4, 3], key: RandomKey(21)).logSoftmax()
    let rows = floats(scores).map(Double.init)
    var expected = 0.0
    for (number, example) in examples.enumerated() {
      let logs = (0..<example.1).map { step in
        (0..<3).map { rows[(number * 4 + step) * 3 + $0] }
      }
      expected -= _log(likelihood(logs, example.0.filter { $0 != 0 })) / 3
    }
    let loss = { (x: Tensor) in
      ctcLoss(
        x, Tensor([[1, 2], [1, 1], [2, 0]]), inputLengths: Tensor([4, 4, 3]),
        labelLengths: Tensor([2, 2, 1]))
    }
    #expect(isClose(floats(loss(scores)), [expected], 1e-4))
    // The gradient by log-probabilities is minus the share of paths through them: -1 a step.
    let slope = gradient(of: scores) { loss($0) }
    #expect(isClose(floats((slope * 3).sum(axis: 2))[0..<4].map { $0 }, [-1, -1, -1, -1], 1e-4))
    #expect(floats(slope[2, 3]) == [0, 0, 0])
  }
}
