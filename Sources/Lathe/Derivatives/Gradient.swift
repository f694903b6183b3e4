// Gradients of functions of tensors, or of structures of tensors.

import IRCore
import TensorIR

/// The gradient of a scalar function at a value: a value of the same structure whose tensors are the
/// partial derivatives by its tensors.
///
/// ```swift
/// let g = gradient(of: x) { x in (x * x).sum() }          // 2x
/// let curvature = gradient(of: x) { x in
///   gradient(of: x) { ($0 * $0 * $0).sum() }.sum()        // 6x
/// }
/// ```
///
/// `value` is a tensor, or a struct, tuple, array, dictionary or optional of such, as `compile`
/// takes; what `body` captures is constant. Tensors that are no floats have zeros for a gradient.
/// `body` is traced, and differentiated in reverse, once: inside `compile`, loops and itself too.
/// The result is lazy like any tensor. What is no smooth function has the derivatives that the
/// article on derivatives lists.
public func gradient<Value, Failure: Error>(
  of value: Value, file: String = #fileID, line: Int = #line,
  _ body: (Value) throws(Failure) -> Tensor
) throws(Failure) -> Value {
  try reverse("gradient", value, file, line) { (argument) throws(Failure) in
    (try body(argument), ())
  }.gradient
}

/// The value of a scalar function, and its gradient: see `gradient(of:_:)`.
///
/// ```swift
/// let (loss, slope) = valueAndGradient(of: model) { model in
///   crossEntropy(model(images), labels)
/// }
/// ```
public func valueAndGradient<Value, Failure: Error>(
  of value: Value, file: String = #fileID, line: Int = #line,
  _ body: (Value) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradient: Value) {
  let all = try reverse("valueAndGradient", value, file, line) { (argument) throws(Failure) in
    (try body(argument), ())
  }
  return (all.value, all.gradient)
}

/// The value of a scalar function, what it returns beside the value, and its gradient.
///
/// What stands beside the value, of any structure, has no part in the gradient: predictions, or
/// state that a model updates.
///
/// ```swift
/// let (loss, logits, slope) = valueAndGradient(of: model) { model in
///   let logits = model(images)
///   return (crossEntropy(logits, labels), logits)
/// }
/// ```
public func valueAndGradient<Value, Auxiliary, Failure: Error>(
  of value: Value, file: String = #fileID, line: Int = #line,
  _ body: (Value) throws(Failure) -> (Tensor, Auxiliary)
) throws(Failure) -> (value: Tensor, auxiliary: Auxiliary, gradient: Value) {
  try reverse("valueAndGradient", value, file, line, body)
}

/// A scalar function's value, what stands beside it, and its gradient.
private func reverse<Value, Auxiliary, Failure: Error>(
  _ name: String, _ value: Value, _ file: String, _ line: Int,
  _ body: (Value) throws(Failure) -> (Tensor, Auxiliary)
) throws(Failure) -> (value: Tensor, auxiliary: Auxiliary, gradient: Value) {
  let traced = try DifferentiatedFunction(name, at: value, file: file, line: line, body)
  let type = traced.graph[type: traced.graph.results[0]]
  guard type.rank == 0, type.dtype.isFloat else {
    traced.function.fail("a function whose value is a float scalar expected, found \(type)")
  }
  var replay = traced.replay(traced.pullback(of: [0]))
  replay.bind([Tensor.ones([], type.dtype)], from: traced.inputs.count)
  replay.run()
  let tensors = traced.graph.results.indices.map { replay.takeResult($0) }
  let slopes = traced.floats.indices.map { replay.takeResult(tensors.count + $0) }
  let result = traced.result(tensors)
  return (result.0, result.1, traced.argument(value, slopes))
}
