// The schedule step `merge`.

import IRCore
public import LoopIR

extension Kernel {
  /// Makes one loop of two in the same block that run over the same range: an iteration does what
  /// both did, the first one's part first. The loop stands where the second one stood.
  ///
  /// Legal when nothing between the two depends on the first, and nothing that an iteration of the
  /// second touches is touched, by one of them in writing, in a later iteration of the first.
  public func merging(_ first: String, _ second: String) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.merge(first, second)
    let sites = (try site(of: first, for: step), try site(of: second, for: step))
    let (one, other) = (sites.0.loop, sites.1.loop)
    guard sites.0.enclosing == sites.1.enclosing else {
      throw ScheduleRefusal(step, "%\(first) and %\(second) are not in one block")
    }
    for (loop, name) in [(one, first), (other, second)] {
      if let carried = loop.carried.first {
        throw ScheduleRefusal(step, "%\(name) carries the value \(spelling(carried.inside))")
      }
      guard loop.kind == .serial else {
        throw ScheduleRefusal(
          step, loop.kind == .vector ? "%\(name) runs in lanes" : "%\(name) is parallel")
      }
    }
    guard one.lower == other.lower, one.upper == other.upper, one.step == other.step else {
      throw ScheduleRefusal(step, "%\(first) and %\(second) do not run over the same range")
    }
    try checkBetween(sites.0, other, step)
    var result = self
    var both = one
    var next = other
    next.body = result.onlyIteration(of: other, at: one.variable.expression)
    both.body += next.body
    result = result.replacingLoop(one.variable, by: [])
      .replacingLoop(other.variable, by: [.loop(both)])
    if let reason = result.turnedDependence(in: both, after: one.body.count, sites.0.enclosing) {
      throw ScheduleRefusal(step, reason)
    }
    return result
  }

  /// Refuses where the second loop does not follow the first, or what stands between them touches
  /// what the first one touches.
  private func checkBetween(
    _ first: LoopSite, _ second: Loop, _ step: ScheduleStep
  ) throws(ScheduleRefusal) {
    guard let block = block(around: first) else {
      throw ScheduleRefusal(step, "\(spelling(first.loop.variable)) is in a choice")
    }
    guard let from = block.firstIndex(where: { $0.definesLoop(first.loop.variable) }),
      let to = block.firstIndex(where: { $0.definesLoop(second.variable) }), from < to
    else {
      throw ScheduleRefusal(
        step, "\(spelling(second.variable)) does not follow \(spelling(first.loop.variable))")
    }
    let between = Array(block[from + 1..<to])
    if let found = DependenceTest(self).dependence(of: first, onAnyOf: between) {
      throw ScheduleRefusal(step, found.description)
    }
  }

  /// What the second part of a loop's body, the statements after `count`, touches in an iteration
  /// before the first part does, in words; `nil` when nothing may be.
  private func turnedDependence(
    in loop: Loop, after count: Int, _ enclosing: [Statement]
  ) -> String? {
    let path = enclosing + [.loop(loop)]
    let first = Array(loop.body[..<count]).references(in: self, enclosing: path)
    let second = Array(loop.body[count...]).references(in: self, enclosing: path)
    let test = DependenceTest(self)
    for later in second {
      for earlier in first where test.mayShareMemory(earlier, later) {
        if test.mayMeet(later, earlier, at: [.ahead(loop)]) {
          return test.describe(later, on: earlier).description
            + " in a later iteration of \(spelling(loop.variable))"
        }
      }
    }
    return nil
  }
}
