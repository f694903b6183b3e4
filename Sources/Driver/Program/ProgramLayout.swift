// From a lowered graph to steps, slots and an arena.

import IRCore
import LoopIR
import TensorIR

/// Where the values of a lowered graph live, and in which order its steps run.
struct ProgramLayout {
  /// Memory that a place stands in.
  enum Base: Hashable {
    case input(Int)
    /// A fresh output.
    case output(Int)
    case constant(Int)
    /// A block of the arena; `blockOffsets` tells where it begins.
    case block(Int)
    /// The counter of the loop of this depth.
    case counter(Int)
  }

  /// How far a place moves with the steps of a loop.
  struct Term: Hashable {
    /// Of the loop, 0 outside.
    let depth: Int
    /// In bytes.
    let stride: Int
    /// Number of places in the ring in which it moves; 0 for a straight line.
    var ring = 0
    /// Steps ahead in the ring.
    var phase = 0
  }

  /// Address of a value.
  struct Place: Hashable {
    let base: Base
    /// In bytes.
    var offset = 0
    var terms: [Term] = []
  }

  /// One kernel call.
  struct Call {
    let kernel: Kernel
    let arguments: [Place]
    /// Where its first operation was made.
    let location: SourceLocation
  }

  /// One row of the program; blocks nest.
  enum Step {
    case call(Call, isBarrier: Bool)
    case copy(from: Place, to: Place, bytes: Int, isBarrier: Bool)
    /// A number of steps, or the most; `nil` where only tests end the loop. With a place, the
    /// memory there tells the number.
    case loop(count: Int?, told: Place?)
    /// Leaves the innermost loop unless the bool there holds.
    case test(Place)
    case endLoop
    case branch(Place)
    case otherwise
    case endBranch
    /// Steps that one thread may run alone while others go on; whether it does depends on cost.
    case section
    case endSection
  }

  let steps: [Step]
  /// Data of the constants, by number.
  let constants: [TensorData]
  /// By result of the graph; equal ones are one storage.
  let results: [Base]
  /// Where each block of the arena begins.
  let blockOffsets: [Int]
  let arenaBytes: Int
  /// By result: the parameter whose memory it overwrites.
  let updates: [Int: Int]

  /// The kernels in the order of their calls.
  var kernels: [Kernel] {
    steps.compactMap { if case .call(let call, _) = $0 { call.kernel } else { nil } }
  }

  /// Lays out a graph of parameters, constants, kernels, reshapes, loops and conditionals with
  /// constant extents.
  ///
  /// - Parameter updates: by result, the parameter that it is written over: see `UpdatePlan`.
  init(_ graph: Graph, updates: [Int: Int] = [:]) throws(CompileFailure) {
    let names = ValueNames(graph)
    let inputs = graph.parameters.indices.map { Place(base: .input($0)) }
    for id in graph.parameters {
      _ = try Self.byteCount(graph[id].types[0], names[ValueID(id)])
    }
    let outputs = graph.results.indices.map { index in
      Place(base: updates[index].map { .input($0) } ?? .output(index))
    }
    var flattening = ProgramFlattening()
    let places = try flattening.flatten(graph, inputs, results: outputs, copies: false)
    steps = flattening.steps
    constants = flattening.constants
    results = places.map(\.base)
    self.updates = updates
    (blockOffsets, arenaBytes) = flattening.blockOffsets()
  }

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

extension Graph {
  /// The value whose memory a reshape shows.
  func memory(of value: ValueID) -> ValueID {
    var value = value
    while case .view = self[value.node].kind, let operand = self[value.node].operands[0].value {
      value = operand
    }
    return value
  }

  /// The nodes that read or write memory.
  var steps: [NodeID] {
    ids.filter { id in
      switch self[id].kind {
      case .kernel, .loop, .conditional: true
      default: false
      }
    }
  }
}
