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
    [.inlineCalls, .expandArguments] + TensorPasses.standard(for: row)
      + [.splitScans, .splitReductions, .packLoopFactors(for: row)]
  }

  /// Tensor passes that later stages build on: they cannot be left out.
  static let required: Set<String> = [
    "inline-calls", "expand-arguments", "split-scans", "split-reductions",
  ]

  /// From the tensor level to kernels.
  public static let lowering: [Pass<Module, Module>] = [
    .lowerIndexing, .fuse, .joinKernels, .joinPhases, .lower,
  ]

  /// Passes on the loop level that decide; a kernel that comes with a schedule goes without them.
  static func planning(for row: TargetRow) -> [Pass<Kernel, Kernel>] {
    [.plan(for: row)]
  }

  /// Passes on the loop level.
  public static func kernel(for row: TargetRow) -> [Pass<Kernel, Kernel>] {
    planning(for: row) + [.applySchedule]
  }

  /// A pass of either level.
  public enum Item: Sendable {
    case module(Pass<Module, Module>)
    case kernel(Pass<Kernel, Kernel>)

    /// The pass's name.
    public var name: String {
      switch self {
      case .module(let pass): pass.name
      case .kernel(let pass): pass.name
      }
    }

    /// The pass's line of help.
    public var summary: String {
      switch self {
      case .module(let pass): pass.summary
      case .kernel(let pass): pass.summary
      }
    }
  }

  /// Every pass once, in the order in which help lists them.
  public static func all(for row: TargetRow) -> [Item] {
    let modules =
      [.inlineCalls, .expandArguments] + TensorPasses.all(for: row)
      + TensorPasses.transforms(for: row)
      + [.splitScans, .splitReductions, .packLoopFactors(for: row)] + lowering
    let kernels = planning(for: row) + LoopPasses.all
    return modules.map { .module($0) } + kernels.map { .kernel($0) }
  }

  /// Finds the pass named `name`; `nil` when there is none.
  public static func named(_ name: some StringProtocol, for row: TargetRow) -> Item? {
    all(for: row).first { $0.name == name }
  }
}
