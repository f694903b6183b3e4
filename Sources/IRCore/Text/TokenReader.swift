// The parsers' common part: reading tokens, types, literals and index expressions.

/// Cursor over tokens that the parsers of every level share.
public struct TokenReader {
  private let tokens: [Token]
  private var position = 0
  /// Parentheses and divisions around the next token of an index expression.
  var indexDepth = 0

  /// Cuts `text` into tokens.
  public init(_ text: String) throws(TextError) { tokens = try Lexer.tokens(of: text) }

  /// The token to read next.
  public var next: Token { tokens[position] }

  /// The token after the next.
  public var second: Token { tokens[Swift.min(position + 1, tokens.count - 1)] }

  /// Holds when all tokens are read.
  public var isAtEnd: Bool { next.kind == .end }

  /// Reads one token.
  public mutating func take() -> Token {
    let token = next
    if token.kind != .end { position += 1 }
    return token
  }

  /// An error at `token`, or at the next one.
  public func error(_ message: String, at token: Token? = nil) -> TextError {
    let place = token ?? next
    return TextError(line: place.line, column: place.column, message)
  }

  /// What the next token looks like in a message.
  public var found: String {
    next.kind == .end ? "the end of the text" : "'\(Self.spelling(next))'"
  }

  private static func spelling(_ token: Token) -> String {
    switch token.kind {
    case .value: "%\(token.text)"
    case .symbol: "@\(token.text)"
    case .string: "\"\(token.text)\""
    case .word, .number, .vector, .mark, .end: token.text
    }
  }

  /// Holds when the next token is the mark or word `text`.
  public func at(_ text: String) -> Bool {
    (next.kind == .mark || next.kind == .word) && next.text == text
  }

  /// Reads the mark or word `text` if it is next.
  public mutating func takeIf(_ text: String) -> Bool {
    guard at(text) else { return false }
    position += 1
    return true
  }

  /// Reads the mark or word `text`.
  public mutating func expect(_ text: String) throws(TextError) {
    guard takeIf(text) else { throw error("'\(text)' expected, found \(found)") }
  }

  /// Reads a token of `kind`.
  public mutating func expect(_ kind: Token.Kind, _ what: String) throws(TextError) -> Token {
    guard next.kind == kind else { throw error("\(what) expected, found \(found)") }
    return take()
  }

  /// Reads an integer with optional sign.
  public mutating func integer() throws(TextError) -> Int {
    let isNegative = takeIf("-")
    let token = try expect(.number, "an integer")
    guard let value = Int(isNegative ? "-" + token.text : token.text) else {
      throw error("an integer expected, found '\(token.text)'", at: token)
    }
    return value
  }

  /// Reads an element type.
  public mutating func elementType() throws(TextError) -> DType {
    guard next.kind == .word, let type = DType(name: next.text) else {
      throw error("an element type such as f32 expected, found \(found)")
    }
    position += 1
    return type
  }

  /// Holds when the next token can begin a literal.
  public var isAtLiteral: Bool {
    switch next.kind {
    case .number: true
    case .mark: next.text == "-" && (second.kind == .number || second.text == "inf")
    case .word: ["true", "false", "inf", "nan", "bits"].contains(next.text)
    default: false
    }
  }

  /// Reads a literal and an optional `:type` suffix; without it `implied` names the type.
  public mutating func literal(implied: DType?) throws(TextError) -> Literal {
    try literalText().typed(implied: implied)
  }

  /// Reads a literal whose type may follow from what comes later. A `:type` suffix touches the
  /// literal; a type after a blank is not part of it.
  public mutating func literalText() throws(TextError) -> LiteralText {
    let start = next
    let isBits = at("bits")
    var text = ""
    if isBits {
      position += 1
      try expect("(")
      text = try expect(.number, "a hexadecimal number").text
      try expect(")")
    } else {
      if takeIf("-") { text = "-" }
      text += take().text
    }
    var stated: DType?
    if at(":"), touchesPrevious, second.kind == .word, DType(name: second.text) != nil {
      position += 1
      stated = try elementType()
    }
    return LiteralText(start: start, text: text, isBits: isBits, stated: stated)
  }

  private var touchesPrevious: Bool {
    let previous = tokens[position - 1]
    return next.line == previous.line
      && next.column == previous.column + previous.text.utf8.count
  }
}

/// Literal as it was read, before its type is known.
public struct LiteralText: Sendable {
  let start: Token
  let text: String
  let isBits: Bool
  /// The type that its suffix states.
  public let stated: DType?

  /// The literal; without a suffix `implied` names the type.
  public func typed(implied: DType?) throws(TextError) -> Literal {
    guard let type = stated ?? implied else {
      throw error("a literal with its type expected, such as \(text):f32")
    }
    if isBits {
      guard text.hasPrefix("0x"), let bits = UInt64(text.dropFirst(2), radix: 16) else {
        throw error("a hexadecimal number expected, found '\(text)'")
      }
      return Literal(type, bits: bits)
    }
    guard let literal = Literal(type, text: text) else {
      throw error("a literal of \(type) expected, found '\(text)'")
    }
    return literal
  }

  private func error(_ message: String) -> TextError {
    TextError(line: start.line, column: start.column, message)
  }
}
