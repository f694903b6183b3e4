// What a compilation makes on its way, for people and tools.

import CLatheRuntime
import Codegen
import IRCore
import LLVMBindings
public import LoopIR
public import TensorIR
public import TensorPasses

/// Every level of one compilation.
public struct CompilationStages: Sendable {
  /// The first graph after the tensor passes.
  public let graph: Module
  /// Regions as graphs that the first one calls.
  public let fused: Module
  /// Unscheduled kernels.
  public let lowered: Module
  /// Kernels with the planner's schedules, not yet applied.
  public let planned: [Kernel]
  /// Kernels after their schedules.
  public let scheduled: [Kernel]
  /// Why each edge was fused or was not.
  public let decisions: [FusionDecision]
  /// The passes on modules, in order.
  public let records: [PassRecord]
  let row: TargetRow

  /// LLVM IR of every scheduled kernel.
  public func llvm() throws(CompileFailure) -> String {
    try texts { kernel throws(LLVMFailure) in
      try KernelCompiler(row: row).llvmText(kernel, symbol: "lathe_k_\(kernel.name)")
    }
  }

  /// Assembly of every scheduled kernel.
  public func assembly() throws(CompileFailure) -> String {
    try texts { kernel throws(LLVMFailure) in
      try KernelCompiler(row: row).assembly(kernel, symbol: "lathe_k_\(kernel.name)")
    }
  }

  private func texts(
    _ text: (Kernel) throws(LLVMFailure) -> String
  ) throws(CompileFailure) -> String {
    var result = ""
    for kernel in scheduled {
      do { result += try text(kernel) } catch { throw .llvm(error) }
    }
    return result
  }
}

/// One pass of a compilation, and what it made.
public struct PassRecord: Sendable {
  /// The pass's name.
  public let name: String
  /// What it does, in a line.
  public let summary: String
  /// How long it ran, without verification.
  public let nanoseconds: UInt64
  /// The module after it.
  public let module: Module
}

extension Compiler {
  /// What the module becomes on every level, verified after every pass. A module of kernels only
  /// starts at the loop level; a kernel that comes with a schedule keeps it.
  ///
  /// - Parameter kept: see `compile`; how they are packed is not among the levels.
  public func stages(
    of module: Module, kept: Range<Int> = 0..<0
  ) throws(CompileFailure) -> CompilationStages {
    do { try module.verify() } catch { throw .invalid(error) }
    do {
      var records: [PassRecord] = []
      var graph = try run(passes.tensor, on: module, &records)
      if let packed = graph.graphs.first?.packingFactors(kept: kept, for: options.row) {
        graph.graphs[0] = packed.graph
      }
      var before: [String: Module] = [:]
      var lowered = graph
      for pass in passes.lowering {
        before[pass.name] = lowered
        lowered = try run([pass], on: lowered, &records)
      }
      var planned: [Kernel] = []
      var scheduled: [Kernel] = []
      for kernel in lowered.graphs.flatMap(\.kernels) + module.kernels {
        var next = kernel
        for pass in passes.planning(for: kernel) { next = try pass.run(next) }
        planned.append(next)
        scheduled.append(try passes.applySchedule.run(next))
      }
      return CompilationStages(
        graph: graph, fused: before["lower"] ?? lowered, lowered: lowered, planned: planned,
        scheduled: scheduled, decisions: Self.decisions(before), records: records,
        row: options.row)
    } catch {
      throw .pass(error)
    }
  }

  /// Why edges were fused or were not, by the modules that stood before the passes that decide.
  private static func decisions(_ before: [String: Module]) -> [FusionDecision] {
    let fused = before["fuse"]?.graphs.first?.withBodies ?? []
    let joined = before["join-phases"]
    return fused.flatMap { FusionPlan($0).decisions }
      + (joined?.graphs.first?.withBodies ?? []).flatMap { graph in
        joined.map { PhasePlan(graph, $0).decisions } ?? []
      }
  }

  private func run(
    _ passes: [Pass<Module, Module>], on module: Module, _ records: inout [PassRecord]
  ) throws(PassFailure) -> Module {
    var module = module
    for pass in passes {
      let start = lathe_now_ns()
      module = try pass.body(module)
      let elapsed = UInt64(lathe_now_ns() - start)
      do { try module.verify() } catch {
        throw PassFailure(pass: pass.name, error.description)
      }
      records.append(
        PassRecord(
          name: pass.name, summary: pass.summary, nanoseconds: elapsed, module: module))
    }
    return module
  }
}

extension Graph {
  /// The kernels that it and the graphs in its nodes call, in order.
  package var kernels: [Kernel] {
    withBodies.flatMap(\.nodes).compactMap {
      if case .kernel(let kernel) = $0.kind { kernel } else { nil }
    }
  }
}
