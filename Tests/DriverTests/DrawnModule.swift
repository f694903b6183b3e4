// Modules drawn from seeds, with inputs.

import IRCore
import TensorIR
import TestSupport

/// A module of one graph, with an input for each parameter.
struct DrawnModule {
  let module: Module
  let inputs: [TensorValue]

  /// Draws inputs whose sums are exact for a while.
  init(_ graph: Graph, _ random: inout SplitMix64) {
    module = Module(graphs: [graph])
    inputs = graph.parameters.map { id in
      let type = graph[id].types[0]
      let extents = type.extents ?? []
      let numbers = (0..<extents.reduce(1, *)).map { _ in
        Literal(type.dtype, Double(random.integer(-4096...4096)) / 1024)
      }
      return TensorValue(type.dtype, extents, numbers)
    }
  }
}
