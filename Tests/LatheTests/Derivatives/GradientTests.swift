// Gradients through the public API: structures, nesting, compile, loops of calls, misuse.

import Lathe
import Testing

private struct Dense: Sendable {
  var weight: Tensor
  var bias: Tensor
  let rate: Int
}

private struct Net: Sendable {
  var layers: [Dense]
  var scale: Tensor?
  var steps: Tensor

  func callAsFunction(_ x: Tensor) -> Tensor {
    var x = x
    for layer in layers { x = tanh(x.matmul(layer.weight) + layer.bias) }
    if let scale { x = x * scale }
    return x
  }
}

private func net() -> Net {
  Net(
    layers: [
      Dense(
        weight: Tensor([[0.5, -0.25, 1], [0.75, 0.5, -1]]), bias: Tensor([0.1, 0.2, 0.3]), rate: 1),
      Dense(weight: Tensor([[1], [-0.5], [0.25]], .f32), bias: Tensor([0.5]), rate: 2),
    ], scale: Tensor([2.0]), steps: Tensor(7))
}

private let input = Tensor([[1, 2], [-0.5, 0.25]])

private func loss(_ net: Net) -> Tensor { (net(input) * net(input)).mean() }

@Suite struct GradientTests {
  @Test func ofATensor() {
    let x = Tensor([1, 2, 3], .f32)
    let g = gradient(of: x) { ($0 * $0).sum() }
    #expect(g.scalars(as: Float.self) == [2, 4, 6])
  }

  @Test func withTheValue() {
    let x = Tensor([1, 2, 3], .f32)
    let (value, g) = valueAndGradient(of: x) { exp($0).sum() }
    #expect(value.item() == exp(x).sum().item())
    #expect(g.scalars(as: Float.self) == exp(x).scalars(as: Float.self))
  }

  @Test func withWhatStandsBesideTheValue() {
    let x = Tensor([1, 2, 3], .f32)
    let (value, beside, g) = valueAndGradient(of: x) { x in
      let y = x * 2
      return ((y * y).sum(), (y, [y + 1]))
    }
    #expect(value.item() == 56)
    #expect(beside.0.scalars(as: Float.self) == [2, 4, 6])
    #expect(beside.1[0].scalars(as: Float.self) == [3, 5, 7])
    #expect(g.scalars(as: Float.self) == [8, 16, 24])
  }

  /// Each partial by moving one parameter.
  @Test func ofAStructure() {
    let net = net()
    let g = gradient(of: net, loss)
    #expect(g.layers[0].rate == 1)
    #expect(g.steps.scalars(as: Int.self) == [0])
    for (row, column) in [(0, 0), (1, 2)] {
      var (after, before) = (net, net)
      after.layers[0].weight[row, column] = net.layers[0].weight[row, column] + 0.01
      before.layers[0].weight[row, column] = net.layers[0].weight[row, column] - 0.01
      let difference = (loss(after) - loss(before)).item() / 0.02
      #expect(abs(g.layers[0].weight[row, column].item() - difference) < 1e-3)
    }
    var (after, before) = (net, net)
    after.scale = Tensor([2.01])
    before.scale = Tensor([1.99])
    let difference = (loss(after) - loss(before)).item() / 0.02
    #expect(abs((g.scale?.sum().item() ?? 0) - difference) < 1e-3)
  }

  @Test func ofAGradient() {
    let x = Tensor([1, 2, -3], .f32)
    let curvature = gradient(of: x) { x in
      gradient(of: x) { ($0 * $0 * $0).sum() }.sum()
    }
    #expect(curvature.scalars(as: Float.self) == [6, 12, -18])
  }

  /// The inner function captures what the outer one differentiates by.
  @Test func throughWhatIsCaptured() {
    let x = Tensor(Float(3))
    let g = gradient(of: x) { x in
      x * gradient(of: Tensor(Float(5))) { y in x * x * y * y }
    }
    // x · 2y x² = 10 x³, whose slope is 30 x².
    #expect(g.item() == 270)
  }

  @Test func isLazyAndOneProgramInCompile() {
    let x = Tensor([1, 2, 3], .f32)
    let f = compile { (x: Tensor) in gradient(of: x) { sin($0 * $0).sum() } }
    let lazy = gradient(of: x) { sin($0 * $0).sum() }
    #expect(f(x).scalars(as: Float.self) == lazy.scalars(as: Float.self))
    #expect(f.variantCount == 1)
    let eager = withExecution(.eager) { gradient(of: x) { sin($0 * $0).sum() } }
    #expect(eager.scalars(as: Float.self) == lazy.scalars(as: Float.self))
  }

  /// A step of gradient descent as the body of one loop of the program.
  @Test func inALoop() {
    func descended(_ count: Int) -> Tensor {
      var x = Tensor([1, -2], .f32)
      for _ in steps(count) {
        x = x - 0.25 * gradient(of: x) { ($0 * $0).sum() }
      }
      return x
    }
    #expect(descended(3).scalars(as: Float.self) == [0.125, -0.25])
  }

  @Test func productsWithVectors() {
    let x = Tensor([0.5, 1, 2], .f32)
    let (y, pullback) = vjp(of: x) { x in (x * x, x.sum()) }
    #expect(y.0.scalars(as: Float.self) == [0.25, 1, 4])
    let first = pullback((Tensor([1, 1, 1], .f32), Tensor(Float(0))))
    let second = pullback((Tensor([0, 0, 0], .f32), Tensor(Float(1))))
    #expect(first.scalars(as: Float.self) == [1, 2, 4])
    #expect(second.scalars(as: Float.self) == [1, 1, 1])
    let (_, tangent) = jvp(of: x, along: Tensor([1, 0, 2], .f32)) { x in (x * x, x.sum()) }
    #expect(tangent.0.scalars(as: Float.self) == [1, 0, 8])
    #expect(tangent.1.item() == 3)
  }

  @Test func stopsWhereItIsTold() {
    let x = Tensor([1, 2, 3], .f32)
    let g = gradient(of: x) { x in (x * stopGradient(x)).sum() }
    #expect(g.scalars(as: Float.self) == [1, 2, 3])
    #expect(stopGradient(x).scalars(as: Float.self) == [1, 2, 3])
  }
}
