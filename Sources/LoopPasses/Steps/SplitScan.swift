// The schedule step `splitScan`.

import IRCore
public import LoopIR

extension Kernel {
  /// Cuts an outermost loop of recurrences into chunks of `factor` iterations that each start from
  /// what comes before: a loop combines every chunk by itself, a second one combines the chunks, and
  /// the loop runs chunk by chunk, unless only its end matters.
  ///
  /// Legal when the loop runs a constant number of times, when each carried value is a recurrence as
  /// for `scan`, and when no iteration sees in memory what another one wrote. Bits stay, but for sums
  /// and products of floats, which `reassociates` must allow (Guy E. Blelloch, *Prefix sums and their
  /// applications*, 1990).
  public func splittingScan(
    _ name: String, by factor: Int, into totals: String, reassociates: Bool
  ) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.splitScan(
      name, by: factor, into: totals, reassociates: reassociates)
    let site = try site(of: name, for: step)
    guard site.enclosing.isEmpty else { throw ScheduleRefusal(step, "%\(name) is not outermost") }
    let loop = site.loop
    guard loop.kind == .serial, loop.step == 1, !loop.carried.isEmpty else {
      throw ScheduleRefusal(
        step, loop.carried.isEmpty ? "%\(name) carries no value" : "%\(name) does not run in order")
    }
    guard let count = loop.constantTripCount, count > factor, factor >= 1 else {
      throw ScheduleRefusal(
        step, "%\(name) does not run a constant number of times above \(factor)")
    }
    try checkIsNew(totals, for: step)
    if let reason = sharedState(loop) { throw ScheduleRefusal(step, reason) }
    let parts: RecurrenceParts
    do throws(RecurrenceRefusal) {
      parts = try RecurrenceParts(loop, in: self, reassociates: reassociates)
    } catch {
      throw ScheduleRefusal(step, error.reason)
    }
    guard let needed = loop.body.statements(for: Set(parts.recurrences.map(\.result))) else {
      throw ScheduleRefusal(step, "what %\(name) combines comes through memory that it writes")
    }
    var split = ScanSplit(
      self, loop, parts, needed, factor: factor, chunks: (count - 1) / factor + 1)
    return split.result(named: totals)
  }
}

/// A loop of recurrences on its way to three loops.
private struct ScanSplit {
  private var kernel: Kernel
  private let loop: Loop
  private let parts: RecurrenceParts
  /// The statements that the recurrences need.
  private let needed: [Statement]
  private let factor: Int
  private let chunks: Int
  /// Of each recurrence: what each chunk combines to, later what it starts from; then the end.
  private var totals: [BufferID] = []

  init(
    _ kernel: Kernel, _ loop: Loop, _ parts: RecurrenceParts, _ needed: [Statement], factor: Int,
    chunks: Int
  ) {
    self.needed = needed
    self.kernel = kernel
    self.loop = loop
    self.parts = parts
    self.factor = factor
    self.chunks = chunks
  }

  mutating func result(named name: String) -> Kernel {
    for recurrence in parts.recurrences {
      let taken = kernel.buffers.map(\.name)
      let number = totals.count
      var own = number == 0 ? name : "\(name)_\(number)"
      while taken.contains(own) { own += "_" }
      totals.append(BufferID(kernel.buffers.count))
      kernel.buffers.append(
        Buffer(
          name: own, role: .shared, type: recurrence.combination.type,
          shape: [IndexExpression(chunks + 1)]))
    }
    var statements = [combineChunks()] + combineTotals()
    if loop.body.hasEffects { statements.append(runChunks()) }
    statements += ends()
    return kernel.replacingLoop(loop.variable, by: statements)
  }

  private var loopName: String { kernel[loop.variable].name ?? "i" }

  private func number(of chunk: VariableID) -> IndexExpression {
    (chunk.expression - loop.lower).floorDiv(IndexExpression(factor))
  }

  /// A loop over the chunks, and `inner` with the bounds of one.
  private mutating func chunkLoop(_ name: String, _ inner: inout Loop) -> Loop {
    let chunk = kernel.makeVariable(ValueType(.i64), name: kernel.freshName(like: name))
    let end = chunk.expression + IndexExpression(factor)
    let divides = loop.extent.asConstant.map { $0 % factor == 0 } ?? false
    inner.lower = chunk.expression
    inner.upper = divides ? end : end.min(loop.upper)
    return Loop(.serial, chunk, loop.lower, loop.upper, step: factor)
  }

