// Data sets from CSV files.

/// The column of a CSV file that holds the label.
public enum CSVLabel: Equatable, Sendable {
  /// The last one.
  case last
  /// The one at an index, from 0.
  case column(Int)
  /// The one that the header names so.
  case named(String)
}

extension Dataset {
  /// Makes a set of a table: every column but the label's is a number.
  ///
  /// Where all labels are whole numbers below 1,000, they are the classes' numbers; else the
  /// classes are the different labels in alphabetical order.
  ///
  /// - Parameters:
  ///   - label: The column of labels.
  ///   - shape: The shape of an example; the number of features unless stated.
  ///   - classes: The classes, where a label beyond them is an error; found in the file unless
  ///     stated. State the training set's when reading a test set.
  ///   - scale: The factor that brings numbers to the range of a model's input.
  public init(
    _ table: CSVTable, label: CSVLabel = .last, name: String? = nil, shape: [Int]? = nil,
    classes: [String]? = nil, scale: Float = 1
  ) throws(CSVError) {
    let column = try table.index(of: label)
    let shape = shape ?? [table.columnCount - 1]
    guard shape.reduce(1, *) == table.columnCount - 1 else {
      throw .shape(file: table.file, features: table.columnCount - 1, shape: shape)
    }
    let found = try table.labels(column, classes: classes)
    self.init(
      name: name ?? table.file, shape: shape, elements: try table.features(without: column),
      labels: found.labels, classes: found.classes, scale: scale)
  }
}

extension CSVTable {
  fileprivate func index(of label: CSVLabel) throws(CSVError) -> Int {
    switch label {
    case .last:
      return columnCount - 1
    case .column(let index):
      guard (0..<columnCount).contains(index) else {
        throw .columnOutOfRange(file: file, found: columnCount, expected: index)
      }
      return index
    case .named(let name):
      guard let index = columns?.firstIndex(of: name) else {
        throw .noSuchColumn(file: file, found: columns ?? [], expected: name)
      }
      return index
    }
  }

  /// All numbers, as bytes where all are whole and fit.
  fileprivate func features(without label: Int) throws(CSVError) -> Dataset.Elements {
    var numbers: [Float] = []
    numbers.reserveCapacity(rowCount * (columnCount - 1))
    for row in 0..<rowCount {
      for column in 0..<columnCount where column != label {
        guard let number = number(row: row, column: column) else {
          throw .notANumber(
            file: file, line: line(ofRow: row), column: column + 1,
            found: text(row: row, column: column))
        }
        numbers.append(number)
      }
    }
    let bytes = numbers.lazy.compactMap { UInt8(exactly: $0) }
    return numbers.allSatisfy { UInt8(exactly: $0) != nil }
      ? .bytes(Array(bytes)) : .floats(numbers)
  }

  /// The labels as indices, and the classes that they are indices into.
  fileprivate func labels(
    _ column: Int, classes: [String]?
  ) throws(CSVError) -> (labels: [Int32], classes: [String]) {
    let texts = (0..<rowCount).map { text(row: $0, column: column) }
    let classes = classes ?? Self.classes(of: texts)
    let indices = Dictionary(
      classes.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    var labels: [Int32] = []
    for (row, text) in texts.enumerated() {
      guard let index = indices[text] else {
        throw .unknownClass(
          file: file, line: line(ofRow: row), column: column + 1, found: text, classes: classes)
      }
      labels.append(index)
    }
    return (labels, classes)
  }

  private static func classes(of labels: [String]) -> [String] {
    let different = Set(labels)
    let numbers = different.compactMap { text in
      Int(text).flatMap { (0..<1000).contains($0) && "\($0)" == text ? $0 : nil }
    }
    if numbers.count == different.count, let last = numbers.max() {
      return (0...last).map { "\($0)" }
    }
    return different.sorted()
  }
}
