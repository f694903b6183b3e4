// The schedule step `pad`.

import IRCore
public import LoopIR

extension Kernel {
  /// Runs the last, shorter block of a loop over one block at full length, or any loop at the
  /// length `count`.
  ///
  /// What the added iterations do to locals goes to elements that nothing reads; other accesses
  /// get a mask that holds in the old iterations. Legal for the loop that `split` made inside, or one
  /// that is never longer than the stated length, without carried values and checks, and where no
  /// loop inside has bounds that need its variable.
  public func padding(_ name: String, to count: Int? = nil) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.pad(name, to: count)
    let site = try site(of: name, for: step)
    var loop = site.loop
    if let known = loop.constantTripCount, known == count ?? known { return self }
    let upper = try paddedUpper(of: site, count, for: step)
    try checkForm(of: loop, for: step)
    var result = self
    let harmless = Harmlessness(self, site, upper: upper)
    let place = result.makeVariable(ValueType(.i64))
    let isOld = result.makeVariable(ValueType(.bool))
    var masks = AddedMask(kernel: result, mask: .variable(isOld), isHarmless: harmless.isHarmless)
    loop.body = masks.masked(loop.body)
    result = masks.kernel
    if masks.isUsed {
      let end = result.makeVariable(ValueType(.i64))
      loop.body =
        [
          .define(place, .index(loop.variable.expression)),
          .define(end, .index(loop.upper)),
          .define(isOld, .elementwise(.lt, [.variable(place), .variable(end)])),
        ] + loop.body
    }
    loop.upper = upper
    return result.replacingLoop(loop.variable, by: [.loop(loop)])
  }

  /// The end of a whole block.
  private func paddedUpper(
    of site: LoopSite, _ count: Int?, for step: ScheduleStep
  ) throws(ScheduleRefusal) -> IndexExpression {
    if let count {
      let bounds = IndexBounds(enclosing: site.enclosing)
      guard let longest = bounds.upper(of: site.loop.extent), longest <= count else {
        throw ScheduleRefusal(step, "\(spelling(site.loop.variable)) may be longer")
      }
      return site.loop.lower + IndexExpression(count)
    }
    let chain = TileChain(site.loop.variable, in: site.enclosing + [.loop(site.loop)])
    if let chain, chain.loops.count > 1 {
      return site.loop.lower + IndexExpression(chain.loops[1].step)
    }
    let name = spelling(site.loop.variable)
    throw ScheduleRefusal(step, "\(name) is no loop over one block of a split loop")
  }

  private func checkForm(of loop: Loop, for step: ScheduleStep) throws(ScheduleRefusal) {
    let name = spelling(loop.variable)
    guard loop.kind == .serial, loop.step == 1 else {
      throw ScheduleRefusal(step, "\(name) runs in lanes")
    }
    if let carried = loop.carried.first {
      throw ScheduleRefusal(step, "\(name) carries the value \(spelling(carried.inside))")
    }
    var reason: String?
    loop.body.forEachNested { statement in
      switch statement {
      case .check: reason = reason ?? "\(name) has a check inside"
      case .loop(let inner) where (inner.lower + inner.upper).contains(loop.variable.atom):
        reason = reason ?? "the bounds of \(spelling(inner.variable)) need \(name)"
      case .define, .store, .accumulate, .loop, .whileLoop, .branch: break
      }
    }
    if let reason { throw ScheduleRefusal(step, reason) }
  }
}

/// Tells which accesses of a loop may run in iterations beyond its end.
private struct Harmlessness {
  private let kernel: Kernel
  private let site: LoopSite
  private let upper: IndexExpression
  private let test: DependenceTest

  init(_ kernel: Kernel, _ site: LoopSite, upper: IndexExpression) {
    self.kernel = kernel
    self.site = site
    self.upper = upper
    test = DependenceTest(kernel)
  }

  /// Whether the access stays inside a local and changes nothing that others read.
  func isHarmless(_ statement: Statement) -> Bool {
    guard
      let reference = test.references(inside: site.loop.variable)
        .first(where: { $0.statement == statement })
    else { return false }
    let added = moved(reference)
    guard kernel[reference.access.buffer].role.isPrivate || !reference.writes, isInside(added)
    else {
      return false
    }
    return !reference.writes || !isReadElsewhere(added)
  }

  /// The access in the added iterations.
  private func moved(_ reference: MemoryReference) -> MemoryReference {
    var result = reference
    result.enclosing = reference.enclosing.map { statement in
      guard case .loop(var loop) = statement, loop.variable == site.loop.variable else {
        return statement
      }
      loop.lower = loop.upper
      loop.upper = upper
      return .loop(loop)
    }
    return result
  }

  private func isInside(_ reference: MemoryReference) -> Bool {
    let bounds = IndexBounds(enclosing: reference.enclosing)
    return zip(reference.access.indices, kernel[reference.access.buffer].shape).allSatisfy {
      guard let low = bounds.lower(of: $0), let high = bounds.upper(of: $0 - $1) else {
        return false
      }
      return low >= 0 && high < 0
    }
  }

