// The compiler: passes, caches and the JIT session behind one value.

import CLatheRuntime
import Codegen
package import DiskCaching
import Dispatch
import IRCore
import LLVMBindings
public import LoopIR
import LoopPasses
import Lowering
public import TensorIR
public import TensorPasses

/// Compiles modules to callable functions; owns the caches. Many tasks may use one.
public final class Compiler: Sendable {
  /// The compiler that tensors use unless another is current.
  public static let shared = Compiler()

  /// How this compiler compiles.
  public let options: CompilerOptions
  private let kernels: KernelCache
  private let programs = Locked<[ProgramKey: CompiledFunction]>([:])

  /// Number of programs compiled and kept.
  package var programCount: Int { programs.withLock { $0.count } }

  /// The most programs that are kept.
  private static let programLimit = 1024

  /// Makes a compiler with empty caches.
  public convenience init(_ options: CompilerOptions = CompilerOptions()) {
    self.init(options, disk: options.disk)
  }

  /// Makes a compiler that keeps kernels in a cache of the caller's.
  package init(_ options: CompilerOptions, disk: DiskCache?) {
    self.options = options
    kernels = KernelCache(options, disk: disk)
  }

  private struct ProgramKey: Hashable {
    let module: Module
    let updates: [Int?]
    let kept: Range<Int>
  }

  /// Compiles the module's first graph; other graphs are callees. Equal modules compile once.
  ///
  /// The graph's extents must be constant.
  ///
  /// - Parameters:
  ///   - updates: by result, the parameter that it replaces, if any: the program may write it into
  ///     that parameter's memory, which the call allows or has copied first.
  ///   - kept: places of the parameters for which every call passes the same elements; calls take
  ///     them as `CompiledFunction.prepared` returns them.
  public func compile(
    _ module: Module, updates: [Int?] = [], kept: Range<Int> = 0..<0
  ) throws(CompileFailure) -> CompiledFunction {
    try program(module, updates: updates, kept: kept).function
  }

  /// Compiles as `compile` does, and tells whether no equal program was known.
  package func program(
    _ module: Module, updates: [Int?] = [], kept: Range<Int> = 0..<0
  ) throws(CompileFailure) -> (function: CompiledFunction, isNew: Bool) {
    let key = ProgramKey(module: module, updates: updates, kept: kept)
    if let known = programs.withLock({ $0[key] }) { return (known, false) }
    let function = try compileAnew(key)
    programs.withLock { programs in
      if programs.count >= Self.programLimit { programs.removeAll() }
      programs[key] = function
    }
    return (function, true)
  }

  private func compileAnew(_ key: ProgramKey) throws(CompileFailure) -> CompiledFunction {
    var statistics = CompileStatistics()
    let wasLoaded = LLVMLibrary.isLoaded
    let start = lathe_now_ns()
    let (main, packing) = try packed(key.module, key.kept)
    let graph = try lower(main)
    let layout = try ProgramLayout(graph, updates: key.updates)
    let packer = try packing.map { packing throws(CompileFailure) in
      let graph = try lower(Module(graphs: [packing.packing]))
      return (graph: graph, layout: try ProgramLayout(graph))
    }
    statistics.passNanoseconds = UInt64(lathe_now_ns() - start)
    let list = layout.kernels
    let loaded = try load(list + (packer?.layout.kernels ?? []), &statistics)
    let total = UInt64(lathe_now_ns() - start)
    statistics.llvmLoadNanoseconds = wasLoaded ? 0 : LLVMLibrary.loadNanoseconds
    statistics.readyNanoseconds = total - min(total, statistics.llvmLoadNanoseconds)
    let preparation = try packer.map { packer throws(CompileFailure) in
      Preparation(
        packing: try CompiledFunction(
          graph: packer.graph, layout: packer.layout,
          kernels: Array(loaded.dropFirst(list.count)), threads: options.threads,
          statistics: CompileStatistics()),
        places: (packing?.packed ?? []).map { $0 - key.kept.lowerBound })
    }
    return try CompiledFunction(
      graph: graph, layout: layout, kernels: Array(loaded.prefix(list.count)),
      threads: options.threads, statistics: statistics, preparation: preparation)
  }

