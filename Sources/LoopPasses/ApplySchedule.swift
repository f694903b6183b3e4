// The pass that applies a kernel's schedule.

public import IRCore
public import LoopIR

/// A function that applies one step of a schedule.
package typealias StepApplication =
  @Sendable (Kernel, ScheduleStep) throws(ScheduleRefusal) -> Kernel

extension Pass where Input == Kernel, Output == Kernel {
  /// Applies the kernel's schedule, step by step, and leaves the schedule empty.
  ///
  /// Each step checks its own legality and refuses in the schedule's words. Bits do not change.
  public static let applySchedule = applySchedule { kernel, step throws(ScheduleRefusal) in
    try kernel.applying(step)
  }

  /// Applies the kernel's schedule by a function that applies one step.
  package static func applySchedule(
    by apply: @escaping StepApplication
  ) -> Pass {
    Pass("apply-schedule", summary: "apply the kernel's schedule") { kernel throws(PassFailure) in
      var result = kernel
      result.schedule = []
      do {
        for step in kernel.schedule { result = try apply(result, step) }
      } catch {
        throw PassFailure(pass: "apply-schedule", "@\(kernel.name): \(error)")
      }
      return result.normalized()
    }
  }
}

extension Kernel {
  /// The kernel after all of the steps; its own schedule stays.
  func applying(_ steps: [ScheduleStep]) throws(ScheduleRefusal) -> Kernel {
    var result = self
    for step in steps { result = try result.applying(step) }
    return result
  }

  /// The kernel after one step; its own schedule stays.
  public func applying(_ step: ScheduleStep) throws(ScheduleRefusal) -> Kernel {
    switch step {
    case .split(let loop, let by, let outer, let inner):
      try splitting(loop, by: by, outer: outer, inner: inner)
    case .reorder(let loops): try reordering(loops)
    case .unroll(let loop, let by): try unrolling(loop, by: by)
    case .vectorize(let loop, let lanes): try vectorizing(loop, lanes: lanes)
    case .parallelize(let loop): try parallelizing(loop)
    case .fuse(let outer, let inner, let into): try fusing(outer, inner, into: into)
    case .pad(let loop, let count): try padding(loop, to: count)
    case .specialize(let loop): try specializing(loop)
    case .computeAt(let nest, let loop): try computing(nest, at: loop)
    case .localize(let buffer, let loop, let local, let axes, let role):
      try localizing(buffer, at: loop, into: local, axes: axes, role: role)
    case .stage(let buffer, let loop, let local, let axes, let padding, let role):
      try staging(
        buffer, at: loop, into: local, axes: axes, padding: padding, role: role)
    case .promote(let buffer): try promoting(buffer)
    case .scan(let loop, let lanes, let reassociates):
      try scanning(loop, lanes: lanes, reassociates: reassociates)
    case .privatize(let buffer, let loop, let copies, let reassociates):
      try privatizing(buffer, at: loop, into: copies, reassociates: reassociates)
    case .foldStorage(let buffer, let loop, let count):
      try foldingStorage(of: buffer, at: loop, by: count)
    case .skew(let outer, let inner, let into): try skewing(outer, inner, into: into)
    case .skewStorage(let buffer): try skewingStorage(of: buffer)
    case .share(let buffer): try sharing(buffer)
    case .merge(let first, let second): try merging(first, second)
    case .shrink(let buffer, let loop, let role): try shrinking(buffer, at: loop, role: role)
    case .splitScan(let loop, let factor, let totals, let reassociates):
      try splittingScan(loop, by: factor, into: totals, reassociates: reassociates)
    case .overlap(let loops, let sizes): try overlapping(loops, by: sizes)
    }
  }
}
