// The fusion pass: each region becomes a graph that the main graph calls.

public import IRCore
import LoopIR
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Moves the computing nodes of the first graph, and of those that its nodes hold, into region
  /// graphs `@name.0`, `@name.1`, …, which they call; each becomes one kernel. `FusionPlan` decides.
  ///
  /// Requires: no calls in the first graph (see `inline-calls`). Guarantees: the same values;
  /// the first graph holds parameters, constants, kernels, calls, and views that give what lies in
  /// memory another shape.
  public static let fuse = Pass("fuse", summary: "group nodes into kernels") { module in
    guard let main = module.graphs.first else { return module }
    var regions = FusedRegions(module)
    let fused = regions.fuse(main)
    return Module(
      graphs: [fused] + regions.graphs + module.graphs.dropFirst(), kernels: module.kernels)
  }
}

/// Regions made so far, with their names.
private struct FusedRegions {
  private(set) var graphs: [Graph] = []
  private let prefix: String
  private var taken: Set<String>
  private var nextName = 0

  init(_ module: Module) {
    prefix = module.graphs.first?.name ?? ""
    taken = Set(module.graphs.map(\.name) + module.normalized().kernels.map(\.name))
  }

  mutating func append(_ graph: Graph) { graphs.append(graph) }

  /// `name.0`, `name.1`, … without those that the module has.
  mutating func freshName() -> String {
    while true {
      let name = "\(prefix).\(nextName)"
      nextName += 1
      if !taken.contains(name) { return name }
    }
  }

  /// The graph with calls of regions, and so are those that its nodes hold.
  mutating func fuse(_ graph: Graph) -> Graph {
    var fusion = Fusion(graph, FusionPlan(graph), self)
    let fused = fusion.fused()
    self = fusion.made
    return fused.mappingBodies { fuse($0) }
  }
}

/// Rewrites a graph by a plan.
private struct Fusion {
  /// What the new graph is made of: calls of regions, and nodes as they were.
  private enum Item: Hashable {
    case region(Int)
    case node(NodeID)
  }

  let graph: Graph
  let regions: [FusionPlan.Region]
  private var main: Graph
  private(set) var made: FusedRegions
  /// By node: the region that writes it.
  private var home: [NodeID: Int] = [:]
  /// Views of what is in memory that are needed in memory themselves.
  private var reshapes: Set<NodeID> = []
  /// Old values that the new graph has.
  private var values: [ValueID: ValueID] = [:]
  private var isEmitted: Set<Item> = []

  init(_ graph: Graph, _ plan: FusionPlan, _ made: FusedRegions) {
    self.graph = graph
    self.made = made
    regions = plan.regions
    main = Graph(name: graph.name)
    for (index, region) in regions.enumerated() {
      for output in region.outputs { home[output] = index }
    }
    reshapes = plan.reshapes
  }

  mutating func fused() -> Graph {
    for id in graph.ids {
      if !isFree(id), home[id] != nil || !isComputed(id) { emit(item(of: id)) }
    }
    main.results = graph.results.compactMap { values[$0] }
    return main
  }

  /// Nodes that regions hold.
  private func isComputed(_ id: NodeID) -> Bool {
    switch graph[id].kind {
    case .elementwise, .reduce, .scan, .contract: true
    default: false
    }
  }

  /// Index maps that nobody needs in memory.
  private func isFree(_ id: NodeID) -> Bool {
    switch graph[id].kind {
    case .view, .iota: home[id] == nil && !reshapes.contains(id)
    default: false
    }
  }

  private func item(of id: NodeID) -> Item { home[id].map { .region($0) } ?? .node(id) }

  /// Emits an item after all that it reads; a worklist, since chains may be long.
  private mutating func emit(_ item: Item) {
    var pending = [item]
    while let next = pending.last {
      if isEmitted.contains(next) {
        pending.removeLast()
        continue
      }
      let missing = inputs(of: next).map { self.item(of: $0.node) }
        .filter { !isEmitted.contains($0) }
      if missing.isEmpty {
        switch next {
        case .region(let region): call(region)
        case .node(let id): copy(id)
        }
        isEmitted.insert(next)
        pending.removeLast()
      } else {
        pending += missing
      }
    }
  }

  private func inputs(of item: Item) -> [ValueID] {
    switch item {
    case .region(let region): contents(of: region).inputs
    case .node(let id): graph[id].operands.compactMap(\.value)
    }
  }

  private mutating func copy(_ id: NodeID) {
    var node = graph[id]
    node.operands = node.operands.map { $0.renamed(values) }
    let copy = main.append(node, at: graph.locations[id.index])
    for result in node.types.indices { values[ValueID(id, result)] = ValueID(copy, result) }
  }

  /// The nodes evaluated in a region with the index maps they need, and what it reads.
  private func contents(of region: Int) -> (nodes: [NodeID], inputs: [ValueID]) {
    var nodes: Set<NodeID> = []
    var inputs: Set<ValueID> = []
    var pending = regions[region].outputs
    while let id = pending.popLast() {
      guard nodes.insert(id).inserted else { continue }
      for operand in graph[id].operands {
        guard let value = operand.value else { continue }
        let members = regions[region].members
        let isInside =
          members.contains(value.node)
          || reshapes.contains(value.node) && members.contains(source(of: value.node))
        if isInside || isFree(value.node) {
          pending.append(value.node)
        } else {
          inputs.insert(value)
        }
      }
    }
    return (
      nodes.sorted { $0.index < $1.index },
      inputs.sorted { ($0.node.index, $0.result) < ($1.node.index, $1.result) }
    )
  }

  /// What a chain of views reads.
  private func source(of id: NodeID) -> NodeID {
    var id = id
    while case .view = graph[id].kind, let value = graph[id].operands[0].value { id = value.node }
    return id
  }

  private mutating func call(_ region: Int) {
    let (members, inputs) = contents(of: region)
    var callee = Graph(name: made.freshName())
    var inside: [ValueID: ValueID] = [:]
    for (index, input) in inputs.enumerated() {
      let type = graph[type: input]
      inside[input] = ValueID(callee.append(Node(.parameter("x\(index)"), [], type)))
    }
    for id in members {
      var node = graph[id]
      node.operands = node.operands.map { $0.renamed(inside) }
      inside[ValueID(id)] = ValueID(callee.append(node, at: graph.locations[id.index]))
    }
    let outputs = regions[region].outputs
    callee.results = outputs.compactMap { inside[ValueID($0)] }
    let operands = inputs.compactMap { values[$0] }.map { TensorOperand.value($0) }
    let node = Node(.call(callee.name), operands, outputs.map { graph[$0].types[0] })
    let id = main.append(node, at: graph.locations[outputs[0].index])
    for (index, output) in outputs.enumerated() { values[ValueID(output)] = ValueID(id, index) }
    made.append(callee)
  }
}
