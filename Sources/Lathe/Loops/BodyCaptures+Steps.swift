// What a function computes from other values than its own, where it stands in a loop.

import Driver
import IRCore
import TensorIR

extension BodyCaptures {
  /// The captured values as operands of what stands for the body.
  ///
  /// While a body is traced, the loop of `steps` around it is suspended, so what the body computes
  /// from captured values alone belongs to no pass of that loop: it is made again in the pass.
  var operands: [TraceNode] {
    guard let step = OpenLoops.currentStep else { return nodes }
    var copies: [ObjectIdentifier: TraceNode] = [:]
    func isStray(_ node: TraceNode) -> Bool { node.serial > firstSerial && node.step !== step }
    for node in strays(isStray).sorted(by: { $0.serial < $1.serial }) {
      copies[ObjectIdentifier(node)] = node.copy { copies[ObjectIdentifier($0)] ?? $0 }
    }
    return nodes.map { copies[ObjectIdentifier($0)] ?? $0 }
  }

  /// The captured values that no pass has, and those that they are computed from.
  private func strays(_ isStray: (TraceNode) -> Bool) -> [TraceNode] {
    var found: [TraceNode] = []
    var met: Set<ObjectIdentifier> = []
    var stack = nodes
    while let node = stack.popLast() {
      guard isStray(node), met.insert(ObjectIdentifier(node)).inserted else { continue }
      found.append(node)
      stack += node.operation?.nodes ?? []
    }
    return found
  }
}

extension TraceNode {
  /// The same value made here and now, from other operands; `nil` for a placeholder.
  fileprivate func copy(_ operand: (TraceNode) -> TraceNode) -> TraceNode? {
    let copy: TraceNode
    switch snapshot.content {
    case .ready(let storage):
      copy = TraceNode(storage, dtype: dtype, shape: shape, at: location)
    case .pending(let old):
      let operands = old.operands.map { source -> TraceOperand in
        source.node.map { .node(operand($0)) } ?? source
      }
      copy = TraceNode(
        TraceOperation(old.action, operands, old.types), dtype: dtype, shape: shape, at: location)
    case .placeholder, .released: return nil
    }
    copy.release()
    return copy
  }
}
