// The schedule step `localize`.

import IRCore
public import LoopIR

extension Kernel {
  /// Keeps the window of a buffer that one iteration of a loop touches in a local: loaded before
  /// the iteration's first access, unless that overwrites all of it, and stored after the last
  /// where the iteration writes and somebody else may read.
  ///
  /// Legal when every access in the loop is of one lane, and each subscript either is the same in
  /// the whole iteration or moves with the variable of one loop inside over the same range in all
  /// accesses; the window must have constant extents and lie in the buffer. Inside a parallel loop
  /// writes must not hang on a condition: the window is stored whole. The copies' loops are named
  /// `<local>_load_<axis>` and `<local>_store_<axis>`. `axes`, where there are any, are the buffer's
  /// axes along which the window extends, from 0, in the local's order.
  public func localizing(
    _ name: String, at loop: String, into local: String, axes: [Int] = [], role: Buffer.Role
  ) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.localize(name, at: loop, into: local, axes: axes, role: role)
    let site = try site(of: loop, for: step)
    let buffer = try buffer(named: name, for: step)
    var window = Window(kernel: self, step: step, site: site, buffer: buffer)
    try window.find()
    try window.order(axes)
    return try window.localized(into: local, role: role)
  }
}

/// The elements of a buffer that one iteration of a loop touches.
private struct Window {
  /// One axis along which the window has elements.
  struct Axis {
    var index: Int
    var lower: IndexExpression
    var upper: IndexExpression
    var extent: Int
    /// How far it is ahead of the variable of a loop that moves along it.
    var offset: IndexExpression
  }

  let kernel: Kernel
  let step: ScheduleStep
  let site: LoopSite
  let buffer: BufferID
  private var references: [MemoryReference] = []
  private var axes: [Axis] = []
  /// Subscripts of the axes without one.
  private var fixed: [IndexExpression] = []

  init(kernel: Kernel, step: ScheduleStep, site: LoopSite, buffer: BufferID) {
    self.kernel = kernel
    self.step = step
    self.site = site
    self.buffer = buffer
  }

  private func refusal(_ reason: String) -> ScheduleRefusal { ScheduleRefusal(step, reason) }

  private var outer: Set<VariableID> {
    Set(site.enclosing.flatMap(\.definitions) + [site.loop.variable])
  }

  private var path: [Statement] { site.enclosing + [.loop(site.loop)] }

  // MARK: The window

  mutating func find() throws(ScheduleRefusal) {
    let loop = kernel.spelling(site.loop.variable)
    let test = DependenceTest(kernel)
    references = test.references(inside: site.loop.variable).filter { $0.access.buffer == buffer }
    guard let first = references.first else {
      throw refusal("nothing in \(loop) touches %\(kernel[buffer].name)")
    }
    for reference in references {
      guard reference.lanes == 1, reference.elementBytes == kernel[buffer].type.byteSize else {
        throw refusal("\(test.text(reference)) is not of one element")
      }
      let isConditional = reference.enclosing.drop { !$0.definesLoop(site.loop.variable) }
        .contains { if case .branch = $0 { true } else { false } }
      let isShared = path.contains {
        if case .loop(let loop) = $0 { loop.kind == .parallel } else { false }
      }
      if reference.writes, isConditional, isShared {
        throw refusal("\(test.text(reference)) hangs on a condition in a parallel loop")
      }
    }
    fixed = first.access.indices
    for index in first.access.indices.indices { try findAxis(index, test) }
  }

  /// Puts the axes in the order of the buffer's `numbers`.
  mutating func order(_ numbers: [Int]) throws(ScheduleRefusal) {
    if numbers.isEmpty { return }
    let found = axes.map(\.index)
    guard numbers.sorted() == found else {
      throw refusal(
        "the axes \(found.map(String.init).joined(separator: " ")) expected, in any order")
    }
    axes = numbers.compactMap { number in axes.first { $0.index == number } }
  }

  private mutating func findAxis(_ index: Int, _ test: DependenceTest) throws(ScheduleRefusal) {
    let inside = Set(site.loop.body.allDefinitions)
    var found: Axis?
    for (number, reference) in references.enumerated() {
      let place = reference.access.indices[index]
      let axis = try axis(index, reference, test)
      if number > 0,
        axis?.lower != found?.lower || axis?.upper != found?.upper
          || axis == nil && place != fixed[index]
      {
        throw refusal(
          "\(test.text(reference)) and \(test.text(references[0])) do not cover the same range")
      }
      if number == 0 { found = axis }
    }
    if found == nil, !inside.isDisjoint(with: fixed[index].variables) {
      throw refusal("a subscript of \(test.text(references[0])) is computed inside the loop")
    }
    try checkBounds(index, found)
    if let found { axes.append(found) }
  }

