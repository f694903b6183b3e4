// What a compiled function captured.

import Driver

/// The pending nodes that `results` reach, that depend on no placeholder but on values in memory:
/// computing them once, when the function is traced, spares every call.
///
/// Pending nodes made of constants alone stay in the program, where they fuse.
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
      captured += operands.filter { readsMemory[ObjectIdentifier($0)] == true && !$0.isReady }
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
