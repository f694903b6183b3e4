// Op by op, as eager frameworks run.

extension Evaluation {
  /// Whether operations run as they are called.
  @TaskLocal static var isEager = false
}

/// Runs every operation inside `body` as it is called, each a kernel of its own that is compiled
/// once: what eager frameworks do, for comparison. Views and constants stay parts of the
/// operations that read them.
public func eagerly<Result>(_ body: () throws -> Result) rethrows -> Result {
  try Evaluation.$isEager.withValue(true, operation: body)
}
