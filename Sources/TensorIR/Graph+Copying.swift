// Graphs made of others node by node.

package import IRCore

extension Graph {
  /// Changes the graphs that nodes hold, the innermost first, then this one.
  package func mappingWithBodies<Failure: Error>(
    _ change: (Graph) throws(Failure) -> Graph
  ) throws(Failure) -> Graph {
    try change(
      try mappingBodies { (body) throws(Failure) in try body.mappingWithBodies(change) })
  }
}

extension Graph {
  /// A copy made node by node. `replace` sees each node with its operands in the copy: it may add
  /// nodes to the copy, change the node, or answer the values of the copy that stand for its results.
  package func copied(
    _ replace: (_ copy: inout Graph, inout Node, SourceLocation) -> [ValueID]?
  ) -> Graph {
    var result = Graph(name: name)
    var values: [ValueID: ValueID] = [:]
    for id in ids {
      var node = self[id]
      node.operands = node.operands.map { $0.renamed(values) }
      var copies = replace(&result, &node, locations[id.index])
      if copies == nil {
        let copy = result.append(node, at: locations[id.index])
        copies = node.types.indices.map { ValueID(copy, $0) }
      }
      for (index, value) in (copies ?? []).enumerated() { values[ValueID(id, index)] = value }
    }
    result.results = results.compactMap { values[$0] }
    return result
  }

  /// Appends a copy of another graph's node, its operands renamed by `values`, which learns the names
  /// of the copy's results.
  package mutating func appendCopy(
    of id: NodeID, in other: Graph, _ values: inout [ValueID: ValueID]
  ) {
    var node = other[id]
    node.operands = node.operands.map { $0.renamed(values) }
    let copy = append(node, at: other.locations[id.index])
    for index in node.types.indices { values[ValueID(id, index)] = ValueID(copy, index) }
  }
}
