// Texts for language models.

/// A text as tokens, with the vocabulary that it was encoded by.
///
/// ```swift
/// let text = TextDataset.opticks()
/// let (training, validation) = text.split(holdingBack: 0.1)
/// let windows = try TextWindows(training, length: 128, key: HostKey(1))
/// ```
public struct TextDataset: Sendable {
  /// What tokens a text is read as.
  public enum Unit: Sendable {
    /// The characters that occur in it.
    case characters
    /// Bytes, of any data.
    case bytes
  }

  /// What the text is called in messages.
  public let name: String
  /// The tokens, in order.
  public let tokens: [Int32]
  /// What the tokens mean.
  public let vocabulary: Vocabulary

  /// A text of given tokens.
  public init(name: String, tokens: [Int32], vocabulary: Vocabulary) {
    self.name = name
    self.tokens = tokens
    self.vocabulary = vocabulary
  }

  /// Reads a file, decompressing it where its first bytes are gzip's; CRLF becomes LF where tokens
  /// are characters.
  ///
  /// - Parameter vocabulary: The vocabulary of a model, where a character beyond it is an error;
  ///   that of the text itself unless stated.
  public init(
    path: String, unit: Unit = .characters, vocabulary: Vocabulary? = nil
  ) throws(TextError) {
    let contents: [UInt8]
    do throws(FileError) { contents = try readFile(path) } catch { throw .file(error) }
    let plain: [UInt8]
    do throws(GzipError) {
      plain = try GzipReader.decompressedIfCompressed(contents)
    } catch {
      throw .gzip(file: path, offset: error.offset)
    }
    try self.init(contents: plain, file: path, unit: unit, vocabulary: vocabulary)
  }

  /// Reads the contents of the file that errors name.
  package init(
    contents: [UInt8], file: String, unit: Unit = .characters, vocabulary: Vocabulary? = nil
  ) throws(TextError) {
    if unit == .bytes {
      self.init(name: file, tokens: contents.map(Int32.init), vocabulary: .bytes)
      return
    }
    var text = String.UnicodeScalarView()
    var decoder = UTF8()
    var rest = contents.makeIterator()
    var offset = 0
    decoding: while true {
      switch decoder.decode(&rest) {
      case .scalarValue("\n") where text.last == "\r":
        text.removeLast()
        text.append("\n")
        offset += 1
      case .scalarValue(let scalar):
        text.append(scalar)
        offset += UTF8.width(scalar)
      case .emptyInput: break decoding
      case .error: throw .notUTF8(file: file, offset: offset)
      }
    }
    let string = String(text)
    let vocabulary = vocabulary ?? Vocabulary(of: string)
    self.init(name: file, tokens: try vocabulary.encode(string), vocabulary: vocabulary)
  }

  /// Holds back the last `fraction` of the text for validation.
  public func split(
    holdingBack fraction: Double
  ) -> (training: TextDataset, validation: TextDataset) {
    let held = Int((Double(tokens.count) * min(max(fraction, 0), 1)).rounded())
    func part(_ range: Range<Int>) -> TextDataset {
      TextDataset(name: name, tokens: Array(tokens[range]), vocabulary: vocabulary)
    }
    let cut = tokens.count - held
    return (part(0..<cut), part(cut..<tokens.count))
  }
}
