// From a lowered graph to steps, slots and an arena.

import CLatheRuntime
import IRCore
import LoopIR
import TensorIR

/// Where the values of a lowered graph live, and in which order its kernels run.
struct ProgramLayout {
  /// Base address of a value.
  enum Place: Hashable {
    case input(Int)
    /// A fresh output.
    case output(Int)
    case constant(Int)
    /// Bytes from the start of the arena.
    case arena(Int)
  }

  /// One kernel call.
  struct Step {
    let kernel: Kernel
    let arguments: [Place]
    /// Whether it waits for all earlier steps.
    let isBarrier: Bool
    /// Where its first operation was made.
    let location: SourceLocation
  }

  private(set) var steps: [Step] = []
  /// Data of the constants, by number.
  private(set) var constants: [TensorData] = []
  /// By result of the graph; equal places are one storage.
  private(set) var results: [Place] = []
  private(set) var arenaBytes = 0
  /// By result: the parameter whose memory it overwrites.
  var updates: [Int: Int] = [:]

  let graph: Graph
  private let names: ValueNames
  var places: [ValueID: Place] = [:]
  /// First and last phase in which an arena value is alive; steps between two barriers are one
  /// phase and may overlap.
  private var lifetimes: [ValueID: ClosedRange<Int>] = [:]
  private var phases: [Int] = []
  private var isBarrier: [Bool] = []

  /// Lays out a graph of parameters, constants, kernels and reshapes with constant extents.
  ///
  /// - Parameter updates: by result, the parameter that it replaces; it is written over that where
  ///   the kernels allow.
  init(_ graph: Graph, updates: [Int?] = []) throws(CompileFailure) {
    self.graph = graph
    names = ValueNames(graph)
    try placeLeaves()
    placeUpdates(updates)
    placeResults()
    findPhases()
    try placeIntermediates()
    for (index, id) in kernelNodes.enumerated() { try append(id, index) }
  }

  var kernelNodes: [NodeID] {
    graph.ids.filter { if case .kernel = graph[$0].kind { true } else { false } }
  }

  /// The value whose memory a reshape shows.
  func memory(of value: ValueID) -> ValueID {
    var value = value
    while case .view = graph[value.node].kind, let operand = graph[value.node].operands[0].value {
      value = operand
    }
    return value
  }

  private mutating func placeLeaves() throws(CompileFailure) {
    for (index, id) in graph.parameters.enumerated() {
      _ = try Self.byteCount(graph[id].types[0], names[ValueID(id)])
      places[ValueID(id)] = .input(index)
    }
    for id in graph.ids {
      guard case .constant(let data) = graph[id].kind else { continue }
      places[ValueID(id)] = .constant(constants.count)
      constants.append(data)
    }
  }

  private mutating func placeResults() {
    for (index, value) in graph.results.enumerated() {
      let value = memory(of: value)
      let place = places[value] ?? .output(index)
      places[value] = place
      results.append(place)
    }
  }

  /// A step waits when it touches what a step since the last barrier wrote, or writes over what
  /// one has read.
  private mutating func findPhases() {
    let updated = Dictionary(
      uniqueKeysWithValues: updates.map { index, parameter in
        (memory(of: graph.results[index]), ValueID(graph.parameters[parameter]))
      })
    var written: Set<ValueID> = []
    var read: Set<ValueID> = []
    var phase = 0
    for id in kernelNodes {
      let operands = graph[id].operands.compactMap(\.value).map(memory)
      let overwritten = graph[id].types.indices.compactMap { updated[ValueID(id, $0)] }
      let waits =
        operands.contains { written.contains($0) } || overwritten.contains { read.contains($0) }
      if waits {
        phase += 1
        written = []
        read = []
      }
      read.formUnion(operands)
      isBarrier.append(waits)
      phases.append(phase)
      for result in graph[id].types.indices {
        let value = ValueID(id, result)
        written.insert(value)
        lifetimes[value] = phase...phase
      }
      for value in operands {
        if let life = lifetimes[value] { lifetimes[value] = life.lowerBound...phase }
      }
    }
  }

  /// Offsets by liveness: each value at the lowest place that no overlapping one holds, large
  /// values first.
  private mutating func placeIntermediates() throws(CompileFailure) {
    struct Block {
      let value: ValueID
      let size: Int
      let life: ClosedRange<Int>
    }
    var blocks: [Block] = []
    for id in kernelNodes {
      for (result, type) in graph[id].types.enumerated() {
        let value = ValueID(id, result)
        guard places[value] == nil, let life = lifetimes[value] else { continue }
        let size = (try Self.byteCount(type, names[ValueID(id)]) + 63) & ~63
        blocks.append(Block(value: value, size: max(64, size), life: life))
      }
    }
    let ordered = blocks.indices.sorted {
      blocks[$0].size == blocks[$1].size ? $0 < $1 : blocks[$0].size > blocks[$1].size
    }
    var placed: [(range: Range<Int>, life: ClosedRange<Int>)] = []
    for index in ordered {
      let block = blocks[index]
      var offset = 0
      for other in placed.sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
      where other.life.overlaps(block.life) {
        if offset + block.size <= other.range.lowerBound { break }
        offset = max(offset, other.range.upperBound)
      }
      placed.append((offset..<offset + block.size, block.life))
      places[block.value] = .arena(offset)
      arenaBytes = max(arenaBytes, offset + block.size)
    }
  }

  private mutating func append(_ id: NodeID, _ index: Int) throws(CompileFailure) {
    let node = graph[id]
    guard case .kernel(let kernel) = node.kind else { return }
    var inputs = node.operands.compactMap(\.value).compactMap { places[memory(of: $0)] }[...]
    var outputs = node.types.indices.compactMap { places[ValueID(id, $0)] }[...]
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
    let step = merged(kernel, arguments)
    guard step.arguments.count <= Self.largestArgumentCount else {
      throw .kernel(
        name: kernel.name,
        "\(step.arguments.count) parameters, where the run time passes \(Self.largestArgumentCount)"
      )
    }
    guard kernel.symbols.isEmpty else {
      throw .kernel(name: kernel.name, "its extents are known at run time only; state them")
    }
    steps.append(
      Step(
        kernel: step.kernel, arguments: step.arguments, isBarrier: isBarrier[index],
        location: graph.locations[id.index]))
  }

  /// The most arguments that the run time passes to a kernel, beside memory for shared locals.
  private static let largestArgumentCount = Int(LATHE_MAX_ARGUMENTS) - 1

  /// Bytes of a tensor with constant extents.
  static func byteCount(_ type: TensorType, _ name: String) throws(CompileFailure) -> Int {
    guard let extents = type.extents else {
      throw .symbolicShape(value: name, type: "\(type)")
    }
    var bytes = type.dtype.byteSize
    for extent in extents {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      if overflow || extent < 0 || product > 1 << 46 {
        throw .tooLarge(value: name, type: "\(type)")
      }
      bytes = product
    }
    return bytes
  }
}
