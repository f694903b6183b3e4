// Random numbers: the generator's published vectors, equal bits everywhere, simple statistics.

import Driver
import IRCore
import Lathe
import Testing

/// Words of Threefry-2x32-20 for a key and a counter, from the `kat_vectors` of Random123 1.09.
private let vectors: [(counter: [UInt32], key: [UInt32], result: [UInt32])] = [
  ([0, 0], [0, 0], [0x6b20_0159, 0x99ba_4efe]),
  ([.max, .max], [.max, .max], [0x1cb9_96fc, 0xbb00_2be7]),
  ([0x243f_6a88, 0x85a3_08d3], [0x1319_8a2e, 0x0370_7344], [0xc492_3a9c, 0x483d_f7a0]),
]

@Suite struct RandomTests {
  @Test func theGeneratorGivesThePublishedWords() {
    for (counter, key, result) in vectors {
      let cipher = Tensor.threefry(
        key: Tensor(scalars: key, shape: [2]), counter: Tensor(scalars: counter, shape: [2]))
      #expect(cipher.scalars(as: UInt32.self) == result)
    }
  }

  private static let draws: [(name: String, draw: @Sendable (RandomKey) -> Tensor)] = [
    ("bits", { .randomBits([3, 333], key: $0) }),
    ("wide bits", { .randomBits([999], .u64, key: $0) }),
    ("uniform", { .randomUniform([9, 111], in: -3..<5, key: $0) }),
    ("uniform f64", { .randomUniform([999], .f64, key: $0) }),
    ("normal", { .randomNormal([999], mean: 1, deviation: 2, key: $0) }),
    ("normal f64", { .randomNormal([999], .f64, key: $0) }),
    ("truncated", { .randomTruncatedNormal([999], key: $0) }),
    ("truncated f64", { .randomTruncatedNormal([999], in: -1...3, .f64, key: $0) }),
    ("integers", { .randomIntegers([999], in: -7..<9, key: $0) }),
    ("wide integers", { .randomIntegers([999], in: -(1 << 60)..<(1 << 61), key: $0) }),
    ("i32", { .randomIntegers([999], in: -100..<1_000_000, .i32, key: $0) }),
    ("bernoulli", { .randomBernoulli([999], probability: 0.3, key: $0) }),
    (
      "categorical",
      { .randomCategorical(logits: .linspace(-1, 1, count: 600).reshaped(100, 6), key: $0) }
    ),
    ("permutation", { .randomPermutation(200, key: $0) }),
    ("key", { $0.split(3)[2].folding(in: 7).words }),
  ]

  @Test(arguments: draws.indices) func bitsDoNotDependOnHowTheyAreComputed(index: Int) {
    let draw = Self.draws[index].draw
    let lazy = draw(RandomKey(5)).description
    let f = compile { (key: RandomKey) in draw(key) }
    #expect(f(RandomKey(5)).description == lazy)
    #expect(f(RandomKey(6)).description != lazy)
    #expect(withExecution(.eager) { draw(RandomKey(5)).description } == lazy)
    for threads in [1, 2, 5] {
      let compiler = Compiler(CompilerOptions(threads: threads))
      #expect(withCompiler(compiler) { draw(RandomKey(5)).description } == lazy)
    }
  }

