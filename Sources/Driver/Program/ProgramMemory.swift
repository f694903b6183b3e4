// What a compiled program takes in memory.

/// Bytes that one call of a program touches, by use: known before it runs.
public struct ProgramMemory: Hashable, Sendable {
  /// Arguments, those captured included.
  public var inputs = 0
  /// Results that a call takes fresh memory for; a result that is an input or a constant takes none.
  public var results = 0
  /// Results that take the memory of the inputs they replace; where the caller keeps such an input,
  /// its copy is fresh memory.
  public var updated = 0
  /// Constants, kept as long as the program.
  public var constants = 0
  /// The arena of all intermediate tensors, which share bytes when they do not live at once.
  public var intermediates = 0
  /// Working memory of each thread.
  public var scratch = 0

  /// Describes a program; nothing is what an empty one takes.
  public init(
    inputs: Int = 0, results: Int = 0, updated: Int = 0, constants: Int = 0, intermediates: Int = 0,
    scratch: Int = 0
  ) {
    self.inputs = inputs
    self.results = results
    self.updated = updated
    self.constants = constants
    self.intermediates = intermediates
    self.scratch = scratch
  }

  /// What a call takes at its peak beside its inputs and the program, with one thread.
  public var peak: Int { results + intermediates + scratch }
}

extension ProgramMemory {
  /// What a program of the given layout takes.
  init(
    _ layout: ProgramLayout, _ parameterBytes: [Int], _ resultBytes: [Int], constants: Int,
    arena: Int, scratch: Int
  ) {
    let fresh = layout.results.indices.filter { layout.results[$0] == .output($0) }
    self.init(
      inputs: parameterBytes.reduce(0, +), results: fresh.reduce(0) { $0 + resultBytes[$1] },
      updated: layout.updates.keys.reduce(0) { $0 + resultBytes[$1] }, constants: constants,
      intermediates: arena, scratch: scratch)
  }
}
