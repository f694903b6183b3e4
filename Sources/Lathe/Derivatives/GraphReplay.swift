// From a graph back to trace nodes.

import Driver
import IRCore
import TensorIR

/// Puts the nodes of a graph into the trace that is being made, in one go or in several.
///
/// A value is let go after its last use, so that nothing counts as asked for but the results.
struct GraphReplay {
  private let graph: Graph
  private let isLive: [Bool]
  private var uses: [ValueID: Int] = [:]
  private var values: [ValueID: Tensor] = [:]
  private var isDone: [Bool]

  init(_ graph: Graph) {
    self.graph = graph
    var live = [Bool](repeating: false, count: graph.nodes.count)
    for result in graph.results {
      live[result.node.index] = true
      uses[result, default: 0] += 1
    }
    for id in graph.ids.reversed() where live[id.index] {
      for value in graph[id].operands.compactMap(\.value) {
        live[value.node.index] = true
        uses[value, default: 0] += 1
      }
    }
    isLive = live
    isDone = live.map { !$0 }
  }

  /// States what stands for parameters, from number `first` on.
  mutating func bind(_ tensors: [Tensor], from first: Int = 0) {
    for (parameter, tensor) in zip(graph.parameters.dropFirst(first), tensors) {
      values[ValueID(parameter)] = tensor
      isDone[parameter.index] = true
    }
  }

  /// Makes every node whose operands are there.
  mutating func run() {
    for id in graph.ids where !isDone[id.index] && !graph[id].isParameter {
      let operands = graph[id].operands
      guard operands.allSatisfy({ $0.value.map { values[$0] != nil } ?? true }) else { continue }
      make(id)
      isDone[id.index] = true
      for value in operands.compactMap(\.value) { release(value) }
    }
  }

  /// Result number `number`, once it was made.
  mutating func takeResult(_ number: Int) -> Tensor {
    let value = graph.results[number]
    guard let tensor = values[value] else { preconditionFailure("a result was not made") }
    release(value)
    return tensor
  }

  private mutating func release(_ value: ValueID) {
    uses[value, default: 0] -= 1
    if uses[value] == 0 { values[value] = nil }
  }

  private mutating func make(_ id: NodeID) {
    let node = graph[id]
    let location = graph.locations[id.index]
    if node.types.count > 1 || !node.kind.bodies.isEmpty {
      let operands = node.operands.compactMap { $0.value.flatMap { values[$0]?.node } }
      let results = Tensor.results(of: node.kind, operands, node.types, at: location)
      for (number, result) in results.enumerated() { keep(result, ValueID(id, number)) }
      return
    }
    let operands = node.operands.compactMap { operand -> TraceOperand? in
      switch operand {
      case .literal(let literal): .literal(literal)
      case .value(let value): values[value].map { .node($0.node) }
      }
    }
    let type = node.types[0]
    let tensor = Tensor(
      node.kind, operands, dtype: type.dtype, shape: type.extents ?? [], at: location)
    keep(tensor, ValueID(id))
  }

  private mutating func keep(_ tensor: Tensor, _ value: ValueID) {
    if uses[value, default: 0] > 0 { values[value] = tensor }
  }
}
