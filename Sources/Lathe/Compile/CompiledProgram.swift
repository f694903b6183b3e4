// A program of a compiled function, for one signature.

import Driver
import IRCore
import TensorIR

/// A program and all that a call needs beside its state and arguments.
final class CompiledProgram: Sendable {
  /// Kept, so that no other compiler takes its place in memory.
  let compiler: Compiler
  let signature: CallSignature
  /// The call's parts by name.
  let parts: [NamedPart]
  let graph: TraceGraph
  /// The program; `nil` where the function computes no tensor.
  let function: CompiledFunction?
  /// Memory of captured tensors, passed after the arguments; what is packed was packed once.
  let captured: [Storage]
  let results: [TensorSignature]
  /// The `FunctionTrace` that it was compiled from.
  let trace: any AnyObject & Sendable
  /// Why it was compiled when there were others before.
  let reason: RecompileReason?
  private let isCompared = Locked(false)

  init(
    _ compiler: Compiler, _ signature: CallSignature, _ parts: [NamedPart], _ graph: TraceGraph,
    _ function: CompiledFunction?, captured: [Storage], trace: any AnyObject & Sendable,
    reason: RecompileReason?
  ) {
    self.compiler = compiler
    self.signature = signature
    self.parts = parts
    self.graph = graph
    self.function = function
    self.trace = trace
    self.reason = reason
    self.captured = captured
    let graph = graph.graph
    results = graph.results.map { id in
      let type = graph[type: id]
      return TensorSignature(type.dtype, type.extents ?? [])
    }
  }

  /// The program before any pass.
  var module: Module { Module(graphs: [graph.graph]) }

  /// Places of the captured tensors among the parameters.
  var kept: Range<Int> { graph.kept }

  /// Roughly what the program holds: code, constants, packed copies, and the trace; captured
  /// tensors live anyhow.
  var byteCount: Int {
    let packed = function?.packedPlaces.reduce(0) { $0 + captured[$1].byteCount } ?? 0
    let constants = graph.graph.nodes.reduce(0) { total, node in
      guard case .constant(let data) = node.kind else { return total }
      return total + data.bytes.count
    }
    return (function?.byteCount ?? 0) + constants + packed + graph.graph.nodes.count * 256
  }

  /// Whether the program serves a call with such parts.
  func fits(_ parts: CallParts, _ compiler: Compiler) -> Bool {
    self.compiler === compiler && signature.fits(parts)
  }

  /// Holds for the first caller only.
  func takesComparison() -> Bool {
    isCompared.withLock { isCompared in
      defer { isCompared = true }
      return !isCompared
    }
  }

  /// Whether a second trace was compared with the first.
  var wasCompared: Bool { isCompared.withLock { $0 } }

  /// Whether the program may write over tensors of the state.
  var updates: Bool { function?.updates.isEmpty == false }

  /// Runs on the memory of the state's and the arguments' tensors.
  func run(
    _ inputs: [Storage], owned: [Bool]
  ) -> Result<[Storage], EvaluationFailure> {
    guard let function else { return .success([]) }
    do {
      return .success(
        try function(captured.isEmpty ? inputs : inputs + captured, owned: owned))
    } catch {
      return .failure(EvaluationFailure(error, graph.resultPlaces))
    }
  }
}

/// The structures of a function and its programs by signature.
final class CompiledPrograms: Sendable {
  let location: SourceLocation
  let structures: FunctionStructures
  /// The most recently used first.
  private let programs = Locked<[CompiledProgram]>([])
  private let compilations = Locked(0)

  init(at location: SourceLocation, _ structures: FunctionStructures) {
    self.location = location
    self.structures = structures
  }

  /// The programs, the most recently used first.
  var known: [CompiledProgram] { programs.withLock { $0 } }