  @Test func bitsDoNotDependOnTheThreads() {
    let counts = [1, 2, 3].map { threads in
      withCompiler(Compiler(CompilerOptions(threads: threads))) {
        Tensor.randomBits([1 << 20], key: RandomKey(1)).scalars(as: UInt32.self)
      }
    }
    #expect(counts[0] == counts[1] && counts[0] == counts[2])
    #expect(
      Tensor.randomBits([1 << 10, 1 << 10], key: RandomKey(1)).flattened()
        .scalars(as: UInt32.self) == counts[0])
  }

  @Test func uniformNumbersFillTheirRange() {
    let values = Tensor.randomUniform([100_000], in: -2..<6, key: RandomKey(1))
      .scalars(as: Float.self)
    #expect(values.allSatisfy { $0 >= -2 && $0 < 6 })
    var counts = [Int](repeating: 0, count: 16)
    for value in values { counts[Int((value + 2) * 2)] += 1 }
    #expect(chiSquare(counts, expected: 6250) < 45)  // 15 degrees of freedom: 1 in 10,000
    // Neither the scale nor the offset may round up to the bound.
    let tight = Tensor.randomUniform([100_000], in: 1e6..<1_000_000.125, key: RandomKey(2))
    #expect(tight.scalars(as: Float.self).allSatisfy { $0 >= 1e6 && Double($0) < 1_000_000.125 })
  }

  @Test(arguments: [DType.f32, .f64, .f16, .bf16]) func normalNumbersHaveTheirMoments(dtype: DType)
  {
    let values = Tensor.randomNormal([200_000], mean: 3, deviation: 2, dtype, key: RandomKey(3))
      .cast(to: .f64).scalars(as: Double.self)
    let moments = Moments(values.map { ($0 - 3) / 2 })
    #expect(abs(moments.mean) < 0.01 && abs(moments.variance - 1) < 0.015)
    #expect(abs(moments.skewness) < 0.025 && abs(moments.kurtosis - 3) < 0.05)
    #expect(values.allSatisfy { $0.isFinite })
    let inside = values.filter { abs($0 - 3) < 2 }.count
    #expect(abs(Double(inside) / 200_000 - 0.6827) < 0.005)
  }

  /// A number in 500 would round up to the bound in bf16, one in 4000 in f16.
  @Test(arguments: [DType.f16, .bf16]) func uniformShortFloatsStayBelowTheBound(dtype: DType) {
    for range in [0.0..<1, -3..<5, 0..<1e-30] {
      let values = Tensor.randomUniform([100_000], in: range, dtype, key: RandomKey(6))
      #expect(values.dtype == dtype)
      let numbers = values.cast(to: .f64).scalars(as: Double.self)
      #expect(numbers.allSatisfy { $0 >= range.lowerBound && $0 < range.upperBound })
    }
  }

  @Test(arguments: [DType.f32, .f64, .f16, .bf16]) func truncatedNumbersStayInside(dtype: DType) {
    let values = Tensor.randomTruncatedNormal([100_000], in: -1...2, dtype, key: RandomKey(4))
      .cast(to: .f64).scalars(as: Double.self)
    #expect(values.allSatisfy { $0 >= -1 && $0 <= 2 })
    // Mean and variance of the standard normal distribution between -1 and 2.
    let moments = Moments(values)
    #expect(abs(moments.mean - 0.229637) < 0.01)
    #expect(abs(moments.variance - 0.519835) < 0.01)
  }

  @Test func integersAreAsLikely() {
    let values = Tensor.randomIntegers([160_000], in: -3..<13, key: RandomKey(5))
      .scalars(as: Int.self)
    var counts = [Int](repeating: 0, count: 16)
    for value in values { counts[value + 3] += 1 }
    #expect(chiSquare(counts, expected: 10_000) < 45)
    let wide = Tensor.randomIntegers([1000], in: Int.min / 2..<Int.max / 2, key: RandomKey(5))
      .scalars(as: Int.self)
    #expect(wide.contains { $0 < 0 } && wide.contains { $0 > 1 << 60 })
    #expect(
      Tensor.randomIntegers([9], in: 4..<5, .u32, key: RandomKey(1)).scalars(as: UInt32.self)
        == [UInt32](repeating: 4, count: 9))
  }

  @Test func choicesFollowTheirProbabilities() {
    let coins = Tensor.randomBernoulli([100_000], probability: 0.2, key: RandomKey(6))
      .scalars(as: Bool.self)
    #expect(abs(coins.count { $0 } - 20_000) < 500)
    let own = Tensor.randomBernoulli(
      probabilities: Tensor([0.0, 1]).broadcast(to: [50, 2]), key: RandomKey(6))
    #expect(own.scalars(as: Bool.self) == (0..<100).map { $0 % 2 == 1 })
    let logits = Tensor([0.1, 0.2, 0.3, 0.4]).log().broadcast(to: [100_000, 4])
    let picks = Tensor.randomCategorical(logits: logits, key: RandomKey(7)).scalars(as: Int.self)
    for index in 0..<4 {
      let share = Double(picks.count { $0 == index }) / 100_000
      #expect(abs(share - 0.1 * Double(index + 1)) < 0.006)
    }
  }

  @Test func permutationsHoldEveryNumberOnce() {
    let order = Tensor.randomPermutation(1000, key: RandomKey(8)).scalars(as: Int.self)
    #expect(order.sorted() == Array(0..<1000) && order != order.sorted())
    var first = [Int](repeating: 0, count: 5)
    for seed in 0..<2000 {
      first[Tensor.randomPermutation(5, key: RandomKey(seed)).scalars(as: Int.self)[0]] += 1
    }
    #expect(chiSquare(first, expected: 400) < 24)  // 4 degrees of freedom: 1 in 10,000
    #expect(Tensor.randomPermutation(0, key: RandomKey(1)).shape == [0])
  }

  @Test func keysAreIndependent() {
    let key = RandomKey(9)
    let (a, b) = key.split()
    var all = [key, a, b] + key.split(5)
    all += (0..<5).map { key.folding(in: $0) } + [key.folding(in: 1 << 40), a.folding(in: 0)]
    // The first two of five keys are the two.
    #expect(Set(all.map { $0.words.scalars(as: UInt32.self) }).count == all.count - 2)
    let x = Tensor.randomNormal([50_000], key: a).scalars(as: Float.self)
    let y = Tensor.randomNormal([50_000], key: b).scalars(as: Float.self)
    let correlation = zip(x, y).reduce(0) { $0 + Double($1.0 * $1.1) } / 50_000
    #expect(abs(correlation) < 0.02)
    let step = compile { (key: RandomKey, step: Tensor) in key.folding(in: step).words }
    #expect(
      step(key, Tensor(3)).scalars(as: UInt32.self)
        == key.folding(in: 3).words.scalars(as: UInt32.self))
    #expect(RandomKey(-1).words.scalars(as: UInt32.self) == [.max, .max])
  }

  @Test func drawingIsOneKernel() {
    let f = compile { (key: RandomKey) in Tensor.randomUniform([100], key: key) * 2 - 1 }
    _ = f(RandomKey(1))
    // The words of the key are one more; all elements are drawn and scaled in one.
    #expect(f.variants[0].kernelCount <= 3)
    #expect(f.ir(.kernel).count(of: "in 0..<100") == 1)
  }

  private func chiSquare(_ counts: [Int], expected: Double) -> Double {
    counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }
}

/// Mean, variance, skewness and kurtosis of a sample.
private struct Moments {
  let mean, variance, skewness, kurtosis: Double

  init(_ values: [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    func central(_ power: Int) -> Double {
      values.reduce(0) { sum, value in
        sum + (0..<power).reduce(1) { product, _ in product * (value - mean) }
      } / count
    }
    let variance = central(2)
    self.mean = mean
    self.variance = variance
    skewness = central(3) / (variance * variance.squareRoot())
    kurtosis = central(4) / (variance * variance)
  }
}
