// The list of kernel passes.

public import IRCore
public import LoopIR

/// The passes from kernel to kernel.
public enum LoopPasses {
  /// Every pass, in the order in which help shows them, for a target row (only `plan` reads it).
  public static func all(for row: TargetRow) -> [Pass<Kernel, Kernel>] {
    [
      .plan(for: row), .applySchedule, .combineCommonValues, .hoistInvariants, .removeDeadValues,
    ]
  }

  /// What kernels without a schedule go through on the way to machine code.
  public static func standard(for row: TargetRow) -> Pipeline<Kernel> {
    Pipeline([
      .combineCommonValues, .removeDeadValues, .plan(for: row), .applySchedule,
      .combineCommonValues, .hoistInvariants, .removeDeadValues,
    ])
  }
}
