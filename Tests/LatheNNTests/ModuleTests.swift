// Modules: what they compute, what they keep, what they look like.

import Lathe
import LatheNN
import Testing

@Suite struct ModuleTests {
  @Test func batchNormFollowsTheBatch() {
    let x = Tensor.randomNormal([16, 3, 5, 5], mean: 2, deviation: 3, key: RandomKey(1))
    var norm = BatchNorm(3, momentum: 0.5)
    let (_, output, _) = lossAndGradient(of: &norm) { norm, context in
      let output = norm.forward(x, &context)
      return (output.sum(), output)
    }
    #expect(isClose(floats(output.mean(axes: [0, 2, 3])), [0, 0, 0], 1e-5))
    #expect(isClose(floats(output.variance(axes: [0, 2, 3])), [1, 1, 1], 1e-4))
    let mean = floats(x.mean(axes: [0, 2, 3])).map { 0.5 * Double($0) }
    let variance = floats(x.variance(axes: [0, 2, 3], correction: 1)).map { 0.5 + 0.5 * Double($0) }
    #expect(isClose(floats(norm.mean), mean))
    #expect(isClose(floats(norm.variance), variance))
    let expected = (floats(x)[0].double - mean[0]) / (variance[0] + 1e-5).squareRoot()
    #expect(isClose([floats(norm(x))[0]], [expected]))
  }

  @Test func groupNormOfOneGroupPerChannelIsInstanceNorm() {
    let x = Tensor.randomNormal([2, 4, 6], mean: 1, key: RandomKey(2))
    let y = GroupNorm.instance(4)(x)
    #expect(isClose(floats(y.mean(axis: 2)), [Double](repeating: 0, count: 8)))
    let grouped = GroupNorm(4, groups: 2)(x).reshaped(2, 2, 12)
    #expect(isClose(floats(grouped.variance(axis: 2)), [1, 1, 1, 1], 1e-4))
  }

  @Test func rmsNormScalesRowsToOne() {
    let x = Tensor.randomNormal([3, 32], key: RandomKey(8)) * 5
    var layer = RMSNorm(32, epsilon: 0)
    #expect(isClose(floats((layer(x) * layer(x)).mean(axis: 1)), [1, 1, 1]))
    layer.scale = Tensor.full([32], Float(3))
    #expect(isClose(floats((layer(x) * layer(x)).mean(axis: 1)), [9, 9, 9]))
  }

  @Test func truncatedNormalIsCutAtTwoDeviations() {
    let values = floats(
      Initializer.truncatedNormal(deviation: 0.5)([200, 100], fan: (200, 100), key: RandomKey(9)))
    #expect(values.allSatisfy { abs($0) <= 1 } && values.contains { abs($0) > 0.95 })
    let mean = values.reduce(0) { $0 + Double($1) } / 20_000
    let square = values.reduce(0) { $0 + Double($1) * Double($1) } / 20_000
    // Variance of a normal cut at two deviations: 1 - 4 φ(2) / (2 Φ(2) - 1) = 0.774.
    #expect(abs(mean) < 0.015 && abs(square / 0.25 - 0.774) < 0.03, "\(mean) \(square)")
  }

  @Test func dropoutDropsInTrainingOnly() {
    let x = Tensor.ones([10_000])
    var context = Context.training(key: RandomKey(4))
    let layer = Dropout(0.25)
    let dropped = floats(layer.forward(x, &context))
    let other = floats(layer.forward(x, &context))
    #expect(Set(dropped) == [0, Float(1 / 0.75)])
    #expect(abs(Double(dropped.filter { $0 == 0 }.count) / 10_000 - 0.25) < 0.02)
    #expect(dropped != other)
    #expect(floats(layer(x)) == floats(x))
  }

  @Test func causalAttentionSeesNoFuture() {
    let attention = MultiHeadAttention(
      width: 12, heads: 4, keyValueHeads: 2, causal: true, rotary: RotaryEmbedding(),
      key: RandomKey(7))
    var x = Tensor.randomNormal([2, 6, 12], key: RandomKey(8))
    let before = attention(x)
    x[.all, 4] = Tensor.zeros([2, 12])
    let after = attention(x)
    #expect(floats(before[.all, 0..<4]) == floats(after[.all, 0..<4]))
    #expect(floats(before[.all, 4..<6]) != floats(after[.all, 4..<6]))
  }

