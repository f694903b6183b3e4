// The workloads made of matrix products and convolutions.

import Lathe

extension Workload {
  /// In the order of the benchmarks' table.
  static let contractions =
    [512, 1024, 2048].map(squareProduct) + [
      skinnyProduct, biasedProduct, perceptron(batch: 1), perceptron(batch: 64), attention,
      transformerBlock, convolution3x3,
    ]

  private static func squareProduct(_ size: Int) -> Workload {
    Workload(
      name: "matmul_\(size)", summary: "product of \(size)x\(size) matrices",
      inputs: [
        .normal("a", [size, size], seed: 11),
        .normal("b", [size, size], seed: 12, deviation: 1 / Float(size).squareRoot()),
      ],
      operations: 2 * Double(size * size * size), body: { $0[0].matmul($0[1]) })
  }

  /// Reads `gemm_M_N_K`; `nil` for other names.
  static func product(named name: String) throws(CommandFailure) -> Workload? {
    let parts = name.split(separator: "_")
    guard parts.first == "gemm" else { return nil }
    let sizes = parts.dropFirst().compactMap { Int($0) }
    guard parts.count == 4, sizes.count == 3, sizes.allSatisfy({ (1...8192).contains($0) }) else {
      throw CommandFailure("\(name): three sizes from 1 to 8192 expected, as in gemm_64_32_16")
    }
    let (m, n, k) = (sizes[0], sizes[1], sizes[2])
    return Workload(
      name: name, summary: "[\(m), \(k)] by [\(k), \(n)]",
      inputs: [.normal("a", [m, k], seed: 30), .normal("b", [k, n], seed: 31)],
      operations: 2 * Double(m) * Double(n) * Double(k), resultCount: m * n,
      body: { $0[0].matmul($0[1]) })
  }

  private static let skinnyProduct = Workload(
    name: "matmul_skinny", summary: "1x4096 by 4096x4096",
    inputs: [
      .normal("a", [1, 4096], seed: 13), .normal("b", [4096, 4096], seed: 14, deviation: 1 / 64),
    ],
    operations: 2 * 4096 * 4096, body: { $0[0].matmul($0[1]) })

  /// One gelu counts as 30 operations.
  private static let biasedProduct = Workload(
    name: "matmul_bias_gelu", summary: "gelu of 512x768 by 768x3072 and a bias",
    inputs: [
      .normal("x", [512, 768], seed: 15),
      .normal("w", [768, 3072], seed: 16, deviation: 1 / Float(768).squareRoot()).asWeight,
      .normal("b", [3072], seed: 17, deviation: 0.1).asWeight,
    ],
    operations: 2 * 512 * 768 * 3072 + 512 * 3072 * 30, resultCount: 512 * 3072,
    body: { ($0[0].matmul($0[1]) + $0[2]).gelu(.tanh) })

  private static func perceptron(batch: Int) -> Workload {
    let sizes = [784, 512, 512, 10]
    var inputs: [Input] = [.normal("x", [batch, 784], seed: 20)]
    for layer in 0..<3 {
      let deviation = (2 / Float(sizes[layer])).squareRoot()
      inputs.append(
        .normal(
          "w\(layer + 1)", [sizes[layer], sizes[layer + 1]], seed: 21 + UInt64(layer),
          deviation: deviation
        ).asWeight)
      let name = "b\(layer + 1)"
      inputs.append(
        .normal(name, [sizes[layer + 1]], seed: 31 + UInt64(layer), deviation: 0.1).asWeight)
    }
    return Workload(
      name: "mlp_infer_b\(batch)", summary: "784-512-512-10 with relu, batch \(batch)",
      inputs: inputs, operations: Double(2 * batch * (784 * 512 + 512 * 512 + 5120)),
      resultCount: batch * 10,
      body: { inputs in
        let first = relu(inputs[0].matmul(inputs[1]) + inputs[2])
        let second = relu(first.matmul(inputs[3]) + inputs[4])
        return second.matmul(inputs[5]) + inputs[6]
      })
  }

