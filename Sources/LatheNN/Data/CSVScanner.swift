// Splits CSV data into fields.

/// The fields of CSV data, found in one walk over its bytes.
struct CSVScanner {
  /// The fields' bytes, unquoted, one after the other.
  private(set) var bytes: [UInt8] = []
  /// Where each field ends in `bytes`.
  private(set) var ends: [Int] = []
  /// The line that each row begins in, from 1.
  private(set) var lines: [Int] = []
  /// Fields in the first row.
  private(set) var columnCount = 0

  private let input: [UInt8]
  private let file: String
  private var position = 0
  private var line = 1

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  /// A scanner of the contents of a file that errors name.
  init(_ contents: [UInt8], file: String) {
    input = contents
    self.file = file
    if contents.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
    bytes.reserveCapacity(contents.count)
  }

  /// Finds all fields.
  mutating func scan() throws(CSVError) {
    while position < input.count {
      if skipLineEnd() { continue }
      lines.append(line)
      let count = try scanRow()
      if lines.count == 1 { columnCount = count }
      guard count == columnCount else {
        throw .fieldCount(
          file: file, line: lines[lines.count - 1], found: count, expected: columnCount)
      }
    }
  }

  /// Takes the fields of one row and the line end behind it; returns their number.
  private mutating func scanRow() throws(CSVError) -> Int {
    var column = 1
    while true {
      if peek() == Self.quote {
        try scanQuoted(column)
      } else {
        try scanPlain(column)
      }
      ends.append(bytes.count)
      guard peek() == Self.comma else { break }
      position += 1
      column += 1
    }
    _ = skipLineEnd()
    return column
  }

  private mutating func scanPlain(_ column: Int) throws(CSVError) {
    let start = position
    while position < input.count, input[position] != Self.comma, !isAtLineEnd {
      guard input[position] != Self.quote else {
        throw .strayQuote(file: file, line: line, column: column)
      }
      position += 1
    }
    bytes += input[start..<position]
  }

  private mutating func scanQuoted(_ column: Int) throws(CSVError) {
    let opening = line
    position += 1
    while let byte = peek() {
      position += 1
      if byte == Self.lineFeed { line += 1 }
      if byte == Self.quote {
        guard peek() == Self.quote else {
          guard peek() == nil || peek() == Self.comma || isAtLineEnd else {
            throw .strayQuote(file: file, line: line, column: column)
          }
          return
        }
        position += 1
      }
      bytes.append(byte)
    }
    throw .openQuote(file: file, line: opening, column: column)
  }

  private func peek() -> UInt8? { position < input.count ? input[position] : nil }

  private var isAtLineEnd: Bool {
    if peek() == Self.lineFeed { return true }
    guard peek() == Self.carriageReturn else { return false }
    return position + 1 == input.count || input[position + 1] == Self.lineFeed
  }

  /// Passes over a line end; false where there is none.
  private mutating func skipLineEnd() -> Bool {
    guard isAtLineEnd else { return false }
    if peek() == Self.carriageReturn { position += 1 }
    if peek() == Self.lineFeed { position += 1 }
    line += 1
    return true
  }
}
