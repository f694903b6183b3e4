// Functions of tensors, compiled once per signature.

package import Driver
import IRCore
package import TensorIR

/// Function that runs as one compiled program; made by `compile { … }`.
///
/// The first call with new types and shapes of tensors, or with other values beside them, traces
/// the function and compiles what it did; later calls run the program. Arguments, results and the
/// state may be tensors, numbers, and structs, tuples, arrays, dictionaries and optionals of such.
/// Concrete tensors that the function captures are read when it is traced, and stay what they were
/// then.
///
/// ```swift
/// let f = compile { (x: Tensor, y: Tensor) in tanh(x * 0.5) + y }
/// let z = f(x, y)
///
/// let step = compile { (state: inout Model, batch: Tensor) in … }
/// let loss = step(&model, batch)
/// print(step.explain())
/// ```
public struct Compiled<
  State: Sendable, Arguments: Sendable, Results: Sendable, Failure: Error
>: Sendable {
  let cache: FunctionCache<State, Arguments, Results, Failure>

  init(
    _ file: String, _ line: Int, verifies: Bool,
    _ body: @escaping @Sendable (inout State, Arguments) throws(Failure) -> Results
  ) {
    cache = FunctionCache(
      TracedFunction(location: .line(file: file, line: line), verifies: verifies, body: body))
  }

  /// Runs the function on a state, which it updates, and arguments; several arguments stand in one
  /// more pair of parentheses. On failure the state is what it was.
  ///
  /// - Throws: `EvaluationFailure` when there is no memory or a check fails while the program runs,
  ///   where a plain call ends the process with the same message; else what the function throws.
  public func run(
    _ state: inout State, _ arguments: Arguments, file: String = #fileID, line: Int = #line
  ) throws -> Results {
    try cache.call(&state, arguments, at: .line(file: file, line: line)).get()
  }

  /// A call that ends the process when the program cannot be compiled or run.
  func perform(
    _ state: inout State, _ arguments: Arguments, _ file: String, _ line: Int
  ) throws(Failure) -> Results {
    let location = SourceLocation.line(file: file, line: line)
    switch try cache.call(&state, arguments, at: location) {
    case .success(let results): return results
    case .failure(let failure): misuse("\(failure)", at: location)
    }
  }
}

extension Compiled where State == Void {
  /// Runs the function; several arguments stand in one more pair of parentheses.
  ///
  /// - Throws: `EvaluationFailure` when there is no memory or a check fails while the program runs,
  ///   where a plain call ends the process with the same message; else what the function throws.
  public func run(
    _ arguments: Arguments, file: String = #fileID, line: Int = #line
  ) throws -> Results {
    var state: Void = ()
    return try run(&state, arguments, file: file, line: line)
  }

  func perform(
    _ arguments: Arguments, _ file: String, _ line: Int
  ) throws(Failure) -> Results {
    var state: Void = ()
    return try perform(&state, arguments, file, line)
  }

  /// The program for the arguments' types and the memory that it reads, for callers that run it
  /// many times.
  package func prepared(
    _ arguments: Arguments, file: String = #fileID, line: Int = #line
  ) throws -> (function: CompiledFunction?, inputs: [Storage]) {
    try prepared((), arguments, file: file, line: line)
  }

  /// The program as it is traced for the arguments, before any pass; their values are not read.
  package func tracedModule(_ arguments: Arguments) throws(Failure) -> Module {
    try tracedModule((), arguments)
  }
}

extension Compiled {
  /// The program for the types of state and arguments and the memory that it reads, for callers that
  /// run it many times.
  package func prepared(
    _ state: State, _ arguments: Arguments, file: String = #fileID, line: Int = #line
  ) throws -> (function: CompiledFunction?, inputs: [Storage]) {
    let location = SourceLocation.line(file: file, line: line)
    let program = try cache.prepare(state, arguments, at: location).get()
    let inputs = try cache.function.parts(state, arguments).storages().get()
    return (program.function, inputs + program.captured)
  }

  /// The program as it is traced for state and arguments, before any pass; their values are not read.
  package func tracedModule(
    _ state: State, _ arguments: Arguments
  ) throws(Failure) -> Module {
    Module(graphs: [try cache.function.trace(state, arguments).graph.graph])
  }
}
