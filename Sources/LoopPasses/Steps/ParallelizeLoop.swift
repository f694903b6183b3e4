// The schedule step `parallelize`.

import IRCore
public import LoopIR

extension Kernel {
  /// Shares the iterations of an outermost loop out to the team.
  ///
  /// Legal when no iteration depends on another one: no carried values, and no two accesses, of
  /// which one writes, may meet in different iterations. Register, stack and scratch buffers exist
  /// once per iteration; each read of one must be covered by a write in the same iteration. Pure
  /// statements before the loop move into it where it is all there is; else what stands beside it is
  /// other phases, which share memory with it but no values.
  public func parallelizing(_ name: String) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.parallelize(name)
    let site = try site(of: name, for: step)
    var loop = site.loop
    guard site.enclosing.isEmpty else {
      throw ScheduleRefusal(step, "the loop is not the outermost one")
    }
    if loop.kind == .parallel { return self }
    guard loop.kind == .serial else { throw ScheduleRefusal(step, "%\(name) runs in lanes") }
    if let carried = loop.carried.first {
      throw ScheduleRefusal(step, "carried value \(spelling(carried.inside))")
    }
    if let reason = sharedState(loop) { throw ScheduleRefusal(step, reason) }
    loop.kind = .parallel
    var result = self
    if let prefix = movablePrefix(before: loop) {
      loop.body = prefix + loop.body
      result.body = [.loop(loop)]
    } else {
      result = replacingLoop(loop.variable, by: [.loop(loop)])
    }
    if let reason = result.stateBetweenPhases { throw ScheduleRefusal(step, reason) }
    return result
  }

  /// Why iterations of `loop` may depend on each other through memory; `nil` when they do not.
  func sharedState(_ loop: Loop) -> String? {
    let test = DependenceTest(self)
    let dependence = test.dependence(carriedBy: loop, from: loop.step, to: nil) { a, _ in
      self[a.access.buffer].role.isPrivate
    }
    if let dependence { return dependence.description }
    return test.uncoveredRead(in: loop).map { "\($0) may see what another iteration wrote" }
  }

  /// The definitions before the loop where the body is nothing else; they move into it.
  private func movablePrefix(before loop: Loop) -> [Statement]? {
    let prefix = Array(body.prefix { isMovable($0, into: loop) })
    return prefix.count == body.count - 1 ? prefix : nil
  }

  /// A value or a private local that lives in several phases, in words.
  private var stateBetweenPhases: String? {
    let phases = self.phases
    for (index, buffer) in buffers.enumerated() where buffer.role.isPrivate {
      if phases.count(where: { $0.touches(BufferID(index)) }) > 1 {
        return "%\(buffer.name) lives in several loops, but is private"
      }
    }
    for (place, phase) in phases.enumerated() {
      let later = Array(phases[(place + 1)...].joined()).usedVariables
      if let id = phase.flatMap(\.results).first(where: later.contains) {
        return "\(spelling(id)) is used in several phases"
      }
    }
    return nil
  }

  /// Holds for a definition whose value is the same in every iteration of `loop`, and which the
  /// loop's bounds do not need.
  private func isMovable(_ statement: Statement, into loop: Loop) -> Bool {
    guard case .define(let id, _) = statement else { return false }
    let bounds = loop.lower.variables + loop.upper.variables
    let reads = statement.access.map { self[$0.buffer].role == .input } ?? true
    return reads && !bounds.contains(id)
  }
}

extension Buffer.Role {
  /// Holds for locals that exist once per parallel iteration.
  var isPrivate: Bool { self == .register || self == .stack || self == .scratch }
}
