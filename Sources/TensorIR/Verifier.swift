// Checks that graphs and modules are well formed.
//
// A graph:
//   names       graph, parameters and symbols spell as words; parameters differ in name and do not
//               begin with a digit
//   parameters  come first and take no operands
//   operands    are results of earlier nodes; literals stand only in elementwise nodes
//   results     at least one; each exists
//   types       supported element types, no negative extents, byte counts below 2⁶³, symbols that
//               some parameter's type has
//   constant    constant extents, as many bytes as the type has
//   iota        an axis of the result, a numeric type
//   elementwise the row's arity and typing rule; operands of the result's shape
//   view        one operand of the result's element type; one index per axis; indices only over
//               axes and symbols, within the operand wherever the facts decide it; a fill of the
//               element type exactly when there are guards
//   kernel      operands and results match the kernel's parameters in type and number of elements
//   reduce      ascending axes of the operand, at least one; an element type that the monoid takes,
//               and the result's type and shape that follow; one axis or all for argMax and argMin;
//               no constant extent 0 for monoids that have no value of nothing; lanes a power of
//               two, chunk a multiple of lanes
//   scan        an axis of the operand; sum, product, max or min; the operand's type; an order as
//               above; what chunks start from, if anything, of the operand's type but for the axis
//   contract    two operands, with one index per axis over the result's axes, the summed variables
//               and symbols, known to stay inside the operand; operands, accumulator and result
//               all floats or all integers; sequential
//   loop        bounded by a count, an operand or a condition; the body takes the step's number, then
//               values of the operands' types and rows of the sources, and gives the carried types
//               and rows of the stacked outputs; the condition takes what the body does but for the
//               rows, and gives a bool; rows are multiples of the step plus a constant, within their
//               tensor for every step up to the count; bodies are well formed
//   conditional a bool, and two well-formed graphs of equal parameters and result types, which the
//               operands and results of the node have
//   custom      a well-formed body whose parameters and results have the types of the operands and
//               results, and a rule at least; a rule takes the arguments, the results, a float of
//               the type of each float result (pullback) or argument (pushforward) and what was
//               captured, under the body's names, and gives a float for each of the others
//   others      are declared only and refused
// A module, besides:
//   names       of graphs and kernels are unique; kernels of one name are equal
//   kernels     are well formed (LoopIR/Verifier.swift)
//   call        names a graph whose parameters and results match; no graph calls itself, directly
//               or through others

public import IRCore
import LoopIR

extension Graph: Verifiable {
  /// Throws the first broken rule of the list that heads `Verifier.swift`; calls are checked by
  /// the module's `verify`.
  public func verify() throws(VerifierError) {
    let verifier = GraphVerifier(self, module: nil)
    try verifier.verifyGraph()
  }
}

extension Module: Verifiable {
  /// Throws the first broken rule of the list that heads `Verifier.swift`.
  public func verify() throws(VerifierError) {
    try verifyNames()
    let calls = GraphTable(self)
    for graph in graphs { try GraphVerifier(graph, module: calls).verifyGraph() }
    for kernel in normalized().kernels { try kernel.verify() }
    try verifyCallOrder(calls)
  }

  private func verifyNames() throws(VerifierError) {
    var known: Set<String> = []
    for name in graphs.map(\.name) + kernels.map(\.name) where !known.insert(name).inserted {
      throw VerifierError(in: name, "two graphs or kernels have this name")
    }
    var held = Dictionary(uniqueKeysWithValues: kernels.map { ($0.name, $0) })
    let graphNames = Set(graphs.map(\.name))
    for graph in graphs {
      for node in graph.withBodies.flatMap(\.nodes) {
        guard case .kernel(let kernel) = node.kind else { continue }
        guard held.updateValue(kernel, forKey: kernel.name) ?? kernel == kernel,
          !graphNames.contains(kernel.name)
        else {
          throw VerifierError(
            in: graph.name, "kernel @\(kernel.name) differs from another of that name")
        }
      }
    }
  }

  /// Orders graphs after those that they call (Kahn's algorithm); what is left calls itself.
  private func verifyCallOrder(_ table: GraphTable) throws(VerifierError) {
    let callees = graphs.map { graph in
      graph.withBodies.flatMap(\.nodes).compactMap { node -> Int? in
        guard case .call(let name) = node.kind else { return nil }
        return table.places[name]
      }
    }
    var callers = [[Int]](repeating: [], count: graphs.count)
    var open = callees.map(\.count)
    for (caller, list) in callees.enumerated() {
      for callee in list { callers[callee].append(caller) }
    }
    var ready = graphs.indices.filter { open[$0] == 0 }
    while let next = ready.popLast() {
      for caller in callers[next] {
        open[caller] -= 1
        if open[caller] == 0 { ready.append(caller) }
      }
    }
    if let stuck = graphs.indices.first(where: { open[$0] > 0 }) {
      throw VerifierError(in: graphs[stuck].name, "calls lead back to a graph that is being called")
    }
  }
}

/// Graphs of a module with their places by name.
struct GraphTable {
  let graphs: [Graph]
  let places: [String: Int]

