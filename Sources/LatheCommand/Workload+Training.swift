// Workloads that are steps of training.

import Lathe
import LatheNN

extension Workload {
  static let training = [perceptronTraining, convolutionTraining, textTraining]

  /// 784-512-512-10 by Adam, as the peers have it.
  private static let perceptronTraining = Workload(
    name: "train_mlp", summary: "a training step of 784-512-512-10, batch 128, by Adam",
    inputs: [.normal("x", [128, 784], seed: 90), .labels("y", 128, seed: 91)]
      + weights(["w1", "w2", "w3"], ["b1", "b2", "b3"], [784, 512, 512, 10], seed: 92),
    operations: 2 * 128 * Double(3 * 668_672 - 401_408) + 12 * 668_672, resultCount: 512 * 512,
    training: { inputs in
      var model = Perceptron(
        Dense(784, 512, key: RandomKey(0)), Dense(512, 512, key: RandomKey(0)),
        Dense(512, 10, key: RandomKey(0)))
      var next = inputs.dropFirst(2)
      updateTensors(of: &model) { $0 = next.popFirst() ?? $0 }
      return ModelSession(
        model, Adam(for: model), batch: Array(inputs[..<2]), watching: \.second.weight
      ) { model, batch in model(batch[0]).crossEntropy(batch[1]) }
    })

  /// Two convolutions, each with pooling, and two dense layers, by plain descent.
  private static let convolutionTraining = Workload(
    name: "train_cnn", summary: "a training step of a small CNN on 28x28, batch 64, by SGD",
    inputs: [
      .normal("x", [64, 1, 28, 28], seed: 100), .labels("y", 64, seed: 101),
      .normal("c1", [32, 1, 3, 3], seed: 102, deviation: 0.47),
      .normal("cb1", [32], seed: 103, deviation: 0.1),
      .normal("c2", [64, 32, 3, 3], seed: 104, deviation: 0.083),
      .normal("cb2", [64], seed: 105, deviation: 0.1),
    ] + weights(["w1", "w2"], ["b1", "b2"], [3136, 128, 10], seed: 106),
    operations: 2 * 64 * Double(2 * 225_792 + 3 * 3_612_672 + 3 * 402_688),
    resultCount: 64 * 32 * 9,
    training: { inputs in
      var model = SmallConvolutionNet(key: RandomKey(0))
      var next = inputs.dropFirst(2)
      updateTensors(of: &model) { $0 = next.popFirst() ?? $0 }
      return ModelSession(
        model, SGD(for: model, learningRate: 0.01), batch: Array(inputs[..<2]),
        watching: \.second.filter
      ) { model, batch in model(batch[0]).crossEntropy(batch[1]) }
    })

  /// A character model of four transformer blocks, by AdamW.
  private static let textTraining = Workload(
    name: "train_gpt",
    summary: "a training step of a GPT, 4 layers of 128, 16 texts of 128, by AdamW",
    inputs: [.tokens("x", [16, 128], seed: 120), .tokens("y", [16, 128], seed: 121)]
      + textParameters(seed: 122),
    operations: 3 * 16 * (4 * 128 * (24 * 128 * 128 + 4 * 128 * 128 / 2) + 2 * 128 * 128 * 65),
    resultCount: 128 * 512,
    training: { inputs in
      var model = textModel
      var next = inputs.dropFirst(2)
      updateTensors(of: &model) { $0 = next.popFirst() ?? $0 }
      let optimizer = Adam(
        for: model, learningRate: 3e-4, decays: (0.9, 0.95), weightDecay: 0.1)
      return ModelSession(
        model, optimizer, batch: Array(inputs[..<2]), watching: \.blocks[2].expand.weight
      ) { model, batch in model(batch[0]).crossEntropy(batch[1]) }
    })

  private static var textModel: GPT {
    GPT(vocabulary: 65, length: 128, width: 128, heads: 4, layers: 4, key: RandomKey(0))
  }

  /// Normal numbers for weights, ones and zeros for norms and biases, all slightly off.
  private static func textParameters(seed: UInt64) -> [Input] {
    namedTensors(of: textModel).enumerated().map { number, entry in
      let shape = entry.tensor.shape
      return .normal(
        entry.path.replacing("[", with: "").replacing("]", with: "").replacing(".", with: "_"),
        shape, seed: seed + UInt64(number), mean: entry.path.hasSuffix("scale") ? 1 : 0,
        deviation: shape.count == 1 ? 0.1 : 0.08)
    }
  }

  private static func weights(
    _ names: [String], _ biases: [String], _ sizes: [Int], seed: UInt64
  ) -> [Input] {
    zip(names, biases).enumerated().flatMap { layer, name -> [Input] in
      let (inputs, outputs) = (sizes[layer], sizes[layer + 1])
      let deviation = (2 / Float(inputs)).squareRoot()
      return [
        .normal(
          name.0, [inputs, outputs], seed: seed + 2 * UInt64(layer), deviation: deviation),
        .normal(name.1, [outputs], seed: seed + 2 * UInt64(layer) + 1, deviation: 0.1),
      ]
    }
  }
}

extension Workload.Input {
  /// Classes 0 to 9.
  fileprivate static func labels(_ name: String, _ count: Int, seed: UInt64) -> Self {
    Self(name: name, shape: [count], dtype: .i64) {
      var generator = SplitMix64(seed: seed)
      return (0..<count).map { _ in Float(generator.uniform() * 10).rounded(.down) }
    }
  }
}

extension Workload.Input {
  /// Characters 0 to 64.
  fileprivate static func tokens(_ name: String, _ shape: [Int], seed: UInt64) -> Self {
    Self(name: name, shape: shape, dtype: .i64) {
      var generator = SplitMix64(seed: seed)
      return (0..<shape.reduce(1, *)).map { _ in Float(generator.uniform() * 65).rounded(.down) }
    }
  }
}

/// Three dense layers.
private struct Perceptron: Layer {
  var first: Dense
  var second: Dense
  var third: Dense

  init(_ first: Dense, _ second: Dense, _ third: Dense) {
    (self.first, self.second, self.third) = (first, second, third)
  }

  func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    let hidden = first.forward(x, &context).relu()
    return third.forward(second.forward(hidden, &context).relu(), &context)
  }
}

/// Two convolutions with pooling, two dense layers.
private struct SmallConvolutionNet: Layer {
  var first: Convolution
  var second: Convolution
  var hidden: Dense
  var output: Dense

  init(key: RandomKey) {
    let keys = key.split(4)
    first = Convolution(1, 32, kernel: [3, 3], key: keys[0])
    second = Convolution(32, 64, kernel: [3, 3], key: keys[1])
    hidden = Dense(3136, 128, key: keys[2])
    output = Dense(128, 10, key: keys[3])
  }

  func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    let a = first.forward(x, &context).relu().maxPool(kernel: [2, 2])
    let b = second.forward(a, &context).relu().maxPool(kernel: [2, 2])
    let h = hidden.forward(b.reshaped(b.shape[0], -1), &context).relu()
    return output.forward(h, &context)
  }
}
