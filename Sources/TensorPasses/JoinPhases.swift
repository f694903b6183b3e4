// The pass that makes short regions phases of the kernel whose results they read.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Joins calls of the first graph into one where a region with reductions is followed by regions
  /// that read little but its results, or a region follows small ones that it alone reads: the mean
  /// of a batch's losses after the losses, the fold of partial sums after them, what is computed per
  /// feature before the elements that it scales. So is a contraction with what goes on with its
  /// result block by block: reductions of its rows or of windows, and a further contraction. The joined call names a graph of calls, which becomes one kernel whose
  /// phases run one after the other. `PhasePlan` decides.
  ///
  /// Requires: `fuse` ran. Guarantees: the same values.
  public static let joinPhases = Pass(
    "join-phases", summary: "short regions as phases of the kernel that they read"
  ) { module in
    guard let main = module.graphs.first else { return module }
    var regions = Array(module.graphs.dropFirst())
    let joined = joined(main, &regions)
    return Module(graphs: [joined] + regions, kernels: module.kernels)
  }
}

/// A graph with calls of joined regions, and so are those that its nodes hold.
private func joined(_ graph: Graph, _ regions: inout [Graph]) -> Graph {
  let plan = PhasePlan(graph, Module(graphs: [graph] + regions))
  var result = graph
  if !plan.groups.isEmpty {
    var joining = PhaseJoining(graph, plan)
    (result, regions) = joining.joined(regions)
  }
  return result.mappingBodies { joined($0, &regions) }
}

/// Which calls of a fused graph become phases of one kernel.
public struct PhasePlan: Sendable {
  /// Calls of one kernel.
  public struct Group: Sendable {
    /// In order.
    public fileprivate(set) var calls: [NodeID]
    /// The call in whose place they run: all others read nothing but each other, parameters and
    /// constants.
    public let anchor: NodeID
    /// Whether more may follow.
    let isOpen: Bool
    /// Whether they have loops of blocks in common, one of whose iterations does its part of each.
    let isByBlocks: Bool

    init(calls: [NodeID], anchor: NodeID, isOpen: Bool, isByBlocks: Bool = false) {
      self.calls = calls
      self.anchor = anchor
      self.isOpen = isOpen
      self.isByBlocks = isByBlocks
    }
  }

  /// Groups of several calls.
  public private(set) var groups: [Group] = []
  /// One per edge between two phases.
  public private(set) var decisions: [FusionDecision] = []

  let main: Graph
  private var found: [Group] = []
  private var groupOf: [NodeID: Int] = [:]
  /// Calls that read each call's results.
  private(set) var readers: [NodeID: Set<NodeID>] = [:]
  /// What goes on with each contraction, and by call which of them it is in.
  var rowJoins: [RowJoin] = []
  var joinOf: [NodeID: Int] = [:]
  /// By contraction: the call in whose place all run.
  var anchors: [NodeID] = []

  /// By how much the anchor must read more than another phase.
  private static let readingRatio = 8.0
  /// What every other phase may read, however little the anchor does.
  private static let smallBytes = 16_384.0

  /// Plans the calls of `main`, a graph after `fuse`.
  public init(_ main: Graph, _ module: Module) {
    self.main = main
    let regions = Dictionary(
      module.graphs.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for id in main.ids {
      for value in main[id].operands.compactMap(\.value) {
        readers[value.node, default: []].insert(id)
      }
    }
    for id in main.ids {
      guard case .call(let callee) = main[id].kind, let region = regions[callee] else { continue }
      if goOn(id, region) { continue }
      if region.nodes.contains(where: \.isContraction) {
        begin(id, region)
      } else {
        place(id, region)
      }
    }
    groups = found.filter { $0.calls.count > 1 }
    explain()
    groups += rowGroups()
  }

  /// Puts a call behind what it reads, or begins a group with what it alone reads before it.
  private mutating func place(_ id: NodeID, _ region: Graph) {
    if let group = producer(of: id), found[group].isOpen,
      isSmall(id, beside: found[group].anchor), hasPlaces(found[group].calls + [id])
    {
      found[group].calls.append(id)
      groupOf[id] = group
      return
    }
    let before = main[id].operands.compactMap(\.value).map(\.node).filter { producer in
      groupOf[producer].map { found[$0].calls == [producer] } == true
        && readers[producer] == [id] && isIndependent(producer) && isSmall(producer, beside: id)
        && main[producer].types.allSatisfy(Self.isLocal)
    }
    let first = hasPlaces(before + [id]) ? before.sorted { $0.index < $1.index } : []
    for producer in first { found[groupOf[producer] ?? 0].calls = [] }
    groupOf[id] = found.count
    for producer in first { groupOf[producer] = found.count }
    var calls: [NodeID] = []
    for producer in first where !calls.contains(producer) { calls.append(producer) }
    found.append(
      Group(calls: calls + [id], anchor: id, isOpen: region.nodes.contains(where: \.isReduction)))
  }

  /// Whether the calls together keep to the arguments of a kernel.
  private func hasPlaces(_ calls: [NodeID]) -> Bool {
    let inputs = calls.flatMap { main[$0].operands.compactMap(\.value) }
      .filter { !calls.contains($0.node) }
    let outputs = Set(calls).reduce(0) { $0 + main[$1].types.count }
    return Set(inputs).count + outputs <= FusionPlan.mostArguments
  }

  /// The one group whose results a call reads, beside parameters and constants.
  private func producer(of id: NodeID) -> Int? {
    var group: Int?
    for value in main[id].operands.compactMap(\.value) where !isLeaf(value.node) {
      guard let next = groupOf[value.node], group ?? next == next,
        Self.isLocal(main[type: value])
      else { return nil }
      group = next
    }
    return group
  }

  func isLeaf(_ id: NodeID) -> Bool {
    switch main[id].kind {
    case .parameter, .constant: true
    default: false
    }
  }

  private func isIndependent(_ id: NodeID) -> Bool {
    main[id].operands.compactMap(\.value).allSatisfy { isLeaf($0.node) }
      && !main.results.contains { $0.node == id }
  }

  /// What goes from phase to phase is a local, which has elements.
  private static func isLocal(_ type: TensorType) -> Bool {
    type.extents.map { !$0.contains(0) } ?? false
  }

  private func isSmall(_ id: NodeID, beside anchor: NodeID) -> Bool {
    traffic(id) <= max(traffic(anchor) / Self.readingRatio, Self.smallBytes)
  }

  /// Bytes that a call reads and writes.
  private func traffic(_ id: NodeID) -> Double {
    let operands = main[id].operands.compactMap(\.value).map { main[type: $0] }
    return (operands + main[id].types).reduce(0) { $0 + FusionCost.bytes($1) }
  }

  private mutating func explain() {
    for group in groups {
      for id in group.calls {
        for value in main[id].operands.compactMap(\.value) where group.calls.contains(value.node) {
          let bytes = Int(FusionCost.bytes(main[type: value]))
          record(value, id, isFused: true, "phases of one kernel, \(bytes) bytes between")
        }
      }
    }
  }

  /// Notes what became of an edge between two calls.
  mutating func record(_ value: ValueID, _ reader: NodeID, isFused: Bool, _ reason: String) {
    let names = ValueNames(main)
    decisions.append(
      FusionDecision(
        producer: "\(names[value]) (call)", consumer: "\(names[ValueID(reader)]) (call)",
        isFused: isFused, reason: reason))
  }
}

extension Node {
  fileprivate var isReduction: Bool { if case .reduce = kind { true } else { false } }
  fileprivate var isContraction: Bool { if case .contract = kind { true } else { false } }
}

/// Rewrites a fused graph by a plan.
private struct PhaseJoining {
  private let main: Graph
  private let groups: [PhasePlan.Group]
  private var result: Graph
  private var values: [ValueID: ValueID] = [:]
  private var outer: [Graph] = []
  /// New names of regions.
  private var names: [String: String] = [:]