  init(_ module: Module) {
    graphs = module.graphs
    places = Dictionary(
      module.graphs.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  subscript(name: String) -> Graph? { places[name].map { graphs[$0] } }
}

/// Checks one graph. The rules of the node kinds are in `Verifier+Nodes.swift`.
struct GraphVerifier {
  let graph: Graph
  let module: GraphTable?
  let names: ValueNames
  private let symbols: Set<String>

  init(_ graph: Graph, module: GraphTable?) {
    self.graph = graph
    self.module = module
    names = ValueNames(graph)
    var symbols: Set<String> = []
    for parameter in graph.parameters {
      for extent in graph[parameter].types.first?.shape ?? [] {
        extent.forEachLeaf { if case .symbol(let name) = $0 { symbols.insert(name) } }
      }
    }
    self.symbols = symbols
  }

  func error(_ message: String) -> VerifierError { VerifierError(in: graph.name, message) }

  /// An error about a node: `%3: add: …`.
  func error(_ id: NodeID, _ message: String) -> VerifierError {
    error("\(names[ValueID(id)]): \(graph[id].kind.keyword): \(message)")
  }

  func verifyGraph() throws(VerifierError) {
    try verifyNames()
    for id in graph.ids {
      try verifyOperands(id)
      for type in graph[id].types { try verifyType(type, id) }
      try verifyKind(id)
    }
    guard !graph.results.isEmpty else { throw error("returns nothing") }
    for result in graph.results where !exists(result, before: graph.nodes.count) {
      throw error("returns \(names[result]), which does not exist")
    }
  }

  private func verifyNames() throws(VerifierError) {
    guard Self.isWord(graph.name) else { throw error("'\(graph.name)' is no name") }
    var known: Set<String> = []
    var isPastParameters = false
    for id in graph.ids {
      guard case .parameter(let name) = graph[id].kind else {
        isPastParameters = true
        continue
      }
      guard !isPastParameters else {
        throw error(id, "parameters come before all other nodes")
      }
      guard Self.isWord(name), !Self.isNumeric(name) else {
        throw error(id, "'\(name)' is no name of a parameter")
      }
      guard known.insert(name).inserted else { throw error(id, "a second parameter %\(name)") }
    }
    for symbol in symbols.sorted()
    where !Self.isWord(symbol) || Self.isNumeric(symbol) || Self.reserved.contains(symbol) {
      throw error("'\(symbol)' is no name of a symbol")
    }
  }

  private static let reserved: Set<String> = ["lane", "min", "max", "floordiv", "mod"]

  /// Holds when the lexer reads `name` as one name.
  private static func isWord(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    return !bytes.isEmpty && bytes.first != 46 && bytes.last != 46
      && bytes.allSatisfy {
        $0 >= 97 && $0 <= 122 || $0 >= 65 && $0 <= 90 || $0 >= 48 && $0 <= 57 || $0 == 95
          || $0 == 46
      } && !name.contains("..")
  }

  private static func isNumeric(_ name: String) -> Bool {
    name.utf8.first.map { $0 >= 48 && $0 <= 57 } ?? true
  }

  private func exists(_ value: ValueID, before end: Int) -> Bool {
    value.node.index >= 0 && value.node.index < end
      && graph[value.node].types.indices.contains(value.result)
  }

  private func verifyOperands(_ id: NodeID) throws(VerifierError) {
    let node = graph[id]
    for (index, operand) in node.operands.enumerated() {
      switch operand {
      case .value(let value):
        guard exists(value, before: id.index) else {
          throw error(id, "operand \(index), \(names[value]), is not defined before this use")
        }
      case .literal:
        guard case .elementwise = node.kind else {
          throw error(id, "operand \(index) is a literal; only elementwise nodes take literals")
        }
      }
    }
  }

  private func verifyType(_ type: TensorType, _ id: NodeID) throws(VerifierError) {
    guard type.dtype.isSupported else {
      throw error(id, "\(type.dtype) is declared, but this version does not compute with it yet")
    }
    try verifyExpressions(type.shape, axes: 0, id)
    var bytes = type.dtype.byteSize
    for extent in type.shape {
      guard let constant = extent.asConstant else { continue }
      let (product, overflow) = bytes.multipliedReportingOverflow(by: constant)
      guard constant >= 0 else { throw error(id, "\(type) has a negative extent") }
      guard !overflow, constant <= IndexFacts.largestExtent else {
        throw error(id, "\(type) has too many elements")
      }
      bytes = product
    }
  }

  /// Checks that expressions name only axes below `axes` and symbols of the parameters.
  func verifyExpressions(
    _ expressions: [IndexExpression], axes: Int, _ id: NodeID
  ) throws(VerifierError) {
    var problem: String?
    for expression in expressions {
      expression.forEachLeaf { atom in
        switch atom {
        case .symbol(let name) where !symbols.contains(name):
          problem = problem ?? "no parameter's type has the symbol \(name)"
        case .variable(let axis) where !(0..<axes).contains(axis):
          problem = problem ?? "there is no axis number \(axis)"
        case .lane: problem = problem ?? "the lane means nothing outside kernels"
        default: break
        }
      }
    }
    if let problem { throw error(id, problem) }
  }
}
