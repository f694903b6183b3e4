// The schedule step `unroll`.

import IRCore
public import LoopIR

extension Kernel {
  /// The most statements that unrolling may make of one loop.
  static let largestUnrolledBody = 1 << 16

  /// Repeats the body of a loop `factor` times per iteration.
  ///
  /// Always legal for serial and vector loops: the iterations keep their order, and carried values
  /// go from copy to copy. Iterations that do not fill a group run in a loop after it; a loop of
  /// at most `factor` iterations disappears.
  public func unrolling(_ name: String, by factor: Int) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.unroll(name, by: factor)
    let site = try site(of: name, for: step)
    let loop = site.loop
    guard factor >= 1 else { throw ScheduleRefusal(step, "the factor must be at least 1") }
    guard loop.kind != .parallel else { throw ScheduleRefusal(step, "%\(name) is parallel") }
    let copies = Swift.min(factor, loop.constantTripCount ?? factor)
    let (group, overflow) = factor.multipliedReportingOverflow(by: loop.step)
    let (statements, tooMany) = loop.body.nestedCount.multipliedReportingOverflow(by: copies)
    guard !overflow, !tooMany, statements <= Self.largestUnrolledBody else {
      throw ScheduleRefusal(step, "the body would be too long")
    }
    if let count = loop.constantTripCount, count <= factor {
      return fullyUnrolled(loop, iterations: count)
    }
    if factor == 1 { return self }
    return unrolled(loop, by: factor, group: group, enclosing: site.enclosing)
  }

  private func fullyUnrolled(_ loop: Loop, iterations: Int) -> Kernel {
    var result = self
    if iterations == 1, loop.carried.isEmpty {
      let body = result.onlyIteration(of: loop, at: loop.lower)
      return result.replacingLoop(loop.variable, by: body)
    }
    let copies = result.copies(
      of: loop, at: loop.lower, count: iterations, carried: loop.carried.map(\.initial))
    result = result.replacingLoop(loop.variable, by: copies.body)
    var map = VariableMap()
    for (carried, value) in zip(loop.carried, copies.yields) {
      map.replace(carried.result, by: value)
    }
    result.body = map.substitution(result.body)
    return result
  }

  private func unrolled(
    _ loop: Loop, by factor: Int, group: Int, enclosing: [Statement]
  ) -> Kernel {
    var result = self
    var main = loop
    main.step = group
    main.upper = groupedUpper(of: loop, group: group, enclosing: enclosing)
    let hasRest = loop.constantTripCount.map { $0 % factor != 0 } ?? true
    if !hasRest { main.upper = loop.upper }
    main.variable = result.makeVariable(ValueType(.i64), name: self[loop.variable].name)
    main.carried = loop.carried.map {
      let type = self[$0.inside].type
      return Carried(
        inside: result.makeVariable(type, name: result.freshName(of: $0.inside)),
        initial: $0.initial, result: hasRest ? result.makeVariable(type) : $0.result)
    }
    let copies = result.copies(
      of: loop, at: main.variable.expression, count: factor,
      carried: main.carried.map { .variable($0.inside) })
    main.body = copies.body
    main.yields = copies.yields
    var replacement = [Statement.loop(main)]
    if hasRest {
      var rest = loop
      rest.lower = main.upper
      for index in rest.carried.indices {
        rest.carried[index].initial = .variable(main.carried[index].result)
      }
      result[loop.variable].name = self[loop.variable].name.map {
        result.freshName(like: "\($0)_rest")
      }
      replacement.append(.loop(rest))
    }
    return result.replacingLoop(loop.variable, by: replacement)
  }

  /// Copies of consecutive iterations, chained by their carried values.
  private mutating func copies(
    of loop: Loop, at start: IndexExpression, count: Int, carried: [Operand]
  ) -> (body: [Statement], yields: [Operand]) {
    var body: [Statement] = []
    var values = carried
    for index in 0..<count {
      let copy = copyIteration(
        of: loop, at: start + IndexExpression(index * loop.step), carried: values)
      body += copy.body
      values = copy.yields
    }
    return (body, values)
  }
}

extension [Statement] {
  /// Statements here and inside.
  var nestedCount: Int {
    var count = 0
    forEachNested { _ in count += 1 }
    return count
  }
}
