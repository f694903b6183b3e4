// The schedule step `skew`.

import IRCore
public import LoopIR

extension Kernel {
  /// Runs a perfect nest of two loops by diagonals: outside a loop over `diagonal`, the sum of the
  /// two variables, inside it the outer loop over what it has on that diagonal; the inner variable
  /// becomes the difference.
  ///
  /// Legal when no iteration depends on an earlier one on a later diagonal. Where iterations depend
  /// only on neighbours before them in either loop, those of one diagonal are independent: the
  /// wavefront (Leslie Lamport, *The parallel execution of DO loops*, 1974). The bounds of each loop
  /// must not need the other one.
  public func skewing(
    _ outer: String, _ inner: String, into diagonal: String
  ) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.skew(outer, inner, into: diagonal)
    let (outside, inside) = try skewableNest(outer, inner, for: step)
    if variables.contains(where: { $0.name == diagonal }) {
      throw ScheduleRefusal(step, "the name %\(diagonal) is taken")
    }
    if let dependence = dependenceOnLaterDiagonal(outside, inside) {
      throw ScheduleRefusal(step, dependence.description)
    }
    var result = self
    let sum = result.makeVariable(ValueType(.i64), name: diagonal)
    var loop = outside
    loop.lower = outside.lower.max(sum.expression - inside.upper + 1)
    loop.upper = outside.upper.min(sum.expression - inside.lower + 1)
    let difference = sum.expression - outside.variable.expression
    loop.body = result.onlyIteration(of: inside, at: difference)
    let diagonals = Loop(
      .serial, sum, outside.lower + inside.lower, outside.upper + inside.upper - 1,
      body: [.loop(loop)])
    return result.replacingLoop(outside.variable, by: [.loop(diagonals)])
  }

  private func skewableNest(
    _ outer: String, _ inner: String, for step: ScheduleStep
  ) throws(ScheduleRefusal) -> (Loop, Loop) {
    let (outside, inside) = try perfectPair(outer, inner, for: step)
    for (loop, name) in [(outside, outer), (inside, inner)] {
      if loop.kind == .parallel { throw ScheduleRefusal(step, "%\(name) is parallel") }
      guard loop.step == 1 else { throw ScheduleRefusal(step, "%\(name) has step \(loop.step)") }
    }
    if (inside.lower.variables + inside.upper.variables).contains(outside.variable) {
      throw ScheduleRefusal(step, "the bounds of %\(inner) need %\(outer)")
    }
    return (outside, inside)
  }

  /// A pair of accesses of which the second comes later, on an earlier diagonal.
  private func dependenceOnLaterDiagonal(_ outer: Loop, _ inner: Loop) -> Dependence? {
    let test = DependenceTest(self)
    let references = test.references(inside: inner.variable)
    let later = [
      Distance(loop: outer, lower: 1), Distance(loop: inner, lower: 2, isTurned: true),
    ]
    for first in references {
      for second in references
      where test.mayShareMemory(first, second) && test.mayMeet(first, second, at: later) {
        return test.describe(second, on: first)
      }
    }
    return nil
  }
}
