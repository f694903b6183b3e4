// The workloads that the command has built in.

import Lathe

/// Program with inputs of its own, to be read and timed.
struct Workload: Sendable {
  /// One argument of a workload.
  struct Input: Sendable {
    let name: String
    let shape: [Int]
    /// Element type, to which the numbers are converted.
    var dtype = DType.f32
    /// Whether the compiled workload captures it, as a model does its parameters, in place of
    /// taking it as an argument.
    var isWeight = false
    /// Elements when no file is given.
    let scalars: @Sendable () -> [Float]

    /// The same as a weight.
    var asWeight: Self {
      var result = self
      result.isWeight = true
      return result
    }
  }

  private(set) var name: String
  let summary: String
  private(set) var inputs: [Input]
  /// Floating-point operations of one run, by the count that the benchmarks use.
  let operations: Double
  /// Elements of the result.
  let resultCount: Int
  /// The result of the inputs in their order.
  let body: @Sendable ([Tensor]) -> Tensor
  /// Makes a training session of the inputs, for workloads that are one.
  var session: (@Sendable ([Tensor]) -> any TrainingSession)?

  /// The workload as a function of those of `values`, one per input, that are no weights; the
  /// others are captured. The arguments of a call stand first.
  func function(
    _ values: [Tensor]
  ) -> (function: Compiled<Void, [Tensor], Tensor, Never>, arguments: [Tensor]) {
    let places = inputs.indices.filter { !inputs[$0].isWeight }
    let body = body
    let function = compile { (arguments: [Tensor]) in
      var all = values
      for (place, argument) in zip(places, arguments) { all[place] = argument }
      return body(all)
    }
    return (function, places.map { values[$0] })
  }

  /// Bytes that one run must read and write.
  var bytes: Double {
    let results = resultCount * (inputs.first { $0.dtype.isFloat }?.dtype.byteSize ?? 4)
    return Double(inputs.reduce(results) { $0 + $1.shape.reduce($1.dtype.byteSize, *) })
  }

  static let all =
    [elementwiseChain, softmax, normalization] + contractions + loops + tensorLoops
    + movement + signals + training + [prefixSum, overhead, manyArguments]

  init(named name: String) throws(CommandFailure) {
    guard let found = try Self.known(name) else {
      throw CommandFailure(
        "no workload \(name); there are \(Self.names), op_NAME_COUNT for single operations, "
          + "gemm_M_N_K for products, and lstm_STEPS and recurrence_STEPS for loops; _f64, _f16 or "
          + "_bf16 at the end takes other floats")
    }
    self = found
  }

  /// The workload of that name; `nil` when there is none.
  static func known(_ name: String) throws(CommandFailure) -> Workload? {
    if let found = all.first(where: { $0.name == name }) { return found }
    if let found = try operation(named: name) { return found }
    if let found = try loop(named: name) { return found }
    if let found = try product(named: name) { return found }
    return try withElementType(named: name)
  }

  /// Reads a name that an element type follows, as in `matmul_1024_bf16`; `nil` for other names and
  /// for training.
  private static func withElementType(named name: String) throws(CommandFailure) -> Workload? {
    let parts = name.split(separator: "_").map(String.init)
    guard let last = parts.last, let dtype = DType(name: last), dtype.isFloat, parts.count > 1,
      var found = try known(parts.dropLast().joined(separator: "_")), found.session == nil
    else { return nil }
    found.name = name
    for place in found.inputs.indices where found.inputs[place].dtype == .f32 {
      found.inputs[place].dtype = dtype
    }
    return found
  }

  static var names: String { all.map(\.name).joined(separator: ", ") }

  /// Describes a workload whose result has `resultCount` elements, those of the first input for
  /// `nil`.
  init(
    name: String, summary: String, inputs: [Input], operations: Double, resultCount: Int? = nil,
    body: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    self.name = name
    self.summary = summary
    self.inputs = inputs
    self.operations = operations
    self.resultCount = resultCount ?? inputs[0].shape.reduce(1, *)
    self.body = body
  }

  /// Describes a training step; its result is what a session watches after one step.
  init(
    name: String, summary: String, inputs: [Input], operations: Double, resultCount: Int,
    training: @escaping @Sendable ([Tensor]) -> any TrainingSession
  ) {
    self.init(
      name: name, summary: summary, inputs: inputs, operations: operations,
      resultCount: resultCount,
      body: { inputs in
        let session = training(inputs)
        _ = session.eagerStep()
        return session.result
      })
    session = training
  }

  /// One exp, tanh or sigmoid counts as 20 operations.
  static let elementwiseChain = Workload(
    name: "ew_chain", summary: "tanh(x*0.5 + 0.1) * sigmoid(x) + exp(-x*x) on 4,194,304 numbers",
    inputs: [.normal("x", [4_194_304], seed: 1)], operations: 4_194_304 * 70,
    body: { inputs in
      let x = inputs[0]
      return tanh(x * 0.5 + 0.1) * sigmoid(x) + exp(-x * x)
    })

  /// One exp counts as 20 operations.
  static let softmax = Workload(
    name: "softmax", summary: "softmax of 4096 rows of 1024",
    inputs: [.normal("x", [4096, 1024], seed: 3, deviation: 2)], operations: 4_194_304 * 25,
    body: { $0[0].softmax(axis: -1) })

  /// One tanh counts as 20 operations.
  static let normalization = Workload(
    name: "layernorm_gelu", summary: "gelu(layerNorm(x + r)*g + b) of 2048 rows of 1024",
    inputs: [
      .normal("x", [2048, 1024], seed: 4), .normal("r", [2048, 1024], seed: 5),
      .normal("g", [1024], seed: 6, mean: 1, deviation: 0.1),
      .normal("b", [1024], seed: 7, deviation: 0.1),
    ],
    operations: 2_097_152 * 40,
    body: { ($0[0] + $0[1]).layerNorm(scale: $0[2], offset: $0[3]).gelu(.tanh) })

  static let prefixSum = Workload(
    name: "prefix_sum", summary: "cumulative sum of 16,777,216 numbers",
    inputs: [.uniform("x", [16_777_216], seed: 8, from: -0.5)], operations: 16_777_216,
    body: { $0[0].cumulativeSum(axis: 0) })

  static let manyArguments = Workload(
    name: "overhead_20", summary: "one addition, with 20 tensors of 64 numbers passed",
    inputs: (0..<20).map { .uniform("x\($0)", [64], seed: 40 + UInt64($0)) }, operations: 64,
    body: { $0[0] + $0[19] })

  static let overhead = Workload(
    name: "overhead", summary: "ten elementwise operations on 64 numbers",
    inputs: [.uniform("x", [64], seed: 2)], operations: 640,
    body: { inputs in
      let x = inputs[0]
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
}

extension Workload.Input {
  /// Normally distributed numbers.
  static func normal(
    _ name: String, _ shape: [Int], seed: UInt64, mean: Float = 0, deviation: Float = 1
  ) -> Self {
    Self(name: name, shape: shape) {
      var generator = SplitMix64(seed: seed)
      return generator.normal(count: shape.reduce(1, *)).map { mean + deviation * $0 }
    }
  }

  /// Evenly distributed numbers from `start` up to `start + 1`.
  static func uniform(
    _ name: String, _ shape: [Int], seed: UInt64, from start: Float = 0
  ) -> Self {
    Self(name: name, shape: shape) {
      var generator = SplitMix64(seed: seed)
      return (0..<shape.reduce(1, *)).map { _ in start + Float(generator.uniform()) }
    }
  }
}
