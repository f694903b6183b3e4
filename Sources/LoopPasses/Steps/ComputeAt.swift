// The schedule step `computeAt`.

import IRCore
public import LoopIR

extension Kernel {
  /// Moves the nest of one loop into another loop: a nest before that loop's nest goes to the start
  /// of its body, one after it to the end, and covers there what an iteration touches.
  ///
  /// Legal when every buffer that both nests touch, and one writes, has the same subscripts in
  /// both, each axis one loop's variable whose values the loops of the target share out exactly
  /// once. Loops around the place that no such axis belongs to repeat tiles: the moved nest then
  /// stands under a condition, the first of their iterations for a producer and the last for a
  /// consumer.
  public func computing(
    _ nest: String, at loop: String
  ) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.computeAt(nest, loop)
    var move = NestMove(
      kernel: self, step: step, moved: try site(of: nest, for: step),
      target: try site(of: loop, for: step))
    return try move.result()
  }
}

/// One move of a nest into a loop of another one.
private struct NestMove {
  /// What becomes of a loop of the moved nest.
  enum Restriction: Hashable {
    /// It runs between these bounds.
    case range(IndexExpression, IndexExpression)
    /// It vanishes; its variable is this one.
    case value(VariableID)
  }

  let kernel: Kernel
  let step: ScheduleStep
  let moved: LoopSite
  let target: LoopSite
  private var restrictions: [VariableID: Restriction] = [:]
  private var shared: Set<VariableID> = []

  init(kernel: Kernel, step: ScheduleStep, moved: LoopSite, target: LoopSite) {
    self.kernel = kernel
    self.step = step
    self.moved = moved
    self.target = target
  }

  mutating func result() throws(ScheduleRefusal) -> Kernel {
    let (host, isProducer) = try place()
    try findRestrictions(host)
    var result = kernel
    var nest = try restricted(in: &result)
    nest = try guarded(nest, isProducer, host, in: &result)
    var loop = target.loop
    loop.body = isProducer ? nest + loop.body : loop.body + nest
    return result.replacingLoop(moved.loop.variable, by: [])
      .replacingLoop(loop.variable, by: [.loop(loop)])
  }

  private func refusal(_ reason: String) -> ScheduleRefusal { ScheduleRefusal(step, reason) }

  private func name(_ loop: Loop) -> String { kernel.spelling(loop.variable) }

  // MARK: Where

  /// The statement beside the moved nest that holds the target, and whether the nest comes first.
  private func place() throws(ScheduleRefusal) -> (host: Loop, isProducer: Bool) {
    let depth = moved.enclosing.count
    let path = target.enclosing + [.loop(target.loop)]
    guard depth < path.count, zip(moved.enclosing, path).allSatisfy({ $0 == $1 }),
      case .loop(let host) = path[depth], host.variable != moved.loop.variable
    else { throw refusal("\(name(moved.loop)) is not beside the nest of \(name(target.loop))") }
    guard let block = kernel.block(around: moved) else {
      throw refusal("\(name(moved.loop)) is in a choice")
    }
    guard let from = block.firstIndex(where: { $0.definesLoop(moved.loop.variable) }),
      let to = block.firstIndex(where: { $0.definesLoop(host.variable) })
    else { throw refusal("\(name(moved.loop)) is not beside the nest of \(name(target.loop))") }
    if let carried = (moved.loop.carried + target.loop.carried).first {
      throw refusal("carried value \(kernel.spelling(carried.inside))")
    }
    try checkBetween(Array(block[min(from, to) + 1..<max(from, to)]), host)
    return (host, from < to)
  }

  /// Refuses where what stands between the nests, or a value of the target's, is needed or changed.
  private func checkBetween(_ between: [Statement], _ host: Loop) throws(ScheduleRefusal) {
    let used = [Statement.loop(moved.loop)].usedVariables
    let defined = (between + [.loop(host)]).allDefinitions
    if let value = defined.first(where: used.contains) {
      throw refusal("\(name(moved.loop)) needs the value \(kernel.spelling(value))")
    }
    if let found = DependenceTest(kernel).dependence(of: moved, onAnyOf: between) {
      throw refusal(found.description)
    }
  }

  // MARK: What is left of each loop

  private mutating func findRestrictions(_ host: Loop) throws(ScheduleRefusal) {
    let test = DependenceTest(kernel)
    for own in test.references(inside: moved.loop.variable) {
      for other in test.references(inside: host.variable) where test.mayShareMemory(own, other) {
        guard other.enclosing.contains(where: { $0.definesLoop(target.loop.variable) }),
          zip(own.access.indices, other.access.indices).allSatisfy({
            restrict($0, of: own, to: $1, of: other)
          })
        else {
          throw refusal(
            "\(test.text(own)) and \(test.text(other)) need not be in one tile of "
              + name(target.loop))
        }
      }
    }
    if restrictions.isEmpty {
      throw refusal("\(name(moved.loop)) and \(name(target.loop)) share no tiles")
    }
  }

