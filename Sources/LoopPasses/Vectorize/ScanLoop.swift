// The schedule step `scan`.

import IRCore
public import LoopIR

extension Kernel {
  /// Runs `lanes` consecutive iterations of a loop of recurrences in lanes, combining the lanes of
  /// each recurrence by doubling distances and then with what came before.
  ///
  /// Each carried value must be a recurrence: the next one is a combining row (add, mul, min, max,
  /// and, or, xor) of this one and something that no carried value enters. What uses the running
  /// values comes after all that does not. Otherwise the rules of `vectorize` hold. Bits stay, but
  /// for sums and products of floats, which `reassociates` must allow (W. Daniel Hillis and Guy L.
  /// Steele, *Data parallel algorithms*, 1986, in the lanes of a register).
  public func scanning(
    _ name: String, lanes: Int, reassociates: Bool
  ) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.scan(name, lanes: lanes, reassociates: reassociates)
    let site = try site(of: name, for: step)
    let loop = site.loop
    guard !loop.carried.isEmpty else {
      throw ScheduleRefusal(step, "%\(name) carries no value; vectorize it")
    }
    let parts: RecurrenceParts
    do throws(RecurrenceRefusal) {
      parts = try RecurrenceParts(loop, in: self, reassociates: reassociates)
    } catch {
      throw ScheduleRefusal(step, error.reason)
    }
    try checkLanes(of: loop, lanes, for: step)
    if loop.constantTripCount == 0 { return self }
    if parts.after.isEmpty, parts.recurrences.allSatisfy(\.isSum) {
      return reduced(loop, lanes, parts, enclosing: site.enclosing)
    }
    return vectorized(loop, lanes, enclosing: site.enclosing) { builder, mask, carries in
      builder.emit(parts.before, mask)
      let next = zip(parts.recurrences, carries).map { builder.scan($0, from: $1, mask) }
      builder.emit(parts.after, mask)
      return next
    }
  }
}

extension Kernel {
  /// The loop where only the ends of its recurrences are read: each lane combines what it meets, and
  /// the lanes come together after the loop.
  private func reduced(
    _ loop: Loop, _ lanes: Int, _ parts: RecurrenceParts, enclosing: [Statement]
  ) -> Kernel {
    var result = self
    var partial = loop
    var ends: [Statement] = []
    for (index, recurrence) in parts.recurrences.enumerated() {
      let (row, type) = (recurrence.combination.row, ValueType(recurrence.combination.type))
      let lanewise = result.makeVariable(ValueType(type.dtype, lanes: lanes))
      let combined = result.makeVariable(type)
      ends += [
        .define(combined, .reduceLanes(row, .variable(lanewise))),
        .define(
          loop.carried[index].result,
          .elementwise(row, [loop.carried[index].initial, .variable(combined)])),
      ]
      partial.carried[index].initial = .literal(recurrence.combination.identity)
      partial.carried[index].result = lanewise
    }
    result = result.replacingLoop(loop.variable, by: [.loop(partial)] + ends)
    return result.vectorized(
      partial, lanes, enclosing: enclosing, carriedLanes: lanes
    ) { builder, mask, carries in
      builder.emit(parts.before, mask)
      return zip(parts.recurrences, carries).map { builder.combine($0, into: $1, mask) }
    }
  }
}

/// A carried value that is combined with one value per iteration.
struct Recurrence {
  /// The running value at the start of an iteration.
  let inside: VariableID
  /// The running value at its end.
  let result: VariableID
  /// What is combined.
  let value: Operand
  /// Whether more than the combination reads `inside`.
  var isRead = false
  let combination: AssociativeRow

  /// Whether only its end is read, and the order of the values does not matter either.
  var isSum: Bool { !isRead && combination.isCommutative }
}

/// Why a loop is none of recurrences.
struct RecurrenceRefusal: Error {
  let reason: String
}

/// The body of a loop of recurrences, in the order in which lanes can run it.
struct RecurrenceParts {
  /// Statements that no running value enters.
  private(set) var before: [Statement] = []
  /// One per carried value.
  private(set) var recurrences: [Recurrence] = []
  /// Statements that running values enter.
  private(set) var after: [Statement] = []

