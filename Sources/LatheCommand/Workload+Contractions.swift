// Workloads that are one contraction.

import Lathe

extension Workload {
  /// Products of matrices, and a convolution.
  static let contractions =
    [512, 1024, 2048].map { size in
      matrixProduct("matmul_\(size)", size, size, size)
    } + [matrixProduct("matmul_skinny", 1, 4096, 4096), biasGelu, convolution3x3]

  /// Reads `gemm_M_N_K`; `nil` for other names.
  static func product(named name: String) throws(CommandFailure) -> Workload? {
    let parts = name.split(separator: "_")
    guard parts.first == "gemm" else { return nil }
    let sizes = parts.dropFirst().compactMap { Int($0) }
    guard parts.count == 4, sizes.count == 3, sizes.allSatisfy({ (1...8192).contains($0) }) else {
      throw CommandFailure("\(name): three sizes from 1 to 8192 expected, as in gemm_64_32_16")
    }
    return matrixProduct(name, sizes[0], sizes[1], sizes[2])
  }

  private static func matrixProduct(_ name: String, _ m: Int, _ n: Int, _ k: Int) -> Workload {
    Workload(
      name: name, summary: "[\(m), \(k)] by [\(k), \(n)]",
      inputs: [.normal("a", [m, k], seed: 30), .normal("b", [k, n], seed: 31)],
      operations: 2 * Double(m) * Double(n) * Double(k), resultCount: m * n,
      body: { $0[0].matmul($0[1]) })
  }

  /// One tanh counts as 20 operations.
  static let biasGelu = Workload(
    name: "matmul_bias_gelu", summary: "gelu([512, 768] by [768, 3072] + bias)",
    inputs: [
      .normal("x", [512, 768], seed: 32), .normal("w", [768, 3072], seed: 33, deviation: 0.04),
      .normal("b", [3072], seed: 34, deviation: 0.1),
    ],
    operations: 2 * 512 * 768 * 3072 + 512 * 3072 * 28, resultCount: 512 * 3072,
    body: { ($0[0].matmul($0[1]) + $0[2]).gelu(.tanh) })

  static let convolution3x3 = Workload(
    name: "conv3x3", summary: "3x3 convolution of 64 to 64 channels on 56x56, padding 1",
    inputs: [
      .normal("x", [1, 64, 56, 56], seed: 35), .normal("w", [64, 64, 3, 3], seed: 36),
    ],
    operations: 2 * 64 * 64 * 9 * 56 * 56, resultCount: 64 * 56 * 56,
    body: { $0[0].convolution($0[1], padding: [1, 1]) })
}
