// Why a schedule step cannot be applied.

import IRCore
public import LoopIR

/// A schedule step that is not legal on a kernel, with the reason.
public struct ScheduleRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The step.
  public let step: ScheduleStep
  /// What stands against it, naming loops and accesses.
  public let reason: String

  /// States a refusal.
  public init(_ step: ScheduleStep, _ reason: String) {
    self.step = step
    self.reason = reason
  }

  /// `cannot split %i by 0: the factor must be at least 1`.
  public var description: String { "cannot \(step.phrase): \(reason)" }
}

extension ScheduleStep {
  /// The step in words: `vectorize %i by 8`.
  var phrase: String {
    switch self {
    case .split(let loop, let by, _, _): "split %\(loop) by \(by)"
    case .reorder(let loops): "reorder \(loops.map { "%\($0)" }.joined(separator: ", "))"
    case .skew(let outer, let inner, _): "skew %\(outer) %\(inner)"
    case .splitScan(let loop, let by, _, _): "splitScan %\(loop) by \(by)"
    case .scan(let loop, let lanes, _): "scan %\(loop) by \(lanes)"
    case .privatize(let buffer, let loop, _, _): "privatize %\(buffer) at %\(loop)"
    case .unroll, .vectorize, .parallelize, .fuse, .pad, .specialize, .computeAt, .localize,
      .stage, .promote, .foldStorage, .skewStorage, .share, .overlap, .merge, .shrink:
      description
    }
  }
}
