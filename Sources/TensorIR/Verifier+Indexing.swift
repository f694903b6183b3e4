// The verifier's rules for gathers, scatters, concatenations and sorts; the list heads
// Verifier.swift.

import IRCore

extension GraphVerifier {
  func verifyGather(_ gather: Gather, _ id: NodeID) throws(VerifierError) {
    let types = try operandTypes(id, atLeast: 1)
    try verifyCounts(id, operands: types.count)
    let result = graph[id].types[0]
    try verifyExpressions(gather.coordinates.flatMap(\.expressions), axes: result.rank, id)
    try require(gather.problem(types[0], Array(types.dropFirst()), result: result), types, id)
  }

  func verifyScatter(_ scatter: Scatter, _ id: NodeID) throws(VerifierError) {
    let types = try operandTypes(id, atLeast: 2)
    try verifyCounts(id, operands: types.count)
    try verifyExpressions(scatter.coordinates.flatMap(\.expressions), axes: types[1].rank, id)
    try require(scatter.problem(types[0], types[1], Array(types.dropFirst(2))), types, id)
    try verifyResults([types[0]], id)
  }

  func verifyConcat(_ axis: Int, _ id: NodeID) throws(VerifierError) {
    let types = try operandTypes(id, atLeast: 1)
    switch TensorType.concatenated(types, axis: axis) {
    case .failure(let mismatch): try require(mismatch, types, id)
    case .success(let type): try verifyResults([type], id)
    }
  }

  func verifySort(_ sort: Sort, _ id: NodeID) throws(VerifierError) {
    let types = try operandTypes(id, atLeast: 1)
    switch sort.results(of: types) {
    case .failure(let mismatch): try require(mismatch, types, id)
    case .success(let results): try verifyResults(results, id)
    }
  }

  private func operandTypes(
    _ id: NodeID, atLeast count: Int
  ) throws(VerifierError) -> [TensorType] {
    let operands = graph[id].operands
    guard operands.count >= count else {
      throw error(id, "at least \(count) operands expected, found \(operands.count)")
    }
    return operands.compactMap(\.value).map { graph[type: $0] }
  }

  private func require(
    _ mismatch: Mismatch?, _ types: [TensorType], _ id: NodeID
  ) throws(VerifierError) {
    guard let mismatch else { return }
    let list = types.map(\.description).joined(separator: ", ")
    throw error(id, "\(list) \(mismatch.problem)")
  }

  private func verifyResults(_ types: [TensorType], _ id: NodeID) throws(VerifierError) {
    guard graph[id].types == types else {
      func list(_ types: [TensorType]) -> String {
        types.map(\.description).joined(separator: ", ")
      }
      throw error(
        id, "a result of \(list(types)) expected, found \(list(graph[id].types))")
    }
  }
}
