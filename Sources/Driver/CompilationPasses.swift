// The passes of one compiler, stage by stage.

package import Codegen
package import IRCore
package import LoopIR
package import LoopPasses
package import TensorIR

/// What a compiler runs on the way from a traced graph to a program, as a value: `PassList` fills
/// it, and tests put wrong variants in place of single passes.
package struct CompilationPasses: Sendable {
  /// From the graph as traced to the graph before fusion.
  package var tensor: [Pass<Module, Module>]
  /// From the tensor level to kernels.
  package var lowering: [Pass<Module, Module>]
  /// Passes that decide on a kernel's schedule; one that comes with a schedule goes without them.
  package var planning: [Pass<Kernel, Kernel>]
  /// Applies one step of a schedule.
  package var applyStep: StepApplication = { kernel, step throws(ScheduleRefusal) in
    try kernel.applying(step)
  }
  /// What LLVM runs over a kernel's module.
  package var llvm = LLVMPass.standard
  /// By result of a lowered graph, the parameter that it is written over, of those wanted.
  package var updates: @Sendable (Graph, [Int?]) -> [Int: Int] = { UpdatePlan($0, $1).updates }
  /// Whether the passes are those of `PassList`.
  private(set) package var isStandard = true

  /// Those of `PassList`, but for what the options leave out.
  package init(_ options: CompilerOptions) {
    let row = options.row
    tensor = PassList.tensor(for: row).filter {
      PassList.required.contains($0.name) || !options.disabledPasses.contains($0.name)
    }
    lowering = PassList.lowering
    planning = PassList.planning(for: row).filter { !options.disabledPasses.contains($0.name) }
  }

  /// These passes after a change.
  package func changed(_ change: (inout CompilationPasses) -> Void) -> CompilationPasses {
    var result = self
    change(&result)
    result.isStandard = false
    return result
  }

  /// Passes that decide on a kernel's schedule.
  func planning(for kernel: Kernel) -> [Pass<Kernel, Kernel>] {
    kernel.schedule.isEmpty ? planning : []
  }

  /// The pass that applies a kernel's schedule.
  var applySchedule: Pass<Kernel, Kernel> { .applySchedule(by: applyStep) }

  /// Plans and transforms one kernel; one that comes with a schedule keeps it.
  package func schedule(
    _ kernel: Kernel, for row: TargetRow, verifies: Bool
  ) throws(PassFailure) -> Kernel {
    if isStandard, !verifies, let scheduled = LoopPasses.scheduledContraction(kernel, for: row) {
      return scheduled
    }
    var kernel = kernel
    for pass in planning(for: kernel) + [applySchedule] {
      kernel = verifies ? try pass.run(kernel) : try pass.body(kernel)
    }
    return kernel
  }
}
