// The list of passes: the compiler's table of contents.

public import IRCore
public import LoopIR
import LoopPasses
import Lowering
public import TensorIR
import TensorPasses

/// Every pass in the order in which compilation runs them.
public enum PassList {
  /// Passes on the tensor level, from the graph as traced to the graph as fused.
  public static func tensor(for row: TargetRow) -> [Pass<Module, Module>] {
    [.inlineCalls]
  }

  /// From the tensor level to kernels.
  public static let lowering: [Pass<Module, Module>] = [.fuse, .lower]

  /// Passes on the loop level.
  public static func kernel(for row: TargetRow) -> [Pass<Kernel, Kernel>] {
    [.applySchedule]
  }

  /// Plans and transforms one kernel.
  static func schedule(
    _ kernel: Kernel, for row: TargetRow, verifies: Bool
  ) throws(PassFailure) -> Kernel {
    var kernel = kernel
    for pass in self.kernel(for: row) {
      kernel = verifies ? try pass.run(kernel) : try pass.body(kernel)
    }
    return kernel
  }
}
