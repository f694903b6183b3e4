// The list of kernel passes.

public import IRCore
public import LoopIR

/// The passes from kernel to kernel.
public enum LoopPasses {
  /// Every pass that needs no target row, in the order in which help shows them;
  /// `Pass.plan(for:)` needs one.
  public static let all: [Pass<Kernel, Kernel>] = [
    .applySchedule, .combineCommonValues, .hoistInvariants, .removeDeadValues, .fuseProducts,
    .reassociateRecurrences, .formAccumulations, .proveConditions, .removeOverwrittenWrites,
  ]

  /// What a kernel without a schedule may go through on the way to machine code: a plan, the plan
  /// applied, and clean-ups before and after.
  public static func standard(for row: TargetRow) -> [Pass<Kernel, Kernel>] {
    [
      .combineCommonValues, .removeDeadValues, .plan(for: row), .applySchedule,
      .combineCommonValues, .hoistInvariants, .removeDeadValues,
    ]
  }

  /// A kernel with a contraction after its plan, the steps applied once, as they are chosen: what
  /// `plan` and `apply-schedule` make of it. `nil` for other kernels.
  public static func scheduledContraction(_ kernel: Kernel, for row: TargetRow) -> Kernel? {
    guard kernel.schedule.isEmpty else { return nil }
    return kernel.plannedContraction(for: row)?.kernel.normalized()
  }
}

extension Kernel {
  /// The schedule of a kernel with a contraction, and the kernel after it; `nil` for other kernels.
  func plannedContraction(
    for row: TargetRow
  ) -> (steps: [ScheduleStep], kernel: Kernel)? {
    guard let parts = KernelPart.parts(of: self, row),
      let contraction = parts.lazy.compactMap(\.contraction).first
    else { return nil }
    if parts.count > 1 {
      let plan = JoinedPlan(parts, self, row)
      return (plan.steps, plan.kernel)
    }
    var plan = ContractionPlan(contraction, self, row)
    guard (try? plan.make()) != nil else { return nil }
    return (plan.steps, plan.kernel)
  }
}
