// A compiled program and the call into it.

import CLatheRuntime
public import Codegen
import IRCore
import LoopIR
public import TensorIR

/// Times and counts of one compilation.
public struct CompileStatistics: Hashable, Sendable {
  /// From the module to the callable function, without loading LLVM.
  public var readyNanoseconds: UInt64 = 0
  /// Loading LLVM; 0 where it was loaded already.
  public var llvmLoadNanoseconds: UInt64 = 0
  /// Tensor passes, fusion and lowering.
  public var passNanoseconds: UInt64 = 0
  /// LLVM's parts, summed over kernels.
  public var codegen = CodegenTimes()
  /// Linking into the process, summed over kernels.
  public var linkNanoseconds: UInt64 = 0
  /// Kernels that this compilation compiled; the others were compiled before.
  public var compiledKernels = 0
  /// Kernels that this compilation took from disk.
  public var storedKernels = 0

  /// Nothing compiled.
  public init() {}

  /// Adds what one kernel took.
  mutating func add(_ other: CompileStatistics) {
    codegen.build += other.codegen.build
    codegen.optimize += other.codegen.optimize
    codegen.emit += other.codegen.emit
    linkNanoseconds += other.linkNanoseconds
    compiledKernels += other.compiledKernels
    storedKernels += other.storedKernels
  }
}

/// Program that is ready to run: immutable, and safe to call from many tasks at once.
public final class CompiledFunction: Sendable {
  /// Types of the inputs in order.
  public let parameterTypes: [TensorType]
  /// Types of the outputs in order.
  public let resultTypes: [TensorType]
  /// How it was compiled.
  public let statistics: CompileStatistics
  private let table: ProgramTable
  private let parameterBytes: [Int]
  private let resultBytes: [Int]
  private let results: [ProgramLayout.Base]
  private let constants: [Storage]
  private let threads: Int32
  /// What is done to kept inputs before they are passed; `nil` where nothing is.
  let preparation: Preparation?

  init(
    graph: Graph, layout: ProgramLayout, kernels: [LoadedKernel], threads: Int,
    statistics: CompileStatistics, preparation: Preparation? = nil
  ) throws(CompileFailure) {
    self.preparation = preparation
    parameterTypes = graph.parameters.map { graph[$0].types[0] }
    resultTypes = graph.results.map { graph[type: $0] }
    self.statistics = statistics
    results = layout.results
    updates = layout.updates
    self.threads = Int32(clamping: threads)
    parameterBytes = try parameterTypes.map { type throws(CompileFailure) in
      try ProgramLayout.byteCount(type, "parameter")
    }
    resultBytes = try resultTypes.map { type throws(CompileFailure) in
      try ProgramLayout.byteCount(type, "result")
    }
    var constants: [Storage] = []
    for data in layout.constants {
      do { constants.append(try Storage(data.bytes)) } catch {
        throw .tooLarge(value: "constant", type: data.type.name)
      }
    }
    self.constants = constants
    let inputCount = parameterTypes.count
    let outputCount = resultTypes.count
    let constantCount = constants.count
    table = try ProgramTable(
      layout, kernels,
      slotOf: { place in
        switch place {
        case .input(let index): index
        case .output(let index): inputCount + index
        case .constant(let index): inputCount + outputCount + index
        case .block: inputCount + outputCount + constantCount
        case .counter: Int(LATHE_SLOT_COUNTER)
        }
      }, slotCount: inputCount + outputCount + constantCount + 1,
      threads: threads == 0 ? Int(lathe_cpu_features().available_cpus) : threads)
    memory = ProgramMemory(
      layout, parameterBytes, resultBytes, constants: constants.reduce(0) { $0 + $1.byteCount },
      arena: table.arenaBytes, scratch: kernels.map(\.code.scratchBytes).max() ?? 0)
  }

  /// Number of kernel calls in the program.
  public var kernelCount: Int { table.kernels.count }

  /// By result: the input whose memory it takes over.
  public let updates: [Int: Int]

  /// What a call takes.
  public let memory: ProgramMemory

  /// Bytes of code and constants.
  public var byteCount: Int {
    var met: Set<String> = []
    let code = table.kernels.reduce(0) {
      $0 + (met.insert($1.symbol).inserted ? $1.code.object.count : 0)
    }
    return code + memory.constants
  }

  private var arenaBytes: Int { table.arenaBytes }

