// Batch normalization, cross-entropy and pooling against plain Swift in Double.

import Foundation
import IRCore
import Lathe
import Testing

@Suite struct ComposedFunctionTests {
  /// Numbers between -3 and 3.
  private static func numbers(_ count: Int) -> [Double] {
    (0..<count).map { index -> Double in
      let number = (index * 31 + 7) % 23 - 11
      return Double(number) / 4 + 0.05
    }
  }

  private static func tensor(_ shape: [Int]) -> (tensor: Tensor, numbers: [Double]) {
    let numbers = numbers(shape.reduce(1, *))
    return (Tensor(scalars: numbers, shape: shape), numbers)
  }

  /// Holds when f64 values agree within 256 roundings of terms of size 8; NaN equals NaN.
  private func agree(_ found: Tensor, _ expected: [Double]) -> Bool {
    let found = found.scalars(as: Double.self)
    return found.count == expected.count
      && zip(found, expected).allSatisfy { a, b in
        a.isNaN && b.isNaN || a == b || abs(a - b) <= 0x1p-44 * max(abs(b), 8)
      }
  }

  /// The results in jit, lazy and eager execution, which must have equal bits.
  private func everyWay(
    _ x: Tensor, _ body: @escaping @Sendable (Tensor) -> [Tensor]
  ) -> [Tensor] {
    let lazy = body(x)
    let compiled = compile { (x: Tensor) in body(x) }(x)
    let eager = withExecution(.eager) { body(x) }
    for ((a, b), c) in zip(zip(lazy, compiled), eager) {
      let bits = a.scalars(as: Double.self).map(\.bitPattern)
      #expect(b.scalars(as: Double.self).map(\.bitPattern) == bits)
      #expect(c.scalars(as: Double.self).map(\.bitPattern) == bits)
    }
    return lazy
  }

  // MARK: Batch normalization

  @Test(arguments: [[7, 5], [1, 3], [64, 33]]) func batchesNormalize(shape: [Int]) {
    let (x, numbers) = Self.tensor(shape)
    let (n, m) = (shape[0], shape[1])
    let columns = (0..<m).map { j in (0..<n).map { numbers[$0 * m + j] } }
    let means = columns.map { $0.reduce(0, +) / Double(n) }
    let variances = zip(columns, means).map { column, mean in
      column.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(n)
    }
    let (scale, offset) = (Self.tensor([m]).tensor, Self.tensor([m]).tensor)
    let factors = Self.numbers(m)
    let expected = (0..<n * m).map { place in
      let j = place % m
      let share = (numbers[place] - means[j]) / (variances[j] + 1e-2).squareRoot()
      return share * factors[j] + factors[j]
    }
    let found = everyWay(x) { x in
      let (y, mean, variance) = x.batchNorm(scale: scale, offset: offset, epsilon: 1e-2)
      return [y, mean, variance]
    }
    #expect(agree(found[0], expected) && agree(found[1], means) && agree(found[2], variances))
    let given = everyWay(x) {
      [
        $0.batchNorm(
          mean: found[1], variance: found[2], scale: scale, offset: offset, epsilon: 1e-2)
      ]
    }
    #expect(given[0].scalars(as: Double.self) == found[0].scalars(as: Double.self))
    let transposed = x.transposed().batchNorm(
      scale: scale, offset: offset, axes: [-1], epsilon: 1e-2)
    #expect(agree(transposed.normalized.transposed(), expected))
    #expect(transposed.mean.shape == [m] && transposed.variance.shape == [m])
  }

  @Test func imagesNormalizeByChannel() {
    let (x, _) = Self.tensor([2, 3, 4, 5])
    let (y, mean, variance) = x.batchNorm(axes: [0, 2, 3], epsilon: 0)
    #expect(mean.shape == [3] && variance.shape == [3] && y.shape == x.shape)
    #expect(agree(y.mean(axes: [0, 2, 3]), [0, 0, 0]))
    #expect(agree(y.variance(axes: [0, 2, 3]), [1, 1, 1]))
    let nothing = Tensor.zeros([0, 3], .f64).batchNorm()
    #expect(nothing.normalized.shape == [0, 3] && agree(nothing.mean, [.nan, .nan, .nan]))
  }

  // MARK: Cross-entropy

  private static func logShares(_ row: ArraySlice<Double>) -> [Double] {
    let largest = row.max() ?? 0
    let sum = log(row.map { exp($0 - largest) }.reduce(0, +))
    return row.map { $0 - largest - sum }
  }

  @Test(arguments: [0, 0.1, 1]) func lossesOfLabels(smoothing: Double) {
    for (n, m) in [(1, 1), (3, 10), (33, 17)] {
      let (x, numbers) = Self.tensor([n, m])
      let labels = (0..<n).map { $0 * 7 % m }
      let losses = (0..<n).map { i -> Double in
        let logs = Self.logShares(numbers[i * m..<(i + 1) * m])
        let mean = logs.reduce(0, +) / Double(m)
        return -(1 - smoothing) * logs[labels[i]] - smoothing * mean
      }
      let expected = losses.reduce(0, +) / Double(n)
      let places = Tensor(labels)
      let found = everyWay(x) { [crossEntropy($0, places, smoothing: smoothing)] }
      #expect(found[0].shape == [] && agree(found[0], [expected]))
      let shares = Tensor.iota([n, m], axis: 1) .== places.expandedDimensions(at: -1)
      let targets = shares.cast(to: .f64)
      let again = everyWay(x) { [crossEntropy($0, targets, smoothing: smoothing)] }
      #expect(agree(again[0], [expected]))
    }
  }