  /// Takes note of what `ownIndex`, a subscript in the moved nest, becomes when only elements of
  /// the tile are touched; `false` when that is not known.
  private mutating func restrict(
    _ ownIndex: IndexExpression, of own: MemoryReference, to index: IndexExpression,
    of other: MemoryReference
  ) -> Bool {
    let ownLoops = own.enclosing.drop { !$0.definesLoop(moved.loop.variable) }
    let inside = Set(Array(ownLoops).allDefinitions)
    if ownIndex == index, inside.isDisjoint(with: ownIndex.variables) { return true }
    guard let variable = ownIndex.asVariable.map(VariableID.init(_:)),
      let loop = TileChain(variable, in: Array(ownLoops))?.loops[0], loop.step == 1,
      let chain = index.asVariable.flatMap({ TileChain(VariableID($0), in: other.enclosing) }),
      chain.loops[0].step == 1, isWhole(chain, loop, other)
    else { return false }
    let outer = outerVariables
    shared.formUnion(chain.loops.map(\.variable))
    let restriction =
      chain.loop(within: outer).map { Restriction.range($0.lower, $0.upper) }
      ?? .value(chain.loops[0].variable)
    if let known = restrictions[variable] { return known == restriction }
    restrictions[variable] = restriction
    return true
  }

  /// Whether the chain's values are those of `loop`: its own, or, for a nest that was moved here
  /// before, those of a chain that is known.
  private func isWhole(_ chain: TileChain, _ loop: Loop, _ other: MemoryReference) -> Bool {
    if chain.root.lower == loop.lower, chain.root.upper == loop.upper { return true }
    return false
  }

  /// The target's variable and those of the loops around it.
  private var outerVariables: Set<VariableID> {
    Set(target.enclosing.flatMap(\.definitions) + [target.loop.variable])
  }

  /// The nest with its loops restricted.
  private func restricted(in kernel: inout Kernel) throws(ScheduleRefusal) -> [Statement] {
    var path: [Loop] = [moved.loop]
    while path[path.count - 1].body.count == 1,
      case .loop(let inner) = path[path.count - 1].body[0]
    { path.append(inner) }
    guard Set(restrictions.keys).isSubset(of: Set(path.map(\.variable))) else {
      throw refusal("\(name(moved.loop)) is no perfect nest")
    }
    var body = path[path.count - 1].body
    for var loop in path.reversed() {
      loop.body = body
      switch restrictions[loop.variable] {
      case nil: body = [.loop(loop)]
      case .range(let lower, let upper):
        loop.lower = lower
        loop.upper = upper
        body = [.loop(loop)]
      case .value(let variable):
        body = kernel.onlyIteration(of: loop, at: variable.expression)
      }
    }
    return body
  }

  // MARK: When

  /// The nest under the condition that tiles are not repeated.
  private func guarded(
    _ nest: [Statement], _ isProducer: Bool, _ host: Loop, in kernel: inout Kernel
  ) throws(ScheduleRefusal) -> [Statement] {
    var statements: [Statement] = []
    var condition: Operand?
    let path = (target.enclosing + [.loop(target.loop)]).drop { !$0.definesLoop(host.variable) }
    let bounds = IndexBounds(enclosing: target.enclosing)
    for statement in path {
      guard case .loop(let loop) = statement else {
        throw refusal("\(name(target.loop)) is in a choice")
      }
      if shared.contains(loop.variable) { continue }
      guard let least = bounds.lower(of: loop.extent), least > 0 else {
        throw refusal("\(name(loop)) may have no iteration")
      }
      if let most = bounds.upper(of: loop.extent), most <= loop.step { continue }
      guard loop.kind == .serial else { throw refusal("\(name(loop)) repeats tiles in no order") }
      let distance =
        isProducer
        ? loop.variable.expression - loop.lower
        : loop.upper - loop.variable.expression - IndexExpression(loop.step)
      let value = kernel.makeVariable(ValueType(.i64))
      let isTime = kernel.makeVariable(ValueType(.bool))
      statements.append(.define(value, .index(distance)))
      statements.append(
        .define(
          isTime,
          .elementwise(
            isProducer ? .eq : .le, [.variable(value), .literal(Literal(.i64, integer: 0))])))
      guard let earlier = condition else {
        condition = .variable(isTime)
        continue
      }
      let both = kernel.makeVariable(ValueType(.bool))
      statements.append(.define(both, .elementwise(.and, [earlier, .variable(isTime)])))
      condition = .variable(both)
    }
    guard let condition else { return nest }
    return statements + [.branch(Branch(condition: condition, then: nest))]
  }
}
