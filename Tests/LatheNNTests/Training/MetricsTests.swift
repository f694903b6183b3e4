// Metrics against values that were worked out by hand.

import LatheNN
import Testing

@Suite struct MetricsTests {
  @Test func accuracy() {
    let logits: [Float] = [0.1, 2, -1, 3, 0, 1, 5, 5, 5, .nan, 0, 0]
    let labels: [Int32] = [1, 2, 1, 0]
    var best = Accuracy()
    #expect(best.value.isNaN)
    best.add(logits: logits, labels: labels)
    #expect(best.correct == 1 && best.count == 4 && best.value == 0.25)
    var two = Accuracy(top: 2)
    two.add(logits: logits, labels: labels)
    // Of three equal logits class 1 is the second guess; the row with NaN stays wrong.
    #expect(two.value == 0.75)
    var parts = Accuracy(top: 2)
    parts.add(logits: Array(logits[..<3]), labels: [1])
    parts.add(logits: Array(logits[3...]), labels: Array(labels[1...]))
    #expect(parts == two)
    parts.add(logits: [], labels: [])
    #expect(parts == two)
  }

  @Test func confusionMatrix() {
    var matrix = ConfusionMatrix(classes: ["cat", "dog", "ant"])
    func row(_ guess: Int) -> [Float] { (0..<3).map { $0 == guess ? 1 : 0 } }
    let pairs: [(label: Int32, guess: Int)] = [(0, 0), (0, 0), (0, 1), (1, 1), (1, 0), (1, 1)]
    matrix.add(logits: pairs.flatMap { row($0.guess) }, labels: pairs.map(\.label))
    #expect(matrix.counts == [2, 1, 0, 1, 2, 0, 0, 0, 0])
    #expect(matrix[0, 1] == 1 && matrix.count == 6)
    #expect(matrix.accuracy == 4.0 / 6)
    #expect(matrix.precision(of: 0) == 2.0 / 3 && matrix.recall(of: 0) == 2.0 / 3)
    #expect(matrix.f1(of: 1) == 2.0 / 3 && matrix.f1(of: 2) == 0)
    #expect(abs(matrix.macroF1 - 4.0 / 9) < 1e-15)
    #expect(
      matrix.description == """
               0    1    2     F1
        cat    2    1    0  0.667
        dog    1    2    0  0.667
        ant    0    0    0  0.000
        """)
    matrix.add(logits: [.nan, 0, 0], labels: [0])
    #expect(matrix.undecided == 1 && matrix.count == 7 && matrix.accuracy == 4.0 / 7)
  }

  @Test func meansAndPerplexity() {
    var mean = Mean()
    mean.add(2, count: 3)
    mean.add(4)
    #expect(mean.value == 2.5 && mean.count == 4)
    var losses = Mean()
    losses.add(0.6931471805599453, count: 10)
    #expect(abs(losses.perplexity - 2) < 1e-12 && abs(losses.bits - 1) < 1e-12)
    #expect(Mean().value.isNaN)
  }

  @Test func wrongCountsAreMisuse() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var accuracy = Accuracy()
      accuracy.add(logits: [1, 2, 3], labels: [0, 1])
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("Accuracy: 3 logits for 2 labels, expected a row for each"))
    let other = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var matrix = ConfusionMatrix(classes: ["a", "b"])
      matrix.add(logits: [1, 2], labels: [2])
    }
    let text = String(decoding: other?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("ConfusionMatrix: label 2, expected one of 0..<2"))
  }

  @Test func earlyStopping() {
    var lower = EarlyStopping(patience: 2, better: .lower)
    #expect(!lower.lastIsBest)
    let values: [(value: Double, stops: Bool, isBest: Bool)] = [
      (3, false, true), (2, false, true), (2, false, false), (1.5, false, true),
      (.nan, false, false), (1.6, true, false),
    ]
    for (value, stops, isBest) in values {
      let stopped = lower.observe(value)
      #expect(stopped == stops && lower.lastIsBest == isBest && lower.shouldStop == stops)
    }
    #expect(lower.best == 1.5 && lower.bestIndex == 3 && lower.count == 6)
    var higher = EarlyStopping(patience: 1, better: .higher, leastChange: 0.1)
    let higherStops = [0.5, 0.55].map { higher.observe($0) }
    #expect(higherStops == [false, true])
    var lost = EarlyStopping(patience: 2, better: .lower)
    let lostStops = [Double.nan, .nan].map { lost.observe($0) }
    #expect(lostStops == [false, true] && lost.best == nil)
  }
}
