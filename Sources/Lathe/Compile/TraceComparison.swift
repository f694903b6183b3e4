// The second trace of a compiled function against the first.

import Driver
import IRCore
import TensorIR

extension SignatureCache {
  /// Ends with a message when a function does not do the same the second time: a program is only
  /// traced once, so what changes from call to call would be lost.
  func compare(_ trace: TraceGraph, with variant: Variant) {
    guard let first = variant.module.graphs.first else { return }
    let second = trace.graph
    if let index = zip(first.nodes, second.nodes).enumerated().first(where: { $1.0 != $1.1 })?
      .offset
    {
      misuse(
        "compile: the second trace differs: \(Self.text(first, index)), then "
          + "\(Self.text(second, index)); what changes from call to call must be an argument",
        at: second.locations[index])
    }
    guard first.nodes.count == second.nodes.count, first.results == second.results else {
      misuse(
        "compile: the second trace has \(second.nodes.count) operations, the first had "
          + "\(first.nodes.count)", at: second.locations.last ?? .unknown)
    }
    for (leaf, storage) in zip(trace.leaves, variant.captured)
    where leaf.storage !== storage && !Self.isEqual(leaf.storage, storage) {
      misuse(
        "compile: a captured tensor has changed since the first call; make it an argument",
        at: leaf.node.location)
    }
  }

  /// The line of one node in a graph's text.
  private static func text(_ graph: Graph, _ index: Int) -> String {
    // The head and one line per node that is no parameter.
    let lines = graph.description.split(separator: "\n")
    let parameters = graph.parameters.count
    guard index >= parameters, lines.indices.contains(1 + index - parameters) else {
      return "parameter \(index): \(graph.nodes[index].types[0])"
    }
    let line = lines[1 + index - parameters]
    return String(line.drop { $0 == " " })
  }

  private static func isEqual(_ a: Storage, _ b: Storage) -> Bool {
    a.withUnsafeBytes { x in b.withUnsafeBytes { y in x.elementsEqual(y) } }
  }
}
