// The schedule step `stage`.

import IRCore
public import LoopIR

extension Kernel {
  /// Computes an operand ahead of its use: the loads of a buffer, and what is computed from them
  /// that varies with no other loop, for all iterations of the loops `axes` at the start of the
  /// body of `loop` (before the whole nest without one), into a local with an axis per loop. The
  /// loops' order is the layout. Blocks that a loop over blocks cuts short are filled up with
  /// zeros. One mechanism for packing, im2col and conversion on the way.
  ///
  /// Legal when the buffer is loaded in one place, which no choice surrounds, when what is computed
  /// varies with no loop inside that is not an axis, and when nothing inside writes what it reads.
  /// The copy's loops are named `<local>_<loop>`, the filling ones `<local>_<loop>_fill`.
  public func staging(
    _ name: String, at loop: String?, into local: String, axes: [String], padding: Int,
    role: Buffer.Role
  ) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.stage(
      name, at: loop, into: local, axes: axes, padding: padding, role: role)
    var place: LoopSite?
    if let loop { place = try site(of: loop, for: step) }
    var staging = Staging(
      kernel: self, step: step, place: place, buffer: try buffer(named: name, for: step))
    try staging.findValue()
    try staging.findAxes(axes, padding)
    return try staging.result(local, role)
  }
}

/// One operand that is computed ahead.
private struct Staging {
  /// A loop whose iterations are an axis of the local.
  struct Axis {
    var loop: Loop
    var extent: Int
    /// The loop over blocks, another axis, whose blocks the loop is in.
    var blocks: Loop?
    var name: String

    /// The iteration's number, where `variable` has the value of the loop's variable.
    func place(_ variable: IndexExpression, _ lower: IndexExpression) -> IndexExpression {
      (variable - lower).floorDiv(IndexExpression(loop.step))
    }
  }

  private(set) var kernel: Kernel
  let step: ScheduleStep
  let place: LoopSite?
  let buffer: BufferID
  /// The definition that is staged, and the statements around it.
  private var value = VariableID(0)
  private var enclosing: [Statement] = []
  /// What computes it, in order, itself last.
  private var slice: [Statement] = []
  private var axes: [Axis] = []
  private var padding = 0

  init(kernel: Kernel, step: ScheduleStep, place: LoopSite?, buffer: BufferID) {
    self.kernel = kernel
    self.step = step
    self.place = place
    self.buffer = buffer
  }

  private func refusal(_ reason: String) -> ScheduleRefusal { ScheduleRefusal(step, reason) }

  private var outer: [Statement] { place.map { $0.enclosing + [.loop($0.loop)] } ?? [] }

  /// The loops between the place and the value.
  private var inner: [Statement] { Array(enclosing.dropFirst(outer.count)) }

  // MARK: The value

  mutating func findValue() throws(ScheduleRefusal) {
    let test = DependenceTest(kernel)
    let references = place.map { test.references(inside: $0.loop.variable) } ?? test.references[...]
    let loads = references.filter { $0.access.buffer == buffer }
    guard loads.count == 1, case .define(let id, .load)? = loads.first?.statement else {
      throw refusal(
        loads.isEmpty
          ? "nothing loads %\(kernel[buffer].name)"
          : "%\(kernel[buffer].name) is touched in \(loads.count) places")
    }
    value = id
    enclosing = loads[0].enclosing
    for statement in inner {
      guard case .loop(let loop) = statement, loop.kind == .serial, loop.carried.isEmpty else {
        throw refusal("\(test.text(loads[0])) is not inside serial loops alone")
      }
    }
    guard case .stage(_, _, _, let names, _, _) = step else { return }
    extendValue(Set(names))
    slice = try computation()
    let written = (outer.isEmpty ? kernel.body : place?.loop.body ?? []).writtenBuffers
    if let read = slice.compactMap(\.access).first(where: { written.contains($0.buffer) }) {
      throw refusal("%\(kernel[read.buffer].name) is written where it would be read before")
    }
  }

  /// The block that the value stands in.
  private var block: [Statement] {
    guard case .loop(let loop)? = enclosing.last else { return kernel.body }
    return loop.body
  }

  /// Goes on to the one use of the value as long as it varies with the axes alone.
  private mutating func extendValue(_ axes: Set<String>) {
    while true {
      let users = kernel.body.users(of: value)
      guard users.count == 1, case .define(let next, .elementwise) = users[0],
        block.contains(users[0]), isOverAxes(next, axes)
      else { return }
      value = next
    }
  }

