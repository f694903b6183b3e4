// Results that are written over the parameters they replace.

import LoopIR
import TensorIR

extension ProgramLayout {
  /// Places the results that can be written over their parameters: all other readers of the
  /// parameter run before the one kernel that writes it, and that reads it element by element.
  mutating func placeUpdates(_ wanted: [Int?]) {
    // A failed check leaves the parameters as they were, so nothing is written over them.
    let hasChecks = kernelNodes.contains { id in
      if case .kernel(let kernel) = graph[id].kind { !kernel.checkMessages.isEmpty } else { false }
    }
    guard !hasChecks else { return }
    for (index, parameter) in wanted.enumerated() {
      guard let parameter, graph.results.indices.contains(index) else { continue }
      let source = ValueID(graph.parameters[parameter])
      guard graph[type: source] == graph[type: graph.results[index]] else { continue }
      let value = memory(of: graph.results[index])
      guard canUpdate(source, with: value), !updates.values.contains(parameter) else { continue }
      places[value] = .input(parameter)
      updates[index] = parameter
    }
  }

  private func canUpdate(_ source: ValueID, with value: ValueID) -> Bool {
    let results = graph.results.map(memory)
    guard places[value] == nil, results.count(where: { $0 == value }) == 1,
      !results.contains(source), case .kernel(let kernel) = graph[value.node].kind
    else { return false }
    let readers = kernelNodes.filter {
      graph[$0].operands.contains { $0.value.map(memory) == source }
    }
    guard readers.allSatisfy({ $0.index <= value.node.index }) else { return false }
    guard readers.contains(value.node) else { return true }
    let operands = graph[value.node].operands
    let inputs = kernel.buffers.indices.filter { kernel.buffers[$0].role == .input }
    let outputs = kernel.buffers.indices.filter { kernel.buffers[$0].role == .output }
    let places = operands.indices.filter { operands[$0].value.map(memory) == source }
    guard places.count == 1, inputs.count == operands.count, outputs.indices.contains(value.result)
    else { return false }
    let updated = kernel.updating(
      BufferID(inputs[places[0]]), by: BufferID(outputs[value.result]))
    return updated != nil
  }

  /// One buffer for each parameter that the kernel reads and writes over.
  func merged(
    _ kernel: Kernel, _ arguments: [Place]
  ) -> (kernel: Kernel, arguments: [Place]) {
    var kernel = kernel
    var arguments = arguments
    var output = 0
    while output < arguments.count {
      defer { output += 1 }
      guard kernel.buffers[output].role == .output, case .input = arguments[output],
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
