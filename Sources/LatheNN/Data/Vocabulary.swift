// Text as numbers.

/// The tokens of a text model: the characters of a text, or bytes.
///
/// ```swift
/// let vocabulary = Vocabulary(of: "to be or not to be")
/// vocabulary.count             // 7
/// try vocabulary.encode("be")  // [1, 2]
/// ```
public struct Vocabulary: Hashable, Sendable {
  /// The characters (Unicode scalars) in the order of their tokens; nil where tokens are bytes.
  private let scalars: [Unicode.Scalar]?
  private let tokens: [Unicode.Scalar: Int32]

  /// The 256 bytes.
  public static let bytes = Vocabulary(scalars: nil)

  /// The different characters of a text, in the order of their code points.
  public init(of text: some StringProtocol) {
    self.init(scalars: Set(text.unicodeScalars).sorted())
  }

  /// The vocabulary that `characters` is of: what a checkpoint keeps. An empty text is that of
  /// bytes.
  public init(characters: String) throws(TextError) {
    let scalars = Array(characters.unicodeScalars)
    let different = Set(scalars).count
    guard different == scalars.count else {
      throw .badVocabulary(characters: scalars.count, different: different)
    }
    self.init(scalars: scalars.isEmpty ? nil : scalars)
  }

  private init(scalars: [Unicode.Scalar]?) {
    self.scalars = scalars
    tokens = Dictionary(
      uniqueKeysWithValues: (scalars ?? []).enumerated().map { ($1, Int32($0)) })
  }

  /// The number of tokens.
  public var count: Int { scalars?.count ?? 256 }

  /// The characters in the order of their tokens; empty where tokens are bytes.
  public var characters: String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars ?? [])
    return String(text)
  }

  /// The tokens of a text.
  public func encode(_ text: some StringProtocol) throws(TextError) -> [Int32] {
    guard scalars != nil else { return text.utf8.map(Int32.init) }
    var result: [Int32] = []
    result.reserveCapacity(text.utf8.count)
    for (index, scalar) in text.unicodeScalars.enumerated() {
      guard let token = tokens[scalar] else {
        throw .unknownCharacter(found: String(Character(scalar)), index: index)
      }
      result.append(token)
    }
    return result
  }

  /// The text of tokens; bytes that are no UTF-8 show as U+FFFD.
  public func decode(_ tokens: some Sequence<Int32>) throws(TextError) -> String {
    var found = String.UnicodeScalarView()
    var bytes: [UInt8] = []
    for (index, token) in tokens.enumerated() {
      guard token >= 0, token < count else {
        throw .unknownToken(found: token, index: index, count: count)
      }
      if let scalars { found.append(scalars[Int(token)]) } else { bytes.append(UInt8(token)) }
    }
    return scalars == nil ? String(decoding: bytes, as: UTF8.self) : String(found)
  }
}
