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
    if let carried = site.loop.carried.first {
      throw ScheduleRefusal(
        step, "carried value \(spelling(carried.inside)) goes from iteration to iteration")
    }
    try checkLanes(of: site.loop, lanes, for: step)
    return vectorized(site.loop, lanes, enclosing: site.enclosing) {
      builder, mask, _ in
      builder.emit(site.loop.body, mask)
      return []
    }
  }

  /// Refuses `step` unless groups of `lanes` iterations of `loop` may run together, but for what
  /// the loop carries.
  func checkLanes(
    of loop: Loop, _ lanes: Int, for step: ScheduleStep
  ) throws(ScheduleRefusal) {
    try checkForm(of: loop, lanes, for: step)
    let test = DependenceTest(self)
    if let reason = writeToOnePlace(in: loop, test) ?? dependence(in: loop, lanes, test) {
      throw ScheduleRefusal(step, reason)
    }
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
    if let id = loop.body.allDefinitions.first(where: { self[$0].type.lanes > 1 }) {
      throw ScheduleRefusal(step, "\(spelling(id)) has lanes already")
    }
  }

  private func writeToOnePlace(in loop: Loop, _ test: DependenceTest) -> String? {
    let varying = VaryingValues(loop)
    return test.references(inside: loop.variable)
      .first { $0.writes && !varying.contains($0.access) }
      .map { "\(test.text($0)) does not vary with \(spelling(loop.variable))" }
  }

  private func dependence(in loop: Loop, _ lanes: Int, _ test: DependenceTest) -> String? {
    let dependence = test.dependence(carriedBy: loop, from: 1, to: lanes - 1) {
      a, isSame in
      isSame && a.keepsLaneOrder(in: loop)
    }
    return dependence?.description
  }

  /// A loop over whole groups of lanes, and one over the rest under a mask. What it carries has
  /// `carriedLanes`.
  func vectorized(
    _ loop: Loop, _ lanes: Int, enclosing: [Statement], carriedLanes: Int = 1,
    _ pass: LaneBuilder.Pass
  ) -> Kernel {
    var builder = LaneBuilder(self, loop, lanes: lanes)
    builder.carriedLanes = carriedLanes
    let name = self[loop.variable].name
    var bounds = loop
    bounds.kind = .vector
    bounds.step = lanes
    let hasTail = IndexBounds(enclosing: enclosing).divisor(of: loop.extent) % lanes != 0
    if hasTail { bounds.upper = groupedUpper(of: loop, group: lanes, enclosing: enclosing) }
    var loops: [Statement] = []
    var initial = loop.carried.map(\.initial)
    if bounds.constantTripCount != 0 {
      let main = builder.lanesLoop(
        for: loop, bounds: bounds, named: name, initial: initial, isLast: !hasTail, limit: nil,
        pass)
      initial = main.carried.map { .variable($0.result) }
      loops.append(.loop(main))
    }
    if hasTail {
      bounds.lower = bounds.upper
      bounds.upper = loop.upper
      let tail = builder.lanesLoop(
        for: loop, bounds: bounds, named: name.map { freshName(like: "\($0)_tail") },
        initial: initial, isLast: true, limit: loop.upper, pass)
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
