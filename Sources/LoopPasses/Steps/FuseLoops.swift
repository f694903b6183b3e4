// The schedule step `fuse`.

import IRCore
public import LoopIR

extension Kernel {
  /// Makes one loop of a loop and the one alone inside it, which runs equally often each time.
  ///
  /// Always legal for serial loops: the iterations keep their order. A parallel outer loop makes a
  /// parallel one, where iterations of the inner loop do not depend on each other. The old
  /// variables become values: what the steps after it know of them is lost, so it comes last.
  public func fusing(
    _ outer: String, _ inner: String, into name: String
  ) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.fuse(outer, inner, into: name)
    let enclosing = try site(of: outer, for: step).enclosing
    let (outside, inside) = try perfectPair(outer, inner, for: step)
    guard let count = inside.constantTripCount,
      !inside.lower.contains(outside.variable.atom)
    else { throw ScheduleRefusal(step, "%\(inner) does not always run equally often") }
    if variables.contains(where: { $0.name == name }) {
      throw ScheduleRefusal(step, "the name %\(name) is taken")
    }
    if outside.kind == .parallel, let reason = sharedState(inside) {
      throw ScheduleRefusal(step, reason)
    }
    let steps = outside.extent + IndexExpression(outside.step - 1)
    var trips = steps.floorDiv(IndexExpression(outside.step))
    let least = IndexBounds(enclosing: enclosing).lower(of: outside.extent)
    if least.map({ $0 < 0 }) ?? true { trips = trips.max(0) }
    return fused(outside, trips, inside, count, into: name)
  }

  private func fused(
    _ outer: Loop, _ trips: IndexExpression, _ inner: Loop, _ count: Int, into name: String
  ) -> Kernel {
    var result = self
    let variable = result.makeVariable(ValueType(.i64), name: name)
    var loop = Loop(outer.kind, variable, 0, trips * IndexExpression(count))
    let block = variable.expression.floorDiv(IndexExpression(count))
    let place = variable.expression.mod(IndexExpression(count))
    loop.body =
      [
        .define(outer.variable, .index(outer.lower + block * IndexExpression(outer.step))),
        .define(inner.variable, .index(inner.lower + place * IndexExpression(inner.step))),
      ] + inner.body
    return result.replacingLoop(outer.variable, by: [.loop(loop)])
  }
}
