// How often a model is right.

import Lathe

/// The part of examples whose class is among the model's first guesses.
///
/// ```swift
/// var accuracy = Accuracy()
/// accuracy.add(logits: [0.1, 2, -1, 3, 0, 0], labels: [1, 2])
/// accuracy.value  // 0.5
/// ```
public struct Accuracy: Equatable, Sendable {
  /// The number of guesses that count: 1 for the best one alone.
  public let guesses: Int
  /// Examples that were right.
  public private(set) var correct = 0
  /// Examples that were seen.
  public private(set) var count = 0

  /// Nothing seen yet; a label counts as found among the best `guesses`.
  public init(top guesses: Int = 1) {
    self.guesses = max(1, guesses)
  }

  /// The part that was right, from 0 to 1; NaN where nothing was seen.
  public var value: Double { Double(correct) / Double(count) }

  /// Adds examples: their logits, row-major `[labels, classes]`, and their classes.
  ///
  /// Of equal logits the one of the lower class is the better guess; a row with a NaN is wrong.
  public mutating func add(
    logits: [Float], labels: [Int32], file: String = #fileID, line: Int = #line
  ) {
    let rows = LogitRows("Accuracy", logits, labels, file: file, line: line)
    for (example, label) in labels.enumerated() where rows.rank(of: label, in: example) < guesses {
      correct += 1
    }
    count += labels.count
  }
}

/// Logits by row, once their number fits their labels'.
struct LogitRows {
  let logits: [Float]
  let classes: Int

  /// Ends with a message where the counts do not agree.
  init(_ user: String, _ logits: [Float], _ labels: [Int32], file: String, line: Int) {
    self.logits = logits
    classes = labels.isEmpty ? 0 : logits.count / labels.count
    guard logits.count == classes * labels.count, labels.isEmpty || classes > 0 else {
      misuse(
        "\(user): \(logits.count) logits for \(labels.count) labels, expected a row for each",
        file: file, line: line)
    }
    if let label = labels.first(where: { $0 < 0 || $0 >= classes }) {
      misuse("\(user): label \(label), expected one of 0..<\(classes)", file: file, line: line)
    }
  }

  /// The number of classes that are better guesses than `label`; all where a logit is NaN.
  func rank(of label: Int32, in example: Int) -> Int {
    let start = example * classes
    let own = logits[start + Int(label)]
    var better = 0
    for index in 0..<classes {
      let logit = logits[start + index]
      if logit.isNaN { return classes }
      if logit > own || (logit == own && index < Int(label)) { better += 1 }
    }
    return better
  }

  /// The best guess: the lowest class of the greatest logit; nil where a logit is NaN.
  func best(_ example: Int) -> Int? {
    let start = example * classes
    var best = 0
    for index in 0..<classes {
      if logits[start + index].isNaN { return nil }
      if logits[start + index] > logits[start + best] { best = index }
    }
    return best
  }
}
