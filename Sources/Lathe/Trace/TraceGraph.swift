// From trace nodes to a graph.

import Driver
import IRCore
import TensorIR

/// Graph of pending nodes with the leaves that its parameters stand for.
struct TraceGraph {
  /// Parameters are the placeholders in their order, then the leaves in order of first use.
  let graph: Graph
  /// The nodes in memory that the graph reads, and their memory.
  let leaves: [(node: TraceNode, storage: Storage)]

  /// Places of the leaves among the parameters.
  var kept: Range<Int> {
    let count = graph.parameters.count
    return count - leaves.count..<count
  }

  /// Types of the results, and where they were made.
  var resultPlaces: [(type: TensorType, location: SourceLocation)] {
    graph.results.map { (graph[type: $0], graph.locations[$0.node.index]) }
  }

  /// Builds the graph that computes `results`, whose nodes come each after its operands.
  ///
  /// - Parameter names: of the placeholders; `x0`, `x1`, … without.
  init(
    name: String, placeholders: [TraceNode] = [], names: [String] = [], results: [TraceNode]
  ) {
    var builder = Builder(name: name)
    for (index, node) in placeholders.enumerated() {
      builder.addParameter(node, names.indices.contains(index) ? names[index] : nil)
    }
    let order = builder.orderAndLeaves(of: results)
    for node in order { builder.append(node.node, node.operation) }
    builder.graph.results = results.map { builder.value(of: $0) }
    graph = builder.graph.namingKernelsApart()
    leaves = builder.leaves
  }
}

/// Graph under construction.
private struct Builder {
  typealias Pending = (node: TraceNode, operation: TraceOperation)

  var graph: Graph
  var values: [ObjectIdentifier: ValueID] = [:]
  var leaves: [(node: TraceNode, storage: Storage)] = []

  init(name: String) { graph = Graph(name: name) }

  mutating func addParameter(_ node: TraceNode, _ name: String? = nil) {
    let name = name ?? "x\(graph.nodes.count)"
    let id = graph.append(Node(.parameter(name), [], node.tensorType), at: node.location)
    values[ObjectIdentifier(node)] = ValueID(id)
  }

  mutating func append(_ node: TraceNode, _ operation: TraceOperation) {
    let operands = operation.operands.map { operand -> TensorOperand in
      switch operand {
      case .literal(let literal): .literal(literal)
      case .node(let node): .value(value(of: node))
      }
    }
    switch operation.action {
    case .node(let kind):
      let types = operation.types.isEmpty ? [node.tensorType] : operation.types
      let id = graph.append(Node(kind, operands, types), at: node.location)
      values[ObjectIdentifier(node)] = ValueID(id)
    case .result(let number):
      values[ObjectIdentifier(node)] = operands[0].value.map { ValueID($0.node, number) }
    case .row, .settingRow:
      misuse("a value of a loop is used while the loop is open", at: node.location)
    }
  }

  /// The value of a node that was appended or made a parameter.
  func value(of node: TraceNode) -> ValueID {
    guard let id = values[ObjectIdentifier(node)] else {
      preconditionFailure("a node stands after its use")
    }
    return id
  }

  /// Finds the pending nodes that `results` need, each after its operands, and makes parameters of
  /// the leaves on the way.
  mutating func orderAndLeaves(of results: [TraceNode]) -> [Pending] {
    var order: [Pending] = []
    // Presence tells that a node was met; true, that it stands in `order` or is a parameter.
    var isPlaced: [ObjectIdentifier: Bool] = values.mapValues { _ in true }
    var stack: [(node: TraceNode, operation: TraceOperation?)] = []
    for result in results {
      stack.append((result, nil))
      while let (node, operation) = stack.popLast() {
        let id = ObjectIdentifier(node)
        if let operation {
          isPlaced[id] = true
          order.append((node, operation))
          continue
        }
        guard isPlaced[id] == nil else { continue }
        isPlaced[id] = false
        switch node.snapshot.content {
        case .pending(let operation):
          stack.append((node, operation))
          for operand in operation.nodes.reversed() { stack.append((operand, nil)) }
        case .ready(let storage):
          isPlaced[id] = true
          leaves.append((node, storage))
          addParameter(node)
        case .placeholder:
          misuse(
            "a value of another compiled function's trace is used in this one", at: node.location)
        case .released: break
        }
      }
    }
    return order
  }
}

extension TraceNode {
  /// The type as the graph states it.
  var tensorType: TensorType { TensorType(dtype, extents: shape) }
}
