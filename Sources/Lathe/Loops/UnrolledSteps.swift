// Loops of so few steps that every one was traced.

import Driver
import IRCore
import TensorIR

/// Lets every pass stand for its step: the step's number is a constant, rows are views.
struct UnrolledSteps {
  private let passes: [StepLoop.Pass]
  private let location: SourceLocation

  init(_ passes: [StepLoop.Pass], _ location: SourceLocation) {
    self.passes = passes
    self.location = location
  }

  func close() {
    let outer = OpenLoops.currentStep
    let isTraced = readsTraced
    for (number, pass) in passes.enumerated() {
      let index = TensorData(.i64, [Literal(.i64, integer: number)])
      pass.index.redirect(to: TraceOperation(kind: .constant(index), operands: []))
      if let outer { OpenLoops.record(pass.index, in: outer) }
      for node in pass.nodes {
        resolve(node, number)
        if let outer { OpenLoops.record(node, in: outer) }
      }
      pass.step.set(.isClosed(values: nil, isTraced: isTraced))
    }
  }

  /// Whether a value from around the loop exists in a trace only.
  private var readsTraced: Bool {
    let inside = Set(
      passes.flatMap { [ObjectIdentifier($0.index)] + $0.nodes.map(ObjectIdentifier.init) })
    return passes.flatMap(\.nodes).flatMap { $0.operation?.nodes ?? [] }
      .contains { !inside.contains(ObjectIdentifier($0)) && $0.isTraced }
  }

  private func resolve(_ node: TraceNode, _ number: Int) {
    guard let operation = node.operation else { return }
    switch operation.action {
    case .node, .result: break
    case .row(let row) where names(operation.operands[1], number):
      let rest = node.shape.indices.map { IndexExpression.variable($0) }
      let place = IndexExpression(row.scale * number + row.offset)
      node.redirect(
        to: TraceOperation(kind: .view(View([place] + rest)), operands: [operation.operands[0]]))
    case .settingRow(let row) where names(operation.operands[2], number):
      node.redirect(to: setting(row.scale * number + row.offset, of: node, operation))
    case .row, .settingRow: break
    }
  }

  /// Whether an operand is the number of this loop's step, and not of one around it.
  private func names(_ operand: TraceOperand, _ number: Int) -> Bool {
    operand.node === passes[number].index
  }

  private func setting(
    _ row: Int, of node: TraceNode, _ operation: TraceOperation
  ) -> TraceOperation {
    var slice = Slice(of: node.shape)
    _ = slice.append(.element(row))
    for _ in node.shape.dropFirst() { _ = slice.append(.all) }
    let place = TraceOperation(
      kind: .view(slice.inverse(fill: .zero(node.dtype))), operands: [operation.operands[1]])
    let guards = slice.guards
    if guards.isEmpty { return place }
    let truth = made(
      TraceOperation(kind: .constant(TensorData(.bool, [.bool(true)])), operands: []), .bool, [])
    let mask = made(
      TraceOperation(
        kind: .view(View([], guards: guards, fill: .bool(false))), operands: [.node(truth)]),
      .bool, node.shape)
    let placed = made(place, node.dtype, node.shape)
    return TraceOperation(
      kind: .elementwise(.select), operands: [.node(mask), .node(placed), operation.operands[0]])
  }

  private func made(
    _ operation: TraceOperation, _ dtype: DType, _ shape: [Int]
  ) -> TraceNode {
    let node = TraceNode(operation, dtype: dtype, shape: shape, at: location)
    node.release()
    return node
  }
}
