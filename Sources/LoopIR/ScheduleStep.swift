// Steps of schedules, and their text.

/// One step of a schedule. Loops are named by their induction variables' spelling.
public enum ScheduleStep: Hashable, Sendable {
  /// Cuts a loop into an outer loop over blocks of `factor` and an inner loop in a block; the last
  /// block is guarded where `factor` does not divide the extent.
  case split(String, by: Int, outer: String, inner: String)
  /// Puts perfectly nested loops in the given order, outermost first.
  case reorder([String])
  /// Makes one loop of a loop and the one alone inside it.
  case fuse(String, String, into: String)
  /// Repeats the body of a serial loop `by` times per iteration; the rest runs in a loop after it.
  case unroll(String, by: Int)
  /// Runs `lanes` consecutive iterations in lanes, the tail under a mask.
  case vectorize(String, lanes: Int)
  /// Shares the iterations of an outermost loop out to the team.
  case parallelize(String)
  /// Runs the last, shorter block of a split loop at full length, or a loop at a stated one; what
  /// the added iterations must not touch stands under a mask.
  case pad(String, to: Int? = nil)
  /// Cuts a loop over blocks into the whole blocks and the last, shorter one, which gets loops of
  /// its own (named with `_edge`).
  case specialize(String)
  /// Moves the nest of the first loop into the second loop, to the tile that an iteration handles.
  case computeAt(String, String)
  /// Keeps the window of a buffer that an iteration of a loop touches in a local, whose axes are
  /// those of the buffer along which the window extends, in the given order where there is one.
  case localize(String, at: String, into: String, axes: [Int] = [], role: Buffer.Role)
  /// Computes the loads of a buffer, with what is computed from them alone, for all iterations of
  /// the loops `axes` before the body of `at` (before the whole nest without one), into a local
  /// whose axes they are; its last axis is `padding` elements longer.
  case stage(
    String, at: String?, into: String, axes: [String], padding: Int, role: Buffer.Role)
  /// Turns a local whose indices are constant into values.
  case promote(String)
  /// Runs `lanes` iterations of a loop of recurrences in lanes, combining by doubling distances.
  case scan(String, lanes: Int, reassociates: Bool)
  /// Gives each iteration of a loop a copy of a buffer to combine into.
  case privatize(String, at: String, into: String, reassociates: Bool)
  /// Keeps the last `by` places of a local along the axis that a loop moves through.
  case foldStorage(String, at: String, by: Int)
  /// Runs a nest of two loops by diagonals: a loop over the sum of their variables, and inside it
  /// the outer one.
  case skew(String, String, into: String)
  /// Lays a local out by the diagonals of its last two axes.
  case skewStorage(String)
  /// Puts a local into memory that all threads and phases see.
  case share(String)
  /// Makes one loop of two over the same range that follow each other.
  case merge(String, String)
  /// Keeps of a local the window that an iteration of a loop touches.
  case shrink(String, at: String, role: Buffer.Role)
  /// Cuts an outermost loop of recurrences into chunks of `by` iterations that each start from what
  /// comes before, with a local for the chunks' totals.
  case splitScan(String, by: Int, into: String, reassociates: Bool)
  /// Runs all loops of the body tile by tile, each tile with what it needs of its surroundings;
  /// the tiles are those of loops of the last nest.
  case overlap([String], by: [Int])
}

extension ScheduleStep {
  /// The loops that must exist before the step.
  public var loops: [String] {
    switch self {
    case .split(let loop, _, _, _), .unroll(let loop, _), .vectorize(let loop, _),
      .parallelize(let loop), .pad(let loop, _), .specialize(let loop),
      .localize(_, let loop, _, _, _),
      .scan(let loop, _, _), .privatize(_, let loop, _, _), .foldStorage(_, let loop, _),
      .splitScan(let loop, _, _, _), .shrink(_, let loop, _):
      [loop]
    case .reorder(let loops), .overlap(let loops, _): loops
    case .fuse(let outer, let inner, _), .computeAt(let outer, let inner),
      .skew(let outer, let inner, _), .merge(let outer, let inner):
      [outer, inner]
    case .stage(_, let loop, _, let axes, _, _): (loop.map { [$0] } ?? []) + axes
    case .promote, .skewStorage, .share: []
    }
  }

  /// The step's number, where it has one that is at least 1.
  var factor: Int? {
    switch self {
    case .split(_, let factor, _, _), .unroll(_, let factor), .vectorize(_, let factor),
      .scan(_, let factor, _), .foldStorage(_, _, let factor), .splitScan(_, let factor, _, _):
      factor
    case .pad(_, let count): count
    case .overlap(_, let sizes): sizes.min()
    case .reorder, .fuse, .parallelize, .specialize, .computeAt, .localize, .stage,
      .promote, .privatize, .skew, .skewStorage, .share, .merge, .shrink:
      nil
    }
  }

  /// The word that its text begins with.
  package var keyword: String { String(description.prefix { $0 != " " }) }

  /// Whether it states another order of combination, which changes rounding.
  package var reassociates: Bool {
    switch self {
    case .scan(_, _, let reassociates), .privatize(_, _, _, let reassociates),
      .splitScan(_, _, _, let reassociates):
      reassociates
    case .split, .reorder, .fuse, .unroll, .vectorize, .parallelize, .pad, .specialize,
      .computeAt, .localize, .stage, .promote, .foldStorage, .skew, .skewStorage, .share, .merge,
      .shrink, .overlap:
      false
    }
  }

