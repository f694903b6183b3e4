// Loops as functions: whileLoop, and a choice between two functions.

import Driver
import IRCore
import TensorIR

/// Runs `body` on a state while `condition`, a `bool` scalar, holds; at most so often where
/// `limit` states it. The condition is asked before every step, the first included.
///
/// ```swift
/// let root = whileLoop(from: x, while: { abs($0 * $0 - 2) .> 1e-6 }) { x in
///   x = (x + 2 / x) * 0.5
/// }
/// ```
///
/// Both functions are traced once and become one loop of the program. Element types, shapes and
/// host values of the state must not change.
public func whileLoop<State, Failure: Error>(
  from initial: State, atMost limit: Int? = nil, file: String = #fileID, line: Int = #line,
  while condition: (State) throws(Failure) -> Tensor,
  _ body: (inout State) throws(Failure) -> Void
) throws(Failure) -> State {
  let function = LoopFunction(name: "whileLoop", location: .line(file: file, line: line))
  if let limit, limit < 0 { function.fail("a limit from 0 on expected, found \(limit)") }
  let states = Structure.whole(State.self, "state")
  let parts = NamedPart.all(of: initial, states, at: function.location)
  var state = initial
  let (starts, carried) = function.replace(&state, states)
  guard !starts.isEmpty else { function.fail("a state with tensors expected, found none") }
  let index = TraceNode(placeholder: .i64, shape: [], at: function.location)
  index.release()
  let (truth, next) = try OpenLoops.suspended { () throws(Failure) in
    let truth = try condition(state).materialized.node
    try body(&state)
    function.requireSame(state, as: parts, states)
    return (truth, function.take(&state, states))
  }
  guard truth.tensorType == TensorType(.bool) else {
    function.fail("a condition that is a bool scalar expected, found \(truth.tensorType)")
  }
  let parameters = [index] + carried
  var captures = BodyCaptures(parameters: parameters)
  captures.add([truth] + next)
  let names = ["t"] + carried.indices.map { "s\($0)" }
  func graph(_ results: [TraceNode]) -> Graph {
    TraceGraph.body(parameters, names: names, captures: captures.nodes, results: results)
  }
  let loop = LoopNode(
    body: graph(next), condition: graph([truth]), count: limit.map { IndexExpression($0) },
    carriedCount: carried.count)
  let results = Tensor.results(
    of: .loop(loop), starts + captures.operands, starts.types, at: function.location)
  function.fill(&state, states, with: results)
  requireNoLeak(from: parameters, function.name, "the body of the loop")
  return state
}

/// What `then` gives where `truth`, a `bool` scalar, holds, and `otherwise` where it does not; only
/// the one chosen runs.
///
/// ```swift
/// let y = conditional(x.sum() .> 0) { exp(x) } otherwise: { x * 2 }
/// ```
///
/// Both functions are traced. What they return must agree in element types, shapes and host values.
public func conditional<Value, Failure: Error>(
  _ truth: Tensor, file: String = #fileID, line: Int = #line,
  then: () throws(Failure) -> Value, otherwise: () throws(Failure) -> Value
) throws(Failure) -> Value {
  let function = LoopFunction(name: "conditional", location: .line(file: file, line: line))
  let truth = truth.materialized.node
  guard truth.tensorType == TensorType(.bool) else {
    function.fail("a bool scalar expected, found \(truth.tensorType)")
  }
  let structure = Structure.whole(Value.self, "result")
  // What is made from now on belongs to one of the functions.
  let begin = TraceNode(placeholder: .bool, shape: [], at: function.location)
  begin.release()
  var (value, other) = try OpenLoops.suspended { () throws(Failure) in
    (try then(), try otherwise())
  }
  let parts = NamedPart.all(of: value, structure, at: function.location)
  function.requireSame(other, as: parts, structure, "by `then`", "by `otherwise`")
  let first = function.take(&value, structure)
  let second = function.take(&other, structure)
  var captures = BodyCaptures(parameters: [], extent: .madeSince(begin.serial))
  captures.add(first + second)
  func graph(_ results: [TraceNode]) -> Graph {
    TraceGraph.body([], names: [], captures: captures.nodes, results: results)
  }
  let choice = ConditionalNode(then: graph(first), otherwise: graph(second))
  let results = Tensor.results(
    of: .conditional(choice), [truth] + captures.operands, first.types, at: function.location)
  function.fill(&value, structure, with: results)
  return value
}
