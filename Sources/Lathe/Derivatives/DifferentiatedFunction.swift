// The graph of a function that is differentiated or batched.

import Driver
import IRCore
import TensorIR
import TensorPasses

/// A function as it was traced over placeholders for the tensors of its argument.
struct DifferentiatedFunction<Value, Result> {
  let function: LoopFunction
  /// What the function returned, without its tensors.
  private(set) var result: Result
  /// The argument's tensors, then what the function captured.
  let inputs: [TraceNode]
  /// Number of the argument's tensors.
  let argumentCount: Int
  /// From the inputs to the tensors of the result.
  let graph: Graph
  private let values = Structure.whole(Value.self, "value")
  private let results = Structure.whole(Result.self, "result")

  /// Traces `body` at `value`.
  ///
  /// - Parameter shape: that of the placeholder for a tensor.
  init<Failure: Error>(
    _ name: String, at value: Value, file: String, line: Int,
    shape: (Tensor) -> [Int] = { $0.shape }, _ body: (Value) throws(Failure) -> Result
  ) throws(Failure) {
    function = LoopFunction(name: name, location: .line(file: file, line: line))
    var argument = value
    _ = NamedPart.all(of: argument, values, at: function.location)
    let (old, placeholders) = function.replace(&argument, values, shape: shape)
    result = try OpenLoops.suspended { () throws(Failure) in try body(argument) }
    _ = function.take(&argument, values)
    _ = NamedPart.all(of: result, results, at: function.location)
    let nodes = function.take(&result, results)
    var captures = BodyCaptures(parameters: placeholders)
    captures.add(nodes)
    graph = TraceGraph.body(
      placeholders, names: placeholders.indices.map { "x\($0)" }, captures: captures.nodes,
      results: nodes)
    inputs = old + captures.operands
    argumentCount = old.count
    requireNoLeak(from: placeholders, name, "the function that is traced")
  }

  /// Places of the argument's tensors that are floats.
  var floats: [Int] { (0..<argumentCount).filter { inputs[$0].dtype.isFloat } }

  /// The derivative in reverse, of some results or of all that are floats; ends with a message where
  /// there is none.
  func pullback(of results: [Int]? = nil) -> Graph {
    checked { () throws(TransformError) in
      try graph.pullback(of: results, by: floats, row: Compiler.current.options.row)
    }
  }

  /// The derivative forward; ends with a message where there is none.
  func pushforward() -> Graph {
    checked { () throws(TransformError) in
      try graph.pushforward(by: floats, row: Compiler.current.options.row)
    }
  }

  /// The function on `count` values at once; ends with a message where that cannot be.
  func batched(count: Int) -> Graph {
    checked { () throws(TransformError) in
      try graph.batched(
        over: Array(0..<argumentCount), count: count, row: Compiler.current.options.row)
    }
  }

  private func checked(_ body: () throws(TransformError) -> Graph) -> Graph {
    do { return try body() } catch {
      let place = error.location == .unknown ? function.location : error.location
      misuse("\(function.name): \(error)", at: place)
    }
  }

  /// A graph of the inputs in the trace that is being made.
  func replay(_ graph: Graph) -> GraphReplay {
    var replay = GraphReplay(graph)
    replay.bind(inputs.map { Tensor(node: $0) })
    return replay
  }

  /// The result with other tensors.
  func result(_ tensors: [Tensor]) -> Result {
    var result = result
    function.fill(&result, results, with: tensors)
    return result
  }

  /// The argument with other tensors for its floats; zeros for all else.
  func argument(_ value: Value, _ tensors: [Tensor]) -> Value {
    var next = tensors[...]
    var argument = value
    values.update(&argument) { tensor in
      tensor =
        tensor.dtype.isFloat
        ? next.popFirst() ?? tensor : Tensor.zeros(tensor.shape, tensor.dtype)
    }
    return argument
  }

  /// The float tensors of a value that stands beside the argument, each of its type.
  func tangents(_ tangent: Value, like value: Value) -> [Tensor] {
    matching(tangent, value, values, "the value", "the tangent")
  }

  /// The float tensors of a value that stands beside the result, each of its type.
  func cotangents(_ cotangent: Result) -> [Tensor] {
    let types = graph.results.map { graph[type: $0] }
    return matching(
      cotangent, result(types.map { Tensor.zeros($0.extents ?? [], $0.dtype) }), results,
      "the result", "the cotangent")
  }

  private func matching<Whole>(
    _ found: Whole, _ expected: Whole, _ structure: Structure, _ first: String, _ second: String
  ) -> [Tensor] {
    let parts = NamedPart.all(of: expected, structure, at: function.location)
    function.requireSame(found, as: parts, structure, "in \(first)", "in \(second)")
    var copy = found
    var tensors: [Tensor] = []
    structure.update(&copy) { if $0.dtype.isFloat { tensors.append($0.materialized) } }
    return tensors
  }
}