  /// Machine code of each kernel; distinct ones are compiled side by side, long ones first, so that
  /// the threads end together.
  private func load(
    _ list: [Kernel], _ statistics: inout CompileStatistics
  ) throws(CompileFailure) -> [LoadedKernel] {
    var places: [String: Int] = [:]
    var distinct: [(key: String, kernel: Kernel)] = []
    let indices = list.map { kernel in
      let key = kernel.structuralText
      if let known = places[key] { return known }
      places[key] = distinct.count
      distinct.append((key, kernel))
      return distinct.count - 1
    }
    let jobs = distinct
    let order = jobs.indices.sorted { jobs[$0].key.utf8.count > jobs[$1].key.utf8.count }
    typealias Outcome = (result: Result<LoadedKernel, CompileFailure>, times: CompileStatistics)
    let outcomes = Locked([Outcome?](repeating: nil, count: jobs.count))
    DispatchQueue.concurrentPerform(iterations: jobs.count) { place in
      let index = order[place]
      var times = CompileStatistics()
      let result = Result { () throws(CompileFailure) in
        try kernels.load(jobs[index].kernel, key: jobs[index].key, &times)
      }
      outcomes.withLock { $0[index] = (result, times) }
    }
    var loaded: [LoadedKernel] = []
    for case let outcome? in outcomes.withLock({ $0 }) {
      statistics.add(outcome.times)
      loaded.append(try outcome.result.get())
    }
    return indices.map { loaded[$0] }
  }

  /// The tensor passes but for those that the options leave out.
  private var enabledPasses: [Pass<Module, Module>] {
    PassList.tensor(for: options.row).filter {
      PassList.required.contains($0.name) || !options.disabledPasses.contains($0.name)
    }
  }

  /// The module after the tensor passes, and how its kept parameters are packed, if they are.
  private func packed(
    _ module: Module, _ kept: Range<Int>
  ) throws(CompileFailure) -> (main: Module, packing: PackedGraph?) {
    do { try module.verify() } catch { throw .invalid(error) }
    var module = try run(enabledPasses, on: module, verifies: options.verifiesPasses)
    guard let main = module.graphs.first else { throw .empty }
    let packing = main.packingFactors(kept: kept, for: options.row)
    if let packing { module.graphs[0] = packing.graph }
    return (module, packing)
  }

  /// The first graph after fusion and lowering.
  private func lower(_ module: Module) throws(CompileFailure) -> Graph {
    let lowered = try run(PassList.lowering, on: module, verifies: options.verifiesPasses)
    guard let graph = lowered.graphs.first else { throw .empty }
    return graph
  }

  private func run(
    _ passes: [Pass<Module, Module>], on module: Module, verifies: Bool
  ) throws(CompileFailure) -> Module {
    var module = module
    do {
      for pass in passes { module = verifies ? try pass.run(module) : try pass.body(module) }
    } catch {
      throw .pass(error)
    }
    return module
  }
}

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

extension Compiler {
  /// What the module becomes on every level, verified after every pass. A module of kernels only
  /// starts at the loop level; a kernel that comes with a schedule keeps it.
  ///
  /// - Parameter kept: see `compile`; how they are packed is not among the levels.
  public func stages(
    of module: Module, kept: Range<Int> = 0..<0
  ) throws(CompileFailure) -> CompilationStages {
    do {
      try module.verify()
    } catch {
      throw .invalid(error)
    }
    do {
      var graph = try run(enabledPasses, on: module)
      if let packed = graph.graphs.first?.packingFactors(kept: kept, for: options.row) {
        graph.graphs[0] = packed.graph
      }
      let arranged = try Pass.lowerIndexing.run(graph)
      let regions = try Pass.joinKernels.run(Pass.fuse.run(arranged))
      let fused = try Pass.joinPhases.run(regions)
      let lowered = try Pass.lower.run(fused)
      let found = lowered.graphs.flatMap(\.withBodies).flatMap(\.nodes).compactMap {
        if case .kernel(let kernel) = $0.kind { kernel } else { nil }
      }
      var planned: [Kernel] = []
      var scheduled: [Kernel] = []
      for kernel in found + module.kernels {
        var next = kernel
        let passes = PassList.passes(for: kernel, options.row, without: options.disabledPasses)
        for pass in passes.dropLast() { next = try pass.run(next) }
        planned.append(next)
        scheduled.append(try Pass.applySchedule.run(next))
      }
      let decisions =
        (arranged.graphs.first.map(\.withBodies) ?? []).flatMap { FusionPlan($0).decisions }
        + (regions.graphs.first.map(\.withBodies) ?? []).flatMap {
          PhasePlan($0, regions).decisions
        }
      return CompilationStages(
        graph: graph, fused: fused, lowered: lowered, planned: planned, scheduled: scheduled,
        decisions: decisions, row: options.row)
    } catch {
      throw .pass(error)
    }
  }

  private func run(
    _ passes: [Pass<Module, Module>], on module: Module
  ) throws(PassFailure) -> Module {
    var module = module
    for pass in passes { module = try pass.run(module) }
    return module
  }
}
