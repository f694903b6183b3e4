// Public functions composed of several nodes: forward against differences, reverse against forward.

import Lathe
import Testing

/// A function of a tensor of a shape, in f64.
private struct Composed: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let shape: [Int]
  let function: @Sendable (Tensor) -> Tensor

  init(_ name: String, _ shape: [Int], _ function: @escaping @Sendable (Tensor) -> Tensor) {
    testDescription = name
    self.shape = shape
    self.function = function
  }

  private static func draw(_ shape: [Int], _ seed: Int) -> Tensor {
    Tensor.randomNormal(shape, .f64, key: RandomKey(seed))
  }

  static func point(_ shape: [Int], _ seed: Int) -> Tensor { draw(shape, seed) }

  static let all: [Composed] = [
    Composed("softmax", [3, 5]) { softmax($0) },
    Composed("logSoftmax", [3, 5]) { logSoftmax($0) },
    Composed("logSumExp", [3, 5]) { $0.logSumExp(axis: 1) },
    Composed("layerNorm", [3, 6]) { $0.layerNorm() },
    Composed("rmsNorm", [3, 6]) { $0.rmsNorm() },
    Composed("variance", [4, 3]) { $0.variance(axis: 0) },
    Composed("standardDeviation", [4, 3]) { $0.standardDeviation(axis: 1) },
    Composed("norm", [4, 3]) { $0.norm(axis: 1) },
    Composed("crossEntropy", [4, 3]) { $0.crossEntropy(Tensor([0, 2, 1, 1])) },
    Composed("gelu", [7]) { $0.gelu() },
    Composed("gelu by erf", [7]) { $0.gelu(.erf) },
    Composed("silu and sigmoid", [7]) { $0.silu() + sigmoid($0) },
    Composed("softplus", [7]) { $0.softplus() },
    Composed("matmul with itself", [4, 4]) { $0.matmul($0).matmul($0) },
    Composed("einsum", [3, 4]) { einsum("ij,kj->ik", $0, $0) },
    Composed("outer", [4]) { outer($0, $0) },
    Composed("convolution", [2, 2, 6, 5]) { x in
      convolution(x, draw([3, 2, 3, 3], 3), stride: [2, 1], padding: [1, 1])
    },
    Composed("filter of a convolution", [3, 2, 3, 3]) { w in
      convolution(draw([2, 2, 6, 5], 3), w, stride: [2, 1], padding: [1, 1])
    },
    Composed("grouped convolution", [1, 4, 6]) { x in
      x.convolution(draw([6, 2, 3], 3), dilation: [2], groups: 2)
    },
    Composed("transposed convolution", [1, 2, 4]) { x in
      transposedConvolution(x, draw([2, 3, 3], 3), stride: [2])
    },
    Composed("maxPool", [1, 2, 6, 6]) {
      $0.maxPool(kernel: [3, 3], stride: [2, 2], padding: [1, 1])
    },
    Composed("averagePool", [1, 2, 6, 6]) { $0.averagePool(kernel: [2, 2]) },
    Composed("overlapping averagePool", [1, 1, 7]) { $0.averagePool(kernel: [3], stride: [1]) },
    Composed("attention", [2, 5, 4]) { x in
      let scores = x.matmul(x.transposed(1, 2)) * 0.5
      return softmax(scores).matmul(x)
    },
    Composed("rows and columns", [4, 5]) { x in
      x[1..<3, 0..<4].flipped([1]).transposed(0, 1).reshaped(to: [2, 4]) * x[0, 1..<5]
    },
    Composed("cumulativeSum", [3, 4]) { $0.cumulativeSum(axis: 1) * $0 },
  ]

  static let indexed: [Composed] = [
    Composed("padded, edge", [2, 3]) { $0.padded([(1, 0), (2, 3)], mode: .edge) },
    Composed("padded, reflect", [2, 4]) { $0.padded([(1, 0), (2, 3)], mode: .reflect) },
    Composed("padded, symmetric", [2, 3]) { $0.padded([(1, 0), (2, 3)], mode: .symmetric) },
    Composed("padded, wrap", [2, 3]) { $0.padded([(1, 0), (2, 3)], mode: .wrap) },
    Composed("resized, linear", [2, 3]) { $0.resized(to: [3, 5]) },
    Composed("resized, cubic", [5, 3]) { $0.resized(to: [4, 7], .cubic) },
    Composed("interpolated", [5]) { x in
      x.interpolated(positions: Tensor([-9, -1, 0.5, 9], .f64), values: x[1...] * x[..<4])
    },
    Composed("binCounts", [4]) { Tensor([2, 0, 2, 1]).binCounts(3, weights: $0) },
    Composed("logAddExp", [5]) { $0.logAddExp($0.flipped()) },
    Composed("remainder", [5]) { $0.remainder(0.75) },
    Composed("differences", [2, 5]) { $0.differences(order: 2) * $0[.all, 1..<4] },
    Composed("reciprocal", [5]) { $0.reciprocal() + $0.squared() },
    Composed("index subscripts", [4, 3]) { $0[Tensor([0, -1]), 1...] * $0[1, Tensor([2, 0])] },
    Composed("index tensors apart", [2, 3, 4]) { $0[Tensor([1, 0]), .all, Tensor([3, 3])] },
    Composed("mask", [6]) { $0[Tensor.arange(6) % 2 .== 0] * $0[1...3] },
    Composed("index assignment", [4, 3]) { x in
      var y = x * x
      y[Tensor([1, -1])] = x[0]
      return y
    },
    Composed("mask assignment", [4, 3]) { x in
      var y = x * x
      y[Tensor([true, false, true, false])] = x[3]
      return y
    },
    Composed("mask update", [4, 3]) { x in
      var y = x * x
      y[Tensor([true, false, true, false])] *= x[2..<4]
      return y
    },
    Composed("tiled", [2, 3]) { $0.tiled([2, 1, 1]) * $0 },
    Composed("repeated", [2, 3]) { $0.repeated(2, axis: 1) },
    Composed("rolled", [2, 5]) { $0.rolled(by: [1, 2], axes: [0, 1]) * $0 },
    Composed("movedAxis", [2, 3, 4]) { $0.movedAxis(from: 0, to: -1) },
    Composed("diagonal", [2, 3, 4]) { $0.diagonal(offset: 1) * $0[0, .all, 0] },
    Composed("diagonalMatrix", [2, 3]) { $0.diagonalMatrix() },
    Composed("triangles", [3, 4]) { $0.lowerTriangle(offset: 1) * $0 + $0.upperTriangle() },
    Composed("meshGrid", [3]) { x in
      let grid = Tensor.meshGrid([x, x * x])
      return grid[0] * grid[1]
    },
  ]
}

