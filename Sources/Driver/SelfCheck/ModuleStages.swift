// The modules of one compilation, pass by pass.

import IRCore
import LoopIR
import TensorIR

/// A module before and after each pass of the tensor level and of lowering.
struct ModuleStages {
  /// `modules[i + 1]` is what the pass `names[i]` made.
  private(set) var names: [String] = []
  private(set) var modules: [Module]
  /// Of the pass that refused or broke the IR, which ends the list.
  private(set) var failure: PassFailure?
  /// The module that states what must come out: behind the last pass that changes rounding.
  private(set) var reference = 0

  init(_ module: Module, _ passes: CompilationPasses) {
    modules = [module]
    for pass in passes.tensor + passes.lowering {
      do { modules.append(try pass.run(modules[modules.count - 1])) } catch {
        failure = error
        return
      }
      names.append(pass.name)
      if pass.changesRounding { reference = names.count }
    }
  }

  /// What the kernel of that name computes.
  func operations(of kernel: String) -> [SelfCheckReport.Operation] {
    guard let lowering = names.firstIndex(of: "lower") else { return [] }
    return modules[lowering].operations(of: kernel)
  }
}

extension Module {
  /// The operations of the first graph.
  var operations: [SelfCheckReport.Operation] {
    graphs.first.map { operations(of: $0.name) } ?? []
  }

  /// The operations of a graph and of those that it calls, which are regions or phases.
  func operations(of name: String) -> [SelfCheckReport.Operation] {
    guard let graph = graph(named: name) else { return [] }
    return graph.withBodies.flatMap { graph in
      zip(graph.nodes, graph.locations).flatMap { node, location in
        switch node.kind {
        case .parameter, .constant: [] as [SelfCheckReport.Operation]
        case .call(let callee) where callee != name: operations(of: callee)
        default: [SelfCheckReport.Operation(name: node.kind.keyword, location: location)]
        }
      }
    }
  }

  /// By result of the first graph, a parameter of the same type that no earlier result has.
  package var possibleUpdates: [Int?] {
    guard let graph = graphs.first else { return [] }
    var free = Array(graph.parameters.enumerated())
    return graph.results.map { result in
      let type = graph[type: result]
      guard let place = free.firstIndex(where: { graph[$0.element].types[0] == type }) else {
        return nil
      }
      return free.remove(at: place).offset
    }
  }
}
