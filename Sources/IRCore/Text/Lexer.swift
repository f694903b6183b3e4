// The lexer of IR text, one for all levels.

/// Error in IR text: where and what.
public struct TextError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Line, from 1.
  public let line: Int
  /// Column in characters, from 1.
  public let column: Int
  /// What was found and what was expected.
  public let message: String

  /// States an error.
  public init(line: Int, column: Int, _ message: String) {
    self.line = line
    self.column = column
    self.message = message
  }

  /// `line:column: message`.
  public var description: String { "\(line):\(column): \(message)" }
}

/// Token of IR text with its place.
public struct Token: Hashable, Sendable {
  /// What a token is.
  public enum Kind: Hashable, Sendable {
    /// `parallel`, `f32`, `floordiv`.
    case word
    /// `%name`; the text is without the mark.
    case value
    /// `@name`; the text is without the mark.
    case symbol
    /// Digits with optional fraction and exponent; the sign is a token of its own.
    case number
    /// `16xf32`: lanes, then the element type.
    case vector
    /// `"text"` with `\"`, `\\` and `\n`; the text is unescaped.
    case string
    /// Any other mark, the longest of `->`, `..<`, `==` first.
    case mark
    case end
  }

  /// What it is.
  public let kind: Kind
  /// Its text.
  public let text: String
  /// Line, from 1.
  public let line: Int
  /// Column, from 1.
  public let column: Int
}

/// Cuts IR text into tokens; `//` begins a comment that ends with the line.
public struct Lexer {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private var lineStart = 0

  private init(_ text: String) { bytes = Array(text.utf8) }

  /// Every token of `text`, the last of kind `end`.
  public static func tokens(of text: String) throws(TextError) -> [Token] {
    var lexer = Lexer(text)
    var tokens: [Token] = []
    repeat { tokens.append(try lexer.next()) } while tokens[tokens.count - 1].kind != .end
    return tokens
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = current {
      if byte == UInt8(ascii: "\n") {
        position += 1
        line += 1
        lineStart = position
      } else if byte == 32 || byte == 9 || byte == 13 {
        position += 1
      } else if byte == UInt8(ascii: "/"), position + 1 < bytes.count,
        bytes[position + 1] == UInt8(ascii: "/")
      {
        while let next = current, next != UInt8(ascii: "\n") {
          _ = next
          position += 1
        }
      } else {
        return
      }
    }
  }

  private mutating func next() throws(TextError) -> Token {
    skipBlanks()
    let start = position
    guard let byte = current else { return token(.end, "", start) }
    switch byte {
    case UInt8(ascii: "%"), UInt8(ascii: "@"):
      position += 1
      let name = takeWord()
      guard !name.isEmpty else { throw error("a name expected after the mark", start) }
      return token(byte == UInt8(ascii: "%") ? .value : .symbol, name, start)
    case UInt8(ascii: "\""): return try string(start)
    case _ where Self.isDigit(byte): return number(start)
    case _ where Self.isWordByte(byte): return token(.word, takeWord(), start)
    default: return try mark(start)
    }
  }

  private func token(_ kind: Token.Kind, _ text: String, _ start: Int) -> Token {
    Token(kind: kind, text: text, line: line, column: start - lineStart + 1)
  }

  private func error(_ message: String, _ start: Int) -> TextError {
    TextError(line: line, column: start - lineStart + 1, message)
  }

  private mutating func takeWord() -> String {
    let start = position
    while let byte = current, Self.isWordByte(byte) || Self.isDigit(byte) || byte == 46 {
      // A dot belongs to a name only between name bytes, so that `%i..<4` splits.
      if byte == 46, position + 1 >= bytes.count || !Self.isWordByte(bytes[position + 1]) { break }
      position += 1
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func number(_ start: Int) -> Token {
    while let byte = current, Self.isDigit(byte) { position += 1 }
    if current == UInt8(ascii: "x"), position == start + 1, bytes[start] == 48 {
      position += 1
      while let byte = current, Self.isWordByte(byte) || Self.isDigit(byte) { position += 1 }
      return token(.number, text(start), start)
    }
    if current == UInt8(ascii: "x"), position + 1 < bytes.count, bytes[position + 1] != 48,
      Self.isWordByte(bytes[position + 1])
    {
      _ = takeWord()
      return token(.vector, text(start), start)
    }
    if current == 46, position + 1 < bytes.count, Self.isDigit(bytes[position + 1]) {
      position += 1
      while let byte = current, Self.isDigit(byte) { position += 1 }
    }
    takeExponent()
    return token(.number, text(start), start)
  }

  private mutating func takeExponent() {
    guard current == UInt8(ascii: "e") else { return }
    var next = position + 1
    if next < bytes.count, bytes[next] == UInt8(ascii: "-") || bytes[next] == UInt8(ascii: "+") {
      next += 1
    }
    guard next < bytes.count, Self.isDigit(bytes[next]) else { return }
    position = next
    while let byte = current, Self.isDigit(byte) { position += 1 }
  }

  private func text(_ start: Int) -> String {
    String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func string(_ start: Int) throws(TextError) -> Token {
    position += 1
    var content: [UInt8] = []
    while let byte = current, byte != UInt8(ascii: "\n") {
      position += 1
      if byte == UInt8(ascii: "\"") {
        return token(.string, String(decoding: content, as: UTF8.self), start)
      }
      if byte == UInt8(ascii: "\\"), let escaped = current {
        position += 1
        content.append(escaped == UInt8(ascii: "n") ? 10 : escaped)
      } else {
        content.append(byte)
      }
    }
    throw error("a string that ends on its line expected", start)
  }

  private static let marks = ["..<", "->", "==", "!=", "<=", ">="].map { Array($0.utf8) }
  private static let single = Array("()[]{}:,=+-*<>!?|;.".utf8)

  private mutating func mark(_ start: Int) throws(TextError) -> Token {
    for mark in Self.marks where bytes[position...].starts(with: mark) {
      position += mark.count
      return token(.mark, text(start), start)
    }
    guard Self.single.contains(bytes[position]) else {
      let scalar = String(decoding: bytes[position...].prefix(4), as: UTF8.self).prefix(1)
      throw error("no token begins with '\(scalar)'", start)
    }
    position += 1
    return token(.mark, text(start), start)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    byte >= 97 && byte <= 122 || byte >= 65 && byte <= 90 || byte == 95 || isDigit(byte)
  }
}
