// How many kernels the composed functions become.

import Driver
import Lathe
import TensorIR
import TensorPasses
import Testing

/// Composed function, the shapes of its arguments, and how many kernels it becomes.
private struct Composition: Sendable, CustomTestStringConvertible {
  let name: String
  let shapes: [[Int]]
  let kernels: Int
  let body: @Sendable ([Tensor]) -> [Tensor]

  var testDescription: String { name }
}

@Suite struct KernelCountTests {
  private static let rows = [512, 768]
  private static let labels = Tensor([Int](repeating: 3, count: 512))

  private static let manyLabels = Tensor([Int](repeating: 3, count: 20_000))

  private static let compositions: [Composition] = [
    Composition(name: "softmax", shapes: [rows], kernels: 1) { [$0[0].softmax()] },
    Composition(name: "softmax around", shapes: [rows, [768]], kernels: 1) {
      [tanh(softmax($0[0] * 0.5 + $0[1])) * 2]
    },
    Composition(name: "softmax, axis 0", shapes: [rows], kernels: 1) { [$0[0].softmax(axis: 0)] },
    Composition(name: "logSoftmax", shapes: [rows], kernels: 1) { [$0[0].logSoftmax()] },
    Composition(name: "logSumExp", shapes: [rows], kernels: 1) { [$0[0].logSumExp(axis: 1)] },
    Composition(name: "layerNorm", shapes: [rows, [768], [768]], kernels: 1) {
      [layerNorm($0[0], scale: $0[1], offset: $0[2])]
    },
    Composition(name: "layerNorm around", shapes: [rows, rows, [768], [768]], kernels: 1) {
      [gelu(layerNorm($0[0] + $0[1], scale: $0[2], offset: $0[3]))]
    },
    Composition(name: "rmsNorm", shapes: [rows, [768]], kernels: 1) {
      [rmsNorm($0[0], scale: $0[1])]
    },
    Composition(name: "variance", shapes: [rows], kernels: 1) { [$0[0].variance(axis: -1)] },
    Composition(name: "batchNorm, axis 0", shapes: [rows, [768], [768]], kernels: 1) {
      let (y, mean, variance) = $0[0].batchNorm(scale: $0[1], offset: $0[2])
      return [y, mean, variance]
    },
    Composition(name: "batchNorm, last axis", shapes: [rows, [512], [512]], kernels: 1) {
      let (y, mean, variance) = $0[0].batchNorm(scale: $0[1], offset: $0[2], axes: [-1])
      return [y, mean, variance]
    },
    Composition(name: "batchNorm, NCHW", shapes: [[8, 16, 14, 14], [16], [16]], kernels: 1) {
      let (y, mean, variance) = $0[0].batchNorm(scale: $0[1], offset: $0[2], axes: [0, 2, 3])
      return [y, mean, variance]
    },
    // One reciprocal root per feature, in a phase before the elements.
    Composition(name: "batchNorm, given", shapes: [rows, [768], [768], [768]], kernels: 1) {
      [relu($0[0].batchNorm(mean: $0[1], variance: $0[2], scale: $0[3]))]
    },
    // The mean over rows is a second phase of the rows' kernel.
    Composition(name: "crossEntropy, probabilities", shapes: [rows, rows], kernels: 1) {
      [crossEntropy($0[0], $0[1])]
    },
    Composition(name: "crossEntropy, labels", shapes: [rows], kernels: 1) {
      [crossEntropy($0[0], labels, smoothing: 0.1)]
    },
    Composition(name: "maxPool", shapes: [[8, 16, 28, 28]], kernels: 1) {
      [relu($0[0]).maxPool(kernel: [2, 2])]
    },
    Composition(name: "averagePool", shapes: [[8, 16, 28, 28]], kernels: 1) {
      [$0[0].averagePool(kernel: [3, 3], stride: [2, 2], padding: [1, 1])]
    },
    Composition(name: "crossEntropy around", shapes: [[20_000, 10], [10]], kernels: 1) {
      [exp(-crossEntropy(tanh($0[0]) + $0[1], manyLabels)) * 2]
    },
    Composition(name: "sum of very many", shapes: [[1 << 20]], kernels: 1) { [$0[0].sum()] },
    Composition(name: "cumulativeSum of very many", shapes: [[1 << 20]], kernels: 2) {
      [$0[0].cumulativeSum(axis: 0)]
    },
    // Two long rows would leave threads idle, so that each step is shared out by itself.
    Composition(name: "softmax, long rows", shapes: [[2, 200_000]], kernels: 3) {
      [$0[0].softmax()]
    },
    // Many rows are one chunk each, however long.
    Composition(name: "softmax, rows of a vocabulary", shapes: [[64, 50_257]], kernels: 1) {
      [$0[0].softmax()]
    },
    Composition(name: "softmax, short rows", shapes: [[4096, 3]], kernels: 1) {
      [$0[0].softmax()]
    },
    Composition(name: "batchNorm, tall", shapes: [[4096, 64]], kernels: 1) {
      let (y, mean, variance) = $0[0].batchNorm()
      return [y, mean, variance]
    },
    // Sums over different axes share no rows.
    Composition(name: "two axes", shapes: [rows], kernels: 3) {
      [$0[0].softmax(axis: 0).sum(axis: 1)]
    },
    Composition(name: "linear and gelu", shapes: [rows, [768, 64], [64]], kernels: 1) {
      [gelu($0[0].matmul($0[1]) + $0[2])]
    },
    // A block of rows goes through both layers; a wide one's weights would be read again by each.
    Composition(name: "two layers", shapes: [rows, [768, 64], [64], [64, 768]], kernels: 1) {
      [$0[0] + relu($0[0].matmul($0[1]) + $0[2]).matmul($0[3])]
    },
    Composition(
      name: "two wide layers", shapes: [rows, [768, 256], [256], [256, 768]], kernels: 2
    ) {
      [$0[0] + relu($0[0].matmul($0[1]) + $0[2]).matmul($0[3])]
    },
    Composition(
      name: "convolution, bias, relu, residual",
      shapes: [[1, 16, 14, 14], [16, 16, 3, 3], [16, 1, 1]], kernels: 1
    ) {
      [relu($0[0].convolution($0[1], padding: .same) + $0[2] + $0[0])]
    },
    // Scores, their softmax under the mask, and the weighted sum: the mask is no tensor. One kernel
    // goes from head to head where there are enough for a team.
    Composition(
      name: "causal attention", shapes: [[4, 64, 32], [4, 64, 32], [4, 64, 32]], kernels: 3,
      body: attention),
    Composition(
      name: "causal attention of many heads",
      shapes: [[8, 64, 32], [8, 64, 32], [8, 64, 32]], kernels: 1, body: attention),
    Composition(
      name: "convolution and pooling", shapes: [[8, 3, 16, 16], [8, 3, 3, 3]], kernels: 1
    ) {
      [relu($0[0].convolution($0[1], padding: .same)).maxPool(kernel: [2, 2])]
    },
    // Heads are split and joined by index maps alone.
    Composition(name: "heads", shapes: [[64, 128], [128, 384], [128, 128]], kernels: 5) {
      let qkv = $0[0].matmul($0[1])
      let parts = (0..<3).map { part in
        qkv[.all, (part * 128)..<((part + 1) * 128)].reshaped(64, 4, 32).permuted([1, 0, 2])
      }
      let shares = parts[0].matmul(parts[1].transposed(-1, -2)).softmax()
      return [shares.matmul(parts[2]).permuted([1, 0, 2]).reshaped(64, 128).matmul($0[2])]
    },
    Composition(
      name: "layerNorm by hand, dimensions kept", shapes: [rows, [768], [768]], kernels: 1
    ) {
      let mean = $0[0].mean(axis: -1, keepDims: true)
      let centred = $0[0] - mean
      let variance = (centred * centred).mean(axis: -1, keepDims: true)
      return [centred / sqrt(variance + 1e-5) * $0[1] + $0[2], mean]
    },
    Composition(name: "softmax of one image", shapes: [[1, 512, 768]], kernels: 1) {
      let x = $0[0] * 2
      let e = exp(x - x.max(axis: 2, keepDims: true))
      return [e / e.sum(axis: 2, keepDims: true)]
    },
    // Axes of extent 1, and other shapes of the same memory, cost nothing.
    Composition(name: "kept dimensions", shapes: [rows], kernels: 1) {
      [$0[0].mean(axis: 1, keepDims: true)]
    },
    Composition(name: "reshaped", shapes: [rows], kernels: 1) {
      [softmax($0[0]).reshaped(512 * 768), exp($0[0].reshaped(256, 1536))]
    },
    Composition(name: "reshaped input", shapes: [rows], kernels: 0) {
      [$0[0].reshaped(768, 512)]
    },
  ]

  private static func attention(_ inputs: [Tensor]) -> [Tensor] {
    let scores = inputs[0].matmul(inputs[1].transposed(-1, -2)) * 0.125
    let row = Tensor.iota([64, 64], axis: 0)
    let mask = Tensor.iota([64, 64], axis: 1) .<= row
    return [mask.select(scores, -1e30).softmax().matmul(inputs[2])]
  }

  @Test(arguments: compositions) private func becomes(_ composition: Composition) throws {
    let arguments = composition.shapes.map { Tensor.ones($0) * 1 }
    for argument in arguments { _ = argument.scalars(as: Float.self) }
    let results = composition.body(arguments)
    // Every result in use that shares operands with the first is part of its program.
    let graph = withExtendedLifetime(results) { results[0].pendingGraph }
    let stages = try Compiler.current.stages(of: Module(graphs: [graph]))
    let refused = stages.decisions.filter { !$0.isFused }
    let reasons = refused.map { "\($0.producer) -> \($0.consumer): \($0.reason)" }
    #expect(
      stages.planned.count == composition.kernels,
      "\(reasons.joined(separator: "\n"))\n\(stages.graph)")
  }
}
