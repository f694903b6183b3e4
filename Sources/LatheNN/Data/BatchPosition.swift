// Where a run stands in its data.

/// Place in the sequence of batches: what a checkpoint keeps to go on from.
public struct BatchPosition: Hashable, Sendable {
  /// Epochs done.
  public var epoch: Int
  /// Examples of the current epoch that are done.
  public var example: Int

  /// The beginning.
  public static let start = BatchPosition(epoch: 0, example: 0)

  /// A place.
  public init(epoch: Int, example: Int) {
    self.epoch = epoch
    self.example = example
  }
}

extension BatchPosition: LosslessStringConvertible {
  /// `epoch:example`.
  public var description: String { "\(epoch):\(example)" }

  /// Reads `epoch:example`; nil for anything else.
  public init?(_ description: String) {
    let parts = description.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let epoch = Int(parts[0]), let example = Int(parts[1]), epoch >= 0,
      example >= 0
    else { return nil }
    self.init(epoch: epoch, example: example)
  }
}

/// Which examples make which batch; a value that every thread reads alike.
public struct BatchOrder: Equatable, Sendable {
  /// What becomes of the examples at the end of an epoch that make no whole batch.
  public enum Remainder: Sendable {
    /// They are left out of that epoch.
    case dropped
    /// They make a smaller batch.
    case kept
  }

  /// The number of examples.
  public let count: Int
  /// The examples in a batch.
  public let size: Int
  /// The key that every epoch is shuffled by; nil leaves examples in order.
  public let key: HostKey?
  /// What becomes of the last examples.
  public let remainder: Remainder

  /// An order of `count` examples.
  public init(count: Int, size: Int, key: HostKey?, remainder: Remainder) {
    self.count = count
    self.size = size
    self.key = key
    self.remainder = remainder
  }

  /// The examples of an epoch that are in some batch.
  public var epochCount: Int { remainder == .kept ? count : count / size * size }

  /// The batches of an epoch.
  public var batchCount: Int { (epochCount + size - 1) / size }

  /// All examples in the order of an epoch.
  public func examples(epoch: Int) -> [Int] {
    key.map { $0.folding(in: epoch).permutation(of: count) } ?? Array(0..<count)
  }

  /// The place behind the batch that begins at `position`.
  public func position(after position: BatchPosition) -> BatchPosition {
    let next = position.example + size
    return next < epochCount
      ? BatchPosition(epoch: position.epoch, example: next)
      : BatchPosition(epoch: position.epoch + 1, example: 0)
  }
}
