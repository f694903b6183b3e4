// Batches in order, made ahead of their use.

import Dispatch
import Lathe

/// Why there is no sequence of batches.
public enum BatchError: Error, Equatable, Sendable {
  /// Fewer examples than one whole batch takes, where smaller ones are dropped, or none at all.
  case noBatch(count: Int, size: Int)
  /// A position that is no place of an epoch.
  case position(BatchPosition, epochCount: Int)
}

extension BatchError: CustomStringConvertible {
  /// One line: what was found, and what was expected.
  public var description: String {
    switch self {
    case .noBatch(let count, let size):
      "batches: \(count) examples, expected at least one batch of \(size)"
    case .position(let position, let count):
      "batches: position \(position), expected an example of 0..<\(count)"
    }
  }
}

/// A batch, and where it stands.
public struct NumberedBatch<Batch: Sendable>: Sendable {
  /// The batch.
  public let batch: Batch
  /// The epoch that it is of, from 0.
  public let epoch: Int
  /// The examples in it.
  public let count: Int
  /// The place behind it: what a checkpoint keeps once the batch is done.
  public let next: BatchPosition

  /// Whether it is the last one of its epoch.
  public var endsEpoch: Bool { next.example == 0 }
}

/// The batches of a source, epoch after epoch, made on a thread in the background while the ones
/// before are used.
///
/// ```swift
/// let source = ImageSource(digits.training)
/// let batches = try Batches(source, size: 64, key: HostKey(seed), epochs: 10)
/// while let step = try batches.next() {
///   loss = train(&state, step.batch.images, step.batch.labels)
///   if step.endsEpoch { … }
/// }
/// ```
///
/// The same source, size and key give the same batches, however many are made ahead. One thread may
/// use it at a time. Letting go of it ends the thread.
public final class Batches<Source: BatchSource> {
  /// Which examples make which batch.
  public let order: BatchOrder
  /// Where the next batch begins.
  public private(set) var position: BatchPosition
  /// What stopped the batches; asked again, they fail again.
  private var failure: (any Error)?
  private var maker: BatchMaker<Source>
  /// What a thread in the background fills; nil where each batch is made when it is asked for.
  private let queue: PrefetchQueue<BatchMaker<Source>.Made>?

  /// Begins to make batches.
  ///
  /// - Parameters:
  ///   - size: Examples in a batch; ends with a message below 1.
  ///   - key: What each epoch is shuffled by; nil leaves examples in order.
  ///   - remainder: What becomes of examples that make no whole batch.
  ///   - epochs: The epoch to end before; nil goes on and on.
  ///   - position: The place to begin at.
  ///   - ahead: How many batches are made ahead; 0 makes each when it is asked for.
  public init(
    _ source: Source, size: Int, key: HostKey?, remainder: BatchOrder.Remainder = .dropped,
    epochs: Int? = nil, from position: BatchPosition = .start, ahead: Int = 4,
    file: String = #fileID, line: Int = #line
  ) throws(BatchError) {
    guard size >= 1, ahead >= 0 else {
      misuse("Batches: size \(size), ahead \(ahead): both count", file: file, line: line)
    }
    order = BatchOrder(count: source.count, size: size, key: key, remainder: remainder)
    guard order.batchCount > 0 else { throw .noBatch(count: source.count, size: size) }
    guard position.epoch >= 0, (0..<order.epochCount).contains(position.example) else {
      throw .position(position, epochCount: order.epochCount)
    }
    self.position = position
    maker = BatchMaker(source, order, from: position, endEpoch: epochs ?? .max)
    queue = ahead == 0 ? nil : PrefetchQueue(capacity: ahead)
    if let queue { maker.start(filling: queue) }
  }

  deinit {
    queue?.close()
  }

  /// The next batch; nil behind the last one.
  ///
  /// - Throws: What the source threw making it; the batches before it were delivered.
  public func next() throws -> NumberedBatch<Source.Batch>? {
    if let failure { throw failure }
    let made = if let queue { queue.take() } else { maker.next() }
    do {
      guard let batch = try made?.get() else { return nil }
      position = batch.next
      return batch
    } catch {
      failure = error
      throw error
    }
  }
}

/// Makes batches one after the other.
private struct BatchMaker<Source: BatchSource>: Sendable {
  typealias Made = Result<NumberedBatch<Source.Batch>, any Error>

  private let source: Source
  private let order: BatchOrder
  private let endEpoch: Int
  private var position: BatchPosition
  /// The order of the epoch that is under way.
  private var shuffled: (epoch: Int, examples: [Int])?

  init(_ source: Source, _ order: BatchOrder, from position: BatchPosition, endEpoch: Int) {
    self.source = source
    self.order = order
    self.endEpoch = endEpoch
    self.position = position
  }

  /// The next batch, or why it was not made; nil behind the last one.
  mutating func next() -> Made? {
    let epoch = position.epoch
    guard epoch < endEpoch else { return nil }
    let examples = examples(of: epoch)
    let end = min(position.example + order.size, order.epochCount)
    let chosen = examples[position.example..<end]
    position = order.position(after: position)
    return Made {
      NumberedBatch(
        batch: try source.batch(chosen, epoch: epoch), epoch: epoch, count: chosen.count,
        next: position)
    }
  }

  private mutating func examples(of epoch: Int) -> [Int] {
    if let shuffled, shuffled.epoch == epoch { return shuffled.examples }
    let examples = order.examples(epoch: epoch)
    shuffled = (epoch, examples)
    return examples
  }

  /// Fills a queue from a thread of its own, until the last batch, an error, or the queue's closing.
  func start(filling queue: PrefetchQueue<Made>) {
    DispatchQueue(label: "lathe.batches").async {
      var maker = self
      while let made = maker.next() {
        guard queue.put(made) else { return }
        if case .failure = made { break }
      }
      queue.close()
    }
  }
}
