// What can be wrong with CSV data.

/// Why CSV data was not read. Lines and columns count from 1; a column is a field and no character.
public enum CSVError: Error, Equatable, Sendable {
  /// The system refused the file.
  case file(FileError)
  /// The compressed data is damaged or cut short at or before this byte.
  case gzip(file: String, offset: Int)
  /// No row, or none below the header.
  case noRows(file: String)
  /// A quoted field that begins here does not end.
  case openQuote(file: String, line: Int, column: Int)
  /// A quote inside a field without quotes, or text behind a closing quote.
  case strayQuote(file: String, line: Int, column: Int)
  /// A row of another length than the first.
  case fieldCount(file: String, line: Int, found: Int, expected: Int)
  /// A field that is no finite number.
  case notANumber(file: String, line: Int, column: Int, found: String)
  /// No column of this name in the header.
  case noSuchColumn(file: String, found: [String], expected: String)
  /// The label's column is beyond the last one.
  case columnOutOfRange(file: String, found: Int, expected: Int)
  /// A label that is none of the expected classes.
  case unknownClass(file: String, line: Int, column: Int, found: String, classes: [String])
  /// Rows that have not as many numbers as the shape of an example.
  case shape(file: String, features: Int, shape: [Int])
}

extension CSVError: CustomStringConvertible {
  /// One line: the file, the place, what was found, and what was expected.
  public var description: String {
    switch self {
    case .file(let error):
      return error.description
    case .gzip(let file, let offset):
      return "\(file): gzip data is corrupt or cut short at or before byte \(offset)"
    case .noRows(let file):
      return "\(file): no rows of data"
    case .openQuote(let file, let line, let column):
      return "\(file):\(line): column \(column): a quoted field without its closing quote"
    case .strayQuote(let file, let line, let column):
      return
        "\(file):\(line): column \(column): a quote inside a field, expected \"\" in a quoted one"
    case .fieldCount(let file, let line, let found, let expected):
      return "\(file):\(line): \(found) fields, expected \(expected) as in the first row"
    case .notANumber(let file, let line, let column, let found):
      return "\(file):\(line): column \(column): '\(found)', expected a finite number"
    case .noSuchColumn(let file, let found, let expected):
      return "\(file): columns \(found.joined(separator: ", ")), expected one named \(expected)"
    case .columnOutOfRange(let file, let found, let expected):
      return "\(file): \(found) columns, expected a label in column \(expected)"
    case .unknownClass(let file, let line, let column, let found, let classes):
      return "\(file):\(line): column \(column): label '\(found)', expected one of "
        + classes.joined(separator: ", ")
    case .shape(let file, let features, let shape):
      return "\(file): \(features) numbers in a row, expected those of shape \(shape)"
    }
  }
}
