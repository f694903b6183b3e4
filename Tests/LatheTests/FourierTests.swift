// Transforms against their sums in f64.

import Foundation
import Lathe
import Testing

private typealias Complex = (real: Double, imaginary: Double)

/// The sums as they are defined.
private func sums(_ x: [Complex], sign: Double) -> [Complex] {
  let n = x.count
  return (0..<n).map { k in
    var sum: Complex = (0, 0)
    for (place, value) in x.enumerated() {
      let angle = sign * 2 * Double.pi * Double(k * place % n) / Double(n)
      let (c, s) = (cos(angle), sin(angle))
      sum.real += value.real * c - value.imaginary * s
      sum.imaginary += value.real * s + value.imaginary * c
    }
    return sum
  }
}

private func pairs(_ x: Tensor) -> [Complex] {
  let values = x.cast(to: .f64).scalars(as: Double.self)
  return (0..<values.count / 2).map { (values[2 * $0], values[2 * $0 + 1]) }
}

private func draw(_ shape: [Int], _ seed: Int, _ dtype: DType = .f64) -> Tensor {
  Tensor.randomNormal(shape, key: RandomKey(seed)).cast(to: dtype)
}

@Suite struct FourierTests {
  /// Short ones, powers, products of small primes, primes that are one contraction and such that are
  /// convolutions, twice and three times one.
  static let lengths = [
    1, 2, 3, 4, 5, 7, 8, 12, 16, 27, 31, 32, 33, 36, 37, 48, 60, 61, 64, 67, 74, 97, 100, 111, 128,
    210, 243, 256, 384, 1_000, 1_009, 1_024,
  ]

  @Test(arguments: lengths) func transforms(count: Int) {
    for (type, bound) in [(DType.f64, 1e-13), (.f32, 3e-7)] {
      let x = draw([count, 2], count, type)
      let expected = sums(pairs(x), sign: -1)
      let largest = expected.map { max(abs($0.real), abs($0.imaginary)) }.max() ?? 1
      let tolerance = bound * largest * Double(count).squareRoot()
      let found = x.fft()
      for (a, b) in zip(pairs(found), expected) {
        #expect(abs(a.real - b.real) <= tolerance && abs(a.imaginary - b.imaginary) <= tolerance)
      }
      let compiled = compile { (x: Tensor) in x.fft() }(x)
      #expect(abs(compiled - found).max().item() == 0)
      let back = found.inverseFFT()
      #expect(abs(back - x).max().item() <= bound * 40)
      let real = x[.all, 0]
      let half = real.realFFT()
      #expect(half.shape == [count / 2 + 1, 2])
      let whole = sums(real.cast(to: .f64).scalars(as: Double.self).map { ($0, 0) }, sign: -1)
      for (a, b) in zip(pairs(half), whole) {
        #expect(abs(a.real - b.real) <= tolerance && abs(a.imaginary - b.imaginary) <= tolerance)
      }
      #expect(abs(half.inverseRealFFT(count: count) - real).max().item() <= bound * 40)
    }
  }

  @Test func axesAndBatches() {
    let x = draw([3, 6, 4, 2], 1)
    let along = x.fft(axis: 1)
    for (row, column) in [(0, 0), (2, 3)] {
      let expected = sums(pairs(x[row, .all, column]), sign: -1)
      for (a, b) in zip(pairs(along[row, .all, column]), expected) {
        #expect(abs(a.real - b.real) <= 1e-12 && abs(a.imaginary - b.imaginary) <= 1e-12)
      }
    }
    #expect(abs(x.fft(axes: [0, 1, 2]).inverseFFT(axes: [0, 1, 2]) - x).max().item() <= 1e-13)
    let real = draw([5, 8, 3], 2)
    let found = real.realFFT(axis: 1)
    #expect(found.shape == [5, 5, 3, 2])
    #expect(abs(found.inverseRealFFT(axis: 1) - real).max().item() <= 1e-13)
  }

  @Test func normalizations() {
    let x = draw([12, 2], 3)
    let plain = x.fft()
    #expect(abs(x.fft(normalization: .forward) * 12 - plain).max().item() <= 1e-13)
    let even = x.fft(normalization: .orthonormal)
    #expect(abs((even * even).sum() - (x * x).sum()).item() <= 1e-12)
    #expect(
      abs(even.inverseFFT(normalization: .orthonormal) - x).max().item() <= 1e-13)
    #expect(
      abs(plain.inverseFFT(normalization: .forward) - x * 12).max().item() <= 1e-12)
  }

  @Test func frequencies() {
    #expect(Tensor.fftFrequencies(5).scalars(as: Float.self) == [0, 0.2, 0.4, -0.4, -0.2])
    #expect(
      Tensor.fftFrequencies(4, spacing: 0.5).scalars(as: Float.self) == [0, 0.5, -1, -0.5])
    #expect(Tensor.realFFTFrequencies(4).scalars(as: Float.self) == [0, 0.25, 0.5])
  }
}