  @Test func cacheGivesWhatTheWholeGives() {
    let block = TransformerBlock(
      width: 12, heads: 2, keyValueHeads: 1, rotary: RotaryEmbedding(), key: RandomKey(9))
    let x = Tensor.randomNormal([3, 5, 12], key: RandomKey(10))
    let whole = block(x)
    var cache = KeyValueCache(batch: 3, keyValueHeads: 1, headWidth: 6, capacity: 8)
    for t in 0..<5 {
      var context = Context.inference
      let one = block.forward(x[.all, t..<t + 1], &cache, &context)
      #expect(isClose(floats(one), floats(whole[.all, t..<t + 1]).map(Double.init), 1e-4))
    }
  }

  @Test func recurrentLayersAreTheirSteps() {
    func check(_ layer: some RecurrentLayer) {
      let x = Tensor.randomNormal([2, 4, 3], key: RandomKey(12))
      let all = layer(x)
      #expect(all.shape == [2, 4, 5])
      var state = layer.start(batch: 2)
      for t in 0..<4 {
        let h = layer.step(layer.project(x[.all, t]), &state)
        #expect(isClose(floats(h), floats(all[.all, t]).map(Double.init)))
      }
    }
    check(RNN(3, 5, key: RandomKey(11)))
    check(LSTM(3, 5, key: RandomKey(11)))
    check(GRU(3, 5, key: RandomKey(11)))
  }

  @Test func convolutionsOfOneToThreeAxes() {
    let key = RandomKey(13)
    for axes in 1...3 {
      let kernel = [Int](repeating: 3, count: axes)
      let x = Tensor.randomNormal([2, 4] + [Int](repeating: 6, count: axes), key: key)
      #expect(
        Convolution(4, 8, kernel: kernel, key: key)(x).shape == [2, 8] + x.shape.dropFirst(2))
      let same = Convolution.depthwise(4, kernel: kernel, key: key)
      #expect(same.filter.shape == [4, 1] + kernel)
      #expect(same(x).shape == x.shape)
      let larger = TransposedConvolution(
        4, 2, kernel: [Int](repeating: 2, count: axes), stride: [Int](repeating: 2, count: axes),
        key: key)
      #expect(larger(x).shape == [2, 2] + [Int](repeating: 12, count: axes))
    }
  }

  @Test func sequentialFindsItsParameters() {
    let keys = RandomKey(14).split(2)
    let net = Sequential {
      Flatten()
      Dense(12, 8, key: keys[0])
      Activation.relu
      BatchNorm(8)
      if keys.count > 1 { Dense(8, 3, bias: false, key: keys[1]) }
    }
    #expect(net(Tensor.ones([5, 3, 4])).shape == [5, 3])
    #expect(parameterCount(of: net) == 12 * 8 + 8 + 16 + 24)
    #expect(
      namedTensors(of: net).map(\.path) == [
        "layers[1].weight", "layers[1].bias", "layers[3].scale", "layers[3].offset",
        "layers[3].mean", "layers[3].variance", "layers[4].weight",
      ])
    #expect(
      summary(of: net).split(separator: "\n").map(String.init)[4...6] == [
        "layers[3].offset                8       f32          8",
        "layers[3].mean (statistic)      8       f32          8",
        "layers[3].variance (statistic)  8       f32          8",
      ])
  }

  @Test func initializers() {
    let key = RandomKey(15)
    func deviation(_ initializer: Initializer) -> Double {
      initializer([200, 300], fan: (200, 300), key: key).standardDeviation().item()
    }
    #expect(abs(deviation(.glorotUniform) - (2.0 / 500).squareRoot()) < 1e-3)
    #expect(abs(deviation(.glorotNormal) - (2.0 / 500).squareRoot()) < 1e-3)
    #expect(abs(deviation(.heNormal) - 0.1) < 1e-3)
    #expect(abs(deviation(.leCunUniform) - (1.0 / 200).squareRoot()) < 1e-3)
    let q = Initializer.orthogonal(gain: 2)([6, 10], fan: (6, 10), key: key)
    let product = floats(q.matmul(q.transposed()))
    #expect(isClose(product, floats(Tensor.eye(6) * 4).map(Double.init), 1e-5))
  }
}

extension Float {
  fileprivate var double: Double { Double(self) }
}
