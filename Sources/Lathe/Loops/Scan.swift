// Loops as functions: scan.

import Driver
import IRCore
import TensorIR

/// Runs `body` for the rows of `elements` in order, handing a state on, and gives the last state and
/// the outputs of all steps.
///
/// Every tensor of `elements`, `[n, …]`, gives its rows to the steps; every tensor of what `body`
/// returns becomes one of `n` rows. `body` is traced once, whatever `n` is, and becomes one loop of
/// the program: what it computes from values around it alone is computed once.
///
/// ```swift
/// let (last, all) = scan(over: x, from: h0) { h, row in
///   h = tanh(row.matmul(w) + h.matmul(u))
///   return h
/// }
/// ```
///
/// Element types, shapes and host values of the state must not change from step to step.
public func scan<State, Element, Output, Failure: Error>(
  over elements: Element, from initial: State, file: String = #fileID, line: Int = #line,
  _ body: (inout State, Element) throws(Failure) -> Output
) throws(Failure) -> (state: State, outputs: Output) {
  let function = LoopFunction(name: "scan", location: .line(file: file, line: line))
  let rows = Structure.whole(Element.self, "element")
  var row = elements
  // Also refuses what cannot be taken apart.
  _ = NamedPart.all(of: elements, rows, at: function.location)
  let (sources, inputs) = function.replace(&row, rows) { Array($0.shape.dropFirst()) }
  guard let first = sources.first, let count = first.shape.first else {
    function.fail(
      "elements with rows expected, found \(sources.first.map { "\($0.tensorType)" } ?? "none")")
  }
  if let other = sources.first(where: { $0.shape.first != count }) {
    function.fail("\(first.tensorType) and \(other.tensorType) differ in their number of rows")
  }
  let trace = ScanTrace(function, sources: sources, inputs: inputs, count: count)
  return try trace.run(from: initial) { (state, _) throws(Failure) in try body(&state, row) }
}

/// Runs `body` for the numbers of `count` steps, as `scan(over:from:)` does for rows; the number is
/// an i64 scalar.
public func scan<State, Output, Failure: Error>(
  count: Int, from initial: State, file: String = #fileID, line: Int = #line,
  _ body: (inout State, Tensor) throws(Failure) -> Output
) throws(Failure) -> (state: State, outputs: Output) {
  let function = LoopFunction(name: "scan", location: .line(file: file, line: line))
  guard count >= 0 else { function.fail("a count from 0 on expected, found \(count)") }
  let trace = ScanTrace(function, sources: [], inputs: [], count: count)
  return try trace.run(from: initial, body)
}

/// One scan while its body is traced.
private struct ScanTrace {
  let function: LoopFunction
  let sources: [TraceNode]
  let inputs: [TraceNode]
  let count: Int

  init(
    _ function: LoopFunction, sources: [TraceNode], inputs: [TraceNode], count: Int
  ) {
    self.function = function
    self.sources = sources
    self.inputs = inputs
    self.count = count
  }

  func run<State, Output, Failure: Error>(
    from initial: State, _ body: (inout State, Tensor) throws(Failure) -> Output
  ) throws(Failure) -> (state: State, outputs: Output) {
    let states = Structure.whole(State.self, "state")
    let results = Structure.whole(Output.self, "output")
    let parts = NamedPart.all(of: initial, states, at: function.location)
    var state = initial
    let (starts, carried) = function.replace(&state, states)
    let index = TraceNode(placeholder: .i64, shape: [], at: function.location)
    var outputs = try OpenLoops.suspended { () throws(Failure) in
      try body(&state, Tensor(node: index))
    }
    function.requireSame(state, as: parts, states)
    _ = NamedPart.all(of: outputs, results, at: function.location)
    let next = function.take(&state, states)
    let rows = function.take(&outputs, results)
    let loop = node(index, starts, carried, next, rows)
    function.fill(&state, states, with: Array(loop.prefix(starts.count)))
    function.fill(&outputs, results, with: Array(loop.dropFirst(starts.count)))
    requireNoLeak(from: [index] + carried, function.name, "the body of the loop")
    return (state, outputs)
  }

  private func node(
    _ index: TraceNode, _ starts: [TraceNode], _ carried: [TraceNode], _ next: [TraceNode],
    _ rows: [TraceNode]
  ) -> [Tensor] {
    let parameters = [index] + carried + inputs
    var captures = BodyCaptures(parameters: parameters)
    captures.add(next + rows)
    let names =
      ["t"] + carried.indices.map { "s\($0)" } + inputs.indices.map { "x\($0)" }
    let body = TraceGraph.body(
      parameters, names: names, captures: captures.nodes, results: next + rows)
    let loop = LoopNode(
      body: body, count: IndexExpression(count), carriedCount: carried.count,
      inputRows: inputs.map { _ in .variable(0) },
      stacks: rows.map { _ in LoopNode.Stack() })
    let stacked = rows.map { TensorType($0.dtype, extents: [count] + $0.shape) }
    return Tensor.results(
      of: .loop(loop), starts + sources + captures.operands, starts.types + stacked,
      at: function.location)
  }
}
