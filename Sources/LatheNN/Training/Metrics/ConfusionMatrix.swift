// What is taken for what.

import Lathe

/// How many examples of each class were taken for each class, and what follows: accuracy, precision,
/// recall and F1.
public struct ConfusionMatrix: Equatable, Sendable {
  /// The names of the classes.
  public let classes: [String]
  /// Row-major `[class, guess]`.
  public private(set) var counts: [Int]
  /// Examples without a guess, because a logit was NaN.
  public private(set) var undecided = 0

  /// No examples yet.
  public init(classes: [String]) {
    self.classes = classes
    counts = Array(repeating: 0, count: classes.count * classes.count)
  }

  /// Adds examples: their logits, row-major `[labels, classes]`, and their classes.
  public mutating func add(
    logits: [Float], labels: [Int32], file: String = #fileID, line: Int = #line
  ) {
    let rows = LogitRows("ConfusionMatrix", logits, labels, file: file, line: line)
    guard labels.isEmpty || rows.classes == classes.count else {
      misuse(
        "ConfusionMatrix: \(rows.classes) logits in a row, expected \(classes.count)", file: file,
        line: line)
    }
    for (example, label) in labels.enumerated() {
      if let guess = rows.best(example) {
        counts[Int(label) * classes.count + guess] += 1
      } else {
        undecided += 1
      }
    }
  }

  /// Examples of class `label` that were taken for class `guess`.
  public subscript(label: Int, guess: Int) -> Int { counts[label * classes.count + guess] }

  /// Examples seen.
  public var count: Int { counts.reduce(undecided, +) }

  /// The part that was right; NaN where nothing was seen.
  public var accuracy: Double {
    let correct = classes.indices.reduce(0) { $0 + self[$1, $1] }
    return Double(correct) / Double(count)
  }

  /// The part of what was taken for a class that is of it; 0 where nothing was.
  public func precision(of index: Int) -> Double {
    ratio(self[index, index], classes.indices.reduce(0) { $0 + self[$1, index] })
  }

  /// The part of a class that was taken for it; 0 where it has no examples.
  public func recall(of index: Int) -> Double {
    ratio(self[index, index], classes.indices.reduce(0) { $0 + self[index, $1] })
  }

  /// The harmonic mean of a class's precision and recall; 0 where both are.
  public func f1(of index: Int) -> Double {
    let seen = classes.indices.reduce(0) { $0 + self[index, $1] + self[$1, index] }
    return ratio(2 * self[index, index], seen)
  }

  /// The mean of all classes' F1 ("macro"); NaN without classes.
  public var macroF1: Double {
    classes.indices.reduce(0) { $0 + f1(of: $1) } / Double(classes.count)
  }

  private func ratio(_ part: Int, _ whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }
}

extension ConfusionMatrix: CustomStringConvertible {
  /// A table: a row per class, a column per guess, and the class's F1.
  public var description: String {
    let rowTitle = classes.map(\.count).max() ?? 0
    let cell = max(4, counts.map { "\($0)".count }.max() ?? 0) + 1
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    let head = padded("", rowTitle) + classes.indices.map { padded("\($0)", cell) }.joined()
    let rows = classes.indices.map { label in
      padded(classes[label], rowTitle)
        + classes.indices.map { padded("\(self[label, $0])", cell) }.joined()
        + padded(NumberText.fixed(f1(of: label), 3), 7)
    }
    return ([head + padded("F1", 7)] + rows).joined(separator: "\n")
  }
}
