// Results that are written over the parameters they replace.

import LoopIR
import TensorIR

/// Which results of a graph can be written over parameters: all other readers of the parameter run
/// before the one step that writes it. A kernel that reads it too must do so element by element; a
/// loop writes what it carried when it ends, and rows where it alone may read them.
struct UpdatePlan {
  /// By result: the parameter.
  private(set) var updates: [Int: Int] = [:]
  private let graph: Graph
  private let results: [ValueID]
  private var taken: Set<ValueID> = []

  /// - Parameter wanted: by result, the parameter that it replaces.
  init(_ graph: Graph, _ wanted: [Int?]) {
    self.graph = graph
    results = graph.results.map { graph.memory(of: $0) }
    // A failed check leaves the parameters as they were, so nothing is written over them.
    let hasChecks = graph.withBodies.flatMap(\.nodes).contains { node in
      if case .kernel(let kernel) = node.kind { !kernel.checkMessages.isEmpty } else { false }
    }
    guard !hasChecks else { return }
    for (index, parameter) in wanted.enumerated() {
      guard let parameter, results.indices.contains(index) else { continue }
      let source = ValueID(graph.parameters[parameter])
      guard graph[type: source] == graph[type: graph.results[index]] else { continue }
      let value = results[index]
      guard canUpdate(source, with: value), !updates.values.contains(parameter),
        taken.insert(value).inserted
      else { continue }
      updates[index] = parameter
    }
  }

  private func canUpdate(_ source: ValueID, with value: ValueID) -> Bool {
    guard !graph[value.node].isParameter, results.count(where: { $0 == value }) == 1,
      !results.contains(source)
    else { return false }
    let readers = graph.steps.filter { !operands(of: $0, from: source).isEmpty }
    guard readers.allSatisfy({ $0.index <= value.node.index }) else { return false }
    let places = operands(of: value.node, from: source)
    switch graph[value.node].kind {
    case .kernel(let kernel): return places.isEmpty || kernel.updates(value, places, graph)
    case .loop(let loop):
      if places.isEmpty || value.result < loop.carriedCount { return true }
      return places == loop.destination(of: value.result).map { [$0] }
    case .conditional: return places.isEmpty
    default: return false
    }
  }

  /// The operands of a node that are the value.
  private func operands(of id: NodeID, from source: ValueID) -> [Int] {
    let operands = graph[id].operands
    return operands.indices.filter { operands[$0].value.map { graph.memory(of: $0) } == source }
  }
}

extension LoopNode {
  /// The operand that gives the rows of a stacked output that no step writes.
  func destination(of result: Int) -> Int? {
    let stack = result - carriedCount
    guard stacks.indices.contains(stack), stacks[stack].hasDestination else { return nil }
    return layout.destinations.lowerBound + stacks[..<stack].count { $0.hasDestination }
  }
}

extension Kernel {
  /// Whether the kernel can write a result over the one operand that it stands for.
  fileprivate func updates(_ value: ValueID, _ places: [Int], _ graph: Graph) -> Bool {
    let inputs = buffers.indices.filter { buffers[$0].role == .input }
    let outputs = buffers.indices.filter { buffers[$0].role == .output }
    guard places.count == 1, inputs.count == graph[value.node].operands.count,
      outputs.indices.contains(value.result)
    else { return false }
    return updating(BufferID(inputs[places[0]]), by: BufferID(outputs[value.result])) != nil
  }

  /// One buffer for each argument that the kernel reads and writes over.
  func merging(
    _ arguments: [ProgramLayout.Place]
  ) -> (kernel: Kernel, arguments: [ProgramLayout.Place]) {
    var kernel = self
    var arguments = arguments
    var output = 0
    while output < arguments.count {
      defer { output += 1 }
      guard kernel.buffers[output].role == .output,
        let input = arguments.firstIndex(of: arguments[output]), input != output,
        kernel.buffers[input].role == .input,
        let updated = kernel.updating(BufferID(input), by: BufferID(output))
      else { continue }
      kernel = updated
      arguments.remove(at: output)
      output -= 1
    }
    return (kernel, arguments)
  }
}
