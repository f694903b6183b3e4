// Workloads of one operation, to compare calls op for op.

import Lathe

extension Workload {
  /// Operation that `op_NAME_COUNT` times on COUNT numbers.
  private struct SingleOperation: Sendable {
    let name: String
    /// Rows of 256 instead of one axis.
    var isMatrix = false
    var inputs = 1
    /// By the count of the benchmarks.
    var operationsPerNumber = 1.0
    let body: @Sendable ([Tensor]) -> Tensor
  }

  private static let singleOperations = [
    SingleOperation(name: "add", inputs: 2) { $0[0] + $0[1] },
    SingleOperation(name: "mul", inputs: 2) { $0[0] * $0[1] },
    SingleOperation(name: "relu") { relu($0[0]) },
    SingleOperation(name: "sqrt") { sqrt($0[0]) },
    SingleOperation(name: "exp", operationsPerNumber: 20) { exp($0[0]) },
    SingleOperation(name: "tanh", operationsPerNumber: 20) { tanh($0[0]) },
    SingleOperation(name: "sum") { $0[0].sum() },
    SingleOperation(name: "max") { $0[0].max() },
    SingleOperation(name: "rowsum", isMatrix: true) { $0[0].sum(axis: 1) },
    SingleOperation(name: "colsum", isMatrix: true) { $0[0].sum(axis: 0) },
    SingleOperation(name: "rowmax", isMatrix: true) { $0[0].max(axis: 1) },
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
      !found.isMatrix || count.isMultiple(of: 256)
    else {
      throw CommandFailure(
        "\(name): 1 to \(largestCount) numbers expected\(found.isMatrix ? ", in rows of 256" : "")")
    }
    let shape = found.isMatrix ? [count / 256, 256] : [count]
    return Workload(
      name: name, summary: "\(found.name) of \(count) numbers",
      inputs: (0..<found.inputs).map {
        .uniform($0 == 0 ? "x" : "y", shape, seed: UInt64(20 + $0))
      },
      operations: Double(count) * found.operationsPerNumber, body: found.body)
  }
}