  init(
    _ loop: Loop, in kernel: Kernel, reassociates: Bool
  ) throws(RecurrenceRefusal) {
    var running = Set(loop.carried.map(\.inside))
    for statement in loop.body where !running.isDisjoint(with: [statement].usedVariables) {
      running.formUnion([statement].allDefinitions)
    }
    for (carried, yield) in zip(loop.carried, loop.yields) {
      let found = Self.recurrence(carried, yield, loop, kernel)
      guard let found, found.value.asVariable.map({ !running.contains($0) }) ?? true else {
        throw RecurrenceRefusal(
          reason: "the next \(kernel.spelling(carried.inside)) is no add, mul, min, max, and, or "
            + "or xor of it and a value that no carried value enters")
      }
      if let reason = found.combination.refusal(reassociates: reassociates) {
        throw RecurrenceRefusal(reason: reason)
      }
      recurrences.append(found)
    }
    let results = Set(recurrences.map(\.result))
    let others = loop.body.filter { $0.results.allSatisfy { !results.contains($0) } }.usedVariables
    for index in recurrences.indices {
      recurrences[index].isRead = others.contains(recurrences[index].inside)
    }
    for statement in loop.body {
      if case .define(let id, _) = statement, results.contains(id) { continue }
      if !running.isDisjoint(with: [statement].usedVariables) {
        after.append(statement)
      } else if after.isEmpty || statement.isPure {
        before.append(statement)
      } else {
        throw RecurrenceRefusal(
          reason: "a statement that touches memory comes after one that a carried value enters")
      }
    }
  }

  private static func recurrence(
    _ carried: Carried, _ yield: Operand, _ loop: Loop, _ kernel: Kernel
  ) -> Recurrence? {
    for case .define(let id, .elementwise(let row, let operands)) in loop.body {
      guard .variable(id) == yield, operands.count == 2,
        let combination = AssociativeRow(row, kernel[id].type.dtype),
        let place = operands.firstIndex(of: .variable(carried.inside)),
        place == 0 || combination.isCommutative
      else { continue }
      return Recurrence(
        inside: carried.inside, result: id, value: operands[1 - place], combination: combination)
    }
    return nil
  }
}

extension Statement {
  /// Holds for definitions that touch no memory.
  fileprivate var isPure: Bool {
    if case .define = self { return access == nil }
    return false
  }
}

extension LaneBuilder {
  /// Emits the combination of a recurrence's values with those of the lanes so far.
  fileprivate mutating func combine(
    _ recurrence: Recurrence, into sums: VariableID, _ mask: Mask
  ) -> Operand {
    let (row, type) = (recurrence.combination.row, recurrence.combination.type)
    var values = vectorVariable(recurrence.value)
    if let isOn = mask.operand {
      values = apply(.select, [isOn, values, .literal(recurrence.combination.identity)], type)
    }
    return apply(row, [.variable(sums), values], type)
  }

  /// Emits the running values of a recurrence in all lanes, before and after each iteration; the
  /// one after the last lane.
  fileprivate mutating func scan(
    _ recurrence: Recurrence, from carry: VariableID, _ mask: Mask
  ) -> Operand {
    let (row, type) = (recurrence.combination.row, recurrence.combination.type)
    let vectorType = ValueType(type, lanes: lanes)
    let identity = Operand.literal(recurrence.combination.identity)
    var values = vectorVariable(recurrence.value)
    if let isOn = mask.operand { values = apply(.select, [isOn, values, identity], type) }
    var distance = 1
    while distance < lanes {
      let shifted = define(vectorType, .shiftLanes(values, by: distance, fill: identity))
      values = apply(row, [shifted, values], type)
      distance *= 2
    }
    let spread = define(vectorType, .splat(.variable(carry)))
    let after = kernel.makeVariable(vectorType, name: kernel[recurrence.result].name)
    statements.append(.define(after, .elementwise(row, [spread, values])))
    declare(recurrence.result, as: after)
    if recurrence.isRead {
      let before = kernel.makeVariable(vectorType, name: kernel[recurrence.inside].name)
      statements.append(
        .define(before, .shiftLanes(.variable(after), by: 1, fill: .variable(carry))))
      declare(recurrence.inside, as: before)
    }
    let last = define(ValueType(type), .extractLane(values, lanes - 1))
    return define(ValueType(type), .elementwise(row, [.variable(carry), last]))
  }
}
