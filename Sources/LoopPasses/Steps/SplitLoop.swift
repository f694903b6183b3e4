// The schedule step `split`.

import IRCore
public import LoopIR

extension Kernel {
  /// Cuts a loop into an outer loop over blocks of `factor` iterations and an inner loop in a
  /// block.
  ///
  /// Always legal: the iterations keep their order. The inner loop ends at the smaller of the
  /// block's end and the loop's, or at the block's where `factor` divides a constant extent. A
  /// parallel loop stays parallel outside; carried values go through both loops.
  public func splitting(
    _ name: String, by factor: Int, outer: String, inner: String
  ) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.split(name, by: factor, outer: outer, inner: inner)
    let loop = try site(of: name, for: step).loop
    guard factor >= 1 else { throw ScheduleRefusal(step, "the factor must be at least 1") }
    guard loop.kind != .vector else { throw ScheduleRefusal(step, "%\(name) runs in lanes") }
    let (block, overflow) = factor.multipliedReportingOverflow(by: loop.step)
    guard !overflow else { throw ScheduleRefusal(step, "the block is too long") }
    let taken = variables.compactMap(\.name).filter { $0 != name }
    if let clash = [outer, inner].first(where: taken.contains) {
      throw ScheduleRefusal(step, "the name %\(clash) is taken")
    }
    guard outer != inner else { throw ScheduleRefusal(step, "both loops would be %\(outer)") }

    var result = self
    result[loop.variable].name = inner
    let outerVariable = result.makeVariable(ValueType(.i64), name: outer)
    let start = outerVariable.expression
    let end = start + IndexExpression(block)
    let divides = loop.extent.asConstant.map { $0 % block == 0 } ?? false
    var inside = loop
    inside.kind = .serial
    inside.lower = start
    inside.upper = divides ? end : end.min(loop.upper)
    var outside = Loop(loop.kind, outerVariable, loop.lower, loop.upper, step: block)
    for index in loop.carried.indices {
      let type = self[loop.carried[index].inside].type
      let blockStart = result.makeVariable(type)
      let blockEnd = result.makeVariable(type)
      outside.carried.append(
        Carried(
          inside: blockStart, initial: loop.carried[index].initial,
          result: loop.carried[index].result))
      outside.yields.append(.variable(blockEnd))
      inside.carried[index].initial = .variable(blockStart)
      inside.carried[index].result = blockEnd
    }
    outside.body = [.loop(inside)]
    return result.replacingLoop(loop.variable, by: [.loop(outside)])
  }
}
