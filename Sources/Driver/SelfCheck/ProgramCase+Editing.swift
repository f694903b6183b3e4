// Rebuilding a graph with less in it.

import IRCore
package import TensorIR

extension ProgramCase {
  /// The program that returns `results` only, in which `cut` is a parameter with the given value;
  /// what no result needs is gone.
  package func keeping(
    _ results: [ValueID], cutting cut: (value: ValueID, input: TensorValue)? = nil,
    replacing replaced: [ValueID: ValueID] = [:]
  ) -> ProgramCase {
    let old = graph
    func target(_ value: ValueID) -> ValueID { replaced[value] ?? value }
    var live: Set<NodeID> = Set(results.map { target($0) }.filter { $0 != cut?.value }.map(\.node))
    for id in old.ids.reversed() where live.contains(id) {
      let operands = old[id].operands.compactMap(\.value).map(target)
      live.formUnion(operands.filter { $0 != cut?.value }.map(\.node))
    }
    var new = Graph(name: old.name)
    var map: [NodeID: NodeID] = [:]
    var inputs: [TensorValue] = []
    for (place, id) in old.parameters.enumerated() where live.contains(id) {
      map[id] = new.append(old[id], at: old.locations[id.index])
      inputs.append(self.inputs[place])
    }
    var cutNode: NodeID?
    if let cut {
      let name = "cut\(cut.value.node.index)_\(cut.value.result)"
      cutNode = new.append(Node(.parameter(name), [], old[type: cut.value]))
      inputs.append(cut.input)
    }
    func mapped(_ value: ValueID) -> ValueID {
      let value = target(value)
      if value == cut?.value, let cutNode { return ValueID(cutNode) }
      return ValueID(map[value.node] ?? value.node, value.result)
    }
    for id in old.ids where live.contains(id) && !old[id].isParameter {
      var node = old[id]
      node.operands = node.operands.map { operand in
        operand.value.map { .value(mapped($0)) } ?? operand
      }
      map[id] = new.append(node, at: old.locations[id.index])
    }
    new.results = results.map(mapped)
    return with(new, inputs)
  }

  /// This program with another first graph and the callees that it still calls.
  func with(_ graph: Graph, _ inputs: [TensorValue]) -> ProgramCase {
    let called = graph.nodes.compactMap { node -> String? in
      if case .call(let name) = node.kind { name } else { nil }
    }
    let callees = module.graphs.dropFirst().filter { called.contains($0.name) }
    return ProgramCase(
      name: name, module: Module(graphs: [graph] + callees, kernels: module.kernels),
      inputs: inputs)
  }

  /// The program on the given elements only; `nil` unless every node works element by element on
  /// one shape.
  package func keepingElements(_ range: Range<Int>) -> ProgramCase? {
    let old = graph
    guard let shape = old.nodes.first?.types.first?.extents,
      old.nodes.allSatisfy({ $0.isParameter || $0.isElementwise }),
      old.nodes.allSatisfy({ $0.types.count == 1 && $0.types[0].extents == shape }),
      range.upperBound <= shape.reduce(1, *)
    else { return nil }
    var new = Graph(name: old.name)
    for (var node, location) in zip(old.nodes, old.locations) {
      node.types = [TensorType(node.types[0].dtype, extents: [range.count])]
      new.append(node, at: location)
    }
    new.results = old.results
    let inputs = inputs.map { input in
      let size = input.type.byteSize
      let bytes = input.bytes[range.lowerBound * size..<range.upperBound * size]
      return TensorValue(input.type, [range.count], bytes: Array(bytes))
    }
    return with(new, inputs)
  }
}

extension Node {
  /// Holds for elementwise nodes.
  var isElementwise: Bool {
    if case .elementwise = kind { return true }
    return false
  }
}
