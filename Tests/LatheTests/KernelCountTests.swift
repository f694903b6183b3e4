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
    // One reciprocal root per feature costs less than one per element in the same kernel.
    Composition(name: "batchNorm, given", shapes: [rows, [768], [768], [768]], kernels: 2) {
      [relu($0[0].batchNorm(mean: $0[1], variance: $0[2], scale: $0[3]))]
    },
    // The mean over rows is none of a row's own values, and so another kernel.
    Composition(name: "crossEntropy, probabilities", shapes: [rows, rows], kernels: 2) {
      [crossEntropy($0[0], $0[1])]
    },
    Composition(name: "crossEntropy, labels", shapes: [rows], kernels: 2) {
      [crossEntropy($0[0], labels, smoothing: 0.1)]
    },
    Composition(name: "maxPool", shapes: [[8, 16, 28, 28]], kernels: 1) {
      [relu($0[0]).maxPool(kernel: [2, 2])]
    },
    Composition(name: "averagePool", shapes: [[8, 16, 28, 28]], kernels: 1) {
      [$0[0].averagePool(kernel: [3, 3], stride: [2, 2], padding: [1, 1])]
    },
    // Two long rows would leave threads idle, so that each step is shared out by itself.
    Composition(name: "softmax, long rows", shapes: [[2, 200_000]], kernels: 5) {
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
