// Functions with derivatives of their own.

/// `body` with a derivative that its author states, in place of the one that follows from what it
/// computes.
///
/// ```swift
/// let log1pexp = differentiable { (x: Tensor) in log(1 + exp(x)) } pullback: { x, _, cotangent in
///   cotangent * sigmoid(x)                      // where exp(x) is infinite, too
/// }
/// let softplus = differentiable { (x: Tensor) in log(1 + exp(x)) } pushforward: { x, _, tangent in
///   tangent * sigmoid(x)
/// }
/// ```
///
/// A `pullback` takes the argument, the result and a cotangent of the result to the argument's
/// cotangent; it serves derivatives in reverse. A `pushforward` takes a tangent of the argument to
/// the result's, must be linear in it, and serves derivatives in both directions; where both are
/// stated, each serves its own. Either is made of tensors like any function, so it has derivatives
/// itself, which are the second ones of what is returned here.
///
/// Arguments and results are tensors or structures of tensors, as for `gradient(of:_:)`; what a rule
/// returns must have the types and shapes of what it is the slope of. Tensors that are no floats
/// have no slope: a rule gets zeros for them, and what it returns in their place is not read. What
/// the functions capture is constant; a derivative by what `body` captures stops with a line. All of
/// them are traced at every call.
public func differentiable<A, Result>(
  file: String = #fileID, line: Int = #line, _ body: @escaping @Sendable (A) -> Result,
  pullback: (@Sendable (_ argument: A, _ result: Result, _ cotangent: Result) -> A)? = nil,
  pushforward: (@Sendable (_ argument: A, _ result: Result, _ tangent: A) -> Result)? = nil
) -> @Sendable (A) -> Result {
  let function = LoopFunction(name: "differentiable", location: .line(file: file, line: line))
  if pullback == nil, pushforward == nil {
    function.fail("a pullback or a pushforward expected, found neither")
  }
  return { argument in
    CustomFunction(function: function, body: body, pullback: pullback, pushforward: pushforward)
      .result(of: argument)
  }
}

/// A function of two arguments with a derivative that its author states.
///
/// ```swift
/// let scaled = differentiable { (x: Tensor, scale: Tensor) in x * scale }
///   pullback: { x, scale, _, cotangent in (cotangent * scale, (cotangent * x).sum()) }
/// ```
///
/// The rules take both arguments, and a pushforward a tangent of each. See the function of one.
public func differentiable<A, B, Result>(
  file: String = #fileID, line: Int = #line, _ body: @escaping @Sendable (A, B) -> Result,
  pullback: (@Sendable (A, B, _ result: Result, _ cotangent: Result) -> (A, B))? = nil,
  pushforward: (@Sendable (A, B, _ result: Result, _ tangent: A, B) -> Result)? = nil
) -> @Sendable (A, B) -> Result {
  typealias Both = (A, B)
  var reverse: (@Sendable (Both, Result, Result) -> Both)?
  var forward: (@Sendable (Both, Result, Both) -> Result)?
  if let pullback { reverse = { x, y, slope in pullback(x.0, x.1, y, slope) } }
  if let pushforward { forward = { x, y, dx in pushforward(x.0, x.1, y, dx.0, dx.1) } }
  let whole: @Sendable (Both) -> Result = differentiable(
    file: file, line: line, { body($0.0, $0.1) }, pullback: reverse, pushforward: forward)
  return { a, b in whole((a, b)) }
}

/// A function of three arguments with a derivative that its author states.
///
/// The rules take all arguments, and a pushforward a tangent of each. See the function of one.
public func differentiable<A, B, C, Result>(
  file: String = #fileID, line: Int = #line, _ body: @escaping @Sendable (A, B, C) -> Result,
  pullback: (@Sendable (A, B, C, _ result: Result, _ cotangent: Result) -> (A, B, C))? = nil,
  pushforward: (@Sendable (A, B, C, _ result: Result, _ tangent: A, B, C) -> Result)? = nil
) -> @Sendable (A, B, C) -> Result {
  typealias All = (A, B, C)
  var reverse: (@Sendable (All, Result, Result) -> All)?
  var forward: (@Sendable (All, Result, All) -> Result)?
  if let pullback { reverse = { x, y, slope in pullback(x.0, x.1, x.2, y, slope) } }
  if let pushforward {
    forward = { x, y, dx in pushforward(x.0, x.1, x.2, y, dx.0, dx.1, dx.2) }
  }
  let whole: @Sendable (All) -> Result = differentiable(
    file: file, line: line, { body($0.0, $0.1, $0.2) }, pullback: reverse, pushforward: forward)
  return { a, b, c in whole((a, b, c)) }
}
