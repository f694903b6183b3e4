// Decides which nodes of a graph share a kernel.

public import IRCore
public import TensorIR

/// Partition of a graph's computing nodes into regions, each of which becomes one kernel, with the
/// reason for every edge.
///
/// Nodes are visited from the results up, so a node sees the regions of all its consumers:
/// - used by one region at its own indices: joins it; nothing is repeated and the value's traffic
///   is saved;
/// - used through views that change indices, or by several regions: repeated in each where that
///   costs less than the traffic;
/// - used by several regions of its own shape: these merge where no path leads from one to
///   another through a third;
/// - otherwise it starts a region and is written to memory.
///
/// A contraction starts a region, or joins the one that computes further with its elements at
/// their own indices: bias, activation, residual and cast come along. What its operands are
/// computed from comes along where that costs little; see `FusionPlan+Contractions.swift`.
///
/// A region with reductions works row by row: all of them combine the same axes, values of whole
/// rows (reductions, and what is computed from them alone) reach elements through broadcasts along
/// these axes, and so softmax or a normalization is one region whatever is composed around it.
public struct FusionPlan: Sendable {
  /// Nodes that one kernel computes.
  public struct Region: Sendable {
    /// Shape of the loop nest: that of every output, but for outputs of one element per row.
    public var shape: [IndexExpression]
    /// Axes that the region's reductions combine; `nil` without reductions.
    public var reduced: [Int]?
    /// Computing nodes evaluated inside.
    public var members: Set<NodeID> = []
    /// Members written to memory.
    public var outputs: [NodeID] = []
    /// Primitive operations.
    public var operations = 0
    /// Members that are evaluated at the loop's own indices only: elements, or whole rows.
    var aligned: Set<NodeID> = []
    /// At how many places a member that is not aligned is evaluated.
    var copies: [NodeID: Int] = [:]
    /// Values that members read and that are no members: from memory, unless they join later.
    var inputs: Set<NodeID> = []
    /// The member that is a contraction; there is at most one.
    var contraction: NodeID?
    /// By member: the contraction's operands for which it is evaluated.
    var feeds: [NodeID: Set<Int>] = [:]
    /// Regions that read an output.
    var readers: [Int] = []
    /// Set when the region was merged into another.
    var mergedInto: Int?
  }

  /// Regions in no particular order; merged ones are gone.
  public internal(set) var regions: [Region] = []
  /// One per edge between computing nodes, in the order of consumers.
  public private(set) var decisions: [FusionDecision] = []

  let graph: Graph
  private let names: ValueNames
  var cost = FusionCost()
  /// By node: every use by a computing node, with whether indices are the same.
  private(set) var uses: [[Use]]
  private(set) var isResult: [Bool]
  /// By node: the kernels, loops and conditionals that read it, or another shape of its memory.
  private(set) var opaqueUsers: [[NodeID]]
  /// Views that are needed in memory, and are the memory of their operands.
  private(set) var reshapes: Set<NodeID> = []
  /// By node: regions in which it is evaluated.
  private(set) var regionsOf: [[Int]]
  /// By node: what it is one element per row of.
  let rowOrigins: [RowOrigin?]
  /// By node: whether all that it is computed from lies in memory.
  let readsMemoryOnly: [Bool]

  /// Rows that reductions make: the shape they combine, and along which axes.
  struct RowOrigin: Hashable {
    let shape: [IndexExpression]
    let axes: [Int]
  }

  struct Use {
    let consumer: NodeID
    /// The index map between the value and its use.
    let map: Map
  }

  enum Map {
    /// The same indices.
    case identity
    /// A broadcast along the axes.
    case broadcast([Int])
    case other
  }

  /// Plans a verified graph without calls.
  public init(_ graph: Graph) {
    self.graph = graph
    names = ValueNames(graph)
    let count = graph.nodes.count
    uses = Array(repeating: [], count: count)
    isResult = Array(repeating: false, count: count)
    opaqueUsers = Array(repeating: [], count: count)
    regionsOf = Array(repeating: [], count: count)
    rowOrigins = Self.rowOrigins(of: graph)
    readsMemoryOnly = Self.readsMemoryOnly(in: graph)
    collectUses()
    for id in graph.ids.reversed() where computes(id) { place(id) }
    mergeSiblings()
    separateRows()
    regions = regions.filter { $0.mergedInto == nil }
    for index in regions.indices { regions[index].outputs.sort { $0.index < $1.index } }
    decisions.reverse()
  }

