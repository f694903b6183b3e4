// What can be wrong with text.

/// Why text was not read or encoded.
public enum TextError: Error, Equatable, Sendable {
  /// The system refused the file.
  case file(FileError)
  /// The compressed data is damaged or cut short at or before this byte.
  case gzip(file: String, offset: Int)
  /// The text is not UTF-8: what begins at this byte, counted from 0, is no character.
  case notUTF8(file: String, offset: Int)
  /// Fewer tokens than one window takes.
  case tooShort(file: String, found: Int, expected: Int)
  /// A character that the vocabulary does not have, at this place of the text, from 0.
  case unknownCharacter(found: String, index: Int)
  /// A token that the vocabulary does not have, at this place, from 0.
  case unknownToken(found: Int32, index: Int, count: Int)
  /// A vocabulary's text with the same character twice, or none.
  case badVocabulary(characters: Int, different: Int)
}

extension TextError: CustomStringConvertible {
  /// One line: the file or place, what was found, and what was expected.
  public var description: String {
    switch self {
    case .file(let error):
      return error.description
    case .gzip(let file, let offset):
      return "\(file): gzip data is corrupt or cut short at or before byte \(offset)"
    case .notUTF8(let file, let offset):
      return "\(file): no UTF-8 at byte \(offset); read it as bytes"
    case .tooShort(let file, let found, let expected):
      return "\(file): \(found) tokens, expected at least \(expected)"
    case .unknownCharacter(let found, let index):
      return "text: '\(found)' at character \(index) is not in the vocabulary"
    case .unknownToken(let found, let index, let count):
      return "tokens: \(found) at index \(index), expected one of 0..<\(count)"
    case .badVocabulary(let characters, let different):
      return
        "vocabulary: \(characters) characters of which \(different) differ, expected at least 1"
        + " and all different"
    }
  }
}
