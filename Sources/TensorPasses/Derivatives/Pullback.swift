// Reverse differentiation.

public import IRCore
public import TensorIR

extension Graph {
  /// The graph that computes, beside its results, the products of given cotangents of some results
  /// with its derivative by some parameters.
  ///
  /// Parameters: those of this graph, then a cotangent for each of `results`. Results: those of
  /// this graph, then a cotangent for each of `parameters` (zeros where it does not matter or is no
  /// float), of the parameter's type.
  ///
  /// - Parameters:
  ///   - results: places of float results; all of them for `nil`.
  ///   - parameters: places among the graph's parameters.
  ///   - row: gives new reductions their standard order.
  public func pullback(
    of results: [Int]? = nil, by parameters: [Int], row: TargetRow
  ) throws(DerivativeError) -> Graph {
    var pullback = Pullback(self, of: results, by: parameters, row)
    return try pullback.differentiated()
  }
}

private struct Pullback {
  private var work: Differentiation
  private let graph: Graph
  private let parameters: [Int]
  private let seeded: [ValueID]
  private let active: Set<ValueID>
  /// Sums so far, over the copy.
  private var cotangents: [ValueID: ValueID] = [:]

  init(_ graph: Graph, of results: [Int]?, by parameters: [Int], _ row: TargetRow) {
    self.graph = graph
    self.parameters = parameters
    work = Differentiation(graph, row: row)
    seeded = results?.map { graph.results[$0] } ?? graph.results.filter(work.isFloat)
    active = work.dependents(of: parameters)
  }

  mutating func differentiated() throws(DerivativeError) -> Graph {
    let seeds = try work.addParameters(seeded.map { graph[type: $0] }, "dy")
    for id in graph.ids where !graph[id].isParameter { work.copy(id) }
    for (result, seed) in zip(seeded, seeds) where active.contains(result) {
      try add(seed, to: result)
    }
    for id in graph.ids.reversed() { try pull(id) }
    work.builder.location = .unknown
    let ids = graph.parameters
    var results = graph.results.map { work.copy(of: $0) }
    for place in parameters {
      let value = ValueID(ids[place])
      let zero = try cotangents[value] == nil ? work.builder.splat(0, graph[type: value]) : value
      results.append(cotangents[value] ?? zero)
    }
    return work.builder.returning(results)
  }

  private mutating func add(
    _ cotangent: ValueID, to value: ValueID
  ) throws(DerivativeError) {
    guard let sum = cotangents[value] else { return cotangents[value] = cotangent }
    cotangents[value] = try work.builder.apply(.add, sum, cotangent)
  }

  /// Hands the cotangents of a node's results on to its operands.
  private mutating func pull(_ id: NodeID) throws(DerivativeError) {
    let node = graph[id]
    let places = work.operands(node, in: active)
    guard !places.isEmpty, !node.isParameter else { return }
    let given = node.types.indices.map { cotangents[ValueID(id, $0)] }
    guard given.contains(where: { $0 != nil }) else { return }
    work.builder.location = graph.locations[id.index]
    for (place, cotangent) in try cotangents(id, given, places.map(\.place)) {
      guard let value = node.operands[place].value else { continue }
      try add(cotangent, to: value)
    }
  }

  /// The cotangents of the operands at `places`.
  private mutating func cotangents(
    _ id: NodeID, _ given: [ValueID?], _ places: [Int]
  ) throws(DerivativeError) -> [(place: Int, value: ValueID)] {
    let node = graph[id]
    let operands = node.operands.compactMap(\.value).map { work.copy(of: $0) }
    let result = work.copy(of: ValueID(id))
    guard let first = given.compactMap({ $0 }).first else { return [] }
    switch node.kind {
    case .parameter, .constant, .iota: return []
    case .elementwise: return try elementwise(id, first, places)
    case .view(let view):
      let source = graph[type: node.operands[0].value ?? ValueID(id)]
      return [(0, try work.builder.transposed(view, of: source, first))]
    case .reduce(let reduction):
      return [(0, try work.builder.cotangent(of: reduction, operands[0], result, first))]
    case .scan(let scan) where operands.count == 1:
      return [(0, try work.builder.cotangent(of: scan, first))]
    case .contract(let contraction):
      var found: [(Int, ValueID)] = []
      for place in places {
        found.append(
          (place, try work.builder.cotangent(of: contraction, operands, side: place, first)))
      }
      return found
    case .call, .kernel, .scan, .concat, .gather, .scatter, .sort, .loop, .conditional:
      throw work.builder.noRule(node.kind.keyword, "this version has none")
    }
  }

  private mutating func elementwise(
    _ id: NodeID, _ cotangent: ValueID, _ places: [Int]
  ) throws(DerivativeError) -> [(place: Int, value: ValueID)] {
    let node = graph[id]
    let factors = node.operands.indices.map { places.contains($0) ? node.types[0].dtype : nil }
    guard let partials = work.partials(id, factors: factors) else {
      throw work.builder.noRule(node.kind.keyword, "its row states none")
    }
    var found: [(Int, ValueID)] = []
    for place in places {
      guard let product = try partials.product(place, cotangent, &work.builder) else { continue }
      let dtype = graph.dtype(of: node.operands[place])
      found.append((place, try work.builder.cast(product, to: dtype)))
    }
    return found
  }
}