  /// The range of one subscript in an iteration; `nil` where it does not move.
  private func axis(
    _ index: Int, _ reference: MemoryReference, _ test: DependenceTest
  ) throws(ScheduleRefusal) -> Axis? {
    let place = reference.access.indices[index]
    let inside = Set(site.loop.body.allDefinitions)
    let moving = place.variables.filter(inside.contains)
    guard let variable = moving.first else { return nil }
    guard Set(moving).count == 1, place.coefficient(of: variable.atom) == 1,
      let chain = TileChain(variable, in: reference.enclosing), chain.loops[0].step == 1,
      let loop = chain.loop(within: outer)
    else {
      throw refusal("a subscript of \(test.text(reference)) moves with no single loop")
    }
    let rest = place - variable.expression
    let bounds = IndexBounds(enclosing: path)
    guard Set((loop.lower + loop.upper).variables).isDisjoint(with: inside),
      let used = bounds.upper(of: loop.upper - loop.lower), used > 0
    else { throw refusal("the window of \(test.text(reference)) has no constant extent") }
    // A block has room for all of it, though there be less.
    let blocks = chain.loops.firstIndex { $0.variable == loop.variable }.map { $0 + 1 }
    let block = blocks.flatMap { $0 < chain.loops.count ? chain.loops[$0].step : nil }
    let extent = max(used, block ?? 0)
    return Axis(
      index: index, lower: loop.lower + rest, upper: loop.upper + rest, extent: extent,
      offset: rest)
  }

  private func checkBounds(_ index: Int, _ axis: Axis?) throws(ScheduleRefusal) {
    let bounds = IndexBounds(enclosing: path)
    let lower = axis?.lower ?? fixed[index]
    let upper = axis?.upper ?? fixed[index] + 1
    guard let low = bounds.lower(of: lower), low >= 0,
      let high = bounds.upper(of: upper - kernel[buffer].shape[index]), high <= 0
    else { throw refusal("the window may reach beyond %\(kernel[buffer].name)") }
  }

  // MARK: The local

  func localized(into name: String, role: Buffer.Role) throws(ScheduleRefusal) -> Kernel {
    var result = kernel
    let local = try result.makeLocal(
      name, role, kernel[buffer].type, axes.map(\.extent), for: step)
    var loop = site.loop
    let body = loop.body.mappingAccesses { access in
      guard access.buffer == buffer else { return access }
      return Access(local, axes.map { access.indices[$0.index] - $0.lower })
    }
    loop.body = body
    var isLoaded = true
    if let first = site.loop.body.firstIndex(where: { [$0].touches(buffer) }) {
      isLoaded = load(at: first, &loop.body, local, &result)
    }
    let isOnlyHere =
      !kernel[buffer].role.isParameter && !isLoaded
      && !DependenceTest(kernel).touches(buffer, outside: site.loop.variable)
    if references.contains(where: \.writes), !isOnlyHere {
      loop.body += copy(named: "store", in: &result) { place, element in
        (Access(local, element), Access(buffer, place))
      }
    }
    result = result.replacingLoop(loop.variable, by: [.loop(loop)])
    let isUnused = isOnlyHere && !result.body.touches(buffer)
    return isUnused ? result.dropping(buffer) : result
  }

  /// Puts the load of the window before the statement that first touches it, unless that overwrites
  /// it; a choice whose one side does gets the load as its other side, or, inside a loop that runs
  /// once, the load stands before the loop under the opposite condition.
  private func load(
    at first: Int, _ body: inout [Statement], _ local: BufferID, _ result: inout Kernel
  ) -> Bool {
    if overwrites(site.loop.body[first]) { return false }
    var load = copy(named: "load", in: &result) { place, element in
      (Access(buffer, place), Access(local, element))
    }
    let (block, place) = firstTouch(in: site.loop.body, first)
    if overwrites(block[place]) { return false }
    guard case .branch(let old) = block[place], old.otherwise.isEmpty, old.results.isEmpty,
      let inner = old.then.first(where: { [$0].touches(buffer) }), overwrites(inner),
      let condition = conditionBefore(old, Array(block[..<place]), in: &result)
    else {
      body.insert(contentsOf: load, at: first)
      return true
    }
    if case .branch(var branch) = body[first] {
      branch.otherwise = load
      body[first] = .branch(branch)
    } else {
      let opposite = result.makeVariable(ValueType(.bool))
      load = [.branch(Branch(condition: .variable(opposite), then: load))]
      let test = Statement.define(opposite, .elementwise(.not, [condition.operand]))
      body.insert(contentsOf: condition.statements + [test] + load, at: first)
    }
    return true
  }