  /// Whether the step makes loops whose names follow from those it is given.
  var derivesNames: Bool {
    switch self {
    case .specialize, .localize, .stage, .privatize, .splitScan, .overlap: true
    case .split, .reorder, .fuse, .unroll, .vectorize, .parallelize, .pad, .computeAt, .promote,
      .scan, .foldStorage, .skew, .skewStorage, .share, .merge, .shrink:
      false
    }
  }

  /// The step with every loop and buffer named by what `rename` makes of its name.
  func renaming(_ rename: (String) -> String) -> ScheduleStep {
    switch self {
    case .split(let loop, let factor, let outer, let inner):
      .split(rename(loop), by: factor, outer: rename(outer), inner: rename(inner))
    case .reorder(let loops): .reorder(loops.map(rename))
    case .fuse(let outer, let inner, let into):
      .fuse(rename(outer), rename(inner), into: rename(into))
    case .unroll(let loop, let factor): .unroll(rename(loop), by: factor)
    case .vectorize(let loop, let lanes): .vectorize(rename(loop), lanes: lanes)
    case .parallelize(let loop): .parallelize(rename(loop))
    case .pad(let loop, let count): .pad(rename(loop), to: count)
    case .specialize(let loop): .specialize(rename(loop))
    case .computeAt(let nest, let loop): .computeAt(rename(nest), rename(loop))
    case .localize(let buffer, let loop, let local, let axes, let role):
      .localize(
        rename(buffer), at: rename(loop), into: rename(local), axes: axes, role: role)
    case .stage(let buffer, let loop, let local, let axes, let padding, let role):
      .stage(
        rename(buffer), at: loop.map(rename), into: rename(local), axes: axes.map(rename),
        padding: padding, role: role)
    case .promote(let buffer): .promote(rename(buffer))
    case .scan(let loop, let lanes, let reassociates):
      .scan(rename(loop), lanes: lanes, reassociates: reassociates)
    case .privatize(let buffer, let loop, let copies, let reassociates):
      .privatize(
        rename(buffer), at: rename(loop), into: rename(copies), reassociates: reassociates)
    case .foldStorage(let buffer, let loop, let count):
      .foldStorage(rename(buffer), at: rename(loop), by: count)
    case .skew(let outer, let inner, let into):
      .skew(rename(outer), rename(inner), into: rename(into))
    case .skewStorage(let buffer): .skewStorage(rename(buffer))
    case .share(let buffer): .share(rename(buffer))
    case .merge(let first, let second): .merge(rename(first), rename(second))
    case .shrink(let buffer, let loop, let role):
      .shrink(rename(buffer), at: rename(loop), role: role)
    case .splitScan(let loop, let factor, let totals, let reassociates):
      .splitScan(rename(loop), by: factor, into: rename(totals), reassociates: reassociates)
    case .overlap(let loops, let sizes): .overlap(loops.map(rename), by: sizes)
    }
  }
}

extension ScheduleStep: CustomStringConvertible {
  /// The step's text.
  public var description: String {
    switch self {
    case .split(let loop, let factor, let outer, let inner):
      "split %\(loop) by \(factor) into %\(outer) %\(inner)"
    case .reorder(let loops): "reorder \(Self.list(loops))"
    case .fuse(let outer, let inner, let into): "fuse %\(outer) %\(inner) into %\(into)"
    case .unroll(let loop, let factor): "unroll %\(loop) by \(factor)"
    case .vectorize(let loop, let lanes): "vectorize %\(loop) by \(lanes)"
    case .parallelize(let loop): "parallelize %\(loop)"
    case .pad(let loop, let count): "pad %\(loop)\(count.map { " to \($0)" } ?? "")"
    case .specialize(let loop): "specialize %\(loop)"
    case .computeAt(let nest, let loop): "computeAt %\(nest) %\(loop)"
    case .localize(let buffer, let loop, let local, let axes, let role):
      "localize %\(buffer) at %\(loop) into %\(local)"
        + "\(axes.isEmpty ? "" : " [\(axes.map(String.init).joined(separator: " "))]")"
        + " in \(role.rawValue)"
    case .stage(let buffer, let loop, let local, let axes, let padding, let role):
      "stage %\(buffer)\(loop.map { " at %\($0)" } ?? "") into %\(local) [\(Self.list(axes))]"
        + "\(padding == 0 ? "" : " pad \(padding)") in \(role.rawValue)"
    case .promote(let buffer): "promote %\(buffer)"
    case .scan(let loop, let lanes, let reassociates):
      "scan %\(loop) by \(lanes)\(reassociates ? " reassociating" : "")"
    case .privatize(let buffer, let loop, let copies, let reassociates):
      "privatize %\(buffer) at %\(loop) into %\(copies)\(reassociates ? " reassociating" : "")"
    case .foldStorage(let buffer, let loop, let count):
      "foldStorage %\(buffer) at %\(loop) by \(count)"
    case .skew(let outer, let inner, let into): "skew %\(outer) %\(inner) into %\(into)"
    case .skewStorage(let buffer): "skewStorage %\(buffer)"
    case .share(let buffer): "share %\(buffer)"
    case .merge(let first, let second): "merge %\(first) %\(second)"
    case .shrink(let buffer, let loop, let role):
      "shrink %\(buffer) at %\(loop) in \(role.rawValue)"
    case .splitScan(let loop, let factor, let totals, let reassociates):
      "splitScan %\(loop) by \(factor) into %\(totals)\(reassociates ? " reassociating" : "")"
    case .overlap(let loops, let sizes):
      "overlap \(Self.list(loops)) by \(sizes.map(String.init).joined(separator: " "))"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.map { "%\($0)" }.joined(separator: " ")
  }
}