  /// Each chunk by itself, from what changes nothing.
  private mutating func combineChunks() -> Statement {
    var inner = loop
    inner.body = needed
    inner.carried = zip(loop.carried, parts.recurrences).map { carried, recurrence in
      var carried = carried
      carried.initial = .literal(recurrence.combination.identity)
      return carried
    }
    var outer = chunkLoop("\(loopName)_total", &inner)
    let once = Loop(.serial, kernel.makeVariable(ValueType(.i64)), 0, 1, body: [.loop(inner)])
    outer.body = kernel.copyIteration(of: once, at: 0, carried: []).body
    guard case .loop(let copy)? = outer.body.last else { return .loop(outer) }
    for (total, carried) in zip(totals, copy.carried) {
      let place = Access(total, [number(of: outer.variable)])
      outer.body.append(.store(.variable(carried.result), place, mask: nil))
    }
    return .loop(outer)
  }

  /// Puts in the place of each chunk's total what the chunk starts from.
  private mutating func combineTotals() -> [Statement] {
    let place = kernel.makeVariable(
      ValueType(.i64), name: kernel.freshName(like: "\(loopName)_start"))
    var outer = Loop(.serial, place, 0, IndexExpression(chunks))
    var ends: [VariableID] = []
    for (total, (carried, recurrence)) in zip(totals, zip(loop.carried, parts.recurrences)) {
      let type = ValueType(recurrence.combination.type)
      let (before, chunk, after, end) = (
        kernel.makeVariable(type), kernel.makeVariable(type), kernel.makeVariable(type),
        kernel.makeVariable(type)
      )
      let access = Access(total, [place.expression])
      outer.carried.append(Carried(inside: before, initial: carried.initial, result: end))
      outer.body += [
        .define(chunk, .load(access, mask: nil, otherwise: nil)),
        .store(.variable(before), access, mask: nil),
        .define(
          after,
          .elementwise(recurrence.combination.row, [.variable(before), .variable(chunk)])),
      ]
      outer.yields.append(.variable(after))
      ends.append(end)
    }
    let stores = zip(totals, ends).map { total, end in
      Statement.store(.variable(end), Access(total, [IndexExpression(chunks)]), mask: nil)
    }
    return [.loop(outer)] + stores
  }

  /// The loop, chunk by chunk.
  private mutating func runChunks() -> Statement {
    var inner = loop
    var outer = chunkLoop("\(loopName)_chunk", &inner)
    for (index, total) in totals.enumerated() {
      let type = kernel[loop.carried[index].inside].type
      let start = kernel.makeVariable(type)
      let access = Access(total, [number(of: outer.variable)])
      outer.body.append(.define(start, .load(access, mask: nil, otherwise: nil)))
      inner.carried[index].initial = .variable(start)
      inner.carried[index].result = kernel.makeVariable(type)
    }
    outer.body.append(.loop(inner))
    return .loop(outer)
  }

  /// The loop's results, where something reads them.
  private mutating func ends() -> [Statement] {
    let used = kernel.body.usedVariables
    return zip(totals, loop.carried).compactMap { total, carried in
      guard used.contains(carried.result) else { return nil }
      let access = Access(total, [IndexExpression(chunks)])
      return .define(carried.result, .load(access, mask: nil, otherwise: nil))
    }
  }
}

extension [Statement] {
  private var mayReport: Bool {
    var result = false
    forEachNested { if case .check = $0 { result = true } }
    return result
  }

  /// Whether something here or inside writes memory or may report a failure.
  fileprivate var hasEffects: Bool { mayReport || !writtenBuffers.isEmpty }

  /// The statements that `values` need; `nil` where one writes memory, or reads what others of
  /// these statements write.
  fileprivate func statements(for values: Set<VariableID>) -> [Statement]? {
    var wanted = values
    var result: [Statement] = []
    for statement in reversed() where !wanted.isDisjoint(with: statement.results) {
      wanted.formUnion([statement].usedVariables)
      result.insert(statement, at: 0)
    }
    let isPure = !result.mayReport && !writtenBuffers.contains { result.touches($0) }
    return isPure ? result : nil
  }
}
