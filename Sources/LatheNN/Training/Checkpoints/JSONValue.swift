// Reads JSON text without Foundation, which would make the command slower to start.

/// A value of JSON (RFC 8259, 2017).
package indirect enum JSONValue: Equatable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A whole number that `Int` holds, written without fraction and exponent.
  case integer(Int)
  /// Any other number.
  case number(Double)
  /// Text.
  case string(String)
  /// Values in order.
  case array([JSONValue])
  /// Named values in order, no two of one name.
  case object([Member])

  /// A named value of an object.
  package struct Member: Equatable, Sendable {
    /// The name.
    package let name: String
    /// The value.
    package let value: JSONValue
  }

  /// Reads a text whole.
  package init(_ text: ArraySlice<UInt8>) throws(JSONError) {
    var scanner = JSONScanner(text)
    self = try scanner.value(depth: 0)
    try scanner.expectEnd()
  }

  /// The members of an object; nil for anything else.
  package var members: [Member]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  /// The text of a string; nil for anything else.
  package var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The numbers of an array of nothing but whole numbers from 0 up; nil for anything else.
  package var counts: [Int]? {
    guard case .array(let values) = self else { return nil }
    var counts: [Int] = []
    for value in values {
      guard case .integer(let count) = value, count >= 0 else { return nil }
      counts.append(count)
    }
    return counts
  }

  /// A text as JSON, with its quotes.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

/// Where a text is no JSON.
package struct JSONError: Error, Equatable {
  /// What was not found.
  package enum Expected: String, Sendable {
    case value = "a value"
    case string = "a string"
    case colon = "':'"
    case commaOrBracket = "',' or ']'"
    case commaOrBrace = "',' or '}'"
    case otherName = "another name, as this one stands before"
    case escape = "an escape that JSON has"
    case utf8 = "UTF-8"
    case number = "a number"
    case end = "the end"
    case shallower = "fewer values inside each other"
  }

  /// The place, in bytes from the text's beginning.
  package let offset: Int
  /// What was not found there.
  package let expected: Expected

  package init(offset: Int, expected: Expected) {
    self.offset = offset
    self.expected = expected
  }
}
