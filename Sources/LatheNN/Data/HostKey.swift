// Random choices on the host, by the generator that random tensors are made with.

/// Key of random choices that the host makes, such as the order of examples.
///
/// The generator is the one of `RandomKey`, Threefry-2x32-20 (John Salmon, Mark Moraes, Ron Dror and
/// David Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", 2011), computed here instead of in a
/// program: equal keys make equal choices, on any thread and machine, and a choice is found by its
/// number without making those before it.
public struct HostKey: Hashable, Sendable {
  /// The key's first word.
  public let high: UInt32
  /// The key's second word.
  public let low: UInt32

  private static let rotations: [[UInt32]] = [[13, 15, 26, 6], [17, 29, 16, 24]]
  private static let folding: UInt32 = 0xc000_0000

  /// The key with given words.
  public init(high: UInt32, low: UInt32) {
    self.high = high
    self.low = low
  }

  /// The key of a seed; its words are those of `RandomKey(seed)`.
  public init(_ seed: Int) {
    let bits = UInt64(bitPattern: Int64(seed))
    self.init(high: UInt32(truncatingIfNeeded: bits >> 32), low: UInt32(truncatingIfNeeded: bits))
  }

  /// The key for number `value` of a sequence; its words are those of `RandomKey`'s.
  public func folding(in value: Int) -> HostKey {
    let bits = UInt64(bitPattern: Int64(value))
    let once = encrypt(Self.folding, UInt32(truncatingIfNeeded: bits))
    let next = HostKey(high: once.0, low: once.1)
    let folded = next.encrypt(Self.folding, UInt32(truncatingIfNeeded: bits >> 32))
    return HostKey(high: folded.0, low: folded.1)
  }

  /// Random word `number` of this key, for numbers below 2⁶².
  public func word(_ number: Int) -> UInt64 {
    let bits = UInt64(bitPattern: Int64(number))
    let pair = encrypt(
      UInt32(truncatingIfNeeded: bits >> 32), UInt32(truncatingIfNeeded: bits))
    return UInt64(pair.0) << 32 | UInt64(pair.1)
  }

  /// Random choice `number` among `0..<bound`. Each is as likely up to a part of `bound` in 2⁶⁴.
  public func choice(_ number: Int, below bound: Int) -> Int {
    // The upper half of the product scales the word down to the range.
    Int(word(number).multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// The numbers below `count` in random order, each order as likely as the key's 64 bits allow:
  /// the shuffle of R. Fisher and F. Yates in the form of R. Durstenfeld, "Algorithm 235: Random
  /// Permutation", 1964.
  public func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, choice(last, below: last + 1))
    }
    return order
  }

  /// The two words of the counter (`x`, `y`).
  func encrypt(_ x: UInt32, _ y: UInt32) -> (UInt32, UInt32) {
    let key = [high, low, high ^ low ^ 0x1bd1_1bda]
    var (x, y) = (x &+ high, y &+ low)
    for group in 0..<5 {
      for rotation in Self.rotations[group % 2] {
        x &+= y
        y = (y << rotation | y >> (32 - rotation)) ^ x
      }
      x &+= key[(group + 1) % 3]
      y &+= key[(group + 2) % 3] &+ UInt32(group + 1)
    }
    return (x, y)
  }
}
