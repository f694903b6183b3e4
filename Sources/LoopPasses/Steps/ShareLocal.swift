// The schedule step `share`.

import IRCore
public import LoopIR

extension Kernel {
  /// Puts a local into memory that all threads and phases see.
  ///
  /// Legal while no parallel loop uses the local, of which each iteration has its own.
  public func sharing(_ name: String) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.share(name)
    let buffer = try local(name, for: step)
    if body.contains(where: { $0.isParallelLoop && [$0].touches(buffer) }) {
      throw ScheduleRefusal(step, "each iteration of a parallel loop has a %\(name) of its own")
    }
    var result = self
    result[buffer].role = .shared
    return result
  }
}
