// The pass that lets long sums of floats take another order.

public import IRCore
public import LoopIR

extension Pass where Input == Kernel, Output == Kernel {
  /// Runs long outermost loops that carry sums or products of floats in chunks of 16,384 iterations
  /// and in lanes, as `sum` and `cumulativeSum` of a tensor are.
  ///
  /// It is done where a kernel is made from loops as an author wrote them; what tensor operations
  /// become has its order from there. Loops of at least 65,536 iterations change; the order depends on nothing but their length. The
  /// result is as a rule closer to the exact one than that of the written order.
  public static let reassociateRecurrences = Pass(
    "reassociate-recurrences", summary: "run long float sums of loops in chunks and lanes",
    changesRounding: true
  ) { kernel in
    var result = kernel
    for case .loop(let loop) in kernel.body where loop.kind == .serial {
      guard let split = ChunkedScan(loop, result, reassociates: true),
        !loop.combinesExactly(in: result)
      else { continue }
      result = (try? result.applying(split.steps)) ?? result
    }
    return result.normalized()
  }
}

extension Loop {
  /// Whether the loop's recurrences give the same bits in any grouping: those wait for the planner.
  fileprivate func combinesExactly(in kernel: Kernel) -> Bool {
    (try? RecurrenceParts(self, in: kernel, reassociates: false)) != nil
  }
}
