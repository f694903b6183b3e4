// The programs of a compiled function, one per signature.

import Driver
import IRCore
import TensorIR

/// Programs of one function of tensors by the element types and shapes of its arguments.
final class SignatureCache: Sendable {
  /// A program and all that a call needs beside its arguments.
  final class Variant: Sendable {
    /// Kept, so that no other compiler takes its place in memory.
    let compiler: Compiler
    let types: [Signature]
    let function: CompiledFunction
    let module: Module
    /// Memory of captured tensors, passed after the arguments.
    let captured: [Storage]
    let results: [Signature]
    /// Whether a second trace was compared with the first.
    private let isCompared = Locked(false)

    init(
      compiler: Compiler, types: [Signature], function: CompiledFunction, module: Module,
      captured: [Storage], results: [Signature]
    ) {
      self.compiler = compiler
      self.types = types
      self.function = function
      self.module = module
      self.captured = captured
      self.results = results
    }

    /// Holds for the first caller only.
    func takesComparison() -> Bool {
      isCompared.withLock { isCompared in
        defer { isCompared = true }
        return !isCompared
      }
    }
  }

  /// Element type and shape of an argument or result.
  struct Signature: Equatable, Sendable {
    let dtype: DType
    let shape: [Int]

    func fits(_ tensor: Tensor) -> Bool {
      switch tensor.representation {
      case .handle(let handle): dtype == handle.node.dtype && shape == handle.node.shape
      case .scalar(let value): dtype == value.defaultType && shape.isEmpty
      }
    }
  }

  /// So many programs stay; the least recently compiled goes first.
  static let capacity = 64
  /// At so many programs a warning says that the signature keeps changing.
  static let warningCount = 8

  /// Whether the second call of a program traces the function again, to find what changed.
  static let comparesTraces: Bool = {
    #if DEBUG
      true
    #else
      false
    #endif
  }()

  private let body: @Sendable ([Tensor]) -> [Tensor]
  private let location: SourceLocation
  private let variants = Locked<[Variant]>([])

  init(at location: SourceLocation, body: @escaping @Sendable ([Tensor]) -> [Tensor]) {
    self.location = location
    self.body = body
  }

  var variantCount: Int { variants.withLock { $0.count } }

  /// Runs the program for the arguments' types, compiling it at their first occurrence.
  func call(_ arguments: [Tensor], at location: SourceLocation) -> [Tensor] {
    if arguments.contains(where: \.isTraced) { return body(arguments) }
    let (variant, inputs) = variant(for: arguments, at: location)
    let outputs: [Storage]
    do { outputs = try variant.function(inputs) } catch { misuse("\(error)", at: location) }
    var tensors: [Tensor] = []
    tensors.reserveCapacity(outputs.count)
    for index in outputs.indices {
      let type = variant.results[index]
      tensors.append(Tensor(outputs[index], dtype: type.dtype, shape: type.shape, at: location))
    }
    return tensors
  }

  /// The program for the arguments' types and what it reads.
  func variant(
    for arguments: [Tensor], at location: SourceLocation
  ) -> (variant: Variant, inputs: [Storage]) {
    var inputs: [Storage] = []
    inputs.reserveCapacity(arguments.count)
    for argument in arguments { inputs.append(argument.storage(at: location)) }
    let compiler = Compiler.current
    let known = variants.withLock { variants -> Variant? in
      for variant in variants where variant.compiler === compiler && variant.fits(arguments) {
        return variant
      }
      return nil
    }
    let variant = known ?? add(arguments, at: location)
    if Self.comparesTraces, known != nil, variant.takesComparison() {
      compare(trace(variant.types), with: variant)
    }
    if !variant.captured.isEmpty { inputs += variant.captured }
    return (variant, inputs)
  }

  private func add(_ arguments: [Tensor], at location: SourceLocation) -> Variant {
    let variant = compile(arguments.map { Signature(dtype: $0.dtype, shape: $0.shape) }, location)
    let count = variants.withLock { variants in
      if variants.count == Self.capacity { variants.removeFirst() }
      variants.append(variant)
      return variants.count
    }
    if count == Self.warningCount {
      warn("compiled \(count) times, last for \(Tensor.list(arguments)); are all needed?")
    }
    return variant
  }

  /// The program as it is traced for arguments of the given types.
  func tracedModule(_ types: [(dtype: DType, shape: [Int])]) -> Module {
    Module(graphs: [trace(types.map { Signature(dtype: $0.dtype, shape: $0.shape) }).graph])
  }

  private func compile(_ types: [Signature], _ location: SourceLocation) -> Variant {
    let trace = trace(types)
    let module = Module(graphs: [trace.graph])
    let function: CompiledFunction
    do { function = try Compiler.current.compile(module) } catch {
      misuse("compile: \(error)", at: location)
    }
    let results = trace.graph.results.map { id in
      let type = trace.graph[type: id]
      return Signature(dtype: type.dtype, shape: type.extents ?? [])
    }
    return Variant(
      compiler: Compiler.current, types: types, function: function,
      module: module, captured: trace.leaves.map(\.storage), results: results)
  }

  /// Runs the function over placeholders. Captured computations that use no argument run now,
  /// so that the program reads their values.
  private func trace(_ types: [Signature]) -> TraceGraph {
    let placeholders = types.map {
      Tensor(
        node: TraceNode(.placeholder, dtype: $0.dtype, shape: $0.shape, at: location))
    }
    let results = body(placeholders).map(\.materialized)
    let nodes = results.map(\.node)
    do { try Evaluation.evaluate(capturedComputations(of: nodes)) } catch {
      misuse("compile: \(error)", at: location)
    }
    return TraceGraph(name: "main", placeholders: placeholders.map(\.node), results: nodes)
  }

  /// The program's text at one level, of the latest variant.
  func text(of stage: IRStage, at location: SourceLocation) -> String {
    guard let variant = variants.withLock({ $0.last }) else {
      misuse("ir: call the function first: its signature decides what it becomes", at: location)
    }
    return stage.text(of: variant.module, at: location)
  }

  private func warn(_ message: String) { writeLine("\(location.text): warning: \(message)") }
}

extension SignatureCache.Variant {
  /// Whether the program is one for the arguments.
  func fits(_ arguments: [Tensor]) -> Bool {
    for index in arguments.indices where !types[index].fits(arguments[index]) { return false }
    return true
  }
}

extension Tensor {
  /// Whether the value exists only inside a compiled function that is being traced.
  var isTraced: Bool {
    if case .handle(let handle) = representation { handle.node.isTraced } else { false }
  }
}
