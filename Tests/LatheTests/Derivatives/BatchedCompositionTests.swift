// `batched` with gradients, loops, compiled functions and itself.

import Lathe
import Testing

/// A small model, to be differentiated for one example at a time.
private struct Perceptron: Sendable {
  var weights: [Tensor]
  var bias: Tensor

  static let drawn = Perceptron(
    weights: [draw([3, 5], 1), draw([5, 2], 2)], bias: draw([2], 3))

  func loss(_ x: Tensor, _ label: Tensor) -> Tensor {
    let scores = tanh(x.matmul(weights[0])).matmul(weights[1]) + bias
    return scores.reshaped(to: [1, 2]).crossEntropy(label.reshaped(to: [1]))
  }
}

private func draw(_ shape: [Int], _ seed: Int) -> Tensor {
  Tensor.randomNormal(shape, key: RandomKey(seed))
}

private func floats(_ x: Tensor) -> [Float] { x.scalars(as: Float.self) }

@Suite struct BatchedCompositionTests {
  /// A gradient for each example has the bits of a loop over the examples.
  @Test(arguments: [1, 7]) func gradientsForEachExample(count: Int) {
    let model = Perceptron.drawn
    let xs = draw([count, 3], 4)
    let labels = Tensor((0..<count).map { $0 % 2 })
    let slopes = batched(over: (xs, labels)) { x, label in
      gradient(of: model) { $0.loss(x, label) }
    }
    #expect(slopes.weights[0].shape == [count, 3, 5] && slopes.bias.shape == [count, 2])
    for place in 0..<count {
      let expected = gradient(of: model) { $0.loss(xs[place], labels[place]) }
      for (found, weight) in zip(slopes.weights, expected.weights) {
        #expect(floats(found[place]) == floats(weight), "example \(place)")
      }
      #expect(floats(slopes.bias[place]) == floats(expected.bias), "example \(place)")
    }
  }

  /// The mean of the gradients is the gradient of the mean.
  @Test func gradientOfTheMean() {
    let model = Perceptron.drawn
    let xs = draw([6, 3], 4)
    let labels = Tensor([0, 1, 1, 0, 1, 0])
    let whole = gradient(of: model) { model in
      batched(over: (xs, labels)) { model.loss($0, $1) }.mean()
    }
    let each = batched(over: (xs, labels)) { x, label in
      gradient(of: model) { $0.loss(x, label) }
    }
    for (found, expected) in zip(whole.weights, each.weights) {
      #expect(abs(found - expected.mean(axis: 0)).max().item() <= 1e-6)
    }
  }

  /// Rows of a Jacobian are reverse products by the rows of the identity; columns are forward ones.
  @Test func jacobiansAndHessians() {
    let x = draw([4], 1)
    let a = draw([3, 4], 2)
    func f(_ x: Tensor) -> Tensor { sin(a.matmul(x)) }
    let rows = batched(over: Tensor.eye(3)) { direction in
      vjp(of: x, f).pullback(direction)
    }
    let columns = batched(over: Tensor.eye(4)) { jvp(of: x, along: $0, f).tangent }
    #expect(rows.shape == [3, 4] && columns.shape == [4, 3])
    #expect(abs(rows - columns.transposed(0, 1)).max().item() <= 1e-6)
    let expected = cos(a.matmul(x)).reshaped(to: [3, 1]) * a
    #expect(abs(rows - expected).max().item() <= 1e-6)
    let hessian = batched(over: Tensor.eye(4)) { direction in
      jvp(of: x, along: direction) { x in gradient(of: x) { ($0 * $0 * $0).sum() } }.tangent
    }
    #expect(abs(hessian - Tensor.eye(4) * (x * 6)).max().item() <= 1e-6)
  }

  @Test func secondDerivatives() {
    let xs = draw([5], 1)
    let found = batched(over: xs) { x in
      gradient(of: x) { x in gradient(of: x) { sin($0) * $0 } }
    }
    for place in 0..<5 {
      let expected = gradient(of: xs[place]) { x in gradient(of: x) { sin($0) * $0 } }
      #expect(floats(found[place]) == floats(expected))
    }
  }

  /// The inner function sees an element of the outer one: all pairs.
  @Test func allPairs() {
    let xs = draw([3, 4], 1)
    let ys = draw([2, 4], 2)
    let all = batched(over: xs) { x in batched(over: ys) { y in abs(x - y).sum() + (x * y).max() } }
    #expect(all.shape == [3, 2])
    for i in 0..<3 {
      for j in 0..<2 {
        let expected = abs(xs[i] - ys[j]).sum() + (xs[i] * ys[j]).max()
        #expect(floats(all[i, j]) == floats(expected))
      }
    }
  }

  /// Compiled for each size of the batch, with the bits of eager operators.
  @Test(arguments: [1, 2, 9]) func insideCompile(count: Int) {
    let weights = draw([6, 6], 1)
    @Sendable func each(_ xs: Tensor) -> (Tensor, Tensor) {
      batched(over: xs) { x in
        var h = x
        for _ in steps(3) { h = tanh(h.matmul(weights) + x) }
        return (h, h.argMax())
      }
    }
    let compiled = compile { (xs: Tensor) in each(xs) }
    let xs = draw([count, 6], 2)
    let (values, places) = compiled(xs)
    let (expected, expectedPlaces) = each(xs)
    #expect(floats(values) == floats(expected))
    #expect(places.scalars(as: Int.self) == expectedPlaces.scalars(as: Int.self))
  }

  /// In the body of a loop, and with the step's number.
  @Test func insideALoop() {
    var xs = draw([4, 3], 1)
    var expected = (0..<4).map { xs[$0] }
    for t in steps(3) {
      xs = batched(over: xs) { x in sin(x) * x.sum() + t.tensor.cast(to: .f32) }
    }
    for t in 0..<3 {
      expected = expected.map { sin($0) * $0.sum() + Tensor(Float(t)) }
    }
    for place in 0..<4 { #expect(floats(xs[place]) == floats(expected[place])) }
  }

  /// Each stops where it would alone.
  @Test func loopsStopForThemselves() {
    let starts = Tensor([27, 1, 6, 97], .i32)
    func collatz(_ n: Tensor) -> Tensor {
      let start = (n, Tensor(Int32(0)))
      return whileLoop(from: start, while: { $0.0 .> 1 }) { state in
        let (n, count) = state
        state = (select((n % 2) .== 0, n / 2, n * 3 + 1), count + 1)
      }.1
    }
    #expect(batched(over: starts, collatz).scalars(as: Int32.self) == [111, 0, 8, 118])
  }

  @Test func noValuesGiveNone() {
    let none = batched(over: Tensor.zeros([0, 3])) { x in (x.sum(), x * 2, Tensor.ones([2])) }
    #expect(none.0.shape == [0] && none.1.shape == [0, 3] && none.2.shape == [0, 2])
    #expect(floats(none.1) == [])
  }

  @Test func whatIsCapturedIsRepeated() {
    let captured = Tensor([1.0, 2])
    let all = batched(over: Tensor([1, 2, 3], .f32)) { _ in captured }
    #expect(all.shape == [3, 2])
    #expect(floats(all) == [1, 2, 1, 2, 1, 2])
  }
}
