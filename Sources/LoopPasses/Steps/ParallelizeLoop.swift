// The schedule step `parallelize`.

import IRCore
public import LoopIR

extension Kernel {
  /// Shares the iterations of the outermost loop out to the team.
  ///
  /// Legal when no iteration depends on another one: no carried values, and no two accesses, of
  /// which one writes, may meet in different iterations. Register, stack and scratch buffers exist
  /// once per iteration; each read of one must be covered by a write in the same iteration. Pure
  /// statements before the loop move into it, for it must be the kernel's only statement.
  public func parallelizing(_ name: String) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.parallelize(name)
    let site = try site(of: name, for: step)
    var loop = site.loop
    guard site.enclosing.isEmpty else {
      throw ScheduleRefusal(step, "the loop is not the outermost one")
    }
    if loop.kind == .parallel { return self }
    guard loop.kind == .serial else { throw ScheduleRefusal(step, "%\(name) runs in lanes") }
    if let carried = loop.carried.first {
      throw ScheduleRefusal(step, "carried value \(spelling(carried.inside))")
    }
    let prefix = body.prefix { !$0.definesLoop(loop.variable) }
    guard prefix.count + 1 == body.count, prefix.allSatisfy({ isMovable($0, into: loop) }) else {
      throw ScheduleRefusal(step, "%\(name) is not the kernel's only statement")
    }
    let test = DependenceTest(self)
    let dependence = test.dependence(carriedBy: loop, from: loop.step, to: nil) { a, _ in
      self[a.access.buffer].role.isPrivate
    }
    if let dependence { throw ScheduleRefusal(step, dependence.description) }
    if let read = test.uncoveredRead(in: loop) {
      throw ScheduleRefusal(step, "\(read) may see what another iteration wrote")
    }
    loop.kind = .parallel
    loop.body = prefix + loop.body
    var result = self
    result.body = [.loop(loop)]
    return result
  }

  /// Holds for a definition whose value is the same in every iteration of `loop`, and which the
  /// loop's bounds do not need.
  private func isMovable(_ statement: Statement, into loop: Loop) -> Bool {
    guard case .define(let id, _) = statement else { return false }
    let bounds = loop.lower.variables + loop.upper.variables
    let reads = statement.access.map { self[$0.buffer].role == .input } ?? true
    return reads && !bounds.contains(id)
  }
}

extension Buffer.Role {
  /// Holds for locals that exist once per parallel iteration.
  var isPrivate: Bool { self == .register || self == .stack || self == .scratch }
}

extension DependenceTest {
  /// The first read of a private buffer in `loop` that no earlier write of the same iteration is
  /// known to cover, in words.
  func uncoveredRead(in loop: Loop) -> String? {
    let inside = references(inside: loop.variable)
    for (index, read) in inside.enumerated() {
      guard isPrivate(read) else { continue }
      if case .store = read.statement { continue }
      if inside[..<index].contains(where: { covers($0, read, in: loop) }) { continue }
      return text(read)
    }
    return nil
  }

  /// Whether the store `write`, before `read` in one iteration of `loop`, certainly wrote what is
  /// read: the subscripts are equal, or those of the write run over a range that holds the read's.
  /// A store under a mask covers reads under the same mask.
  private func covers(_ write: MemoryReference, _ read: MemoryReference, in loop: Loop) -> Bool {
    guard case .store(_, let access, let mask) = write.statement, mask == nil || mask == read.mask,
      access.buffer == read.access.buffer, write.lanes == read.lanes,
      write.elementBytes == read.elementBytes
    else { return false }
    let shared = zip(write.enclosing, read.enclosing).prefix { $0 == $1 }.count
    var own: [Loop] = []
    for statement in write.enclosing[shared...] {
      guard case .loop(let loop) = statement else { return false }
      own.append(loop)
    }
    return zip(access.indices, read.access.indices).allSatisfy { a, b in
      a == b && !own.contains { a.contains($0.variable.atom) }
        || own.removeCovering(
          a, b, lanes: read.lanes, read: IndexBounds(enclosing: read.enclosing))
    } && own.allSatisfy { ($0.constantTripCount ?? 0) > 0 }
  }
}

extension MemoryReference {
  /// The mask of a load.
  fileprivate var mask: Operand? {
    guard case .define(_, .load(_, let mask, _)) = statement else { return nil }
    return mask
  }
}

extension [Loop] {
  /// Whether `write` is the variable of one of the loops plus a constant, and the lane where there
  /// are several, and runs over every value of `read`; that loop then leaves the list.
  fileprivate mutating func removeCovering(
    _ write: IndexExpression, _ read: IndexExpression, lanes: Int, read bounds: IndexBounds
  ) -> Bool {
    guard let index = firstIndex(where: { write.contains($0.variable.atom) }) else { return false }
    let loop = self[index]
    let moving = lanes > 1 ? loop.variable.expression + .lane : loop.variable.expression
    // Whole groups of lanes, one after the other, leave no gap.
    guard loop.step == lanes, lanes == 1 || (loop.upper - loop.lower).isMultiple(of: lanes),
      let offset = (write - moving).asConstant, let first = read.lane(0),
      let last = read.lane(lanes - 1),
      let low = bounds.lower(of: first - loop.lower - IndexExpression(offset)), low >= 0,
      let high = bounds.upper(of: last - loop.upper - IndexExpression(offset)), high < 0
    else { return false }
    remove(at: index)
    return true
  }
}

extension IndexExpression {
  /// The value in one lane; `nil` unless it rises by one from lane to lane, or has none.
  fileprivate func lane(_ lane: Int) -> IndexExpression? {
    guard let factor = coefficient(of: .lane), factor == 0 || factor == 1 else { return nil }
    return substituting { $0 == .lane ? IndexExpression(lane) : nil }
  }

  fileprivate func isMultiple(of factor: Int) -> Bool {
    (asConstant ?? 1) % factor == 0
  }
}