  /// Whether a read outside the loop may see what an added iteration writes: in the same iteration
  /// of the innermost loop around it and the read, or in a later one where the local is not written
  /// anew. Reads inside the loop see their own iteration's writes, and so do those inside others
  /// whose iterations write what they read.
  private func isReadElsewhere(_ added: MemoryReference) -> Bool {
    let reads = test.references.filter { reference in
      if case .store = reference.statement { return false }
      return reference.access.buffer == added.access.buffer && !isWrittenApart(reference, added)
    }
    if reads.isEmpty { return false }
    let common = reads.reduce(added.enclosing) { commonPath($0, $1.enclosing) }
    // Without a loop around everything happens once.
    let loop = innermostLoop(common)
    if let loop, test.uncoveredRead(in: loop, of: added.access.buffer) != nil { return true }
    return reads.contains { read in
      if read.enclosing.contains(where: { $0.definesLoop(site.loop.variable) }) {
        return !isOwnIteration(read, added)
      }
      return !comesBefore(read, added, in: loop)
        && test.mayMeet(added, read, at: loop.map { [.none($0)] } ?? [])
    }
  }

  private func commonPath(_ a: [Statement], _ b: [Statement]) -> [Statement] {
    zip(a, b).prefix { $0 == $1 }.map(\.0)
  }

  private func innermostLoop(_ path: [Statement]) -> Loop? {
    path.reversed().lazy.compactMap { statement -> Loop? in
      if case .loop(let loop) = statement { return loop }
      return nil
    }.first
  }

  /// Whether a read is done before the added write in every iteration of `loop`: it stands before
  /// it, and no loop inside is around both.
  private func comesBefore(
    _ read: MemoryReference, _ added: MemoryReference, in loop: Loop?
  ) -> Bool {
    let pair = commonPath(read.enclosing, added.enclosing)
    let isBefore = test.references.first {
      $0.statement == read.statement && $0.access == read.access
        || $0.statement == added.statement && $0.access == added.access
    }
    return innermostLoop(pair)?.variable == loop?.variable && isBefore?.statement == read.statement
  }

  /// Whether a loop around the read, and not around the added write, writes all that it reads.
  private func isWrittenApart(_ read: MemoryReference, _ added: MemoryReference) -> Bool {
    let around = Set(added.enclosing.flatMap(\.definitions))
    return read.enclosing.contains { statement in
      guard case .loop(let loop) = statement, !around.contains(loop.variable) else { return false }
      return test.uncoveredRead(in: loop, of: added.access.buffer) == nil
    }
  }

  /// Whether two accesses inside the loop meet in one of its iterations only.
  private func isOwnIteration(_ read: MemoryReference, _ added: MemoryReference) -> Bool {
    let variable = site.loop.variable.atom
    return zip(read.access.indices, added.access.indices).contains { a, b in
      guard let factor = a.coefficient(of: variable), factor != 0,
        factor == b.coefficient(of: variable)
      else { return false }
      return a == b
    }
  }
}

/// Adds a mask to accesses.
private struct AddedMask {
  var kernel: Kernel
  let mask: Operand
  let isHarmless: (Statement) -> Bool
  private(set) var isUsed = false

  init(kernel: Kernel, mask: Operand, isHarmless: @escaping (Statement) -> Bool) {
    self.kernel = kernel
    self.mask = mask
    self.isHarmless = isHarmless
  }

  mutating func masked(_ block: [Statement]) -> [Statement] {
    var result: [Statement] = []
    for statement in block { result += masked(statement) }
    return result
  }

  private mutating func masked(_ statement: Statement) -> [Statement] {
    guard statement.access != nil else {
      return [statement.mappingBlocks { self.masked($0) }]
    }
    if isHarmless(statement) { return [statement] }
    isUsed = true
    switch statement {
    case .define(let id, .load(let access, let own, let otherwise)):
      let (before, both) = conjunction(own)
      let fill = otherwise ?? .zero(kernel[id].type.dtype)
      return before + [.define(id, .load(access, mask: both, otherwise: fill))]
    case .store(let value, let access, let own):
      let (before, both) = conjunction(own)
      return before + [.store(value, access, mask: both)]
    case .accumulate(let row, let value, let access, let own):
      let (before, both) = conjunction(own)
      return before + [.accumulate(row, value, access, mask: both)]
    case .define, .check, .loop, .whileLoop, .branch: return [statement]
    }
  }

  private mutating func conjunction(_ own: Operand?) -> ([Statement], Operand) {
    guard let own else { return ([], mask) }
    let both = kernel.makeVariable(ValueType(.bool))
    return ([.define(both, .elementwise(.and, [own, mask]))], .variable(both))
  }
}