  // MARK: Nodes

  /// Elementwise nodes and reductions compute, and so do views and iotas that must be written to
  /// memory, unless they only give memory another shape.
  private func computes(_ id: NodeID) -> Bool {
    switch graph[id].kind {
    case .elementwise, .reduce, .scan, .contract: true
    case .view, .iota: isInMemory(id) && !reshapes.contains(id)
    default: false
    }
  }

  private func isInMemory(_ id: NodeID) -> Bool { isResult[id.index] || hasOpaqueUse(id) }

  private func hasOpaqueUse(_ id: NodeID) -> Bool { !opaqueUsers[id.index].isEmpty }

  /// Views and iotas are index maps that each consumer evaluates for itself.
  func isIndexMap(_ id: NodeID) -> Bool {
    switch graph[id].kind {
    case .view, .iota: true
    default: false
    }
  }

  private func isOpaque(_ id: NodeID) -> Bool {
    switch graph[id].kind {
    case .elementwise, .reduce, .scan, .contract, .view, .iota, .parameter, .constant: false
    default: true
    }
  }

  private mutating func collectUses() {
    for result in graph.results { isResult[result.node.index] = true }
    for id in graph.ids where isOpaque(id) {
      for operand in graph[id].operands {
        if let value = operand.value { opaqueUsers[value.node.index].append(id) }
      }
    }
    // What another shape of the same memory is of must be in memory.
    for id in graph.ids.reversed() where isInMemory(id) && graph.isReshape(id) {
      reshapes.insert(id)
      if let value = graph[id].operands[0].value {
        isResult[value.node.index] = true
        opaqueUsers[value.node.index] += opaqueUsers[id.index]
      }
    }
    for id in graph.ids where computes(id) { collectUses(of: id) }
  }

  /// Follows each operand through index maps to what is computed or read.
  private mutating func collectUses(of consumer: NodeID) {
    // Contractions read operands at index maps of their own.
    let isMapped = isIndexMap(consumer) || contracts(consumer)
    for (place, operand) in graph[consumer].operands.enumerated() {
      var next = operand.value
      // What chunks of a scan start from is read once per chunk.
      var map = isMapped || scans(consumer) && place == 1 ? Map.other : .identity
      while let value = next {
        let id = value.node
        guard isIndexMap(id) else {
          uses[id.index].append(Use(consumer: consumer, map: map))
          break
        }
        if case .identity = map, let axes = broadcastAxes(id) {
          map = .broadcast(axes)
        } else {
          map = .other
        }
        next = graph[id].operands.first?.value
      }
    }
  }

  // MARK: Placement

  private mutating func place(_ id: NodeID) {
    let operations = cost.operations(of: graph[id], in: graph)
    let readers = readingRegions(of: id)
    if readers.isEmpty || hasOpaqueUse(id) {
      let reason =
        hasOpaqueUse(id)
        ? "read by a kernel that is already built, a loop or a conditional"
        : "a result of the graph"
      open(id, operations, readers, readers.isEmpty ? nil : reason)
    } else if isReducedAcrossRows(id, readers) {
      open(id, operations, readers, "a value per row, computed with its row")
    } else if let target = joinable(id, readers, operations) {
      join(id, target, operations)
    } else if !isResult[id.index], let reason = repeatable(id, readers, operations) {
      for region in readers {
        let copies = copies(of: id, in: region)
        regions[region].copies[id] = copies
        evaluate(id, in: region, operations * copies, isAligned: false)
      }
      record(id, isFused: true, reason)
    } else {
      open(id, operations, readers, refusal(id, readers, operations))
    }
  }

  /// The computing nodes that read a node.
  func consumers(of id: NodeID) -> [NodeID] { uses[id.index].map(\.consumer) }

  func root(_ region: Int) -> Int {
    var region = region
    while let next = regions[region].mergedInto { region = next }
    return region
  }

  func readingRegions(of id: NodeID) -> [Int] {
    var result: [Int] = []
    for use in uses[id.index] {
      for region in regionsOf[use.consumer.index] {
        let root = root(region)
        if !result.contains(root) { result.append(root) }
      }
    }
    return result
  }

