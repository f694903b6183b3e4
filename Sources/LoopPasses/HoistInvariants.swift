// Loop-invariant values move out of loops.

public import IRCore
public import LoopIR

extension Pass where Input == Kernel, Output == Kernel {
  /// Moves definitions that are the same in every iteration out of loops, as far as possible, but
  /// never out of a parallel loop.
  ///
  /// A load moves when the kernel never writes its buffer and it certainly runs: the loop is sure
  /// to have an iteration, or the load is part of a `while`'s condition. Nothing else can fail, so
  /// it moves even when the loop may not run.
  public static let hoistInvariants = Pass(
    "hoist", summary: "move loop-invariant values out of loops"
  ) { kernel in
    let hoisting = Hoisting(written: kernel.writtenBuffers)
    var result = kernel
    result.body = hoisting.hoist(kernel.body, enclosing: [])
    return result.normalized()
  }
}

private struct Hoisting {
  let written: Set<BufferID>

  /// The block with what its loops do not vary before them.
  func hoist(_ block: [Statement], enclosing: [Statement]) -> [Statement] {
    block.flatMap { statement -> [Statement] in
      let inner = statement.mappingBlocks { hoist($0, enclosing: enclosing + [statement]) }
      switch inner {
      case .define, .store, .accumulate, .check, .branch: return [inner]
      case .loop(var loop):
        if loop.kind == .parallel { return [inner] }
        var variant = Set([loop.variable] + loop.carried.map(\.inside))
        let low = IndexBounds(enclosing: enclosing).lower(of: loop.extent)
        let moved = take(from: &loop.body, &variant, runs: low.map { $0 > 0 } ?? false)
        return moved + [.loop(loop)]
      case .whileLoop(var loop):
        var variant = Set(loop.carried.map(\.inside))
        var moved = take(from: &loop.condition, &variant, runs: true)
        moved += take(from: &loop.body, &variant, runs: false)
        return moved + [.whileLoop(loop)]
      }
    }
  }

  /// Removes the invariant definitions from a loop's block; adds what stays to `variant`.
  private func take(
    from block: inout [Statement], _ variant: inout Set<VariableID>, runs: Bool
  ) -> [Statement] {
    var moved: [Statement] = []
    var stays: [Statement] = []
    for statement in block {
      if isInvariant(statement, variant, runs: runs) {
        moved.append(statement)
      } else {
        variant.formUnion(statement.results)
        stays.append(statement)
      }
    }
    block = stays
    return moved
  }

  private func isInvariant(
    _ statement: Statement, _ variant: Set<VariableID>, runs: Bool
  ) -> Bool {
    guard case .define(_, let operation) = statement else { return false }
    if case .load = operation, !runs || !operation.isRepeatable(unless: written) { return false }
    return [statement].usedVariables.isDisjoint(with: variant)
  }
}