  init(_ main: Graph, _ plan: PhasePlan) {
    self.main = main
    groups = plan.groups
    result = Graph(name: main.name)
  }

  /// The graph, and the regions that it calls.
  mutating func joined(_ regions: [Graph]) -> (Graph, [Graph]) {
    let joined = Set(groups.flatMap(\.calls))
    for id in main.ids where isLeaf(id) { copy(id) }
    for id in main.ids where !isLeaf(id) {
      if let group = groups.first(where: { $0.anchor == id }) {
        join(group.calls)
      } else if !joined.contains(id) {
        copy(id)
      }
    }
    result.results = main.results.compactMap { values[$0] }
    let renamed = regions.map { graph in
      var graph = graph
      graph.name = names[graph.name] ?? graph.name
      return graph
    }
    return (result, outer + renamed)
  }

  /// Parameters and constants, which later phases may read, come first.
  private func isLeaf(_ id: NodeID) -> Bool {
    switch main[id].kind {
    case .parameter, .constant: true
    default: false
    }
  }

  private mutating func copy(_ id: NodeID) {
    var node = main[id]
    node.operands = node.operands.map { $0.renamed(values) }
    let copy = result.append(node, at: main.locations[id.index])
    for index in node.types.indices { values[ValueID(id, index)] = ValueID(copy, index) }
  }

  /// One call of a graph that calls the phases in order, which takes the first one's name.
  private mutating func join(_ group: [NodeID]) {
    guard case .call(let name) = main[group[0]].kind else { return }
    var graph = Graph(name: name)
    var inside: [ValueID: ValueID] = [:]
    let inputs = inputs(of: group)
    for (index, input) in inputs.enumerated() {
      let node = Node(.parameter("x\(index)"), [], main[type: input])
      inside[input] = ValueID(graph.append(node))
    }
    for (number, id) in group.enumerated() {
      guard case .call(let callee) = main[id].kind else { continue }
      names[callee] = "\(name).\(number)"
      let operands = main[id].operands.map { $0.renamed(inside) }
      let call = graph.append(
        Node(.call("\(name).\(number)"), operands, main[id].types), at: main.locations[id.index])
      for index in main[id].types.indices { inside[ValueID(id, index)] = ValueID(call, index) }
    }
    let outputs = outputs(of: group)
    graph.results = outputs.compactMap { inside[$0] }
    outer.append(graph)
    let operands = inputs.compactMap { values[$0] }.map { TensorOperand.value($0) }
    let call = result.append(
      Node(.call(name), operands, outputs.map { main[type: $0] }),
      at: main.locations[group[0].index])
    for (index, output) in outputs.enumerated() { values[output] = ValueID(call, index) }
  }

  private func inputs(of group: [NodeID]) -> [ValueID] {
    var found: [ValueID] = []
    for value in group.flatMap({ main[$0].operands.compactMap(\.value) })
    where !group.contains(value.node) && !found.contains(value) {
      found.append(value)
    }
    return found
  }

  /// What others read of the phases' results.
  private func outputs(of group: [NodeID]) -> [ValueID] {
    var needed = Set(main.results)
    for id in main.ids where !group.contains(id) {
      needed.formUnion(main[id].operands.compactMap(\.value))
    }
    return group.flatMap { id in
      main[id].types.indices.map { ValueID(id, $0) }.filter(needed.contains)
    }
  }
}
