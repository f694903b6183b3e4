// One run of a function over placeholders.

import Driver
import IRCore
import TensorIR

/// Function with a state that it updates: what `compile` was given, brought to one form.
struct TracedFunction<
  State: Sendable, Arguments: Sendable, Results: Sendable, Failure: Error
>: Sendable {
  let location: SourceLocation
  /// Whether the first call of each program is held to the interpreter.
  let verifies: Bool
  let body: @Sendable (inout State, Arguments) throws(Failure) -> Results
  let structures = FunctionStructures(
    state: Structure.whole(State.self, "state"),
    arguments: Structure.whole(Arguments.self, "argument"),
    results: Structure.whole(Results.self, "result"))

  /// The parts of a call.
  func parts(_ state: State, _ arguments: Arguments) -> CallParts {
    var parts = CallParts()
    parts.append(state, structures.state)
    parts.append(arguments, structures.arguments)
    return parts
  }

  /// The parts of a call with their names.
  func namedParts(
    _ state: State, _ arguments: Arguments, at location: SourceLocation
  ) -> [NamedPart] {
    NamedPart.all(of: state, structures.state, at: location)
      + NamedPart.all(of: arguments, structures.arguments, at: location)
  }

  /// Runs the function over placeholders for all tensors. Captured computations that use no
  /// argument run now, so that the program reads their values.
  func trace(
    _ state: State, _ arguments: Arguments
  ) throws(Failure) -> FunctionTrace<State, Arguments, Results> {
    var state = state
    var arguments = arguments
    let stateInputs = NamedPart.all(of: state, structures.state, at: location).tensorPaths
    var placeholders: [TraceNode] = []
    func replace(_ tensor: inout Tensor) {
      let node = TraceNode(
        placeholder: tensor.dtype, shape: tensor.shape, at: location)
      placeholders.append(node)
      tensor = Tensor(node: node)
    }
    structures.state.update(&state, replace)
    structures.arguments.update(&arguments, replace)
    var results = try OpenLoops.suspended { () throws(Failure) in try body(&state, arguments) }
    let parts =
      NamedPart.all(of: state, structures.state, at: location)
      + NamedPart.all(of: results, structures.results, at: location)
    var nodes: [TraceNode] = []
    func take(_ tensor: inout Tensor) {
      nodes.append(tensor.node)
      tensor = Tensor(scalar: .integer(0))
    }
    structures.state.update(&state, take)
    let stateCount = nodes.count
    structures.results.update(&results, take)
    structures.arguments.update(&arguments) { $0 = Tensor(scalar: .integer(0)) }
    requireNoLeak(from: placeholders, "compile", "the function that is traced")
    do { try Evaluation.evaluate(capturedComputations(of: nodes)) } catch {
      misuse("compile: \(error)", at: location)
    }
    return FunctionTrace(
      graph: TraceGraph(name: "main", placeholders: placeholders, results: nodes),
      state: state, arguments: arguments, results: results, parts: parts, stateInputs: stateInputs,
      stateCount: stateCount)
  }

}

/// Ends with a message where something outside still holds a value that depends on placeholders.
func requireNoLeak(from placeholders: [TraceNode], _ function: String, _ place: String) {
  var met = Set(placeholders.map(ObjectIdentifier.init))
  var queue = placeholders
  var next = 0
  while next < queue.count {
    let node = queue[next]
    let snapshot = node.snapshot
    if snapshot.isHeld {
      let name = next < placeholders.count ? "an argument" : "a value made here"
      misuse(
        "\(function): \(name) is kept beyond \(place); return it instead", at: node.location)
    }
    for user in snapshot.consumers where met.insert(ObjectIdentifier(user)).inserted {
      queue.append(user)
    }
    next += 1
  }
}

/// How the parts of a function's state, arguments and results are found.
struct FunctionStructures: Sendable {
  let state: Structure
  let arguments: Structure
  let results: Structure
}

/// What one run over placeholders left.
final class FunctionTrace<State: Sendable, Arguments: Sendable, Results: Sendable>: Sendable {
  /// Parameters are the tensors of the state, then those of the arguments, then captured ones;
  /// results are the tensors of the state, then those of the results.
  let graph: TraceGraph
  /// The state as the function left it, without its tensors.
  let state: State
  /// The arguments without their tensors; keeps alive what the signature names by its place.
  let arguments: Arguments
  /// What the function returned, without its tensors.
  let results: Results
  /// The parts of the new state and of the results.
  let parts: [NamedPart]
  /// Paths of the tensors of the state before the call.
  let stateInputs: [String]
  /// Number of tensors of the new state.
  let stateCount: Int

  init(
    graph: TraceGraph, state: State, arguments: Arguments, results: Results, parts: [NamedPart],
    stateInputs: [String], stateCount: Int
  ) {
    self.graph = graph
    self.state = state
    self.arguments = arguments
    self.results = results
    self.parts = parts
    self.stateInputs = stateInputs
    self.stateCount = stateCount
  }

  /// By result, the parameter that it replaces: a tensor of the new state may take the memory of the
  /// one at the same place in the old state, and of no other.
  var updates: [Int?] {
    let parameters = Dictionary(
      stateInputs.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return parts.tensorPaths.prefix(stateCount).map { parameters[$0] }
  }
}

extension [NamedPart] {
  /// The paths of the tensors, in order.
  fileprivate var tensorPaths: [String] {
    compactMap { if case .tensor = $0.content { $0.path } else { nil } }
  }
}

extension Structure {
  /// Changes every tensor of a value.
  func update<Value>(_ value: inout Value, _ body: (inout Tensor) -> Void) {
    withUnsafeMutablePointer(to: &value) { update(UnsafeMutableRawPointer($0), body) }
  }
}
