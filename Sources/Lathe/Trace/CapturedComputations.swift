// What a compiled function captured.

import Driver
import TensorIR

/// The pending nodes that `results` reach, that depend on no placeholder but on values in memory:
/// computing them once, when the function is traced, spares every call.
///
/// Pending nodes made of constants alone stay in the program, where they fuse; so do views, which
/// cost a program nothing, while a broadcast in memory would be read anew in every call.
func capturedComputations(of results: [TraceNode]) -> [TraceNode] {
  var readsMemory: [ObjectIdentifier: Bool] = [:]
  var captured: [TraceNode] = []
  var stack: [(node: TraceNode, operands: [TraceNode]?)] = results.map { ($0, nil) }
  while let (node, operands) = stack.popLast() {
    let id = ObjectIdentifier(node)
    if let operands {
      let reads = operands.contains { readsMemory[ObjectIdentifier($0)] == true }
      readsMemory[id] = reads && !node.isTraced
      // Only the outermost ones: operands of traced nodes.
      guard node.isTraced else { continue }
      captured += operands.filter { readsMemory[ObjectIdentifier($0)] == true }
        .map(\.underViews).filter { !$0.isReady }
      continue
    }
    guard readsMemory[id] == nil else { continue }
    readsMemory[id] = false
    switch node.snapshot.content {
    case .ready: readsMemory[id] = true
    case .pending(let operation):
      stack.append((node, operation.nodes))
      stack += operation.nodes.map { ($0, nil) }
    case .placeholder, .released: break
    }
  }
  return captured + results.filter { readsMemory[ObjectIdentifier($0)] == true && !$0.isReady }
}

extension TraceNode {
  /// The node whose elements a pending view, or views of views, show; the node itself where it is
  /// none.
  fileprivate var underViews: TraceNode {
    var node = self
    while let operand = node.viewed { node = operand }
    return node
  }

  /// What a pending view shows.
  private var viewed: TraceNode? {
    guard case .pending(let operation) = snapshot.content else { return nil }
    if case .view = operation.kind { return operation.nodes.first }
    return nil
  }
}
