// From nested graphs to a list of steps.

import CLatheRuntime
import IRCore
import LoopIR
import TensorIR

/// Walk over a graph and those that its nodes hold, which appends the steps that compute them.
///
/// Steps between two barriers are one phase and may overlap. A block of the arena lives from the
/// first phase that touches it to the last; what a loop reads or writes that is older than the loop
/// lives until it ends.
struct ProgramFlattening {
  typealias Place = ProgramLayout.Place

  /// Part of the arena.
  struct Block {
    let size: Int
    /// `nil` until a step touches it.
    var life: ClosedRange<Int>?
  }

  private(set) var steps: [ProgramLayout.Step] = []
  private(set) var constants: [TensorData] = []
  var blocks: [Block] = []
  private(set) var phase = 0
  /// Number of open loops.
  var depth = 0
  /// Whether the next step waits, whatever it touches.
  private var mustWait = false
  private var written: Set<Place> = []
  private var read: Set<Place> = []

  /// Values of one graph.
  struct Scope {
    let graph: Graph
    let names: ValueNames
    var places: [ValueID: Place] = [:]
    /// Where results must stand.
    var wanted: [ValueID: Place] = [:]

    /// Where the operands of a node stand.
    func operands(of id: NodeID) -> [Place] {
      graph[id].operands.compactMap(\.value).compactMap { places[graph.memory(of: $0)] }
    }
  }

  /// Appends the steps of a graph whose parameters stand at `parameters`.
  ///
  /// - Parameters:
  ///   - results: where results stand that the graph computes.
  ///   - copies: whether other results (parameters, constants, a value that stands at the place of
  ///     another result) are copied to their places; else the places of the values are theirs.
  mutating func flatten(
    _ graph: Graph, _ parameters: [Place], results: [Place?], copies: Bool
  ) throws(CompileFailure) -> [Place] {
    var scope = Scope(graph: graph, names: ValueNames(graph))
    for (id, place) in zip(graph.parameters, parameters) { scope.places[ValueID(id)] = place }
    for (value, place) in zip(graph.results, results) {
      let value = graph.memory(of: value)
      if let place, scope.wanted[value] == nil, graph.isComputed(value) {
        scope.wanted[value] = place
      }
    }
    for id in graph.ids { try append(id, &scope) }
    var found: [Place] = []
    for (value, wanted) in zip(graph.results, results) {
      let name = scope.names[value]
      guard let place = scope.places[graph.memory(of: value)] else {
        throw .kernel(name: graph.name, "\(name) has no place")
      }
      if copies, let wanted, wanted != place {
        copy(place, to: wanted, bytes: try ProgramLayout.byteCount(graph[type: value], name))
      }
      found.append(copies ? wanted ?? place : place)
    }
    return found
  }

  private mutating func append(_ id: NodeID, _ scope: inout Scope) throws(CompileFailure) {
    switch scope.graph[id].kind {
    case .parameter, .view: break
    case .constant(let data):
      scope.places[ValueID(id)] = Place(base: .constant(constants.count))
      constants.append(data)
    case .kernel(let kernel): try call(kernel, id, &scope)
    case .loop(let loop): try append(loop, id, &scope)
    case .conditional(let choice): try append(choice, id, &scope)
    case .iota, .elementwise, .call, .reduce, .scan, .concat, .gather, .scatter, .contract, .sort,
      .custom:
      throw .kernel(name: scope.graph.name, "\(scope.names[ValueID(id)]) was not lowered")
    }
  }

  /// Where a result of a node is to stand: where it is wanted, else in a block of its own.
  mutating func place(_ value: ValueID, _ scope: inout Scope) throws(CompileFailure) -> Place {
    let size = try ProgramLayout.byteCount(scope.graph[type: value], scope.names[value])
    let place = scope.wanted[value] ?? Place(base: makeBlock(size))
    scope.places[value] = place
    return place
  }

  mutating func makeBlock(_ bytes: Int) -> ProgramLayout.Base {
    blocks.append(Block(size: max(64, (bytes + 63) & ~63)))
    return .block(blocks.count - 1)
  }

  // MARK: Steps

