// One function on many values at once.

import IRCore
import TensorIR

/// What `body` gives for each element along the first axis of the tensors of `value`, along a first
/// axis: the bits of a loop, by operations on all elements at once.
///
/// ```swift
/// let norms = batched(over: vectors) { v in (v * v).sum() }        // one number for each vector
/// let slopes = batched(over: (xs, ys)) { x, y in                   // one gradient for each example
///   gradient(of: model) { loss($0(x), y) }
/// }
/// ```
///
/// `value` is a tensor or a structure of tensors, whose first axes have one extent; what `body`
/// captures is the same for all. `body` is traced once. It may hold loops, gradients and further
/// `batched`, and may stand in them; kernels of plain loops it may not hold. Where elements differ
/// in a choice, both sides are computed, and a `whileLoop` goes on until the last is done: a loop
/// inside of these must end for values, too, that its element alone would not bring there.
public func batched<Value, Result, Failure: Error>(
  over value: Value, file: String = #fileID, line: Int = #line,
  _ body: (Value) throws(Failure) -> Result
) throws(Failure) -> Result {
  let traced = try DifferentiatedFunction(
    "batched", at: value, file: file, line: line, shape: { Array($0.shape.dropFirst()) }, body)
  let sources = traced.inputs.prefix(traced.argumentCount)
  guard let first = sources.first, let count = first.shape.first else {
    traced.function.fail(
      "tensors with a first axis expected, found \(sources.first.map { "\($0.tensorType)" } ?? "none")"
    )
  }
  if let other = sources.first(where: { $0.shape.first != count }) {
    traced.function.fail(
      "\(first.tensorType) and \(other.tensorType) differ in their first axis")
  }
  var replay = traced.replay(traced.batched(count: count))
  replay.run()
  return traced.result(traced.graph.results.indices.map { replay.takeResult($0) })
}
