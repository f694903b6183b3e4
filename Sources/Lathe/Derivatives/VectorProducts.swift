// Products of derivatives with vectors.

import IRCore
import TensorIR

/// The value of a function, and the function that takes a cotangent of the value to that of the
/// argument: vector times Jacobian, computed in reverse.
///
/// ```swift
/// let (y, pullback) = vjp(of: x) { sin($0) }
/// let dx = pullback(dy)                     // dy * cos(x)
/// ```
///
/// `pullback` may be called more than once; the function itself is computed once. See
/// `gradient(of:_:)` for what may be differentiated.
public func vjp<Value, Result, Failure: Error>(
  of value: Value, file: String = #fileID, line: Int = #line,
  _ body: (Value) throws(Failure) -> Result
) throws(Failure) -> (value: Result, pullback: (Result) -> Value) {
  let traced = try DifferentiatedFunction("vjp", at: value, file: file, line: line, body)
  var replay = traced.replay(traced.pullback())
  // What needs no cotangent is made now.
  replay.run()
  let count = traced.graph.results.count
  let result = traced.result((0..<count).map { replay.takeResult($0) })
  let saved = replay
  return (
    result,
    { cotangent in
      var replay = saved
      replay.bind(traced.cotangents(cotangent), from: traced.inputs.count)
      replay.run()
      let slopes = traced.floats.indices.map { replay.takeResult(count + $0) }
      return traced.argument(value, slopes)
    }
  )
}

/// The value of a function and its derivative along a tangent of the argument: Jacobian times
/// vector, computed forward.
///
/// ```swift
/// let (y, dy) = jvp(of: x, along: dx) { sin($0) }   // dy = dx * cos(x)
/// ```
///
/// `tangent` has the structure, types and shapes of `value`; its tensors that are no floats are not
/// read. The same tensors of the derivative are zeros.
public func jvp<Value, Result, Failure: Error>(
  of value: Value, along tangent: Value, file: String = #fileID, line: Int = #line,
  _ body: (Value) throws(Failure) -> Result
) throws(Failure) -> (value: Result, tangent: Result) {
  let traced = try DifferentiatedFunction("jvp", at: value, file: file, line: line, body)
  var replay = traced.replay(traced.pushforward())
  replay.bind(traced.tangents(tangent, like: value), from: traced.inputs.count)
  replay.run()
  let types = traced.graph.results.map { traced.graph[type: $0] }
  let values = types.indices.map { replay.takeResult($0) }
  var next = types.count
  let tangents = types.map { type in
    guard type.dtype.isFloat else { return Tensor.zeros(type.extents ?? [], type.dtype) }
    defer { next += 1 }
    return replay.takeResult(next)
  }
  return (traced.result(values), traced.result(tangents))
}

extension Tensor {
  /// The same elements, as a constant where derivatives are taken.
  public func stopGradient(file: String = #fileID, line: Int = #line) -> Tensor {
    Self.apply(.stopGradient, [self], at: .line(file: file, line: line))
  }
}

/// The same elements, as a constant where derivatives are taken.
///
/// ```swift
/// let target = stopGradient(x)
/// ```
public func stopGradient(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  x.stopGradient(file: file, line: line)
}
