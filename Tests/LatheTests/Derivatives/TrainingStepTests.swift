// A training step, forward, backward and update, as one compiled program.

import Driver
import Lathe
import Testing

private struct Layer: Sendable {
  var weight: Tensor
  var bias: Tensor
}

private struct Model: Sendable {
  var layers: [Layer]

  static func random(_ sizes: [Int]) -> Model {
    Model(
      layers: zip(sizes, sizes.dropFirst()).enumerated().map { number, size in
        Layer(
          weight: Tensor.randomNormal([size.0, size.1], key: RandomKey(number)) * 0.1,
          bias: Tensor.zeros([size.1]))
      })
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    var x = x
    for (number, layer) in layers.enumerated() {
      x = x.matmul(layer.weight) + layer.bias
      if number < layers.count - 1 { x = relu(x) }
    }
    return x
  }

  mutating func descend(along slope: Model, rate: Float) {
    for number in layers.indices {
      layers[number].weight = layers[number].weight - slope.layers[number].weight * rate
      layers[number].bias = layers[number].bias - slope.layers[number].bias * rate
    }
  }
}

@Suite struct TrainingStepTests {
  private static let images = Tensor.randomNormal([32, 20], key: RandomKey(10))
  private static let labels = Tensor.iota([32], axis: 0) % 5

  @Sendable private static func step(_ model: inout Model, _ x: Tensor, _ y: Tensor) -> Tensor {
    let (loss, slope) = valueAndGradient(of: model) { $0(x).crossEntropy(y).mean() }
    model.descend(along: slope, rate: 0.5)
    return loss
  }

  @Test func compiledIsAsOpByOpAndLearns() {
    let compiled = compile(Self.step)
    var (a, b) = (Model.random([20, 16, 5]), Model.random([20, 16, 5]))
    var losses: [Double] = []
    for _ in 0..<20 {
      let loss = compiled(&a, Self.images, Self.labels).item()
      let expected = withExecution(.eager(contraction: .generated)) {
        Self.step(&b, Self.images, Self.labels).item()
      }
      #expect(loss == expected)
      losses.append(loss)
    }
    #expect(losses[19] < 0.7 * losses[0], "\(losses)")
    for (x, y) in zip(a.layers, b.layers) {
      #expect(x.weight.scalars(as: Float.self) == y.weight.scalars(as: Float.self))
      #expect(x.bias.scalars(as: Float.self) == y.bias.scalars(as: Float.self))
    }
    #expect(compiled.variantCount == 1)
  }

  /// Few kernels: each product with what stands around it, the loss with its slope, the updates with
  /// the slopes of the weights; and the model keeps its memory.
  @Test func isFusedAndInPlace() {
    let compiled = compile(Self.step)
    var model = Model.random([20, 16, 5])
    for layer in model.layers {
      _ = layer.weight.scalars(as: Float.self)
      _ = layer.bias.scalars(as: Float.self)
    }
    _ = compiled(&model, Self.images, Self.labels)
    // The last offset is not: the kernel of the loss reads it in another phase.
    func addresses() -> [Int] {
      model.layers.flatMap { [$0.weight, $0.bias] }.dropLast().map(\.addressOfMemory)
    }
    let before = addresses()
    _ = compiled(&model, Self.images, Self.labels)
    let main = compiled.ir(.fused).split(separator: "\n").prefix { $0 != "}" }
    #expect(main.count { $0.contains(" = call @main.") } == 7, "\(main)")
    #expect(addresses() == before)
    #expect(compiled.variants[0].memory.updated == 4 * (20 * 16 + 16 + 16 * 5))
  }
}

@Suite struct CheckpointTests {
  private static let weights = (0..<6).map {
    Tensor.randomNormal([32, 32], key: RandomKey($0)) * 0.2
  }
  private static let input = Tensor.randomNormal([64, 32], key: RandomKey(9))

  private static func block(_ x: Tensor, _ weights: Tensor) -> Tensor {
    tanh(tanh(tanh(x.matmul(weights)).matmul(weights)).matmul(weights)) + x
  }

  private static func plain(_ weights: [Tensor]) -> Tensor {
    let y = weights.reduce(input) { block($0, $1) }
    return (y * y).mean()
  }

  private static func checkpointed(_ weights: [Tensor]) -> Tensor {
    let y = weights.reduce(input) { x, weights in
      Lathe.checkpointed(x) { block($0, weights) }
    }
    return (y * y).mean()
  }

  @Test func sameSlopesWithLessMemory() {
    let plain = compile { (weights: [Tensor]) in gradient(of: weights, Self.plain) }
    let saving = compile { (weights: [Tensor]) in gradient(of: weights, Self.checkpointed) }
    let expected = plain(Self.weights)
    for (a, b) in zip(expected, saving(Self.weights)) {
      #expect(abs(a - b).max().item() <= 1e-5 * abs(a).max().item())
    }
    let kept = plain.variants[0].memory.intermediates
    let anew = saving.variants[0].memory.intermediates
    #expect(anew < kept, "\(anew) of \(kept) bytes")
  }

  @Test func theValueIsThatOfTheFunction() {
    let x = Self.input
    let weights = Self.weights[0]
    let (y, z) = Lathe.checkpointed((x, [x])) { pair in
      (Self.block(pair.0, weights), pair.1[0].sum())
    }
    #expect(y.scalars(as: Float.self) == Self.block(x, weights).scalars(as: Float.self))
    #expect(z.item() == x.sum().item())
  }
}
