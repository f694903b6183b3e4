// The list of kernel passes.

public import IRCore
public import LoopIR

/// Every pass from kernel to kernel that needs no target row, in the order in which help shows
/// them. `Pass.plan(for:)` needs one.
public enum LoopPasses {
  /// The passes by name.
  public static let all: [Pass<Kernel, Kernel>] = [
    .combineCommonValues, .removeDeadValues, .hoistInvariants, .applySchedule,
  ]
}