@Suite struct ComposedDerivativeTests {
  @Test(arguments: Composed.all + Composed.indexed) fileprivate func slopes(item: Composed) {
    let x = Composed.point(item.shape, 1)
    let direction = Composed.point(item.shape, 2)
    let (y, slope) = jvp(of: x, along: direction, item.function)
    let step = Tensor(1e-5).cast(to: .f64)
    let after = item.function(x + direction * step)
    let before = item.function(x - direction * step)
    let difference = (after - before) / (2 * step)
    let error = abs(slope - difference).max().item()
    #expect(error <= 1e-7 * Swift.max(1, abs(slope).max().item()))
    let weights = Composed.point(y.shape, 5)
    let (value, pullback) = vjp(of: x, item.function)
    #expect(value.scalars(as: Double.self) == y.scalars(as: Double.self))
    let forward = (weights * slope).sum().item()
    let backward = (pullback(weights) * direction).sum().item()
    let size = abs(weights * slope).sum().item()
    #expect(abs(forward - backward) <= 1e-12 * Swift.max(1, size), "\(forward) \(backward)")
  }

  /// The gradient of what a gradient gives, along a direction, by differences of gradients.
  @Test(arguments: Composed.all.prefix(20)) fileprivate func secondSlopes(item: Composed) {
    let x = Composed.point(item.shape, 1)
    let direction = Composed.point(item.shape, 2)
    let weights = Composed.point(item.function(x).shape, 5)
    func slope(_ x: Tensor) -> Tensor { gradient(of: x) { (item.function($0) * weights).sum() } }
    let product = gradient(of: x) { (slope($0) * direction).sum() }
    let forward = jvp(of: x, along: direction, slope).tangent
    let step = Tensor(1e-5).cast(to: .f64)
    let difference =
      (slope(x + direction * step) - slope(x - direction * step)) / (2 * step)
    let size = Swift.max(1, abs(difference).max().item())
    #expect(abs(product - difference).max().item() <= 1e-7 * size)
    #expect(abs(forward - difference).max().item() <= 1e-7 * size)
  }
}
