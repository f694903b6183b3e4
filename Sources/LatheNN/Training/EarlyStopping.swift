// Ends training that no longer helps.

/// Watches a value, such as the validation loss, and tells when it has long been no better.
///
/// ```swift
/// var stopping = EarlyStopping(patience: 3, better: .lower)
/// if stopping.observe(validationLoss) { break }
/// ```
public struct EarlyStopping: Equatable, Sendable {
  /// Which values are better.
  public enum Direction: Sendable {
    /// Lower ones, as of a loss.
    case lower
    /// Higher ones, as of an accuracy.
    case higher
  }

  /// Observations without an improvement that are borne.
  public let patience: Int
  /// What an improvement must exceed.
  public let leastChange: Double
  /// Which values are better.
  public let direction: Direction
  /// The best value so far; nil before the first that is a number.
  public private(set) var best: Double?
  /// The observation that `best` is of, from 0.
  public private(set) var bestIndex: Int?
  /// Observations so far.
  public private(set) var count = 0

  /// A watch that stops at observation `patience` without an improvement.
  public init(patience: Int, better direction: Direction, leastChange: Double = 0) {
    self.patience = max(1, patience)
    self.direction = direction
    self.leastChange = leastChange
  }

  /// Notes a value, and tells whether to stop. NaN is never an improvement.
  public mutating func observe(_ value: Double) -> Bool {
    if isImprovement(value) {
      best = value
      bestIndex = count
    }
    count += 1
    return shouldStop
  }

  /// Whether the last `patience` values were no better.
  public var shouldStop: Bool { count - 1 - (bestIndex ?? -1) >= patience }

  /// Whether the last value was the best so far: when to keep a checkpoint as the best one.
  public var lastIsBest: Bool { bestIndex == count - 1 && count > 0 }

  private func isImprovement(_ value: Double) -> Bool {
    guard !value.isNaN else { return false }
    guard let best else { return true }
    return direction == .lower ? value < best - leastChange : value > best + leastChange
  }
}
