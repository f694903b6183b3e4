// Matrices that every step of a loop multiplies by are brought to panels once.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Lets contractions in bodies of loops read invariants as panels, which are made before the loop:
  /// see `Graph.packingFactors`. Without it every step brings the same matrix to that order.
  ///
  /// Loops of fewer than two steps, and those with a condition, stay as they are. Guarantees the same
  /// bits.
  public static func packLoopFactors(for row: TargetRow) -> Pass {
    onFirstGraph(
      "pack-loop-factors", summary: "matrices of loops as panels, made before (depends on the row)"
    ) { graph in
      guard graph.nodes.contains(where: { !$0.kind.bodies.isEmpty }) else { return graph }
      var packing = LoopPacking(graph, row)
      return packing.run()
    }
  }
}

/// Copies a graph, packing on the way.
private struct LoopPacking {
  private let graph: Graph
  private let row: TargetRow
  private var result: Graph
  private var values: [ValueID: ValueID] = [:]

  init(_ graph: Graph, _ row: TargetRow) {
    self.graph = graph
    self.row = row
    result = Graph(name: graph.name)
  }

  mutating func run() -> Graph {
    for id in graph.ids {
      var node = graph[id]
      node.operands = node.operands.map { $0.renamed(values) }
      if case .loop(let loop) = node.kind { pack(loop, &node, graph.locations[id.index]) }
      let copy = result.append(node, at: graph.locations[id.index])
      for index in node.types.indices { values[ValueID(id, index)] = ValueID(copy, index) }
    }
    result.results = graph.results.compactMap { values[$0] }
    return result
  }

  private mutating func pack(
    _ loop: LoopNode, _ node: inout Node, _ location: SourceLocation
  ) {
    let places = loop.layout
    let first = 1 + loop.carriedCount + loop.inputRows.count
    let kept = first..<first + places.invariants.count
    guard loop.condition == nil, loop.count?.asConstant ?? 2 > 1,
      let packed = loop.body.packingFactors(kept: kept, for: row)
    else { return }
    let operands = packed.packed.map { places.invariants.lowerBound + $0 - first }
    var inside: [ValueID: ValueID] = [:]
    for (parameter, operand) in zip(packed.packing.parameters, operands) {
      inside[ValueID(parameter)] = node.operands[operand].value
    }
    for id in packed.packing.ids where !packed.packing[id].isParameter {
      var copy = packed.packing[id]
      copy.operands = copy.operands.map { $0.renamed(inside) }
      inside[ValueID(id)] = ValueID(result.append(copy, at: location))
    }
    for (operand, value) in zip(operands, packed.packing.results) {
      if let value = inside[value] { node.operands[operand] = .value(value) }
    }
    var changed = loop
    changed.body = packed.graph
    node.kind = .loop(changed)
  }
}
