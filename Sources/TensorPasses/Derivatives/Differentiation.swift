// What forward and reverse differentiation share: the copy of the graph, and what is active.

import IRCore
import TensorIR

/// Graph that is differentiated beside the one that is built.
struct Differentiation {
  let graph: Graph
  var builder: DerivativeBuilder
  /// The copies of the graph's values.
  private(set) var copies: [ValueID: ValueID] = [:]

  init(_ graph: Graph, row: TargetRow) {
    self.graph = graph
    builder = DerivativeBuilder(name: graph.name, row: row)
  }

  /// Copies the parameters and adds others of the types of `values`, named after `mark`.
  mutating func addParameters(
    _ types: [TensorType], _ mark: String
  ) throws(TransformError) -> [ValueID] {
    var names: Set<String> = []
    for id in graph.parameters {
      guard case .parameter(let name) = graph[id].kind else { continue }
      names.insert(name)
      builder.location = graph.locations[id.index]
      copies[ValueID(id)] = try builder.parameter(name, graph[id].types[0])
    }
    var added: [ValueID] = []
    for (number, type) in types.enumerated() {
      var name = "\(mark)\(number)"
      while !names.insert(name).inserted { name += "_" }
      added.append(try builder.parameter(name, type))
    }
    return added
  }

  /// Copies a node that is no parameter.
  mutating func copy(_ id: NodeID) {
    builder.location = graph.locations[id.index]
    var node = graph[id]
    node.operands = node.operands.map { $0.renamed(copies) }
    for (number, value) in builder.copy(node).enumerated() { copies[ValueID(id, number)] = value }
  }

  /// States what stands for a node's results.
  mutating func setCopies(of id: NodeID, _ values: [ValueID]) {
    for (number, value) in values.enumerated() { copies[ValueID(id, number)] = value }
  }

  /// The copies of a node's operands that are values.
  func operandCopies(_ id: NodeID) -> [ValueID] {
    graph[id].operands.compactMap(\.value).map { copy(of: $0) }
  }

  /// The copies of a node's results.
  func copies(of id: NodeID) -> [ValueID] {
    graph[id].types.indices.map { copy(of: ValueID(id, $0)) }
  }

  func copy(of value: ValueID) -> ValueID { copies[value] ?? value }

  /// The copied operand.
  func copy(of operand: TensorOperand) -> TensorOperand { operand.renamed(copies) }

  /// Whether derivatives by a value are of use: it is a float.
  func isFloat(_ value: ValueID) -> Bool { graph[type: value].dtype.isFloat }

  /// The operands that are floats and in `set`, by place.
  func operands(_ node: Node, in set: Set<ValueID>) -> [(place: Int, value: ValueID)] {
    node.operands.enumerated().compactMap { place, operand in
      guard let value = operand.value, set.contains(value) else { return nil }
      return (place, value)
    }
  }

  /// The float values that depend on `parameters`, given by place.
  func dependents(of parameters: [Int]) -> Set<ValueID> {
    let ids = graph.parameters
    var active = Set(parameters.map { ValueID(ids[$0]) }.filter(isFloat))
    for id in graph.ids {
      let places = operands(graph[id], in: active).map(\.place)
      guard !places.isEmpty, hasSlope(graph[id], places) else { continue }
      for number in graph[id].types.indices where isFloat(ValueID(id, number)) {
        active.insert(ValueID(id, number))
      }
    }
    return active
  }

  /// Whether a node's results depend on operands smoothly: whether a partial that its row states is
  /// not zero everywhere.
  private func hasSlope(_ node: Node, _ places: [Int]) -> Bool {
    guard case .elementwise(let row) = node.kind, let derivative = row.derivative else {
      return true
    }
    let arguments = node.operands.enumerated().map { Scalar.argument($0, graph.dtype(of: $1)) }
    let partials = derivative(arguments, .argument(arguments.count, node.types[0].dtype))
    return places.contains { !partials[$0].isZero }
  }

  /// The partials of an elementwise node.
  func partials(_ id: NodeID, factors: [DType?]) -> ElementwisePartials? {
    let node = graph[id]
    return ElementwisePartials(
      node, node.operands.map(copy), result: copy(of: ValueID(id)),
      types: node.operands.map(graph.dtype), factors: factors)
  }
}
