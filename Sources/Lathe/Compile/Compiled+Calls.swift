// Calls of compiled functions, by number of arguments.
//
// A call ends the process with one line when its program cannot be compiled or has no memory to
// run; `run` throws instead.

extension Compiled where State == Void {
  /// Runs the function.
  public func callAsFunction(
    file: String = #fileID, line: Int = #line
  ) throws(Failure) -> Results where Arguments == Void { try perform((), file, line) }

  /// Runs the function.
  public func callAsFunction(
    _ arguments: Arguments, file: String = #fileID, line: Int = #line
  ) throws(Failure) -> Results { try perform(arguments, file, line) }

  /// Runs the function.
  public func callAsFunction<A, B>(
    _ a: A, _ b: B, file: String = #fileID, line: Int = #line
  ) throws(Failure) -> Results where Arguments == (A, B) { try perform((a, b), file, line) }

  /// Runs the function.
  public func callAsFunction<A, B, C>(
    _ a: A, _ b: B, _ c: C, file: String = #fileID, line: Int = #line
  ) throws(Failure) -> Results where Arguments == (A, B, C) { try perform((a, b, c), file, line) }

  /// Runs the function.
  public func callAsFunction<A, B, C, D>(
    _ a: A, _ b: B, _ c: C, _ d: D, file: String = #fileID, line: Int = #line
  ) throws(Failure) -> Results where Arguments == (A, B, C, D) {
    try perform((a, b, c, d), file, line)
  }
}

extension Compiled {
  /// Runs the function on a state, which it updates.
  @discardableResult
  public func callAsFunction(
    _ state: inout State, file: String = #fileID, line: Int = #line
  ) throws(Failure) -> Results where Arguments == Void { try perform(&state, (), file, line) }

  /// Runs the function on a state, which it updates.
  @discardableResult
  public func callAsFunction(
    _ state: inout State, _ arguments: Arguments, file: String = #fileID, line: Int = #line
  ) throws(Failure) -> Results { try perform(&state, arguments, file, line) }

  /// Runs the function on a state, which it updates.
  @discardableResult
  public func callAsFunction<A, B>(
    _ state: inout State, _ a: A, _ b: B, file: String = #fileID, line: Int = #line
  ) throws(Failure) -> Results where Arguments == (A, B) { try perform(&state, (a, b), file, line) }

  /// Runs the function on a state, which it updates.
  @discardableResult
  public func callAsFunction<A, B, C>(
    _ state: inout State, _ a: A, _ b: B, _ c: C, file: String = #fileID, line: Int = #line
  ) throws(Failure) -> Results where Arguments == (A, B, C) {
    try perform(&state, (a, b, c), file, line)
  }

  /// Runs the function on a state, which it updates.
  @discardableResult
  public func callAsFunction<A, B, C, D>(
    _ state: inout State, _ a: A, _ b: B, _ c: C, _ d: D, file: String = #fileID, line: Int = #line
  ) throws(Failure) -> Results where Arguments == (A, B, C, D) {
    try perform(&state, (a, b, c, d), file, line)
  }
}
