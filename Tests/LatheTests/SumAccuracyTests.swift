// How exact sums of very many numbers are.

import Lathe
import TestSupport
import Testing

/// Numbers to be summed, drawn from a seed.
private struct Summands: Sendable, CustomTestStringConvertible {
  let name: String
  /// The most error, in roundings (2^-24) of the sum of magnitudes: of one sum, of sums of columns
  /// that are summed, and of a running sum.
  let bounds: (one: Double, columns: Double, running: Double)
  let draw: @Sendable (inout SplitMix64) -> Float

  var testDescription: String { name }

  static let all = [
    Summands(name: "uniform in 0..<1", bounds: (0.25, 1, 0.25)) { Float(unit(&$0)) },
    Summands(name: "uniform in -1..<1", bounds: (0.01, 0.01, 0.01)) { Float(2 * unit(&$0) - 1) },
    Summands(name: "of sizes from 1e-6 to 1e6", bounds: (1, 6, 32)) {
      expApproximation(Float(unit(&$0)) * 27.6 - 13.8)
    },
  ]

  /// A number in 0..<1.
  private static func unit(_ random: inout SplitMix64) -> Double {
    Double(random.next() >> 11) / Double(1 << 53)
  }

  /// A power of e to some digits, the same everywhere.
  private static func expApproximation(_ x: Float) -> Float {
    var power = 1 + x / 1024
    for _ in 0..<10 { power *= power }
    return power
  }
}

@Suite struct SumAccuracyTests {
  private static let count = 1 << 24
  private static let rounding = 1.0 / Double(1 << 24)

  /// Errors over all axes, rows, columns and running sums, against sums in Double.
  @Test(arguments: Summands.all) private func sumsOfVeryMany(_ summands: Summands) {
    var random = SplitMix64(seed: 11)
    let values = (0..<Self.count).map { _ in summands.draw(&random) }
    let x = Tensor(scalars: values, shape: [Self.count])
    let exact = values.reduce(0.0) { $0 + Double($1) }
    let magnitude = values.reduce(0.0) { $0 + Double(abs($1)) }
    func error(_ sum: Float) -> Double {
      abs(Double(sum) - exact) / (Self.rounding * magnitude)
    }
    let all = error(x.sum().scalars(as: Float.self)[0])
    let columns = x.reshaped(1 << 12, 1 << 12).sum(axis: 0).sum()
    let inColumns = error(columns.scalars(as: Float.self)[0])
    let running = error(x.cumulativeSum(axis: 0)[-1].scalars(as: Float.self)[0])
    #expect(all <= summands.bounds.one && inColumns <= summands.bounds.columns)
    #expect(running <= summands.bounds.running)
  }
}
