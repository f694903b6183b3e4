// The compiler: passes, caches and the JIT session behind one value.

import CLatheRuntime
import Codegen
package import DiskCaching
import Dispatch
import IRCore
import LLVMBindings
import LoopIR
import LoopPasses
import Lowering
public import TensorIR
import TensorPasses

/// Compiles modules to callable functions; owns the caches. Many tasks may use one.
public final class Compiler: Sendable {
  /// The compiler that tensors use unless another is current.
  public static let shared = Compiler()

  /// How this compiler compiles.
  public let options: CompilerOptions
  /// What it runs.
  package let passes: CompilationPasses
  let kernels: KernelCache
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
    passes = CompilationPasses(options)
    kernels = KernelCache(options, passes, disk: disk)
  }

  /// Makes a compiler with passes of the caller's; it keeps nothing on disk.
  package init(_ options: CompilerOptions, passes: CompilationPasses) {
    self.options = options
    self.passes = passes
    kernels = KernelCache(options, passes, disk: nil)
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
    let layout = try ProgramLayout(graph, updates: passes.updates(graph, key.updates))
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
  func load(
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

  /// The module after the tensor passes, and how its kept parameters are packed, if they are.
  private func packed(
    _ module: Module, _ kept: Range<Int>
  ) throws(CompileFailure) -> (main: Module, packing: PackedGraph?) {
    do { try module.verify() } catch { throw .invalid(error) }
    var module = try run(passes.tensor, on: module, verifies: options.verifiesPasses)
    guard let main = module.graphs.first else { throw .empty }
    let packing = main.packingFactors(kept: kept, for: options.row)
    if let packing { module.graphs[0] = packing.graph }
    return (module, packing)
  }

  /// The first graph after fusion and lowering.
  private func lower(_ module: Module) throws(CompileFailure) -> Graph {
    let lowered = try run(passes.lowering, on: module, verifies: options.verifiesPasses)
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
