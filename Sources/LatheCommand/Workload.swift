// The workloads that the command has built in.

import Lathe

/// Program with inputs of its own, to be read and timed.
struct Workload: Sendable {
  let name: String
  let summary: String
  let inputName: String
  let shape: [Int]
  /// Floating-point operations of one run, by the count that the benchmarks use.
  let operations: Double
  /// Bytes that one run must read and write.
  let bytes: Double
  /// Input when no file is given, by seed.
  let makeInput: @Sendable ([Int]) -> [Float]
  let body: @Sendable (Tensor) -> Tensor

  static let all = [elementwiseChain, softmax, normalization, prefixSum, overhead]

  init(named name: String) throws(CommandFailure) {
    guard let found = Self.all.first(where: { $0.name == name }) else {
      throw CommandFailure("no workload \(name); there are \(Self.names)")
    }
    self = found
  }

  static var names: String { all.map(\.name).joined(separator: ", ") }

  private init(
    name: String, summary: String, inputName: String = "x", shape: [Int], operations: Double,
    makeInput: @escaping @Sendable ([Int]) -> [Float],
    body: @escaping @Sendable (Tensor) -> Tensor
  ) {
    self.name = name
    self.summary = summary
    self.inputName = inputName
    self.shape = shape
    self.operations = operations
    bytes = Double(shape.reduce(8, *))
    self.makeInput = makeInput
    self.body = body
  }

  /// One exp, tanh or sigmoid counts as 20 operations.
  static let elementwiseChain = Workload(
    name: "ew_chain", summary: "tanh(x*0.5 + 0.1) * sigmoid(x) + exp(-x*x) on 4,194,304 numbers",
    shape: [4_194_304], operations: 4_194_304 * 70,
    makeInput: { shape in
      var generator = SplitMix64(seed: 1)
      return generator.normal(count: shape.reduce(1, *))
    },
    body: chain)

  /// One exp counts as 20 operations.
  static let softmax = Workload(
    name: "softmax", summary: "softmax of 4096 rows of 1024", shape: [4096, 1024],
    operations: 4_194_304 * 24, makeInput: { normal($0, seed: 3) },
    body: { $0.softmax(axis: -1) })

  static let normalization = Workload(
    name: "layernorm_gelu", summary: "gelu(layerNorm(x + x/2)) of 2048 rows of 1024",
    shape: [2048, 1024], operations: 2_097_152 * 40, makeInput: { normal($0, seed: 4) },
    body: { ($0 + $0 * 0.5).layerNorm().gelu() })

  static let prefixSum = Workload(
    name: "prefix_sum", summary: "cumulative sum of 16,777,216 numbers", shape: [16_777_216],
    operations: 16_777_216, makeInput: { normal($0, seed: 5) },
    body: { $0.cumulativeSum(axis: 0) })

  private static func normal(_ shape: [Int], seed: UInt64) -> [Float] {
    var generator = SplitMix64(seed: seed)
    return generator.normal(count: shape.reduce(1, *))
  }

  static let overhead = Workload(
    name: "overhead", summary: "ten elementwise operations on 64 numbers", shape: [64],
    operations: 640,
    makeInput: { shape in
      var generator = SplitMix64(seed: 2)
      return (0..<shape.reduce(1, *)).map { _ in Float(generator.uniform()) }
    },
    body: { x in
      var y = x * 2.0
      y = y + 1.0
      y = y * x
      y = y - 3.0
      y = y * 0.5
      y = y + x
      y = y * x
      y = y - 1.0
      y = y * 0.25
      return y + 2.0
    })

  @Sendable static func chain(_ x: Tensor) -> Tensor {
    tanh(x * 0.5 + 0.1) * sigmoid(x) + exp(-x * x)
  }
}