  /// Whether every use reads the value at the indices of the region's loops: an element where
  /// elements are computed, or a whole row's value.
  func isAligned(_ id: NodeID, in region: Int) -> Bool {
    let rows = rowAxes(of: id, in: region)
    if let rows, let reduced = regions[region].reduced, rows != reduced { return false }
    if rows != nil, regions[region].outputs.contains(where: scans) { return false }
    if rows == nil, graph[id].types[0].shape != regions[region].shape { return false }
    return uses[id.index].allSatisfy { use in
      guard regionsOf[use.consumer.index].contains(where: { root($0) == region }) else {
        return true
      }
      guard regions[region].aligned.contains(use.consumer) else { return false }
      let readerIsRow = isRow(use.consumer, in: region)
      switch use.map {
      case .identity: return (rows != nil) == readerIsRow || reduces(use.consumer) && rows == nil
      case .broadcast(let axes): return rows == axes && !readerIsRow
      case .other: return false
      }
    }
  }

  /// The region that the node may join without repeating work, merging regions if need be.
  private mutating func joinable(_ id: NodeID, _ readers: [Int], _ operations: Int) -> Int? {
    guard hasPlaces(readers, for: id) else { return nil }
    guard readers.allSatisfy({ isAligned(id, in: $0) }),
      !scans(id), !reduces(id) || readers.allSatisfy({ isRow(id, in: $0) }),
      !reduces(id) && !contracts(id) || !readers.contains(where: holdsContraction),
      !contracts(id) || readers.allSatisfy({ takesContraction($0, of: id) }),
      !readers.contains(where: { holdsContraction($0) && isRow(id, in: $0) })
    else { return nil }
    for reader in readers {
      if let axes = rowAxes(of: id, in: reader), !hasRows(regions[reader].shape, axes) {
        return nil
      }
    }
    let total = readers.reduce(operations) { $0 + regions[$1].operations }
    guard total <= FusionCost.kernelLimit else { return nil }
    var target = readers[0]
    for other in readers.dropFirst() {
      guard canMerge(target, other) else { return nil }
      target = merge(target, other)
    }
    return target
  }

  private mutating func join(_ id: NodeID, _ target: Int, _ operations: Int) {
    if let axes = rowAxes(of: id, in: target) { regions[target].reduced = axes }
    evaluate(id, in: target, operations, isAligned: true)
    let type = graph[id].types[0]
    let isOutput = isResult[id.index]
    if isOutput { regions[target].outputs.append(id) }
    let reads = uses[id.index].count
    let bytes = Int(FusionCost.bytes(type)) * (isOutput ? reads : 1 + reads)
    record(id, isFused: true, "saves \(bytes) bytes")
  }

  private mutating func evaluate(
    _ id: NodeID, in region: Int, _ operations: Int, isAligned: Bool
  ) {
    regions[region].members.insert(id)
    if contracts(id) { regions[region].contraction = id }
    let fed = operandsFed(by: id, in: region)
    if !fed.isEmpty { regions[region].feeds[id] = fed }
    regions[region].inputs.remove(id)
    for source in sources(of: id) where !regions[region].members.contains(source) {
      regions[region].inputs.insert(source)
    }
    regions[region].operations += operations
    if isAligned { regions[region].aligned.insert(id) }
    regionsOf[id.index].append(region)
  }

  /// Starts a region whose output is the node.
  private mutating func open(
    _ id: NodeID, _ operations: Int, _ readers: [Int], _ reason: String?
  ) {
    let region = regions.count
    regions.append(Region(shape: graph[id].types[0].shape))
    if let origin = rowOrigins[id.index], reduces(id) || hasRows(origin.shape, origin.axes) {
      regions[region].shape = origin.shape
      regions[region].reduced = origin.axes
    }
    regions[region].outputs = [id]
    regions[region].readers = readers + regionsBehindOpaqueUsers(of: id)
    evaluate(id, in: region, operations, isAligned: !isIndexMap(id))
    if let reason { record(id, isFused: false, reason) }
  }

  private mutating func record(_ id: NodeID, isFused: Bool, _ reason: String) {
    for use in uses[id.index].reversed() {
      decisions.append(
        FusionDecision(
          producer: "\(names[ValueID(id)]) (\(graph[id].kind.keyword))",
          consumer: "\(names[ValueID(use.consumer)]) (\(graph[use.consumer].kind.keyword))",
          isFused: isFused, reason: reason))
    }
  }
}

extension Graph {
  /// Whether a node is its operand's memory under another shape.
  func isReshape(_ id: NodeID) -> Bool {
    guard case .view(let view) = self[id].kind, let operand = self[id].operands[0].value else {
      return false
    }
    return view.keepsPositions(from: self[type: operand], to: self[id].types[0])
  }
}
