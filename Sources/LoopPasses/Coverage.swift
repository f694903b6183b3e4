// Whether what an iteration reads of a local was written in the same iteration.

import IRCore
import LoopIR

extension DependenceTest {
  /// The first read of a private buffer in `loop` (of `buffer`, where one is named) that no earlier
  /// write of the same iteration is known to cover, in words.
  func uncoveredRead(in loop: Loop, of buffer: BufferID? = nil) -> String? {
    for read in references(inside: loop.variable) where isPrivate(read) {
      if case .store = read.statement { continue }
      if let buffer, buffer != read.access.buffer { continue }
      let shape = kernel[read.access.buffer].shape
      if !Coverage(read, of: shape, conditions, kernel).isCovered(in: loop) { return text(read) }
    }
    return nil
  }
}

/// What a choice hangs on, down to index expressions: equal ones, computed twice, are equal.
indirect enum Condition: Hashable {
  case index(IndexExpression)
  case literal(Literal)
  case row(Elementwise, [Condition])
  /// Something that is the same only as the same value.
  case value(VariableID)
}

/// The conditions of a kernel's choices.
struct Conditions {
  private var definitions: [VariableID: LoopIR.Operation] = [:]

  /// Takes note of every definition.
  init(_ statements: [Statement]) {
    statements.forEachNested { statement in
      if case .define(let id, let operation) = statement { definitions[id] = operation }
    }
  }

  /// A condition, and whether it is the opposite that must hold.
  func condition(_ operand: Operand) -> (condition: Condition, isOpposite: Bool) {
    if let id = operand.asVariable,
      case .elementwise(.not, let operands)? = definitions[id]
    {
      let inner = condition(operands[0])
      return (inner.condition, !inner.isOpposite)
    }
    return (term(operand), false)
  }

  private func term(_ operand: Operand) -> Condition {
    switch operand {
    case .literal(let literal): return .literal(literal)
    case .variable(let id):
      switch definitions[id] {
      case .index(let expression)?: return .index(expression)
      case .elementwise(let row, let operands)?: return .row(row, operands.map(term))
      case .load?, .splat?, .reduceLanes?, .shiftLanes?, .shuffleLanes?, .extractLane?, nil:
        return .value(id)
      }
    }
  }
}

/// Search for a write that certainly comes before a read and writes all that it reads.
private struct Coverage {
  let read: MemoryReference
  /// The buffer's.
  private let shape: [IndexExpression]
  private let bounds: IndexBounds
  private let readLoops: [Loop]
  private let conditions: Conditions
  private let kernel: Kernel
  /// What holds where the read is done.
  private var known: [Condition: Bool] = [:]

  init(
    _ read: MemoryReference, of shape: [IndexExpression], _ conditions: Conditions,
    _ kernel: Kernel
  ) {
    self.read = read
    self.kernel = kernel
    self.shape = shape
    self.conditions = conditions
    bounds = IndexBounds(enclosing: read.enclosing)
    readLoops = read.enclosing.compactMap { statement in
      if case .loop(let loop) = statement { return loop }
      return nil
    }
    let path = read.enclosing + [read.statement]
    for (outer, inner) in zip(path, path.dropFirst()) {
      guard case .branch(let branch) = outer else { continue }
      let (condition, isOpposite) = conditions.condition(branch.condition)
      known[condition] = branch.then.contains(inner) != isOpposite
    }
  }

  /// Whether a statement before the read, in a block around it inside `loop`, covers it.
  func isCovered(in loop: Loop) -> Bool {
    let path = Array(read.enclosing.drop { !$0.definesLoop(loop.variable) }) + [read.statement]
    for (outer, inner) in zip(path, path.dropFirst()) {
      for block in outer.blocks {
        guard let place = block.firstIndex(of: inner) else { continue }
        if block[..<place].contains(where: { covers($0, []) }) { return true }
      }
    }
    return false
  }

  private func covers(_ statement: Statement, _ own: [Loop]) -> Bool {
    switch statement {
    case .define, .accumulate, .check, .whileLoop: return false
    case .store(let value, let access, let mask):
      guard access.buffer == read.access.buffer, mask == nil || mask == read.mask else {
        return false
      }
      let lanes = kernel.lanes(storing: value, mask: mask)
      return covers(access.indices, lanes, own[...], VariableMap(), free: [])
    case .loop(let loop):
      return [statement].touches(read.access.buffer)
        && loop.body.contains { covers($0, own + [loop]) }
    case .branch(let branch):
      let (condition, isOpposite) = conditions.condition(branch.condition)
      let holds = known[condition].map { $0 != isOpposite }
      return (holds == false || branch.then.contains { covers($0, own) })
        && (holds == true || branch.otherwise.contains { covers($0, own) })
    }
  }

