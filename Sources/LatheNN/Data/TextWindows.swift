// Windows of a text, and what follows each token.

public import Lathe

/// Windows of a text with the token behind each of theirs.
public struct TextBatch: Sendable {
  /// Tokens: i32 of `[batch, length]`.
  public var inputs: Tensor
  /// The token that follows each: i32 of `[batch, length]`.
  public var targets: Tensor

  /// Pairs tokens and their followers.
  public init(inputs: Tensor, targets: Tensor) {
    self.inputs = inputs
    self.targets = targets
  }
}

/// The windows of a text, side by side; an epoch is all of them once.
///
/// With a key, every epoch begins at another place of the first window's length, so that windows
/// are cut differently each time.
public struct TextWindows: BatchSource {
  /// The text.
  public let text: TextDataset
  /// Tokens in a window.
  public let length: Int
  private let key: HostKey?

  /// The windows of a text; ends with a message for a length below 1.
  public init(
    _ text: TextDataset, length: Int, key: HostKey? = nil, file: String = #fileID,
    line: Int = #line
  ) throws(TextError) {
    guard length >= 1 else {
      misuse("TextWindows: length \(length), expected at least 1", file: file, line: line)
    }
    self.text = text
    self.length = length
    self.key = key
    guard count >= 1 else {
      throw .tooShort(
        file: text.name, found: text.tokens.count,
        expected: key == nil ? length + 1 : 2 * length)
    }
  }

  /// The number of windows in an epoch.
  public var count: Int {
    // A keyed epoch begins as late as `length - 1`, and the last window's follower counts too.
    key == nil ? (text.tokens.count - 1) / length : text.tokens.count / length - 1
  }

  /// The given windows with their followers.
  public func batch(_ examples: ArraySlice<Int>, epoch: Int) -> TextBatch {
    let phase = key?.choice(epoch, below: length) ?? 0
    func tokens(shift: Int) -> Tensor {
      let tokens = examples.flatMap { window in
        let start = phase + window * length + shift
        return text.tokens[start..<start + length]
      }
      return Tensor(scalars: tokens, shape: [examples.count, length])
    }
    return TextBatch(inputs: tokens(shift: 0), targets: tokens(shift: 1))
  }
}
