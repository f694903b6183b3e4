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

  /// A contraction after its plan, the steps applied once, as they are chosen: what `plan` and
  /// `apply-schedule` make of it. `nil` for other kernels.
  public static func scheduledContraction(_ kernel: Kernel, for row: TargetRow) -> Kernel? {
    guard kernel.schedule.isEmpty, let contraction = Contraction(kernel, row) else {
      return nil
    }
    return ContractionPlan.made(contraction, kernel, row)?.kernel.normalized()
  }
}
