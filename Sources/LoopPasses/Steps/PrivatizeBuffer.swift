// The schedule step `privatize`.

import IRCore
public import LoopIR

extension Kernel {
  /// Gives each iteration of a loop a copy of a buffer that it combines into: before the loop the
  /// copies start with what changes nothing, after it they are combined into the buffer, in the
  /// order of iterations.
  ///
  /// Legal when the loop runs a constant number of times, when no parallel loop around it shares the
  /// buffer, all of which is combined into, when all that it does with the buffer is
  /// `accumulate` by one row, and when that row gives the same bits in any grouping, unless
  /// `reassociates` allows others. The loop's iterations then no longer meet in the buffer, so that
  /// a histogram, say, can be shared out.
  public func privatizing(
    _ name: String, at loopName: String, into copies: String, reassociates: Bool
  ) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.privatize(
      name, at: loopName, into: copies, reassociates: reassociates)
    let site = try site(of: loopName, for: step)
    let loop = site.loop
    let buffer = try buffer(named: name, for: step)
    try checkIsNew(copies, for: step)
    if site.enclosing.contains(where: \.isParallelLoop), !self[buffer].role.isPrivate {
      throw ScheduleRefusal(
        step, "iterations of the parallel loop around %\(loopName) would meet in %\(name)")
    }
    guard loop.kind != .vector else { throw ScheduleRefusal(step, "%\(loopName) runs in lanes") }
    let count = try privateCount(loop, buffer, for: step)
    let row = try combiningRow(of: buffer, in: loop, for: step)
    guard let combination = AssociativeRow(row, self[buffer].type) else {
      throw ScheduleRefusal(step, "\(row.name) combines nothing")
    }
    if let refusal = combination.refusal(reassociates: reassociates) {
      throw ScheduleRefusal(step, refusal)
    }
    let isOutermost = body.contains { $0.definesLoop(loop.variable) }
    return privatized(
      loop, buffer, count, combination, name: copies, role: isOutermost ? .shared : .scratch)
  }

  /// The most bytes of copies.
  private static let largestCopies = 1 << 26

  private func privateCount(
    _ loop: Loop, _ buffer: BufferID, for step: ScheduleStep
  ) throws(ScheduleRefusal) -> Int {
    let name = "%\(self[buffer].name)"
    guard let count = loop.constantTripCount, count > 0 else {
      throw ScheduleRefusal(
        step, "\(spelling(loop.variable)) does not run a constant number of times")
    }
    var bytes = count * self[buffer].type.byteSize
    for extent in self[buffer].shape {
      guard let extent = extent.asConstant else {
        throw ScheduleRefusal(step, "\(name) has an extent that is not constant")
      }
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      bytes = overflow ? .max : product
    }
    guard bytes <= Self.largestCopies else {
      throw ScheduleRefusal(step, "\(count) copies of \(name) are more than 64 MiB")
    }
    return count
  }

  /// The row by which `loop` accumulates into the buffer, and does nothing else with it.
  private func combiningRow(
    of buffer: BufferID, in loop: Loop, for step: ScheduleStep
  ) throws(ScheduleRefusal) -> Elementwise {
    let test = DependenceTest(self)
    var found: Elementwise?
    for reference in test.references(inside: loop.variable)
    where reference.access.buffer == buffer {
      guard case .accumulate(let row, _, _, _) = reference.statement, found ?? row == row else {
        throw ScheduleRefusal(
          step, "\(test.text(reference)) is no \(found?.name ?? "accumulation") into it")
      }
      found = row
    }
    guard let found else {
      throw ScheduleRefusal(
        step, "%\(self[buffer].name) is not used in \(spelling(loop.variable))")
    }
    return found
  }

  private func privatized(
    _ loop: Loop, _ buffer: BufferID, _ count: Int, _ combination: AssociativeRow, name: String,
    role: Buffer.Role
  ) -> Kernel {
    var result = self
    let copies = BufferID(buffers.count)
    result.buffers.append(
      Buffer(
        name: name, role: role, type: combination.type,
        shape: [IndexExpression(count)] + self[buffer].shape))
    let number = (loop.variable.expression - loop.lower).floorDiv(IndexExpression(loop.step))
    var inside = loop
    inside.body = loop.body.mappingAccesses { access in
      guard access.buffer == buffer else { return access }
      return Access(copies, [number] + access.indices, alignment: access.alignment)
    }
    let start = result.nest(over: result[copies].shape, "\(name)_start") { _, indices in
      [.store(.literal(combination.identity), Access(copies, indices), mask: nil)]
    }
    let finish = result.nest(over: self[buffer].shape, "\(name)_end") { kernel, indices in
      kernel.nest(over: [IndexExpression(count)], "\(name)_copy") { kernel, place in
        let value = kernel.makeVariable(ValueType(combination.type))
        let access = Access(copies, place + indices)
        return [
          .define(value, .load(access, mask: nil, otherwise: nil)),
          .accumulate(combination.row, .variable(value), Access(buffer, indices), mask: nil),
        ]
      }
    }
    return result.replacingLoop(loop.variable, by: start + [.loop(inside)] + finish)
  }

  /// Loops over every place of a shape around what `body` makes of the indices.
  mutating func nest(
    over shape: [IndexExpression], _ name: String,
    _ body: (inout Kernel, [IndexExpression]) -> [Statement]
  ) -> [Statement] {
    let variables = shape.indices.map { axis in
      makeVariable(
        ValueType(.i64), name: freshName(like: shape.count == 1 ? name : "\(name)\(axis)"))
    }
    var statements = body(&self, variables.map(\.expression))
    for (variable, extent) in zip(variables, shape).reversed() {
      statements = [.loop(Loop(.serial, variable, 0, extent, body: statements))]
    }
    return statements
  }
}
