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

  static let all = [elementwiseChain, overhead]

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
