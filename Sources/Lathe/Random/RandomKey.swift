// Keys of random numbers.

import IRCore
import TensorIR

/// Key that random numbers are drawn by: equal keys give equal numbers, on any number of threads,
/// compiled, lazy or eager.
///
/// A key is a value and nothing changes it: whoever draws twice from one key gets the same numbers
/// twice. `split` makes keys whose numbers are independent of each other and of this one's.
///
/// ```swift
/// let key = RandomKey(42)
/// let (first, second) = key.split()
/// let weight = Tensor.randomNormal([784, 10], key: first)
/// ```
public struct RandomKey: Sendable {
  /// The key as data: u32[2], an input like any other tensor.
  public let words: Tensor

  /// The key of a seed.
  public init(_ seed: Int, file: String = #fileID, line: Int = #line) {
    let bits = UInt64(bitPattern: Int64(seed))
    words = Tensor(
      scalars: [UInt32(truncatingIfNeeded: bits >> 32), UInt32(truncatingIfNeeded: bits)],
      shape: [2], file: file, line: line)
  }

  /// The key with given words, of type u32[2].
  public init(words: Tensor, file: String = #fileID, line: Int = #line) {
    guard words.dtype == .u32, words.shape == [2] else {
      misuse("RandomKey: \(words.typeText), expected u32[2]", file: file, line: line)
    }
    self.words = words
  }

  /// Two keys.
  public func split(file: String = #fileID, line: Int = #line) -> (RandomKey, RandomKey) {
    let keys = split(2, file: file, line: line)
    return (keys[0], keys[1])
  }

  /// `count` keys.
  public func split(_ count: Int, file: String = #fileID, line: Int = #line) -> [RandomKey] {
    let location = SourceLocation.line(file: file, line: line)
    guard count >= 0 else { misuse("split: \(count) keys", at: location) }
    let cipher = Threefry(self, at: location)
    let index = Tensor.iota([count, 2], axis: 0, .u32, file: file, line: line)
    let rows = cipher.pairs(cipher.encrypt(high: Threefry.splitting, low: index))
    return (0..<count).map { RandomKey(words: rows[$0, file: file, line: line]) }
  }

  /// The key for number `value` of a sequence, such as a step or a layer; unlike `split` it needs
  /// no count.
  public func folding(
    in value: Int, file: String = #fileID, line: Int = #line
  ) -> RandomKey {
    folding(in: Tensor(value, file: file, line: line), file: file, line: line)
  }

  /// The key for the number that a rank-0 integer tensor holds.
  public func folding(
    in value: Tensor, file: String = #fileID, line: Int = #line
  ) -> RandomKey {
    let location = SourceLocation.line(file: file, line: line)
    guard value.dtype.isInteger, value.shape.isEmpty else {
      misuse("folding: \(value.typeText), expected an integer of rank 0", at: location)
    }
    let cipher = Threefry(self, at: location)
    let wide = value.cast(to: .u64, file: file, line: line).broadcast(to: [2])
    let high = Tensor.apply(.shiftRight, [wide, 32], at: location)
    // Two rounds of the cipher, so that all 64 bits count and the result is apart from splits.
    let once = cipher.encrypt(
      high: Threefry.folding, low: wide.cast(to: .u32, file: file, line: line))
    let next = Threefry(once.0, once.1, at: location)
    let folded = next.encrypt(
      high: Threefry.folding, low: high.cast(to: .u32, file: file, line: line))
    return RandomKey(words: next.pairs(folded))
  }
}
