// The recursive descent that reads JSON.

/// Reads values off the front of a text.
struct JSONScanner {
  private let text: ArraySlice<UInt8>
  private var position: Int

  /// The most values inside each other, so that no text overflows the stack.
  private static let largestDepth = 64

  init(_ text: ArraySlice<UInt8>) {
    self.text = text
    position = text.startIndex
  }

  /// Takes a value with the blanks around it.
  mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth < Self.largestDepth else { throw failure(.shallower) }
    skipBlanks()
    defer { skipBlanks() }
    switch peek() {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case .some(0x30...0x39), UInt8(ascii: "-"): return try number()
    default: return try word()
    }
  }

  /// Checks that nothing follows.
  func expectEnd() throws(JSONError) {
    guard peek() == nil else { throw failure(.end) }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    position += 1
    var members: [JSONValue.Member] = []
    var names: Set<String> = []
    skipBlanks()
    if take("}") { return .object([]) }
    while true {
      skipBlanks()
      guard peek() == UInt8(ascii: "\"") else { throw failure(.string) }
      let start = position
      let name = try string()
      guard names.insert(name).inserted else {
        position = start
        throw failure(.otherName)
      }
      skipBlanks()
      guard take(":") else { throw failure(.colon) }
      members.append(JSONValue.Member(name: name, value: try value(depth: depth + 1)))
      if take("}") { return .object(members) }
      guard take(",") else { throw failure(.commaOrBrace) }
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    position += 1
    var values: [JSONValue] = []
    skipBlanks()
    if take("]") { return .array([]) }
    while true {
      values.append(try value(depth: depth + 1))
      if take("]") { return .array(values) }
      guard take(",") else { throw failure(.commaOrBracket) }
    }
  }

  private mutating func word() throws(JSONError) -> JSONValue {
    let words: [(String, JSONValue)] = [
      ("null", .null), ("true", .bool(true)), ("false", .bool(false)),
    ]
    for (word, value) in words where text[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw failure(.value)
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    let rest = text[start...].prefix { byte in
      (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte)
    }
    let digits = String(decoding: rest, as: UTF8.self)
    let whole = digits.first == "-" ? digits.dropFirst() : digits[...]
    let hasLeadingZero = whole.first == "0" && whole.dropFirst().first?.isNumber == true
    let isBroken = whole.first?.isNumber != true || digits.last?.isNumber != true
    guard !hasLeadingZero, !isBroken, !digits.contains(".e"), !digits.contains(".E") else {
      throw failure(.number)
    }
    guard let value = Double(digits) else { throw failure(.number) }
    position += rest.count
    return Int(digits).map(JSONValue.integer) ?? .number(value)
  }

  private mutating func string() throws(JSONError) -> String {
    let start = position
    position += 1
    var bytes: [UInt8] = []
    while let byte = peek() {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let result = String(validating: bytes, as: UTF8.self) else {
          position = start
          throw failure(.utf8)
        }
        return result
      case UInt8(ascii: "\\"): bytes += try escape().utf8
      case 0..<0x20:
        position -= 1
        throw failure(.escape)
      default: bytes.append(byte)
      }
    }
    throw failure(.string)
  }

  /// Takes what follows a backslash.
  private mutating func escape() throws(JSONError) -> String {
    let escapes: [UInt8: String] = [
      0x22: "\"", 0x5c: "\\", 0x2f: "/", 0x62: "\u{8}", 0x66: "\u{c}", 0x6e: "\n", 0x72: "\r",
      0x74: "\t",
    ]
    guard let byte = peek() else { throw failure(.escape) }
    position += 1
    if let text = escapes[byte] { return text }
    guard byte == UInt8(ascii: "u") else { throw failure(.escape) }
    var units = [try hexUnit()]
    // The first of a pair is followed by the second, written in the same way.
    if UTF16.isLeadSurrogate(units[0]) {
      guard take("\\"), take("u") else { throw failure(.escape) }
      units.append(try hexUnit())
    }
    guard let text = String(validating: units, as: UTF16.self) else { throw failure(.escape) }
    return text
  }

  private mutating func hexUnit() throws(JSONError) -> UInt16 {
    let digits = text[position...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ $0 != 0x2b && $0 != 0x2d }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw failure(.escape) }
    position += 4
    return unit
  }

  private func peek() -> UInt8? { position < text.endIndex ? text[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = peek(), [0x20, 0x09, 0x0a, 0x0d].contains(byte) { position += 1 }
  }

  private func failure(_ expected: JSONError.Expected) -> JSONError {
    JSONError(offset: position - text.startIndex, expected: expected)
  }
}
