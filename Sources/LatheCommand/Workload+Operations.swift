// Workloads of one operation, to compare calls op for op.

import Lathe

extension Workload {
  /// Operation that `op_NAME_COUNT` times on COUNT numbers.
  private struct SingleOperation: Sendable {
    let name: String
    /// Axes of 256 in place of one axis: none, the last, or the first and the last of three.
    var axes = 0
    var inputs = 1
    /// By the count of the benchmarks.
    var operationsPerNumber = 1.0
    let body: @Sendable ([Tensor]) -> Tensor

    /// What the count must be a multiple of.
    var group: Int { [1, 256, 65_536][axes] }
  }

  private static let singleOperations = [
    SingleOperation(name: "add", inputs: 2) { $0[0] + $0[1] },
    SingleOperation(name: "mul", inputs: 2) { $0[0] * $0[1] },
    SingleOperation(name: "scale") { $0[0] * 2 },
    SingleOperation(name: "relu") { relu($0[0]) },
    SingleOperation(name: "sqrt") { sqrt($0[0]) },
    SingleOperation(name: "exp", operationsPerNumber: 20) { exp($0[0]) },
    SingleOperation(name: "tanh", operationsPerNumber: 20) { tanh($0[0]) },
    SingleOperation(name: "sum") { $0[0].sum() },
    SingleOperation(name: "max") { $0[0].max() },
    SingleOperation(name: "rowsum", axes: 1) { $0[0].sum(axis: 1) },
    SingleOperation(name: "colsum", axes: 1) { $0[0].sum(axis: 0) },
    SingleOperation(name: "rowmax", axes: 1) { $0[0].max(axis: 1) },
    SingleOperation(name: "midsum", axes: 2) { $0[0].sum(axis: 1) },
    SingleOperation(name: "cumsum") { $0[0].cumulativeSum(axis: 0) },
  ]

  /// What `op_NAME_COUNT` may name.
  static var operationNames: String { singleOperations.map(\.name).joined(separator: ", ") }

  /// The most numbers of one.
  private static let largestCount = 1 << 28

  /// Reads `op_NAME_COUNT`; `nil` for other names.
  static func operation(named name: String) throws(CommandFailure) -> Workload? {
    let parts = name.split(separator: "_").map(String.init)
    guard parts.count == 3, parts[0] == "op" else { return nil }
    guard let found = singleOperations.first(where: { $0.name == parts[1] }) else {
      throw CommandFailure("\(name): no operation \(parts[1]); there are \(operationNames)")
    }
    guard let count = Int(parts[2]), (1...largestCount).contains(count),
      count.isMultiple(of: found.group)
    else {
      throw CommandFailure(
        "\(name): 1 to \(largestCount) numbers expected, a multiple of \(found.group)")
    }
    let shape = [[count], [count / 256, 256], [256, count / 65_536, 256]][found.axes]
    return Workload(
      name: name, summary: "\(found.name) of \(count) numbers",
      inputs: (0..<found.inputs).map {
        .uniform($0 == 0 ? "x" : "y", shape, seed: UInt64(20 + $0))
      },
      operations: Double(count) * found.operationsPerNumber, body: found.body)
  }
}
