// Wrong variants of passes, each as its author might have written it.

import Codegen
import Driver
import IRCore
import LoopIR
import LoopPasses
import TensorIR
import Testing

/// A mistake in one stage of compilation.
struct SeededBug: Sendable, CustomTestStringConvertible {
  /// The mistake in words.
  let name: String
  /// The stage that must be named.
  let guilty: String
  /// Puts the wrong variant in place of the right one.
  let plant: @Sendable (inout CompilationPasses) -> Void

  var testDescription: String { "\(guilty): \(name)" }

  /// A compiler with the mistake.
  func compiler(_ options: CompilerOptions) -> Compiler {
    Compiler(options, passes: CompilationPasses(options).changed(plant))
  }

  /// A pass on modules whose output is damaged.
  static func module(
    _ pass: String, _ name: String, _ damage: @escaping @Sendable (Module) -> Module
  ) -> SeededBug {
    SeededBug(name: name, guilty: pass) { passes in
      passes.tensor = passes.tensor.map { $0.name == pass ? $0.damaged(damage) : $0 }
      passes.lowering = passes.lowering.map { $0.name == pass ? $0.damaged(damage) : $0 }
    }
  }

  /// A pass on modules after which each kernel is damaged.
  static func kernels(
    _ pass: String, _ name: String, _ damage: @escaping @Sendable (Kernel) -> Kernel
  ) -> SeededBug {
    module(pass, name) { module in
      var result = module
      result.graphs = module.graphs.map { graph in
        graph.mappingNodes { node in
          if case .kernel(let kernel) = node.kind { node.kind = .kernel(damage(kernel)) }
        }
      }
      return result
    }
  }

  /// A planner that says something else.
  static func plan(
    _ name: String, _ damage: @escaping @Sendable (Kernel) -> Kernel
  ) -> SeededBug {
    SeededBug(name: name, guilty: "plan") { passes in
      passes.planning = passes.planning.map { $0.damaged(damage) }
    }
  }

  /// A step of schedules whose result is damaged.
  static func step(
    _ step: String, _ name: String, _ damage: @escaping @Sendable (Kernel) -> Kernel
  ) -> SeededBug {
    SeededBug(name: name, guilty: step) { passes in
      let apply = passes.applyStep
      passes.applyStep = { kernel, next throws(ScheduleRefusal) in
        let result = try apply(kernel, next)
        return next.keyword == step ? damage(result) : result
      }
    }
  }

  /// Text of LLVM IR damaged right after emission, or after one of LLVM's passes.
  static func llvm(
    _ pass: String, _ name: String, _ damage: @escaping @Sendable (String) -> String
  ) -> SeededBug {
    SeededBug(name: name, guilty: pass) { passes in
      let place = passes.llvm.firstIndex { $0.name == pass }.map { $0 + 1 } ?? 0
      passes.llvm.insert(LLVMPass(pass, rewriting: damage), at: place)
    }
  }
}

extension Pass {
  /// The pass with its output damaged.
  fileprivate func damaged(_ damage: @escaping @Sendable (Output) -> Output) -> Pass {
    let body = body
    return Pass(name, summary: summary, changesRounding: changesRounding) {
      input throws(PassFailure) in
      damage(try body(input))
    }
  }
}

extension Graph {
  /// The graph with each node changed in place.
  func mappingNodes(_ change: (inout Node) -> Void) -> Graph {
    var result = Graph(name: name)
    for (node, location) in zip(nodes, locations) {
      var node = node
      change(&node)
      result.append(node, at: location)
    }
    result.results = results
    return result
  }
}

extension Module {
  /// The module with each node of its graphs changed in place.
  func mappingNodes(_ change: (inout Node) -> Void) -> Module {
    var result = self
    result.graphs = graphs.map { $0.mappingNodes(change) }
    return result
  }
}

extension Kernel {
  /// The kernel with each statement, here and inside, changed after what is inside it.
  func mappingStatements(_ change: (Statement) -> Statement) -> Kernel {
    func mapped(_ statements: [Statement]) -> [Statement] {
      statements.map { change($0.mappingBlocks(mapped)) }
    }
    var result = self
    result.body = mapped(body)
    return result
  }

  /// The kernel with its first loop changed that is of a kind.
  func changingFirstLoop(
    where holds: (Loop) -> Bool, _ change: (inout Loop) -> Void
  ) -> Kernel {
    var isDone = false
    return mappingStatements { statement in
      guard case .loop(var loop) = statement, !isDone, holds(loop) else { return statement }
      isDone = true
      change(&loop)
      return .loop(loop)
    }
  }
}
