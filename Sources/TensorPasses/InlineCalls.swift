// Puts the bodies of called graphs, and of functions with derivatives of their own, in place of nodes.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Replaces every call in the first graph, and in those that its nodes hold, by the callee's
  /// nodes, and every custom node by its body's, until none is left, and drops the other graphs.
  ///
  /// Requires: no recursion (the verifier refuses it). Guarantees: one graph without calls and
  /// custom nodes.
  public static let inlineCalls = Pass(
    "inline-calls", summary: "put called graphs in place of calls"
  ) { module in
    guard var main = module.graphs.first else { return module }
    while main.withBodies.contains(where: { $0.nodes.contains { $0.kind.isInlined } }) {
      main = main.mappingWithBodies { inlined($0, module) }
    }
    return Module(graphs: [main], kernels: module.kernels)
  }
}

/// One round: the calls of the callees stay.
private func inlined(_ graph: Graph, _ module: Module) -> Graph {
  guard graph.nodes.contains(where: { $0.kind.isInlined }) else { return graph }
  return graph.copied { result, node, _ in
    node.kind.inlined(module).map { copy($0, node.operands, into: &result) }
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

extension NodeKind {
  fileprivate var isInlined: Bool {
    if case .call = self { return true }
    if case .custom = self { return true }
    return false
  }

  /// The graph whose nodes stand for the node.
  fileprivate func inlined(_ module: Module) -> Graph? {
    if case .call(let name) = self { return module.graph(named: name) }
    if case .custom(let custom) = self { return custom.body }
    return nil
  }
}
