// Computing anew in a gradient what would otherwise be kept.

import Driver
import IRCore
import TensorIR

/// The result of `body`, whose derivative in reverse computes `body` anew from `value` instead of
/// keeping what it made on the way: less memory for more time.
///
/// ```swift
/// for block in blocks { x = checkpointed(x) { block($0) } }
/// ```
///
/// `value` and the result are tensors or structures of tensors, as for `gradient(of:_:)`; what
/// `body` captures is differentiated by, too. The bits are those of `body(value)`. In the program,
/// `body` is a loop of one step, so that it is not merged with what stands around it.
public func checkpointed<Value, Result, Failure: Error>(
  _ value: Value, file: String = #fileID, line: Int = #line,
  _ body: (Value) throws(Failure) -> Result
) throws(Failure) -> Result {
  let function = LoopFunction(name: "checkpointed", location: .line(file: file, line: line))
  let values = Structure.whole(Value.self, "value")
  let results = Structure.whole(Result.self, "result")
  var argument = value
  _ = NamedPart.all(of: argument, values, at: function.location)
  let (old, placeholders) = function.replace(&argument, values)
  let index = TraceNode(placeholder: .i64, shape: [], at: function.location)
  index.release()
  var result = try OpenLoops.suspended { () throws(Failure) in try body(argument) }
  _ = function.take(&argument, values)
  _ = NamedPart.all(of: result, results, at: function.location)
  let nodes = function.take(&result, results)
  let parameters = [index] + placeholders
  var captures = BodyCaptures(parameters: parameters)
  captures.add(nodes)
  let loop = LoopNode(
    body: TraceGraph.body(
      parameters, names: ["t"] + placeholders.indices.map { "x\($0)" }, captures: captures.nodes,
      results: nodes), count: 1, carriedCount: 0, inputRows: placeholders.map { _ in .variable(0) },
    stacks: nodes.map { _ in LoopNode.Stack() })
  // The values are rows of the step: what depends on them is not computed around the loop.
  let rows = old.map { node in
    let indices = node.shape.indices.map { IndexExpression.variable($0 + 1) }
    return Tensor(node: node).view(indices, [1] + node.shape, at: function.location)
  }
  let types = nodes.map { TensorType($0.dtype, extents: [1] + $0.shape) }
  let stacked = Tensor.results(
    of: .loop(loop), rows.map(\.node) + captures.operands, types, at: function.location)
  let found = stacked.map { tensor in
    let shape = Array(tensor.shape.dropFirst())
    return tensor.view(
      [0] + shape.indices.map { .variable($0) }, shape, at: function.location)
  }
  function.fill(&result, results, with: found)
  requireNoLeak(from: parameters, function.name, "the function that is checkpointed")
  return result
}