  /// The block and place of what the iteration first touches the window with, inside loops that
  /// run once.
  private func firstTouch(in block: [Statement], _ place: Int) -> ([Statement], Int) {
    guard case .loop(let loop) = block[place], loop.carried.isEmpty else { return (block, place) }
    let bounds = IndexBounds(enclosing: path)
    guard bounds.lower(of: loop.extent) ?? 0 > 0,
      bounds.upper(of: loop.extent) ?? .max <= loop.step,
      let inner = loop.body.firstIndex(where: { [$0].touches(buffer) })
    else { return (block, place) }
    return firstTouch(in: loop.body, inner)
  }

  /// A choice's condition computed once more, from definitions before it that read no memory;
  /// `nil` where they need more than the loops outside.
  private func conditionBefore(
    _ branch: Branch, _ block: [Statement], in result: inout Kernel
  ) -> (statements: [Statement], operand: Operand)? {
    var needed = Set([branch.condition.asVariable].compactMap { $0 })
    var slice: [Statement] = []
    for statement in block.reversed() where !needed.isDisjoint(with: statement.results) {
      guard case .define = statement, statement.access == nil else { return nil }
      needed.formUnion([statement].usedVariables)
      slice.append(statement)
    }
    let own = Set(slice.flatMap(\.results))
    let inside = Set(site.loop.body.allDefinitions).subtracting(own)
    guard needed.isDisjoint(with: inside) else { return nil }
    var map = VariableMap()
    for id in own { map.replace(id, by: .variable(result.makeVariable(result[id].type))) }
    let substitution = map.substitution
    return (substitution(slice.reversed()), substitution(branch.condition))
  }

  /// Whether a statement of the iteration writes the whole window before it reads any of it.
  private func overwrites(_ statement: Statement) -> Bool {
    if case .branch(let branch) = statement {
      return [branch.then, branch.otherwise].allSatisfy { side in
        side.first { [$0].touches(buffer) }.map(overwrites) ?? false
      }
    }
    let (inner, first) = firstTouch(in: [statement], 0)
    if case .branch = inner[first] { return overwrites(inner[first]) }
    return overwritesInLoops(inner[first])
  }

  private func overwritesInLoops(_ statement: Statement) -> Bool {
    var loops: [Loop] = []
    var block = [statement]
    while block.count == 1, case .loop(let loop) = block[0] {
      loops.append(loop)
      block = loop.body
    }
    guard case .store(_, let access, nil)? = block.first(where: { [$0].touches(buffer) }) else {
      return false
    }
    return axes.allSatisfy { axis in
      guard
        let index = loops.firstIndex(where: {
          access.indices[axis.index].contains($0.variable.atom)
        })
      else { return false }
      let loop = loops.remove(at: index)
      let rest = access.indices[axis.index] - loop.variable.expression
      return loop.step == 1 && loop.lower + rest == axis.lower && loop.upper + rest == axis.upper
    } && loops.allSatisfy { ($0.constantTripCount ?? 0) > 0 }
  }

  /// A nest over the window that moves elements; `accesses` makes source and target of the
  /// subscripts in the buffer and in the local.
  private func copy(
    named kind: String, in result: inout Kernel,
    _ accesses: ([IndexExpression], [IndexExpression]) -> (Access, Access)
  ) -> [Statement] {
    var place = fixed
    var element: [IndexExpression] = []
    var loops: [Loop] = []
    guard case .localize(_, _, let local, _, _) = step else { return [] }
    for axis in axes {
      let name = result.freshName(like: "\(local)_\(kind)_\(axis.index)")
      let variable = result.makeVariable(ValueType(.i64), name: name)
      loops.append(
        Loop(.serial, variable, axis.lower - axis.offset, axis.upper - axis.offset))
      place[axis.index] = variable.expression + axis.offset
      element.append(variable.expression + axis.offset - axis.lower)
    }
    let value = result.makeVariable(ValueType(kernel[buffer].type))
    let (source, target) = accesses(place, element)
    var body: [Statement] = [
      .define(value, .load(source, mask: nil, otherwise: nil)),
      .store(.variable(value), target, mask: nil),
    ]
    for var loop in loops.reversed() {
      loop.body = body
      body = [.loop(loop)]
    }
    return body
  }
}

extension DependenceTest {
  /// Whether something that is not in the loop over `variable` touches the buffer.
  func touches(_ buffer: BufferID, outside variable: VariableID) -> Bool {
    references.contains { reference in
      reference.access.buffer == buffer
        && !reference.enclosing.contains { $0.definesLoop(variable) }
    }
  }
}
