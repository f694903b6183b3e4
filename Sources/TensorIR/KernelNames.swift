// Names of kernels, one for each that differs.

import LoopIR

extension Graph {
  /// The graph, and those that its nodes hold, with numbers behind the names of kernels that would
  /// stand for two: one author's kernel is several for several shapes, and another in each of its
  /// derivatives' and batches' forms.
  package func namingKernelsApart() -> Graph {
    guard withBodies.contains(where: { $0.nodes.contains { $0.kind.isKernel } }) else {
      return self
    }
    var names = KernelNames()
    return names.named(self)
  }
}

/// The kernels met so far by name.
private struct KernelNames {
  private var known: [String: Kernel] = [:]

  mutating func named(_ graph: Graph) -> Graph {
    var result = Graph(name: graph.name)
    for id in graph.ids {
      var node = graph[id]
      if case .kernel(let kernel) = node.kind { node.kind = .kernel(named(kernel)) }
      node.kind = node.kind.mappingBodies { named($0) }
      result.append(node, at: graph.locations[id.index])
    }
    result.results = graph.results
    return result
  }

  private mutating func named(_ kernel: Kernel) -> Kernel {
    var result = kernel
    var number = 1
    while let other = known[result.name], other != result {
      result.name = "\(kernel.name)_\(number)"
      number += 1
    }
    known[result.name] = result
    return result
  }
}

extension NodeKind {
  fileprivate var isKernel: Bool {
    if case .kernel = self { return true }
    return false
  }
}