  private func isOverAxes(_ id: VariableID, _ axes: Set<String>) -> Bool {
    guard let slice = try? computation(of: id) else { return false }
    return varyingLoops(slice).allSatisfy { axes.contains(kernel[$0.variable].name ?? "") }
      && !slice.contains { statement in
        guard let access = statement.access else { return false }
        return kernel[access.buffer].role != .input
      }
  }

  private func computation() throws(ScheduleRefusal) -> [Statement] { try computation(of: value) }

  /// The definitions inside the place that a value needs, in order.
  private func computation(of id: VariableID) throws(ScheduleRefusal) -> [Statement] {
    var needed: Set<VariableID> = [id]
    var found: [Statement] = []
    for statement in inner.reversed() {
      guard case .loop(let loop) = statement else { continue }
      for candidate in loop.body.reversed() {
        guard !needed.isDisjoint(with: candidate.results) else { continue }
        guard case .define = candidate else {
          throw refusal("\(kernel.spelling(id)) needs a value of a loop or choice")
        }
        needed.formUnion([candidate].usedVariables)
        found.append(candidate)
      }
    }
    return found.reversed()
  }

  /// The loops inside the place whose variables the statements use.
  private func varyingLoops(_ statements: [Statement]) -> [Loop] {
    let used = statements.usedVariables
    return inner.compactMap { statement in
      guard case .loop(let loop) = statement, used.contains(loop.variable) else { return nil }
      return loop
    }
  }

  // MARK: The axes

  mutating func findAxes(_ names: [String], _ padding: Int) throws(ScheduleRefusal) {
    guard padding >= 0, !names.isEmpty, Set(names).count == names.count else {
      throw refusal("different loops and a length of at least 0 expected")
    }
    self.padding = padding
    let bounds = IndexBounds(enclosing: enclosing)
    var known = Set(outer.flatMap(\.definitions))
    for name in names {
      guard let (loop, room) = try axisLoop(name, known) else {
        throw refusal("the bounds of %\(name) need a loop that is no axis before it")
      }
      guard let extent = bounds.upper(of: loop.extent), extent > 0 else {
        throw refusal("%\(name) has no constant extent")
      }
      known.insert(loop.variable)
      let blocks = blocks(of: loop)
      axes.append(
        Axis(
          loop: loop,
          extent: max((max(extent, room) + loop.step - 1) / loop.step, blocks?.step ?? 0),
          blocks: blocks, name: name))
    }
    let varying = varyingLoops(slice)
    if let loop = varying.first(where: { loop in
      !axes.contains { $0.loop.variable == loop.variable }
    }) {
      throw refusal("the operand varies with \(kernel.spelling(loop.variable))")
    }
    try checkOthersRun(bounds)
  }

  /// A loop between the place and the load, with the bounds of all its values where the loops over
  /// its blocks are no axes, and the length of the block that these are, though there be less.
  private func axisLoop(
    _ name: String, _ known: Set<VariableID>
  ) throws(ScheduleRefusal) -> (loop: Loop, room: Int)? {
    for case .loop(var loop) in inner where kernel[loop.variable].name == name {
      guard let chain = TileChain(loop.variable, in: enclosing) else { return nil }
      let place = chain.loops.firstIndex {
        Set(($0.lower + $0.upper).variables).isSubset(of: known)
      }
      guard let place else { return nil }
      let bounds = chain.loops[place]
      guard loop.step == 1 || bounds.variable == loop.variable else { return nil }
      loop.lower = bounds.lower
      loop.upper = bounds.upper
      return (loop, place + 1 < chain.loops.count ? chain.loops[place + 1].step : 0)
    }
    throw refusal("%\(name) is not between the place and the load")
  }

  /// The axis over the blocks that `loop` is in, when its last one may be shorter.
  private func blocks(of loop: Loop) -> Loop? {
    guard loop.step == 1, loop.constantTripCount == nil else { return nil }
    return axes.map(\.loop).first { $0.variable.expression == loop.lower }
  }

  /// A loop that is no axis must have an iteration, or nothing would be read at all.
  private func checkOthersRun(_ bounds: IndexBounds) throws(ScheduleRefusal) {
    for case .loop(let loop) in inner
    where !axes.contains(where: { $0.loop.variable == loop.variable }) {
      guard let least = bounds.lower(of: loop.extent), least > 0 else {
        throw refusal("\(kernel.spelling(loop.variable)) may have no iteration")
      }
    }
  }

  // MARK: The local

