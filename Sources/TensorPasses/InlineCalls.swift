// Puts the bodies of called graphs in place of the calls.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Replaces every call in the first graph, and in those that its nodes hold, by the callee's nodes, until none is left, and drops
  /// the other graphs.
  ///
  /// Requires: no recursion (the verifier refuses it). Guarantees: one graph without calls.
  public static let inlineCalls = Pass(
    "inline-calls", summary: "put called graphs in place of calls"
  ) { module in
    guard var main = module.graphs.first else { return module }
    while main.withBodies.contains(where: { $0.nodes.contains(where: \.isCall) }) {
      main = main.mappingWithBodies { inlined($0, module) }
    }
    return Module(graphs: [main], kernels: module.kernels)
  }
}

/// One round: the calls of the callees stay.
private func inlined(_ graph: Graph, _ module: Module) -> Graph {
  guard graph.nodes.contains(where: \.isCall) else { return graph }
  return graph.copied { result, node, _ in
    guard case .call(let name) = node.kind, let callee = module.graph(named: name) else {
      return nil
    }
    return copy(callee, node.operands, into: &result)
  }
}

/// Copies a callee's nodes with `operands` for its parameters; its results in the new graph.
private func copy(
  _ callee: Graph, _ operands: [TensorOperand], into graph: inout Graph
) -> [ValueID] {
  var values: [ValueID: TensorOperand] = [:]
  for (parameter, operand) in zip(callee.parameters, operands) {
    values[ValueID(parameter)] = operand
  }
  for id in callee.ids where !callee[id].isParameter {
    var node = callee[id]
    node.operands = node.operands.map { operand in
      operand.value.flatMap { values[$0] } ?? operand
    }
    let new = graph.append(node, at: callee.locations[id.index])
    for index in node.types.indices {
      values[ValueID(id, index)] = .value(ValueID(new, index))
    }
  }
  return callee.results.compactMap { values[$0]?.value }
}

extension Node {
  fileprivate var isCall: Bool {
    if case .call = kind { return true }
    return false
  }
}
