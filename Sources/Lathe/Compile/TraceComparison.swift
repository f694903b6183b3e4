// The second trace of a compiled function against the first.

import Driver
import IRCore
import TensorIR

/// Ends with a message when a function does not do the same the second time: a program is only
/// traced once, so what changes from call to call would be lost.
func requireSame<State, Arguments, Results>(
  _ second: FunctionTrace<State, Arguments, Results>,
  as first: FunctionTrace<State, Arguments, Results>, at location: SourceLocation
) {
  requireSame(second.graph.graph, as: first.graph.graph)
  for (before, after) in zip(first.parts, second.parts) {
    guard case .value(let old) = before.content, case .value(let new) = after.content, old != new
    else { continue }
    misuse(
      "compile: the second trace differs: \(before.path) is \(old), then \(new); \(advice)",
      at: location)
  }
  for (before, after) in zip(first.graph.leaves, second.graph.leaves)
  where after.storage !== before.storage && !isEqual(after.storage, before.storage) {
    misuse(
      "compile: a captured tensor has changed since the first call; make it an argument",
      at: after.node.location)
  }
}

private let advice = "what changes from call to call must be an argument"

private func requireSame(_ second: Graph, as first: Graph) {
  let pairs = zip(first.nodes, second.nodes).enumerated()
  if let index = pairs.first(where: { $0.element.0 != $0.element.1 })?.offset {
    misuse(
      "compile: the second trace differs: \(text(first, index)), then "
        + "\(text(second, index)); \(advice)",
      at: second.locations[index])
  }
  guard first.nodes.count == second.nodes.count, first.results == second.results else {
    misuse(
      "compile: the second trace has \(second.nodes.count) operations, the first had "
        + "\(first.nodes.count); \(advice)", at: second.locations.last ?? .unknown)
  }
}

/// The line of one node in a graph's text, the first one of a loop.
private func text(_ graph: Graph, _ index: Int) -> String {
  // Nodes that are no parameters begin two blanks in; what loops hold stands further in.
  let lines = graph.description.split(separator: "\n").filter { $0.hasPrefix("  %") }
  let parameters = graph.parameters.count
  guard index >= parameters, lines.indices.contains(index - parameters) else {
    return "parameter \(index): \(graph.nodes[index].types[0])"
  }
  return String(lines[index - parameters].drop { $0 == " " })
}

private func isEqual(_ a: Storage, _ b: Storage) -> Bool {
  a.withUnsafeBytes { x in b.withUnsafeBytes { y in x.elementsEqual(y) } }
}
