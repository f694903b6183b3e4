// `compile` and calls of what it makes, by number of arguments.
//
// With `verify`, the first call of each program runs every kernel beside the interpreter, too, and
// ends in a report that names the pass at fault where the bits differ.
//
// No parameter packs: with them Swift 6.3 drops what a function writes to its `inout` state.

import IRCore

/// Compiles a function of no argument: see `Compiled`.
public func compile<Results: Sendable, Failure: Error>(
  verify: Bool = false, file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable () throws(Failure) -> Results
) -> Compiled<Void, Void, Results, Failure> {
  Compiled(file, line, verifies: verify) { (_: inout Void, _: Void) throws(Failure) -> Results in
    try body()
  }
}

/// Compiles a function of one argument: see `Compiled`.
public func compile<A: Sendable, Results: Sendable, Failure: Error>(
  verify: Bool = false, file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (A) throws(Failure) -> Results
) -> Compiled<Void, A, Results, Failure> {
  Compiled(file, line, verifies: verify) {
    (_: inout Void, arguments: A) throws(Failure) -> Results in
    try body(arguments)
  }
}

/// Compiles a function of two arguments: see `Compiled`.
public func compile<A: Sendable, B: Sendable, Results: Sendable, Failure: Error>(
  verify: Bool = false, file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (A, B) throws(Failure) -> Results
) -> Compiled<Void, (A, B), Results, Failure> {
  Compiled(file, line, verifies: verify) {
    (_: inout Void, arguments: (A, B)) throws(Failure) -> Results in
    try body(arguments.0, arguments.1)
  }
}

/// Compiles a function of three arguments: see `Compiled`.
public func compile<A: Sendable, B: Sendable, C: Sendable, Results: Sendable, Failure: Error>(
  verify: Bool = false, file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (A, B, C) throws(Failure) -> Results
) -> Compiled<Void, (A, B, C), Results, Failure> {
  Compiled(file, line, verifies: verify) {
    (_: inout Void, arguments: (A, B, C)) throws(Failure) -> Results in
    try body(arguments.0, arguments.1, arguments.2)
  }
}

/// Compiles a function of four arguments: see `Compiled`.
public func compile<
  A: Sendable, B: Sendable, C: Sendable, D: Sendable, Results: Sendable, Failure: Error
>(
  verify: Bool = false, file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (A, B, C, D) throws(Failure) -> Results
) -> Compiled<Void, (A, B, C, D), Results, Failure> {
  Compiled(file, line, verifies: verify) {
    (_: inout Void, arguments: (A, B, C, D)) throws(Failure) -> Results in
    try body(arguments.0, arguments.1, arguments.2, arguments.3)
  }
}

/// Compiles a function of no argument that updates a state: see `Compiled`.
public func compile<State: Sendable, Results: Sendable, Failure: Error>(
  verify: Bool = false, file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (inout State) throws(Failure) -> Results
) -> Compiled<State, Void, Results, Failure> {
  Compiled(file, line, verifies: verify) {
    (state: inout State, _: Void) throws(Failure) -> Results in
    try body(&state)
  }
}

/// Compiles a function of one argument that updates a state: see `Compiled`.
public func compile<State: Sendable, A: Sendable, Results: Sendable, Failure: Error>(
  verify: Bool = false, file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (inout State, A) throws(Failure) -> Results
) -> Compiled<State, A, Results, Failure> {
  Compiled(file, line, verifies: verify) {
    (state: inout State, arguments: A) throws(Failure) -> Results in
    try body(&state, arguments)
  }
}

/// Compiles a function of two arguments that updates a state: see `Compiled`.
public func compile<State: Sendable, A: Sendable, B: Sendable, Results: Sendable, Failure: Error>(
  verify: Bool = false, file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (inout State, A, B) throws(Failure) -> Results
) -> Compiled<State, (A, B), Results, Failure> {
  Compiled(file, line, verifies: verify) {
    (state: inout State, arguments: (A, B)) throws(Failure) -> Results in
    try body(&state, arguments.0, arguments.1)
  }
}

/// Compiles a function of three arguments that updates a state: see `Compiled`.
public func compile<
  State: Sendable, A: Sendable, B: Sendable, C: Sendable, Results: Sendable, Failure: Error
>(
  verify: Bool = false, file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (inout State, A, B, C) throws(Failure) -> Results
) -> Compiled<State, (A, B, C), Results, Failure> {
  Compiled(file, line, verifies: verify) {
    (state: inout State, arguments: (A, B, C)) throws(Failure) -> Results in
    try body(&state, arguments.0, arguments.1, arguments.2)
  }
}

/// Compiles a function of four arguments that updates a state: see `Compiled`.
public func compile<
  State: Sendable, A: Sendable, B: Sendable, C: Sendable, D: Sendable, Results: Sendable,
  Failure: Error
>(
  verify: Bool = false, file: String = #fileID, line: Int = #line,
  _ body: @escaping @Sendable (inout State, A, B, C, D) throws(Failure) -> Results
) -> Compiled<State, (A, B, C, D), Results, Failure> {
  Compiled(file, line, verifies: verify) {
    (state: inout State, arguments: (A, B, C, D)) throws(Failure) -> Results in
    try body(&state, arguments.0, arguments.1, arguments.2, arguments.3)
  }
}
