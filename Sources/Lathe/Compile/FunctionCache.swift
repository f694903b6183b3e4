// Calls of a compiled function.

import Driver
import IRCore
import TensorIR

/// A function with its programs, and calls of it.
final class FunctionCache<
  State: Sendable, Arguments: Sendable, Results: Sendable, Failure: Error
>: Sendable {
  typealias Trace = FunctionTrace<State, Arguments, Results>

  let function: TracedFunction<State, Arguments, Results, Failure>
  let programs: CompiledPrograms

  init(_ function: TracedFunction<State, Arguments, Results, Failure>) {
    self.function = function
    programs = CompiledPrograms(at: function.location, function.structures)
  }

  /// Runs the program for the call's signature, compiling it at its first occurrence.
  func call(
    _ state: inout State, _ arguments: Arguments, at location: SourceLocation
  ) throws(Failure) -> Result<Results, EvaluationFailure> {
    if let results = callLatest(&state, arguments, at: location) { return results }
    return try callAnother(&state, arguments, at: location)
  }

  private func callLatest(
    _ state: inout State, _ arguments: Arguments, at location: SourceLocation
  ) -> Result<Results, EvaluationFailure>? {
    let latest = withUnsafeMutablePointer(to: &state) { state in
      withUnsafePointer(to: arguments) { programs.runLatest(state, $0) }
    }
    guard let latest else { return nil }
    return latest.outputs.map { rebuild($0, latest.program, &state, at: location) }
  }

  /// A call that is not like the one before it.
  private func callAnother(
    _ state: inout State, _ arguments: Arguments, at location: SourceLocation
  ) throws(Failure) -> Result<Results, EvaluationFailure> {
    // Inside another trace the function becomes part of that.
    if function.parts(state, arguments).isTraced {
      return .success(try function.body(&state, arguments))
    }
    let program: CompiledProgram
    switch try prepare(state, arguments, at: location) {
    case .failure(let failure): return .failure(failure)
    case .success(let found): program = found
    }
    // No list of parts refers to the state any more, so that its memory can be given up.
    if let results = callLatest(&state, arguments, at: location) { return results }
    switch function.parts(state, arguments).storages() {
    case .failure(let failure): return .failure(failure)
    case .success(let inputs):
      return program.run(inputs, owned: []).map {
        rebuild($0, program, &state, at: location)
      }
    }
  }

  /// The program for a call, whose tensors are evaluated.
  func prepare(
    _ state: State, _ arguments: Arguments, at location: SourceLocation
  ) throws(Failure) -> Result<CompiledProgram, EvaluationFailure> {
    let parts = function.parts(state, arguments)
    if !parts.isSupported { _ = function.namedParts(state, arguments, at: location) }
    if case .failure(let failure) = parts.storages() { return .failure(failure) }
    return try program(parts, state, arguments, at: location)
  }

  private func program(
    _ parts: CallParts, _ state: State, _ arguments: Arguments, at location: SourceLocation
  ) throws(Failure) -> Result<CompiledProgram, EvaluationFailure> {
    let compiler = Compiler.current
    guard let known = programs.find(parts, compiler) else {
      return try add(parts, state, arguments, compiler, at: location)
    }
    if compiler.options.comparesTraces, known.takesComparison() {
      requireSame(
        try function.trace(state, arguments), as: trace(of: known), at: function.location)
    }
    return .success(known)
  }

  /// Traces and compiles without a lock: of two tasks that do so at once, the first to finish wins.
  private func add(
    _ parts: CallParts, _ state: State, _ arguments: Arguments, _ compiler: Compiler,
    at location: SourceLocation
  ) throws(Failure) -> Result<CompiledProgram, EvaluationFailure> {
    let named = function.namedParts(state, arguments, at: location)
    let trace = try function.trace(state, arguments)
    let compiled: CompiledFunction?
    let graph = trace.graph.graph
    do {
      compiled =
        graph.results.isEmpty
        ? nil
        : try compiler.compile(
          Module(graphs: [graph]), updates: trace.updates, kept: trace.graph.kept)
    } catch {
      return .failure(.notCompiled("\(error)"))
    }
    let leaves = trace.graph.leaves.map(\.storage)
    let captured: [Storage]
    do { captured = try compiled?.prepared(leaves) ?? leaves } catch {
      return .failure(EvaluationFailure(error, trace.graph.resultPlaces))
    }
    if function.verifies, compiled != nil {
      do { try verify(trace, parts, compiler) } catch { return .failure(error) }
    }
    let reason = programs.known.first.map { RecompileReason(from: $0.parts, to: named) }
    let program = CompiledProgram(
      compiler, CallSignature(parts), named, trace.graph, compiled, captured: captured,
      trace: trace, reason: reason)
    return .success(programs.add(program, for: parts))
  }

  private func trace(of program: CompiledProgram) -> Trace {
    unsafeDowncast(program.trace, to: Trace.self)
  }

  /// The results around the tensors that a run gave; the new state goes to `state`.
  private func rebuild(
    _ outputs: [Storage], _ program: CompiledProgram, _ state: inout State,
    at location: SourceLocation
  ) -> Results {
    let trace = trace(of: program)
    var next = 0
    func fill(_ tensor: inout Tensor) {
      let type = program.results[next]
      tensor = Tensor(outputs[next], dtype: type.dtype, shape: type.shape, at: location)
      next += 1
    }
    if !function.structures.state.members.isEmpty {
      var newState = trace.state
      function.structures.state.update(&newState, fill)
      state = newState
    }
    var values = trace.results
    function.structures.results.update(&values, fill)
    return values
  }
}

extension Tensor {
  /// Whether the value exists only inside a compiled function that is being traced.
  var isTraced: Bool {
    if case .handle(let handle) = representation { handle.node.isTraced } else { false }
  }
}