  private mutating func call(
    _ kernel: Kernel, _ id: NodeID, _ scope: inout Scope
  ) throws(CompileFailure) {
    let reads = scope.operands(of: id)
    var writes: [Place] = []
    for result in scope.graph[id].types.indices {
      writes.append(try place(ValueID(id, result), &scope))
    }
    var inputs = reads[...]
    var outputs = writes[...]
    var arguments: [Place] = []
    for buffer in kernel.buffers where buffer.role.isParameter {
      guard buffer.role != .inout_ else {
        throw .kernel(name: kernel.name, "a graph calls no kernel with inout parameters yet")
      }
      guard let place = buffer.role == .input ? inputs.popFirst() : outputs.popFirst() else {
        throw .kernel(name: kernel.name, "fewer operands than parameters")
      }
      arguments.append(place)
    }
    let merged = kernel.merging(arguments)
    guard merged.arguments.count <= Self.largestArgumentCount else {
      throw .kernel(
        name: kernel.name,
        "\(merged.arguments.count) parameters, where the run time passes "
          + "\(Self.largestArgumentCount)")
    }
    guard kernel.symbols.isEmpty else {
      throw .kernel(name: kernel.name, "its extents are known at run time only; state them")
    }
    let isBarrier = enter(reading: reads, writing: writes)
    let call = ProgramLayout.Call(
      kernel: merged.kernel, arguments: merged.arguments,
      location: scope.graph.locations[id.index])
    steps.append(.call(call, isBarrier: isBarrier))
  }

  /// The most arguments that the run time passes to a kernel, beside memory for shared locals.
  private static let largestArgumentCount = Int(LATHE_MAX_ARGUMENTS) - 1

  mutating func copy(_ source: Place, to target: Place, bytes: Int) {
    if bytes == 0 { return }
    let isBarrier = enter(reading: [source], writing: [target])
    steps.append(.copy(from: source, to: target, bytes: bytes, isBarrier: isBarrier))
  }

  /// Appends a step that begins or ends a block: what follows waits for what came before.
  mutating func appendBoundary(_ step: ProgramLayout.Step, reading place: Place? = nil) {
    if let place { touch(place) }
    steps.append(step)
    mustWait = true
  }

  /// Begins a step that reads and writes at the given places; whether it waits for all before it.
  private mutating func enter(reading reads: [Place], writing writes: [Place]) -> Bool {
    let waits =
      mustWait || reads.contains { written.contains($0) }
      || writes.contains { read.contains($0) || written.contains($0) }
    if waits {
      phase += 1
      written = []
      read = []
    }
    mustWait = false
    read.formUnion(reads)
    written.formUnion(writes)
    for place in reads + writes { touch(place) }
    return waits
  }

  private mutating func touch(_ place: Place) {
    guard case .block(let block) = place.base else { return }
    let first = blocks[block].life?.lowerBound ?? phase
    blocks[block].life = first...phase
  }

  /// Lets blocks that a loop has touched since phase `begin`, and that are older, live as long as
  /// the loop.
  mutating func extendLives(ofFirst count: Int, since begin: Int) {
    for index in 0..<count {
      guard let life = blocks[index].life, life.upperBound >= begin else { continue }
      blocks[index].life = min(life.lowerBound, begin)...phase
    }
  }

  // MARK: Arena

  /// Offsets by liveness: each block at the lowest place that no overlapping one holds, large blocks
  /// first.
  func blockOffsets() -> (offsets: [Int], bytes: Int) {
    let ordered = blocks.indices.sorted {
      blocks[$0].size == blocks[$1].size ? $0 < $1 : blocks[$0].size > blocks[$1].size
    }
    var placed: [(range: Range<Int>, life: ClosedRange<Int>)] = []
    var offsets = [Int](repeating: 0, count: blocks.count)
    for index in ordered {
      let block = blocks[index]
      guard let life = block.life else { continue }
      var offset = 0
      for other in placed.sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
      where other.life.overlaps(life) {
        if offset + block.size <= other.range.lowerBound { break }
        offset = max(offset, other.range.upperBound)
      }
      placed.append((offset..<offset + block.size, life))
      offsets[index] = offset
    }
    return (offsets, placed.map(\.range.upperBound).max() ?? 0)
  }
}

extension Graph {
  /// Whether a step computes the value.
  fileprivate func isComputed(_ value: ValueID) -> Bool {
    switch self[value.node].kind {
    case .kernel, .loop, .conditional: true
    default: false
    }
  }
}