  /// Half of the scores are masked; one exponential with its share of the rest counts as 25.
  private static let attention = Workload(
    name: "attention", summary: "causal attention, 12 heads of 64, 512 positions",
    inputs: [
      .normal("q", [12, 512, 64], seed: 41), .normal("k", [12, 512, 64], seed: 42),
      .normal("v", [12, 512, 64], seed: 43),
    ],
    operations: 4 * 12 * 512 * 512 * 64 * 0.5 + 12 * 512 * 512 * 0.5 * 25,
    body: { causalAttention($0[0], $0[1], $0[2]) })

  private static let transformerBlock: Workload = {
    let (positions, width) = (128, 768)
    var inputs: [Input] = [.normal("x", [positions, width], seed: 50)]
    func add(_ name: String, _ shape: [Int], mean: Float = 0, deviation: Float) {
      let seed = 51 + UInt64(inputs.count)
      inputs.append(.normal(name, shape, seed: seed, mean: mean, deviation: deviation).asWeight)
    }
    add("ln1_g", [width], mean: 1, deviation: 0.1)
    add("ln1_b", [width], deviation: 0.1)
    add("qkv_w", [width, 3 * width], deviation: 0.03)
    add("qkv_b", [3 * width], deviation: 0.02)
    add("proj_w", [width, width], deviation: 0.03)
    add("proj_b", [width], deviation: 0.02)
    add("ln2_g", [width], mean: 1, deviation: 0.1)
    add("ln2_b", [width], deviation: 0.1)
    add("fc_w", [width, 4 * width], deviation: 0.03)
    add("fc_b", [4 * width], deviation: 0.02)
    add("out_w", [4 * width, width], deviation: 0.03)
    add("out_b", [width], deviation: 0.02)
    let linear = 2 * positions * 12 * width * width
    return Workload(
      name: "gpt2_block_t128", summary: "one block of GPT-2 small, 128 positions", inputs: inputs,
      operations: Double(linear) + 2 * Double(positions * positions * width),
      body: { gpt2Block($0, heads: 12) })
  }()

  private static let convolution3x3 = Workload(
    name: "conv3x3", summary: "64 to 64 channels of 56x56 by 3x3, padded",
    inputs: [
      .normal("x", [1, 64, 56, 56], seed: 70),
      .normal("w", [64, 64, 3, 3], seed: 71, deviation: (2 / Float(576)).squareRoot()).asWeight,
    ],
    operations: 2 * 64 * 64 * 9 * 56 * 56,
    body: { $0[0].convolution($0[1], padding: [1, 1]) })
}

/// Attention of each position to those up to it: `[heads, positions, width]` each.
private func causalAttention(_ queries: Tensor, _ keys: Tensor, _ values: Tensor) -> Tensor {
  let (positions, width) = (queries.shape[1], queries.shape[2])
  let scale = Tensor(floatLiteral: 1 / Double(width).squareRoot())
  let scores = queries.matmul(keys.transposed(-1, -2)) * scale
  let rows = Tensor.iota([positions, positions], axis: 0)
  let columns = Tensor.iota([positions, positions], axis: 1)
  let visible = (columns .<= rows).select(scores, -1e30)
  return visible.softmax(axis: -1).matmul(values)
}

/// One block of GPT-2: the parameters follow the input `[positions, width]` in order.
private func gpt2Block(_ inputs: [Tensor], heads: Int) -> Tensor {
  let x = inputs[0]
  let (positions, width) = (x.shape[0], x.shape[1])
  let projected =
    x.layerNorm(scale: inputs[1], offset: inputs[2]).matmul(inputs[3]) + inputs[4]
  let parts = (0..<3).map { part in
    projected[.all, (part * width)..<((part + 1) * width)]
      .reshaped(positions, heads, width / heads).permuted([1, 0, 2])
  }
  let attended = causalAttention(parts[0], parts[1], parts[2])
    .permuted([1, 0, 2]).reshaped(positions, width)
  let middle = x + (attended.matmul(inputs[5]) + inputs[6])
  let hidden = middle.layerNorm(scale: inputs[7], offset: inputs[8]).matmul(inputs[9])
  return middle + ((hidden + inputs[10]).gelu(.tanh).matmul(inputs[11]) + inputs[12])
}
