// The lowering pass: calls of regions become kernels.

public import IRCore
import LoopIR
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Replaces each call in the first graph, and in those that its nodes hold, by a kernel of the called region, or of the regions that
  /// a called graph calls as phases, and drops the regions. A tensor that is both factors of a
  /// contraction, or a factor and part of what follows, is passed for each.
  ///
  /// Requires: `fuse` ran. Guarantees: the first graph holds parameters, constants,
  /// kernels, and views that give memory another shape.
  public static let lower = Pass("lower", summary: "turn fused regions into kernels") {
    (module: Module) throws(PassFailure) in
    guard let main = module.graphs.first else { return module }
    return Module(graphs: [try lowered(main, module)], kernels: module.kernels)
  }
}

/// A graph with kernels for calls, and so are those that its nodes hold.
private func lowered(_ main: Graph, _ module: Module) throws(PassFailure) -> Graph {
  var graph = Graph(name: main.name)
  for id in main.ids {
    var node = main[id]
    if case .call(let name) = node.kind, let region = module.graph(named: name) {
      if PhaseLowering.applies(to: region) {
        var phases = try PhaseLowering(region, module.graph(named:))
        node.kind = .kernel(phases.lowered())
        node.operands += phases.repeated.map { node.operands[$0] }
      } else {
        let (region, repeated) = region.separatingFactors()
        node.operands += repeated.map { node.operands[$0] }
        node.kind = .kernel(try Kernel(lowering: region))
      }
    }
    node.kind = try node.kind.mappingBodies { (body) throws(PassFailure) in
      try lowered(body, module)
    }
    graph.append(node, at: main.locations[id.index])
  }
  graph.results = main.results
  return graph
}
