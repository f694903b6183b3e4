// How the values of a loop are parted among loops over blocks.

import IRCore
import LoopIR

/// A loop and the loops over blocks around it, inner ones first: each starts at the variable of
/// the next and ends with that one's block. Together they give each value of the last one's range
/// exactly once.
struct TileChain {
  /// The loop, then the loops over blocks, inner ones first.
  private(set) var loops: [Loop]

  /// The chain of the loop over `variable` among `enclosing`; `nil` when no loop has it.
  init?(_ variable: VariableID, in enclosing: [Statement]) {
    guard let loop = Self.loop(variable, enclosing) else { return nil }
    loops = [loop]
    while let next = Self.blocks(of: loops[loops.count - 1], enclosing) { loops.append(next) }
  }

  /// The loop whose bounds are those of all values.
  var root: Loop { loops[loops.count - 1] }

  /// The loop over all values in one iteration of the loops `outer`; `nil` when the variable
  /// itself is one of theirs.
  func loop(within outer: Set<VariableID>) -> Loop? {
    loops.last { !outer.contains($0.variable) }
  }

  private static func loop(_ variable: VariableID, _ enclosing: [Statement]) -> Loop? {
    for case .loop(let loop) in enclosing where loop.variable == variable { return loop }
    return nil
  }

  /// The loop over blocks that hold the values of `loop`.
  private static func blocks(of loop: Loop, _ enclosing: [Statement]) -> Loop? {
    guard let index = loop.lower.asVariable,
      let outer = Self.loop(VariableID(index), enclosing)
    else { return nil }
    let end = outer.variable.expression + IndexExpression(outer.step)
    return loop.upper == end || loop.upper == end.min(outer.upper) ? outer : nil
  }
}
