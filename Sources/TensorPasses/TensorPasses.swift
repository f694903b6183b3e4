// Every pass on graphs, and the order in which they run.

public import IRCore
public import TensorIR

/// The list of passes on graphs.
///
/// | pass               | does                                                    | bits    |
/// | ------------------ | ------------------------------------------------------- | ------- |
/// | canonicalize       | one form for views, constants and literal operands      | same    |
/// | fold-constants     | evaluates nodes of constants for a CPU row              | same    |
/// | simplify-algebra   | exact rules: `x * 1`, `neg (neg x)`, `select(c, x, x)`  | same    |
/// | drop-unit-axes     | computes on shapes without axes of extent 1             | same    |
/// | shape-contractions | contracts only what is read, a long axis last            | same    |
/// | hoist-from-loops   | computes before a loop what is the same in every step   | same    |
/// | cse                | merges nodes that compute the same                      | same    |
/// | remove-dead-nodes  | drops nodes that no result reaches                      | same    |
/// | fast-algebra       | rules that round differently; never in the default list | changed |
///
/// The bits of a NaN (sign and payload) are not promised; all other bits are.
public enum TensorPasses {
  /// The default order: folding sees canonical operands, algebra sees folded ones and leaves casts
  /// and views that canonicalize then composes, and what lost its uses goes last.
  public static func standard(for row: TargetRow) -> [Pass<Module, Module>] {
    [
      .canonicalize, .foldConstants(for: row), .simplifyAlgebra, .dropUnitAxes,
      .shapeContractions, .canonicalize, .hoistFromLoops, .eliminateCommonSubexpressions,
      .removeDeadNodes,
    ]
  }

  /// Every pass once, for the command line and the tests.
  public static func all(for row: TargetRow) -> [Pass<Module, Module>] {
    [
      .canonicalize, .foldConstants(for: row), .simplifyAlgebra, .dropUnitAxes, .shapeContractions,
      .hoistFromLoops,
      .eliminateCommonSubexpressions, .removeDeadNodes, .fastAlgebra,
    ]
  }

  /// Passes that make another program of one, for the command line and the tests.
  public static func transforms(for row: TargetRow) -> [Pass<Module, Module>] {
    [.pullback(for: row), .pushforward(for: row), .batch(for: row)]
  }

  /// Finds the pass named `name`; `nil` when there is none.
  public static func named(_ name: some StringProtocol, for row: TargetRow) -> Pass<Module, Module>?
  {
    (all(for: row) + transforms(for: row)).first { $0.name == name }
  }
}
