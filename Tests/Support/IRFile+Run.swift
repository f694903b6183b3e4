// Running what an IR file says.

import Codegen
import Driver
import IRCore
import LLVMBindings
public import LoopIR
public import TensorIR
import TensorPasses

extension IRFile {
  /// What came out of running a file.
  public enum Outcome: Hashable, Sendable {
    /// The text after the last stage.
    case text(String)
    /// The first error; the line only where the parser knows it.
    case error(String, line: Int?)
  }

  /// Runs the stages of `// run:` in order.
  public func run() -> Outcome {
    do {
      let module = try Module(parsing: program)
      if stages == ["parse"] { return .text(module.description) }
      try module.verify()
      let result = try transformed(module)
      switch stages.last {
      case "llvm": return .text(try machineText(result) { try $0.llvmText($1, symbol: $2) })
      case "assembly": return .text(try machineText(result) { try $0.assembly($1, symbol: $2) })
      default: return .text(result.description)
      }
    } catch let error as TextError {
      return .error(error.message, line: error.line)
    } catch {
      return .error("\(error)", line: nil)
    }
  }

  /// The module after the passes; `compile` stands for those of compilation.
  public func transformed(_ module: Module) throws -> Module {
    var module = module
    for stage in stages where !Self.pseudoStages.contains(stage) {
      if stage == "compile" {
        for pass in PassList.tensor(for: row) + PassList.lowering { module = try pass.run(module) }
        for pass in PassList.kernel(for: row) {
          module = try module.mapKernels { kernel in try pass.run(kernel) }
        }
        continue
      }
      switch PassList.named(stage, for: row) {
      case .module(let pass): module = try pass.run(module)
      case .kernel(let pass): module = try module.mapKernels { kernel in try pass.run(kernel) }
      case nil: throw PassFailure(pass: stage, "no pass or stage has this name")
      }
    }
    return module
  }

  /// What the fusion plan decides on the first graph, as it stands before `fuse`.
  public func fusionDecisions() throws -> [String] {
    var module = try Module(parsing: program)
    for stage in stages.prefix(while: { $0 != "fuse" }) {
      if case .module(let pass) = PassList.named(stage, for: row) { module = try pass.run(module) }
    }
    guard let graph = module.graphs.first else { return [] }
    var decisions = FusionPlan(graph).decisions
    if stages.contains("join-phases") {
      let fused = try Pass.fuse.run(module)
      decisions += fused.graphs.first.map { PhasePlan($0, fused).decisions } ?? []
    }
    return decisions.map(\.description)
  }

  /// Stages that are no passes.
  public static let pseudoStages = ["parse", "verify", "interpret", "llvm", "assembly"]

  private func machineText(
    _ module: Module, _ text: (KernelCompiler, Kernel, String) throws -> String
  ) throws -> String {
    try module.allKernels.map { try text(KernelCompiler(row: row), $0, "lathe_k_\($0.name)") }
      .joined(separator: "\n")
  }
}

extension Module {
  /// The kernels in graphs and beside them.
  public var allKernels: [Kernel] {
    let inGraphs = graphs.flatMap { graph in
      graph.nodes.compactMap { node -> Kernel? in
        if case .kernel(let kernel) = node.kind { kernel } else { nil }
      }
    }
    return inGraphs + kernels.filter { !inGraphs.contains($0) }
  }
}