  @Test func lossesOutsideTheClassesAreNaN() {
    let x = Tensor([[1.0, 2, 3], [0.5, 0, -1]], .f64)
    for label in [-1, 3, .max] {
      #expect(agree(crossEntropy(x, Tensor([0, label])), [.nan]))
    }
    #expect(agree(crossEntropy(Tensor.zeros([0, 3], .f64), Tensor.zeros([0], .i32)), [.nan]))
    // A class that is masked costs nothing where it is not the target.
    let masked = Tensor(scalars: [0, -Double.infinity, 0], shape: [1, 3])
    #expect(agree(crossEntropy(masked, Tensor([2])), [log(2)]))
    #expect(agree(crossEntropy(masked, Tensor([[0.5, 0, 0.5]], .f64)), [log(2)]))
    #expect(agree(crossEntropy(masked, Tensor([1])), [.infinity]))
  }

  // MARK: Pooling

  @Test(arguments: [(3, 1, 0), (2, 2, 0), (3, 2, 1), (5, 3, 4), (1, 1, 0), (4, 5, 2)])
  func windowsPool(kernel: Int, stride: Int, padding: Int) {
    let (x, numbers) = Self.tensor([2, 3, 11])
    let windows = (0..<6).flatMap { row in
      Swift.stride(from: -padding, through: 11 + padding - kernel, by: stride).map { start in
        (max(start, 0)..<min(start + kernel, 11)).map { numbers[row * 11 + $0] }
      }
    }
    let found = everyWay(x) {
      [
        $0.maxPool(kernel: [kernel], stride: [stride], padding: [padding]),
        $0.averagePool(kernel: [kernel], stride: [stride], padding: [padding]),
      ]
    }
    #expect(found[0].shape == [2, 3, windows.count / 6])
    #expect(found[0].scalars(as: Double.self) == windows.map { $0.max() ?? 0 })
    #expect(agree(found[1], windows.map { $0.reduce(0, +) / Double($0.count) }))
  }

  @Test func windowsPoolInTwoDimensions() {
    let (x, numbers) = Self.tensor([2, 2, 5, 6])
    var expected: [(largest: Double, mean: Double)] = []
    for image in 0..<4 {
      for top in [-1, 1, 3] {
        for left in [-1, 1, 3] {
          let rows = max(top, 0)..<min(top + 3, 5)
          let columns = max(left, 0)..<min(left + 3, 6)
          let window = rows.flatMap { i in columns.map { numbers[image * 30 + i * 6 + $0] } }
          expected.append((window.max() ?? 0, window.reduce(0, +) / Double(window.count)))
        }
      }
    }
    let found = everyWay(x) {
      [
        $0.maxPool(kernel: [3, 3], stride: [2, 2], padding: [1, 1]),
        $0.averagePool(kernel: [3, 3], stride: [2, 2], padding: [1, 1]),
      ]
    }
    #expect(found[0].shape == [2, 2, 3, 3])
    #expect(found[0].scalars(as: Double.self) == expected.map(\.largest))
    #expect(agree(found[1], expected.map(\.mean)))
  }

  @Test func poolsOfIntegersAndNaN() {
    let x = Tensor([[5, -7, -3, -9, 2]])
    #expect(
      x.maxPool(kernel: [2], stride: [1], padding: [1]).scalars(as: Int.self)
        == [5, 5, -3, -3, 2, 2])
    let y = Tensor(scalars: [1, .nan, 2, 4], shape: [1, 4])
    #expect(
      agree(y.maxPool(kernel: [2]), [.nan, 4]) && agree(y.averagePool(kernel: [2]), [.nan, 3]))
  }

  // MARK: Free functions

  @Test func freeFunctionsAreTheMethods() {
    let (x, _) = Self.tensor([3, 5])
    let pairs: [(Tensor, Tensor)] = [
      (sum(x, axis: 1), x.sum(axis: 1)), (sum(x), x.sum()), (product(x), x.product()),
      (maximum(x, axis: 0), x.max(axis: 0)), (minimum(x), x.min()), (mean(x), x.mean()),
      (variance(x, correction: 1), x.variance(correction: 1)),
      (standardDeviation(x, axes: [1]), x.standardDeviation(axis: 1)),
      (softmax(x, axis: 0), x.softmax(axis: 0)), (logSoftmax(x), x.logSoftmax()),
      (logSumExp(x, axis: 1), x.logSumExp(axis: 1)), (layerNorm(x), x.layerNorm()),
      (rmsNorm(x), x.rmsNorm()), (cumulativeSum(x, axis: 0), x.cumulativeSum(axis: 0)),
    ]
    for (index, (a, b)) in pairs.enumerated() {
      #expect(a.scalars(as: Double.self) == b.scalars(as: Double.self), "\(index)")
    }
    #expect(argMax(x).item() == x.argMax().item() && argMin(x, axis: 1).shape == [3])
    #expect(maximum(x, 0).shape == [3, 5])
  }
}
