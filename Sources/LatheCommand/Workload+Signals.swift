// Workloads of signals.

import Lathe

extension Workload {
  static let signals = [fft]

  static let fft = Workload(
    name: "fft", summary: "1,024 transforms of 1,024 complex numbers",
    inputs: [.normal("x", [1_024, 1_024, 2], seed: 60)], operations: 5 * 1_024 * 1_024 * 10,
    resultCount: 1_024 * 1_024 * 2, body: { $0[0].fft() })
}
