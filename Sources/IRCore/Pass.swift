// Passes: named pure functions between levels of the IR.

/// What an IR unit must do to stand between passes.
public protocol Verifiable: Sendable {
  /// Throws the first broken rule.
  func verify() throws(VerifierError)
}

/// The first rule that a graph, kernel or module breaks.
public struct VerifierError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The graph or kernel.
  public let unit: String
  /// What is wrong, naming the value, what was found and what was expected.
  public let message: String

  /// States a broken rule.
  public init(in unit: String, _ message: String) {
    self.unit = unit
    self.message = message
  }

  /// `@unit: message`.
  public var description: String { "@\(unit): \(message)" }
}

/// A pass that could not be applied, or that broke the IR.
public struct PassFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The pass's name.
  public let pass: String
  /// What went wrong.
  public let message: String

  /// States a failure.
  public init(pass: String, _ message: String) {
    self.pass = pass
    self.message = message
  }

  /// `after pass: message`.
  public var description: String { "after \(pass): \(message)" }
}

/// Named pure function from one level of the IR to another; the type tells which levels.
public struct Pass<Input: Sendable, Output: Sendable>: Sendable {
  /// Lower-case words with hyphens: the flag, the golden-file directive and the timing row.
  public let name: String
  /// One line of help.
  public let summary: String
  /// Whether results may differ in rounding after the pass.
  public let changesRounding: Bool
  /// The function.
  public let body: @Sendable (Input) throws(PassFailure) -> Output

  /// Describes a pass.
  public init(
    _ name: String, summary: String, changesRounding: Bool = false,
    body: @escaping @Sendable (Input) throws(PassFailure) -> Output
  ) {
    self.name = name
    self.summary = summary
    self.changesRounding = changesRounding
    self.body = body
  }
}

extension Pass where Output: Verifiable {
  /// Runs the pass and verifies what it made; a broken rule names the pass.
  public func run(_ input: Input) throws(PassFailure) -> Output {
    let output = try body(input)
    do { try output.verify() } catch {
      throw PassFailure(pass: name, error.description)
    }
    return output
  }
}

/// List of passes within one level, run in order with verification after each.
public struct Pipeline<Unit: Verifiable>: Sendable {
  /// The passes in order.
  public let passes: [Pass<Unit, Unit>]

  /// Keeps `passes`.
  public init(_ passes: [Pass<Unit, Unit>]) { self.passes = passes }

  /// Runs every pass, calling `observe` with each pass and what it made.
  public func run(
    _ unit: Unit, observe: (Pass<Unit, Unit>, Unit) -> Void = { _, _ in }
  ) throws(PassFailure) -> Unit {
    var unit = unit
    for pass in passes {
      unit = try pass.run(unit)
      observe(pass, unit)
    }
    return unit
  }
}
