// Random choices on the host.

import Lathe
import LatheNN
import Testing

@Suite struct HostKeyTests {
  @Test(arguments: [0, 1, 42, -1, Int.max, Int.min]) func wordsAreThoseOfRandomKey(seed: Int) {
    let host = HostKey(seed)
    let key = RandomKey(seed)
    #expect([host.high, host.low] == key.words.scalars(as: UInt32.self))
    for value in [0, 7, 1 << 40, -3] {
      let folded = host.folding(in: value)
      #expect(
        [folded.high, folded.low] == key.folding(in: value).words.scalars(as: UInt32.self))
    }
  }

  /// Random123's known answers for Threefry-2x32-20.
  @Test func publishedAnswer() {
    #expect(HostKey(high: 0, low: 0).word(0) == 0x6b20_0159_99ba_4efe)
    #expect(
      HostKey(high: 0x13198a2e, low: 0x03707344).word(0x243f_6a88_85a3_08d3)
        == 0xc492_3a9c_483d_f7a0)
  }

  @Test(arguments: [0, 1, 2, 17, 1000]) func permutations(count: Int) {
    let order = HostKey(5).permutation(of: count)
    #expect(order.sorted() == Array(0..<count))
    #expect(order == HostKey(5).permutation(of: count))
    if count > 10 {
      #expect(order != Array(0..<count))
      #expect(order != HostKey(6).permutation(of: count))
    }
  }

  /// Each of the 24 orders of four comes about as often: chi-squared of 23 degrees of freedom is
  /// below 49.7 with probability 0.999, and the seed is fixed.
  @Test func ordersAreAsLikely() {
    var counts: [[Int]: Int] = [:]
    let draws = 24_000
    for index in 0..<draws {
      counts[HostKey(1).folding(in: index).permutation(of: 4), default: 0] += 1
    }
    #expect(counts.count == 24)
    let expected = Double(draws) / 24
    let chiSquared = counts.values.reduce(0) { sum, count in
      sum + (Double(count) - expected) * (Double(count) - expected) / expected
    }
    #expect(chiSquared < 49.7)
  }

  @Test func choicesAreInRange() {
    let choices = (0..<1000).map { HostKey(3).choice($0, below: 7) }
    #expect(Set(choices) == Set(0..<7))
  }
}