  /// Runs on inputs of the parameters' types and returns fresh outputs; a result that is an input
  /// is that input's storage.
  ///
  /// - Parameter owned: by input, whether the caller gives it up, so that the result which replaces
  ///   it may take its memory; inputs beyond the list are not given up. Nothing else may refer to
  ///   such an input.
  public func callAsFunction(
    _ inputs: [Storage], owned: [Bool] = []
  ) throws(RunFailure) -> [Storage] {
    var outputs: [Storage] = []
    outputs.reserveCapacity(results.count)
    try checkInputs(inputs)
    let inputs = try copying(inputs, but: owned)
    for (index, place) in results.enumerated() {
      switch place {
      case .input(let input): outputs.append(inputs[input])
      case .constant(let constant): outputs.append(constants[constant])
      case .output(let first) where first < index: outputs.append(outputs[first])
      case .output, .block, .counter:
        do { outputs.append(try Storage(byteCount: resultBytes[index])) } catch {
          throw .allocation(error)
        }
      }
    }
    try run(inputs, outputs)
    return outputs
  }

  /// Runs into outputs that the caller owns, one per result; a result that is an input or a
  /// constant is copied.
  public func run(_ inputs: [Storage], into outputs: [Storage]) throws(RunFailure) {
    try checkInputs(inputs)
    guard outputs.count == results.count else {
      throw .argumentCount(what: "output", found: outputs.count, expected: results.count)
    }
    for (index, output) in outputs.enumerated() where output.byteCount != resultBytes[index] {
      throw .argumentSize(
        what: "output", index: index, found: output.byteCount, expected: resultBytes[index])
    }
    let inputs = try copying(inputs, but: [])
    try run(inputs, outputs)
    for (index, place) in results.enumerated() {
      let source: Storage
      switch place {
      case .input(let input): source = inputs[input]
      case .constant(let constant): source = constants[constant]
      case .output(let first) where first < index: source = outputs[first]
      case .output, .block, .counter: continue
      }
      outputs[index].address.copyMemory(from: source.address, byteCount: resultBytes[index])
    }
  }

  /// The inputs, with copies of those that the program writes over and the caller keeps.
  private func copying(
    _ inputs: [Storage], but owned: [Bool]
  ) throws(RunFailure) -> [Storage] {
    if updates.isEmpty { return inputs }
    var inputs = inputs
    for input in updates.values where input >= owned.count || !owned[input] {
      do { inputs[input] = try Storage(copying: inputs[input]) } catch {
        throw .allocation(error)
      }
    }
    return inputs
  }

  private func checkInputs(_ inputs: [Storage]) throws(RunFailure) {
    guard inputs.count == parameterBytes.count else {
      throw .argumentCount(what: "input", found: inputs.count, expected: parameterBytes.count)
    }
    for (index, input) in inputs.enumerated() where input.byteCount != parameterBytes[index] {
      throw .argumentSize(
        what: "input", index: index, found: input.byteCount, expected: parameterBytes[index])
    }
  }

  private func run(_ inputs: [Storage], _ outputs: [Storage]) throws(RunFailure) {
    var arena: UnsafeMutableRawPointer?
    if arenaBytes > 0 {
      arena = lathe_alloc(arenaBytes)
      if arena == nil { throw .allocation(AllocationFailure(byteCount: arenaBytes)) }
    }
    defer { lathe_free(arena, arenaBytes) }
    let count = inputs.count + outputs.count + constants.count + 1
    let word = withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: count) {
      slots -> UInt64 in
      var next = 0
      for storage in inputs {
        slots.initializeElement(at: next, to: storage.address)
        next += 1
      }
      for storage in outputs {
        slots.initializeElement(at: next, to: storage.address)
        next += 1
      }
      for storage in constants {
        slots.initializeElement(at: next, to: storage.address)
        next += 1
      }
      slots.initializeElement(at: next, to: arena)
      // A program too small to share never asks for the team.
      let team = table.nanoseconds < 10_000 ? nil : lathe_team_shared(threads)
      return lathe_run(table.program, slots.baseAddress, nil, team, nil)
    }
    withExtendedLifetime((inputs, outputs)) {}
    if word != LATHE_OK { throw failure(word) }
  }

  private func failure(_ word: UInt64) -> RunFailure {
    if word == LATHE_OUT_OF_MEMORY {
      return .allocation(AllocationFailure(byteCount: Int(table.program.pointee.scratch_bytes)))
    }
    let step = Int(word >> UInt64(LATHE_SITE_BITS))
    let site = Int(word & (1 << UInt64(LATHE_SITE_BITS) - 1))
    guard table.origins.indices.contains(step), let (kernel, location) = table.origins[step] else {
      return .check(kernel: "?", message: "status \(word)", location: .unknown)
    }
    let checks = kernel.code.checks
    let message = checks.indices.contains(site) ? checks[site] : "site \(site)"
    return .check(
      kernel: kernel.name, message: message, location: location)
  }
}
