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
      return graph.copied { copy, node, location in
        if case .loop(let loop) = node.kind { copy.pack(loop, &node, for: row, location) }
        return nil
      }
    }
  }
}

extension Graph {
  /// Appends the packing of what every step of a node's loop multiplies by, and hands the loop that.
  fileprivate mutating func pack(
    _ loop: LoopNode, _ node: inout Node, for row: TargetRow, _ location: SourceLocation
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
      inside[ValueID(id)] = ValueID(append(copy, at: location))
    }
    for (operand, value) in zip(operands, packed.packing.results) {
      if let value = inside[value] { node.operands[operand] = .value(value) }
    }
    var changed = loop
    changed.body = packed.graph
    node.kind = .loop(changed)
  }
}
