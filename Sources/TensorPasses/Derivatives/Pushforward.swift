// Forward differentiation.

public import IRCore
public import TensorIR

extension Graph {
  /// The graph that computes, beside its results, the products of its derivative by some
  /// parameters with given tangents.
  ///
  /// Parameters: those of this graph, then a tangent for each of `parameters`. Results: those of
  /// this graph, then a tangent for each float result.
  ///
  /// - Parameters:
  ///   - parameters: places of float parameters.
  ///   - row: gives new reductions their standard order.
  public func pushforward(
    by parameters: [Int], row: TargetRow
  ) throws(TransformError) -> Graph {
    var pushforward = Pushforward(self, by: parameters, row)
    return try pushforward.differentiated()
  }
}

private struct Pushforward {
  private var work: Differentiation
  private let graph: Graph
  private let parameters: [Int]
  /// Of the graph's values, over the copy; zero where there is none.
  private var tangents: [ValueID: ValueID] = [:]

  init(_ graph: Graph, by parameters: [Int], _ row: TargetRow) {
    self.graph = graph
    self.parameters = parameters
    work = Differentiation(graph, row: row)
  }

  mutating func differentiated() throws(TransformError) -> Graph {
    let values = parameters.map { [ids = graph.parameters] in ValueID(ids[$0]) }
    let given = try work.addParameters(values.map { graph[type: $0] }, "dx")
    for (value, tangent) in zip(values, given) where work.isFloat(value) {
      tangents[value] = tangent
    }
    for id in graph.ids where !graph[id].isParameter { try push(id) }
    work.builder.location = .unknown
    var results = graph.results.map { work.copy(of: $0) }
    for value in graph.results where work.isFloat(value) {
      results.append(try work.builder.orZeros(tangents[value], graph[type: value]))
    }
    return work.builder.returning(results)
  }

  private mutating func push(_ id: NodeID) throws(TransformError) {
    let node = graph[id]
    let places = work.operands(node, in: Set(tangents.keys))
    if !places.isEmpty, let both = try nodeOfBoth(id, places.map(\.place)) {
      work.setCopies(of: id, both.results)
      for (number, tangent) in both.tangents.enumerated() {
        if let tangent { tangents[ValueID(id, number)] = tangent }
      }
      return
    }
    work.copy(id)
    guard !places.isEmpty, node.types.indices.contains(where: { work.isFloat(ValueID(id, $0)) })
    else { return }
    for (number, tangent) in try tangents(id, places).enumerated() {
      if let tangent { tangents[ValueID(id, number)] = tangent }
    }
  }

  /// The results and tangents of a node that holds graphs: one node computes both.
  private mutating func nodeOfBoth(
    _ id: NodeID, _ places: [Int]
  ) throws(TransformError) -> (results: [ValueID], tangents: [ValueID?])? {
    let given = graph[id].operands.map { $0.value.flatMap { tangents[$0] } }
    work.builder.location = graph.locations[id.index]
    switch graph[id].kind {
    case .loop(let loop):
      let active = ActiveLoop(loop, operands: places, row: work.builder.row)
      return try work.builder.tangents(of: active, work.operandCopies(id), given)
    case .conditional(let choice):
      return try work.builder.tangents(of: choice, work.operandCopies(id), given)
    case .parameter, .constant, .iota, .elementwise, .view, .call, .kernel, .reduce, .scan,
      .concat, .gather, .scatter, .contract, .sort, .custom:
      return nil
    }
  }

  /// The tangents of a node's results.
  private mutating func tangents(
    _ id: NodeID, _ places: [(place: Int, value: ValueID)]
  ) throws(TransformError) -> [ValueID?] {
    let node = graph[id]
    let operands = work.operandCopies(id)
    let result = work.copy(of: ValueID(id))
    guard let first = tangents[places[0].value] else { return [] }
    switch node.kind {
    case .parameter, .constant, .iota: return []
    case .elementwise: return [try elementwise(id, places)]
    case .view(var view):
      if let fill = view.fill { view.fill = .zero(fill.type) }
      return [work.builder.view(first, view, node.types[0].shape)]
    case .reduce(let reduction):
      return [try work.builder.tangent(of: reduction, operands[0], result, first)]
    case .scan(let scan) where operands.count == 1:
      return [try work.builder.tangent(of: scan, operands[0], first)]
    case .contract:
      var parts: [ValueID] = []
      for (place, value) in places {
        guard let tangent = tangents[value] else { continue }
        var factors = operands
        factors[place] = tangent
        parts += work.builder.copy(Node(node.kind, factors.map { .value($0) }, node.types))
      }
      return [try work.builder.sum(parts)]
    case .custom(let custom):
      return try work.builder.tangents(
        of: custom, operands, results: work.copies(of: id),
        node.operands.map { $0.value.flatMap { tangents[$0] } })
    case .call, .kernel, .scan, .concat, .gather, .scatter, .sort, .loop, .conditional:
      throw work.builder.noRule(node.kind.keyword, "this version has none")
    }
  }

  private mutating func elementwise(
    _ id: NodeID, _ places: [(place: Int, value: ValueID)]
  ) throws(TransformError) -> ValueID? {
    let node = graph[id]
    var factors = [DType?](repeating: nil, count: node.operands.count)
    for (place, value) in places { factors[place] = graph[type: value].dtype }
    guard let partials = work.partials(id, factors: factors) else {
      throw work.builder.noRule(node.kind.keyword, "its row states none")
    }
    var parts: [ValueID] = []
    for (place, value) in places {
      guard let tangent = tangents[value] else { continue }
      if let part = try partials.product(place, tangent, &work.builder) {
        parts.append(try work.builder.cast(part, to: node.types[0].dtype))
      }
    }
    return try work.builder.sum(parts)
  }
}
