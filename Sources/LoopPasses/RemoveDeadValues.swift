// Values that nothing reads are not computed.

public import IRCore
public import LoopIR

extension Pass where Input == Kernel, Output == Kernel {
  /// Drops definitions that nothing reads, and loops and choices that then do nothing.
  public static let removeDeadValues = Pass(
    "remove-dead-values", summary: "drop values that nothing reads"
  ) { kernel in
    var result = kernel
    result.body = kernel.body.withoutDeadValues()
    return result.normalized()
  }
}

extension [Statement] {
  /// The statements without definitions that nothing reads.
  func withoutDeadValues() -> Self {
    var result = self
    var count: Int
    repeat {
      count = result.nestedCount
      result = result.withoutDead(result.usedVariables)
    } while result.nestedCount < count
    return result
  }

  fileprivate func withoutDead(_ used: Set<VariableID>) -> [Statement] {
    compactMap { statement in
      let kept = statement.mappingBlocks { $0.withoutDead(used) }
      switch kept {
      case .define(let id, _): return used.contains(id) ? kept : nil
      case .store, .accumulate, .check: return kept
      case .loop, .branch:
        let isNeeded =
          kept.blocks.contains { !$0.isEmpty } || kept.results.contains(where: used.contains)
        return isNeeded ? kept : nil
      // A loop without end would end.
      case .whileLoop: return kept
      }
    }
  }
}
