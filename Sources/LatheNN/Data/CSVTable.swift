// Reads CSV files.

/// The fields of a CSV file, as text.
///
/// The format is RFC 4180's (Yakov Shafranovich, 2005): commas, fields in double quotes where they
/// hold commas, quotes (doubled) or line ends. Lines end in LF or CRLF; empty lines and a byte order
/// mark are passed over. Files compressed with gzip are decompressed.
public struct CSVTable: Sendable {
  /// Whether the first row names the columns.
  public enum Header: Sendable {
    /// It does.
    case present
    /// It does not.
    case absent
    /// It does where it holds a field that is no number and the second row one that is, at one
    /// column.
    case detected
  }

  /// The file, as errors name it.
  public let file: String
  /// The names of the columns; nil where there is no header.
  public private(set) var columns: [String]?
  /// The number of columns.
  public let columnCount: Int

  /// The fields' bytes, unquoted, one after the other.
  private let bytes: [UInt8]
  /// Where each field ends in `bytes`, row after row.
  private let ends: [Int]
  /// The line that each row begins in.
  private let lines: [Int]
  /// Rows that are the header: 0 or 1.
  private var headerRows = 0

  /// Reads a file.
  public init(path: String, header: Header = .detected) throws(CSVError) {
    let contents: [UInt8]
    do throws(FileError) { contents = try readFile(path) } catch { throw .file(error) }
    let text: [UInt8]
    do throws(GzipError) {
      text = try GzipReader.decompressedIfCompressed(contents)
    } catch {
      throw .gzip(file: path, offset: error.offset)
    }
    try self.init(contents: text, file: path, header: header)
  }

  /// Reads the contents of the file that errors name.
  package init(
    contents: [UInt8], file: String, header: Header = .detected
  ) throws(CSVError) {
    var scanner = CSVScanner(contents, file: file)
    try scanner.scan()
    self.file = file
    (bytes, ends, lines) = (scanner.bytes, scanner.ends, scanner.lines)
    columnCount = scanner.columnCount
    guard !lines.isEmpty else { throw .noRows(file: file) }
    let named: Bool =
      switch header {
      case .present: true
      case .absent: false
      case .detected: firstRowNamesColumns
      }
    guard named else { return }
    columns = (0..<columnCount).map { text(row: 0, column: $0) }
    headerRows = 1
    if rowCount == 0 { throw .noRows(file: file) }
  }

  /// The number of rows below the header.
  public var rowCount: Int { lines.count - headerRows }

  /// The line of the file where a row begins, from 1.
  public func line(ofRow row: Int) -> Int { lines[row + headerRows] }

  /// A field's text.
  public func text(row: Int, column: Int) -> String {
    String(decoding: field(row, column), as: UTF8.self)
  }

  /// A field's number; nil where it is no finite one. Blanks around it do not matter.
  public func number(row: Int, column: Int) -> Float? { parseNumber(field(row, column)) }

  private func field(_ row: Int, _ column: Int) -> ArraySlice<UInt8> {
    let index = (row + headerRows) * columnCount + column
    return bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  private var firstRowNamesColumns: Bool {
    guard lines.count > 1 else { return false }
    return (0..<columnCount).contains { column in
      number(row: 0, column: column) == nil && number(row: 1, column: column) != nil
    }
  }
}

/// Reads a decimal number with blanks around it; nil for anything else, infinities and NaN included.
private func parseNumber(_ field: ArraySlice<UInt8>) -> Float? {
  // Most fields of images are short whole numbers, which need no general parser.
  if (1...7).contains(field.count), field.allSatisfy({ (0x30...0x39).contains($0) }) {
    return Float(field.reduce(0) { $0 * 10 + Int($1 & 15) })
  }
  let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
  let start = field.drop(while: isBlank)
  let end = start.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start.startIndex
  let text = String(decoding: start[..<end], as: UTF8.self)
  guard let number = Float(text), number.isFinite else { return nil }
  return number
}