  mutating func result(_ name: String, _ role: Buffer.Role) throws(ScheduleRefusal) -> Kernel {
    let type = kernel[value].type
    guard type.lanes == 1 else { throw refusal("the operand has lanes") }
    var extents = axes.map(\.extent)
    extents[extents.count - 1] += padding
    let local = try kernel.makeLocal(name, role, type.dtype, extents, for: step)
    let copy = nest(0, VariableMap(), [], isFilling: false, local, type.dtype)
    let read = Access(local, axes.map { $0.place($0.loop.variable.expression, $0.loop.lower) })
    var body = kernel.body.mappingDefinition(of: value) {
      .define(value, .load(read, mask: nil, otherwise: nil))
    }
    if let place {
      body = body.insertingBefore(bodyOf: place.loop.variable, copy)
    } else if let root = enclosing.first,
      let index = body.firstIndex(where: { $0.isSameLoop(as: root) })
    {
      body.insert(contentsOf: copy, at: index)
    }
    kernel.body = body.withoutDeadValues()
    return kernel
  }

  /// The copy's loops from axis `depth` on.
  private mutating func nest(
    _ depth: Int, _ map: VariableMap, _ indices: [IndexExpression], isFilling: Bool,
    _ local: BufferID, _ type: DType
  ) -> [Statement] {
    guard depth < axes.count else {
      return innermost(map, Access(local, indices), isFilling: isFilling, type)
    }
    let axis = axes[depth]
    let substitution = map.substitution
    let lower = substitution.index(axis.loop.lower)
    let upper = substitution.index(axis.loop.upper)
    let end = axis.blocks.map { lower + IndexExpression($0.step) }
    var statements = [
      loop(
        depth, map, indices, lower, isFilling ? end ?? upper : upper, isFilling: isFilling, local,
        type)
    ]
    if !isFilling, let end {
      statements.append(
        loop(depth, map, indices, upper, end, from: lower, isFilling: true, local, type))
    }
    return statements
  }

  private mutating func loop(
    _ depth: Int, _ map: VariableMap, _ indices: [IndexExpression], _ lower: IndexExpression,
    _ upper: IndexExpression, from start: IndexExpression? = nil, isFilling: Bool,
    _ local: BufferID, _ type: DType
  ) -> Statement {
    let axis = axes[depth]
    let name = "\(kernel[local].name)_\(axis.name)\(isFilling ? "_fill" : "")"
    let variable = kernel.makeVariable(ValueType(.i64), name: kernel.freshName(like: name))
    var inside = map
    inside.replace(axis.loop.variable, by: .variable(variable))
    let place = axis.place(variable.expression, start ?? lower)
    let body = nest(
      depth + 1, inside, indices + [place], isFilling: isFilling, local, type)
    return .loop(Loop(.serial, variable, lower, upper, step: axis.loop.step, body: body))
  }

  private mutating func innermost(
    _ map: VariableMap, _ place: Access, isFilling: Bool, _ type: DType
  ) -> [Statement] {
    if isFilling { return [.store(.literal(.zero(type)), place, mask: nil)] }
    var map = map
    for id in slice.flatMap(\.results) {
      map.replace(
        id, by: .variable(kernel.makeVariable(kernel[id].type, name: kernel.freshName(of: id))))
    }
    let substitution = map.substitution
    let stored = substitution(.variable(value))
    return substitution(slice) + [.store(stored, place, mask: nil)]
  }
}

extension Statement {
  fileprivate func isSameLoop(as other: Statement) -> Bool {
    guard case .loop(let loop) = other else { return false }
    return definesLoop(loop.variable)
  }
}

extension [Statement] {
  /// The statements that use a value, here or inside.
  fileprivate func users(of id: VariableID) -> [Statement] {
    var result: [Statement] = []
    forEachNested { statement in
      let isUsed =
        statement.operands.contains(.variable(id))
        || statement.indices.contains { $0.contains(id.atom) }
      if isUsed { result.append(statement) }
    }
    return result
  }

  fileprivate func mappingDefinition(
    of id: VariableID, _ replacement: () -> Statement
  ) -> [Statement] {
    map { statement in
      if case .define(id, _) = statement { return replacement() }
      return statement.mappingBlocks { $0.mappingDefinition(of: id, replacement) }
    }
  }

  fileprivate func insertingBefore(bodyOf variable: VariableID, _ added: [Statement]) -> Self {
    map { statement in
      if case .loop(var loop) = statement, loop.variable == variable {
        loop.body = added + loop.body
        return .loop(loop)
      }
      return statement.mappingBlocks { $0.insertingBefore(bodyOf: variable, added) }
    }
  }
}
