// The schedule step `vectorize`.

import IRCore
public import LoopIR

extension Kernel {
  /// Runs `lanes` consecutive iterations of a serial loop in lanes: whole groups without masks,
  /// and a tail under a mask where `lanes` does not certainly divide the extent.
  ///
  /// Legal when no two accesses, of which one writes, may meet in iterations less than `lanes`
  /// apart; when the loop carries no value; and when every write's address varies with the loop
  /// (a sum into one place would change its order). Stores and accumulates to addresses that are
  /// not affine keep their order, lane by lane, unless an inner loop surrounds them.
  public func vectorizing(_ name: String, lanes: Int) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.vectorize(name, lanes: lanes)
    let site = try site(of: name, for: step)
    try checkForm(of: site.loop, lanes, for: step)
    if let reason = writeToOnePlace(in: site.loop) ?? dependence(in: site.loop, lanes) {
      throw ScheduleRefusal(step, reason)
    }
    return vectorized(site.loop, lanes, enclosing: site.enclosing)
  }

  private func checkForm(
    of loop: Loop, _ lanes: Int, for step: ScheduleStep
  ) throws(ScheduleRefusal) {
    let name = spelling(loop.variable)
    guard lanes >= 2, lanes <= ValueType.maximumLanes, lanes & (lanes - 1) == 0 else {
      throw ScheduleRefusal(
        step, "the lanes must be a power of two from 2 to \(ValueType.maximumLanes)")
    }
    guard loop.kind == .serial else {
      throw ScheduleRefusal(
        step, loop.kind == .vector ? "\(name) runs in lanes already" : "\(name) is parallel")
    }
    guard loop.step == 1 else {
      throw ScheduleRefusal(step, "\(name) has step \(loop.step)")
    }
    if let carried = loop.carried.first {
      throw ScheduleRefusal(
        step, "carried value \(spelling(carried.inside)) goes from iteration to iteration")
    }
    if let id = loop.body.allDefinitions.first(where: { self[$0].type.lanes > 1 }) {
      throw ScheduleRefusal(step, "\(spelling(id)) has lanes already")
    }
  }

  private func writeToOnePlace(in loop: Loop) -> String? {
    let varying = VaryingValues(loop)
    let test = DependenceTest(self)
    return test.references(inside: loop.variable)
      .first { $0.writes && !varying.contains($0.access) }
      .map { "\(test.text($0)) does not vary with \(spelling(loop.variable))" }
  }

  private func dependence(in loop: Loop, _ lanes: Int) -> String? {
    let dependence = DependenceTest(self).dependence(carriedBy: loop, from: 1, to: lanes - 1) {
      a, isSame in
      isSame && a.keepsLaneOrder(in: loop)
    }
    return dependence?.description
  }

  private func vectorized(_ loop: Loop, _ lanes: Int, enclosing: [Statement]) -> Kernel {
    var builder = LaneBuilder(self, loop, lanes: lanes)
    var main = loop
    main.kind = .vector
    main.step = lanes
    let hasTail = IndexBounds(enclosing: enclosing).divisor(of: loop.extent) % lanes != 0
    if hasTail { main.upper = groupedUpper(of: loop, group: lanes, enclosing: enclosing) }
    var loops: [Statement] = []
    if main.constantTripCount != 0 {
      main.variable = builder.kernel.makeVariable(ValueType(.i64), name: self[loop.variable].name)
      main.body = builder.rewrite(loop, at: main.variable, limit: nil)
      loops.append(.loop(main))
    }
    if hasTail {
      let name = self[loop.variable].name.map { freshName(like: "\($0)_tail") }
      var tail = main
      tail.lower = main.upper
      tail.upper = loop.upper
      tail.variable = builder.kernel.makeVariable(ValueType(.i64), name: name)
      tail.body = builder.rewrite(loop, at: tail.variable, limit: loop.upper)
      loops.append(.loop(tail))
    }
    return builder.kernel.replacingLoop(loop.variable, by: builder.prologue + loops)
  }
}

extension MemoryReference {
  /// Holds for a write that happens at most once per iteration of `loop`: lanes then write in the
  /// order of iterations.
  fileprivate func keepsLaneOrder(in loop: Loop) -> Bool {
    let inside = enclosing.drop { !$0.definesLoop(loop.variable) }.dropFirst()
    return writes
      && inside.allSatisfy {
        if case .branch = $0 { return true }
        return false
      }
  }
}
