// The schedule step `parallelize`.

import IRCore
public import LoopIR

extension Kernel {
  /// Shares the iterations of an outermost loop out to the team.
  ///
  /// Legal when no iteration depends on another one: no carried values, and no two accesses, of
  /// which one writes, may meet in different iterations. Register, stack and scratch buffers exist
  /// once per iteration; each read of one must be covered by a write in the same iteration. Pure
  /// statements before the loop move into it; loops beside it are phases of their own.
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
    let prefix = try movedPrefix(before: loop, for: step)
    if let reason = sharedState(loop) { throw ScheduleRefusal(step, reason) }
    loop.kind = .parallel
    loop.body = prefix + loop.body
    var result = self
    result.body = body.dropFirst(prefix.count).map { statement in
      statement.definesLoop(loop.variable) ? .loop(loop) : statement
    }
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

  /// The definitions before the loop, which move into it. Loops beside it become phases: they must
  /// carry nothing, and have private locals of their own.
  private func movedPrefix(
    before loop: Loop, for step: ScheduleStep
  ) throws(ScheduleRefusal) -> [Statement] {
    let name = spelling(loop.variable)
    let prefix = Array(body.prefix { isMovable($0, into: loop) })
    let phases = body.dropFirst(prefix.count)
    guard prefix.isEmpty || phases.count == 1,
      phases.allSatisfy({
        if case .loop(let phase) = $0 { phase.carried.isEmpty } else { false }
      })
    else { throw ScheduleRefusal(step, "\(name) is beside statements that are no loops") }
    for (index, buffer) in buffers.enumerated() where buffer.role.isPrivate {
      if phases.count(where: { [$0].touches(BufferID(index)) }) > 1 {
        throw ScheduleRefusal(step, "%\(buffer.name) lives in several loops, but is private")
      }
    }
    return prefix
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
