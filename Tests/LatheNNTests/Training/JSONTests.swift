// JSON, good and bad.

import LatheNN
import Testing

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSONValue { try JSONValue(Array(text.utf8)[...]) }

  static let good: [(String, JSONValue)] = [
    (" null ", .null), ("true", .bool(true)), ("[false]", .array([.bool(false)])),
    ("-12", .integer(-12)), ("0", .integer(0)), ("1.5e2", .number(150)), ("-0.5", .number(-0.5)),
    ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(0x1p63)),
    ("\"a\\n\\u00e4\\ud83d\\ude00\\/\"", .string("a\nä😀/")), ("[]", .array([])),
    ("{ }", .object([])),
    ("[1 , \"\"]", .array([.integer(1), .string("")])),
  ]

  @Test(arguments: 0..<good.count) func readsValues(index: Int) throws {
    #expect(try parse(Self.good[index].0) == Self.good[index].1)
  }

  @Test func readsObjects() throws {
    let value = try parse("{\"b\":[1,2],\"a\":{\"c\":\"d\"}}")
    let members = try #require(value.members)
    #expect(members.map(\.name) == ["b", "a"] && members[0].value.counts == [1, 2])
    #expect(members[1].value.members?[0].value.text == "d")
    #expect(try parse("[1,-1]").counts == nil && parse("[1.5]").counts == nil)
  }

  static let bad: [(String, Int, JSONError.Expected)] = [
    ("", 0, .value), ("nul", 0, .value), ("[1,]", 3, .value), ("[1 2]", 3, .commaOrBracket),
    ("{\"a\"}", 4, .colon), ("{\"a\":1,}", 7, .string), ("{a:1}", 1, .string),
    ("{\"a\":1 \"b\":2}", 7, .commaOrBrace), ("{\"a\":1,\"a\":2}", 7, .otherName),
    ("1 2", 2, .end), ("01", 0, .number), ("-", 0, .number), ("1.", 0, .number), ("1e", 0, .number),
    ("1.e3", 0, .number), ("-.5", 0, .number), ("1-2", 0, .number), ("\"a", 2, .string),
    ("\"\\x\"", 3, .escape), ("\"\\u12\"", 3, .escape), ("\"\\ud800\"", 7, .escape),
    ("\"\\ud800\\u0041\"", 13, .escape), ("\"\n\"", 1, .escape), ("\"\\u+123\"", 3, .escape),
  ]

  @Test(arguments: 0..<bad.count) func refusesOthers(index: Int) {
    let (text, offset, expected) = Self.bad[index]
    #expect(throws: JSONError(offset: offset, expected: expected)) { try parse(text) }
  }

  @Test func depthIsBounded() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try parse(nested(64))
    #expect(throws: JSONError(offset: 64, expected: .shallower)) { try parse(nested(100_000)) }
    #expect(throws: JSONError(offset: 0, expected: .utf8)) {
      try JSONValue([0x22, 0xff, 0x22][...])
    }
  }

  @Test func quotedTextsComeBack() throws {
    let texts = ["", "a\"b\\c", "\u{0}\u{1}\u{1f}\n\r\t", "ä😀\u{2028}", "/"]
    for text in texts { #expect(try parse(JSONValue.quoted(text)) == .string(text)) }
  }
}
