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
  ) throws(TransformError) -> Graph {
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
  /// Of loops that depend, what their steps start from.
  private var loops: [NodeID: (active: ActiveLoop, saved: [ValueID])] = [:]
  /// Sums so far, over the copy.
  private var cotangents: [ValueID: ValueID] = [:]

  init(_ graph: Graph, of results: [Int]?, by parameters: [Int], _ row: TargetRow) {
    self.graph = graph
    self.parameters = parameters
    work = Differentiation(graph, row: row)
    seeded = results?.map { graph.results[$0] } ?? graph.results.filter(work.isFloat)
    active = work.dependents(of: parameters)
  }

  mutating func differentiated() throws(TransformError) -> Graph {
    let seeds = try work.addParameters(seeded.map { graph[type: $0] }, "dy")
    for id in graph.ids where !graph[id].isParameter { try copy(id) }
    for (result, seed) in zip(seeded, seeds) where active.contains(result) {
      try add(seed, to: result)
    }
    for id in graph.ids.reversed() { try pull(id) }
    work.builder.location = .unknown
    let ids = graph.parameters
    var results = graph.results.map { work.copy(of: $0) }
    for place in parameters {
      let value = ValueID(ids[place])
      results.append(try work.builder.orZeros(cotangents[value], graph[type: value]))
    }
    return work.builder.returning(results)
  }

  /// Copies a node; a loop that depends saves what its steps start from.
  private mutating func copy(_ id: NodeID) throws(TransformError) {
    let places = work.operands(graph[id], in: active).map(\.place)
    guard case .loop(let loop) = graph[id].kind, !places.isEmpty, loop.knownCount != nil else {
      return work.copy(id)
    }
    work.builder.location = graph.locations[id.index]
    let (results, saved) = try work.builder.saving(loop, work.operandCopies(id))
    work.setCopies(of: id, results)
    loops[id] = (ActiveLoop(loop, operands: places, row: work.builder.row), saved)
  }

  private mutating func add(
    _ cotangent: ValueID, to value: ValueID
  ) throws(TransformError) {
    guard let sum = cotangents[value] else { return cotangents[value] = cotangent }
    cotangents[value] = try work.builder.apply(.add, sum, cotangent)
  }

  /// Hands the cotangents of a node's results on to its operands.
  private mutating func pull(_ id: NodeID) throws(TransformError) {
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
  ) throws(TransformError) -> [(place: Int, value: ValueID)] {
    let node = graph[id]
    let operands = work.operandCopies(id)
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
      return [(0, try work.builder.cotangent(of: scan, operands[0], first))]
    case .contract(let contraction):
      var found: [(Int, ValueID)] = []
      for place in places {
        found.append(
          (place, try work.builder.cotangent(of: contraction, operands, side: place, first)))
      }
      return found
    case .loop:
      guard let (active, saved) = loops[id] else {
        throw work.builder.noRule("loop", "the number of its steps is only known at run time")
      }
      return try work.builder.cotangents(
        of: active, operands, saved: saved, results: work.copies(of: id), given)
    case .conditional(let choice):
      return try work.builder.cotangents(of: choice, operands, given, places)
    case .custom(let custom):
      return try work.builder.cotangents(
        of: custom, operands, results: work.copies(of: id), given, places)
    case .call, .kernel, .scan, .concat, .gather, .scatter, .sort:
      throw work.builder.noRule(node.kind.keyword, "this version has none")
    }
  }

  private mutating func elementwise(
    _ id: NodeID, _ cotangent: ValueID, _ places: [Int]
  ) throws(TransformError) -> [(place: Int, value: ValueID)] {
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
