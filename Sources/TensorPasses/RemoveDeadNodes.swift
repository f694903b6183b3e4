// Pass: remove-dead-nodes.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Drops nodes that no result reaches. Parameters stay: they are the graph's signature.
  ///
  /// Requires a verified module. Guarantees that every node but parameters is used, and keeps the
  /// order of the rest. Graphs that nobody calls stay, as any may be an entry. Linear.
  public static let removeDeadNodes = Pass.onGraphs(
    "remove-dead-nodes", summary: "drop nodes that no result reaches"
  ) { graph in
    let isLive = graph.isLive
    var next = 0
    var places: [NodeID] = []
    for live in isLive {
      places.append(NodeID(next))
      if live { next += 1 }
    }
    func moved(_ value: ValueID) -> ValueID { ValueID(places[value.node.index], value.result) }
    var result = Graph(name: graph.name)
    for id in graph.ids where isLive[id.index] {
      var node = graph[id]
      for index in node.operands.indices {
        if let value = node.operands[index].value { node.operands[index] = .value(moved(value)) }
      }
      result.append(node, at: graph.locations[id.index])
    }
    result.results = graph.results.map(moved)
    return result
  }
}

extension Graph {
  /// By node: whether it is a parameter or a result needs it.
  var isLive: [Bool] {
    var isLive = nodes.map(\.isParameter)
    for result in results { isLive[result.node.index] = true }
    for id in ids.reversed() where isLive[id.index] {
      for operand in self[id].operands {
        if let value = operand.value { isLive[value.node.index] = true }
      }
    }
    return isLive
  }
}