  /// Whether a store at `indices` covers the read: each loop around the store is, in the same
  /// order of names, one around the read with equal bounds, or runs over all that the read needs.
  private func covers(
    _ indices: [IndexExpression], _ lanes: Int, _ loops: ArraySlice<Loop>, _ map: VariableMap,
    free: [Loop]
  ) -> Bool {
    let substitution = map.substitution
    guard let loop = loops.first else {
      return covers(indices.map(substitution.index), lanes, free: free)
    }
    let lower = substitution.index(loop.lower)
    let upper = substitution.index(loop.upper)
    for other in readLoops
    where other.lower == lower && other.upper == upper && other.step == loop.step {
      var next = map
      next.replace(loop.variable, by: .variable(other.variable))
      if covers(indices, lanes, loops.dropFirst(), next, free: free) { return true }
    }
    var open = loop
    open.lower = lower
    open.upper = upper
    return covers(indices, lanes, loops.dropFirst(), map, free: free + [open])
  }

  private func covers(_ indices: [IndexExpression], _ lanes: Int, free: [Loop]) -> Bool {
    var rest = free
    for (axis, (write, place)) in zip(indices, read.access.indices).enumerated() {
      if write == place, !free.contains(where: { write.contains($0.variable.atom) }) { continue }
      guard let index = rest.firstIndex(where: { write.contains($0.variable.atom) }),
        hasNone(of: rest.filter { $0.variable != rest[index].variable }, write)
      else { return false }
      let chain = blocks(of: rest[index], in: rest)
      let loop = chain.count > 1 ? all(of: chain) : rest[index]
      rest.removeAll { loop in chain.contains { $0.variable == loop.variable } }
      guard runsOverAll(of: shape[axis], loop, write) || runsOver(place, loop, write, lanes)
      else { return false }
    }
    return rest.allSatisfy { bounds.lower(of: $0.extent).map { $0 > 0 } ?? false }
  }

  /// A loop over single values and those of the loops over its blocks that are among `loops`,
  /// inner ones first.
  private func blocks(of loop: Loop, in loops: [Loop]) -> [Loop] {
    guard loop.step == 1, let chain = TileChain(loop.variable, in: loops.map { .loop($0) }) else {
      return [loop]
    }
    return chain.loops
  }

  /// The loop over the values of all blocks.
  private func all(of chain: [Loop]) -> Loop {
    var loop = chain[0]
    loop.lower = chain[chain.count - 1].lower
    loop.upper = chain[chain.count - 1].upper
    return loop
  }

  private func hasNone(of loops: [Loop], _ expression: IndexExpression) -> Bool {
    !loops.contains { expression.contains($0.variable.atom) }
  }

  /// Whether `write`, the loop's variable, takes every value below `extent`, and so whatever a read
  /// at a place that data tell needs.
  private func runsOverAll(
    of extent: IndexExpression, _ loop: Loop, _ write: IndexExpression
  ) -> Bool {
    write == loop.variable.expression && loop.step == 1 && loop.lower == 0 && loop.upper == extent
  }

  /// Whether `write`, the loop's variable plus something that does not move, and the lane where
  /// there are several, takes every value of `place`.
  private func runsOver(
    _ place: IndexExpression, _ loop: Loop, _ write: IndexExpression, _ lanes: Int
  ) -> Bool {
    // Single values, or whole groups of lanes, one after the other, leave no gap.
    guard loop.step == lanes, lanes == 1 || loop.extent.isMultiple(of: lanes) else { return false }
    let moving = lanes > 1 ? loop.variable.expression + .lane : loop.variable.expression
    let offset = write - moving
    guard !offset.contains(loop.variable.atom), !offset.contains(.lane),
      let first = place.lane(0), let last = place.lane(read.lanes - 1),
      let low = bounds.lower(of: first - loop.lower - offset), low >= 0,
      let high = bounds.upper(of: last - loop.upper - offset), high < 0
    else { return false }
    return true
  }
}

extension MemoryReference {
  /// The mask of a load.
  fileprivate var mask: Operand? {
    guard case .define(_, .load(_, let mask, _)) = statement else { return nil }
    return mask
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