  /// The latest program, run: the quick way for a call like the one before it. `nil` where the call
  /// is another, or more is to be done than to run it.
  func runLatest(
    _ state: UnsafeMutableRawPointer, _ arguments: UnsafeRawPointer
  ) -> (program: CompiledProgram, outputs: Result<[Storage], EvaluationFailure>)? {
    let compiler = Compiler.current
    guard let program = programs.withLock({ $0.first }), program.compiler === compiler else {
      return nil
    }
    if compiler.options.comparesTraces, !program.wasCompared { return nil }
    var reader = StructureReader(program.signature)
    reader.collects = !program.updates
    reader.read(UnsafeRawPointer(state), structures.state)
    reader.collects = true
    reader.read(arguments, structures.arguments)
    guard reader.isComplete else { return nil }
    guard program.updates else {
      return (program, program.run(reader.storages, owned: []))
    }
    var (inputs, owned) = structures.state.ownership(of: state)
    inputs += reader.storages
    return (program, program.run(inputs, owned: owned))
  }

  /// The program for a call.
  func find(_ parts: CallParts, _ compiler: Compiler) -> CompiledProgram? {
    let list = known
    guard let index = list.firstIndex(where: { $0.fits(parts, compiler) }) else { return nil }
    let found = list[index]
    if index > 0 {
      programs.withLock { programs in
        guard let place = programs.firstIndex(where: { $0 === found }) else { return }
        programs.remove(at: place)
        programs.insert(found, at: 0)
      }
    }
    return found
  }

  /// Keeps a new program, unless another task was faster: then that one is returned.
  func add(_ program: CompiledProgram, for parts: CallParts) -> CompiledProgram {
    let kept = programs.withLock { programs -> CompiledProgram in
      if let other = programs.first(where: { $0.fits(parts, program.compiler) }) { return other }
      programs.insert(program, at: 0)
      CompiledProgramLimit.trim(&programs, \.byteCount)
      return program
    }
    if kept === program { warn(about: program) }
    return kept
  }

  private func warn(about program: CompiledProgram) {
    let count = compilations.withLock { count in
      count += 1
      return count
    }
    guard let reason = program.reason else { return }
    let isMany = count == CompiledProgramLimit.warningCount
    let isFloat = reason.namesFloat && count == CompiledProgramLimit.floatWarningCount
    guard isMany || isFloat else { return }
    writeLine(
      "\(location.text): warning: \(ordinal(count)) compile: \(reason.text)"
        + (isMany ? "; are all needed?" : ""))
  }
}

extension Structure {
  /// The memory of every tensor of the value at `base`, all of which stand in memory, and whether
  /// nothing but the value refers to it.
  func ownership(
    of base: UnsafeMutableRawPointer
  ) -> (storages: [Storage], owned: [Bool]) {
    var storages: [Storage] = []
    var owned: [Bool] = []
    update(base) { tensor in
      let unique = tensor.uniqueStorage()
      guard let storage = unique ?? tensor.readyStorage else { return }
      storages.append(storage)
      owned.append(unique != nil)
    }
    return (storages, owned)
  }
}

/// How many programs a compiled function keeps, and when it warns.
package enum CompiledProgramLimit {
  /// Programs of more bytes than this in sum lose the least recently used ones.
  static let bytes: Int = 256 << 20
  /// At so many compilations a warning says that the signature keeps changing.
  static let warningCount = 8
  /// At so many, when a floating-point number is what changed.
  static let floatWarningCount = 3

  /// Drops what is beyond the limit from a list with the most recently used first.
  package static func trim<Element>(_ list: inout [Element], _ size: (Element) -> Int) {
    var total = 0
    let kept = list.prefix { element in
      total += size(element)
      return total <= bytes
    }
    list = Array(list.prefix(max(1, kept.count)))
  }
}

/// `1st`, `2nd`, `3rd`, `11th`.
package func ordinal(_ number: Int) -> String {
  let isTeen = (11...13).contains(number % 100)
  return switch number % 10 {
  case 1 where !isTeen: "\(number)st"
  case 2 where !isTeen: "\(number)nd"
  case 3 where !isTeen: "\(number)rd"
  default: "\(number)th"
  }
}
