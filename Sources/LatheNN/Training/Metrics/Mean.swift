// Means over batches.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The mean of a value over all examples, such as a loss, when it comes as means of batches.
public struct Mean: Equatable, Sendable {
  /// The sum over examples.
  public private(set) var sum = 0.0
  /// Examples, or tokens, that were seen.
  public private(set) var count = 0

  /// Nothing seen yet.
  public init() {}

  /// Adds `count` examples of mean `value`.
  public mutating func add(_ value: Double, count: Int = 1) {
    sum += value * Double(count)
    self.count += count
  }

  /// The mean; NaN where nothing was seen.
  public var value: Double { sum / Double(count) }

  /// `e` to the mean: the perplexity where the values are losses in nats per token.
  public var perplexity: Double { exp(value) }

  /// The mean in bits where the values are losses in nats.
  public var bits: Double { value / log(2) }
}
