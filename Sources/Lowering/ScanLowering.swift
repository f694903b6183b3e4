// From a region with a scan to a kernel that walks along the scan's axis.

import IRCore
import LoopIR
import TensorIR

/// Builds the kernel of a region with a scan: loops over the other axes around a walk in the scan's
/// order, which carries the last sum from group to group of lanes.
///
/// Where the operands say what chunks start from, chunks are a loop of their own, whose iterations
/// do not depend on each other.
struct ScanLowering {
  /// The region's scan.
  private struct Walk {
    let step: Int
    let scan: Scan
    let operand: RegionProgram.Operand
    let starts: RegionProgram.Operand?
    let type: DType
    /// Elements along the axis.
    let count: IndexExpression

    var lanes: Int { if case .lanes(let lanes, _) = scan.order { lanes } else { 1 } }

    /// Elements of a chunk where there are several.
    var chunk: Int? {
      guard case .lanes(_, let chunk) = scan.order, starts != nil else { return nil }
      return (count.asConstant ?? .max) > chunk ? chunk : nil
    }
  }

  private let program: RegionProgram
  private let groups: AxisGroups
  private let walk: Walk
  /// Steps that each element needs, in order.
  private let needed: [Int]
  private var emitter: StepEmitter
  /// By group of axes; that of the scan's axis counts in the direction of the scan.
  private var variables: [VariableID] = []

  /// `nil` unless the region has a scan.
  init?(_ program: RegionProgram) {
    guard let step = program.steps.firstIndex(where: \.isScan),
      case .scan(let scan, let operand, let starts, let type) = program.steps[step]
    else { return nil }
    self.program = program
    groups = AxisGroups(program)
    walk = Walk(
      step: step, scan: scan, operand: operand, starts: starts, type: type,
      count: program.extents[scan.axis])
    needed = program.steps(for: program.results)
    emitter = StepEmitter(program, groups)
  }

  mutating func kernel() -> Kernel {
    variables = groups.groups.indices.map { emitter.makeLoopVariable($0) }
    var statements = chunks()
    for (group, variable) in zip(groups.groups, variables).reversed()
    where group != [walk.scan.axis] {
      statements = [
        .loop(Loop(.serial, variable, 0, groups.extent(of: group), body: statements))
      ]
    }
    emitter.kernel.body = statements
    return emitter.kernel
  }

  /// What axes are where the scan has come to `position`.
  private func place(
    at position: IndexExpression
  ) -> (IndexExpression.Atom) -> IndexExpression? {
    let others = groups.substitution(variables.map(\.expression))
    let axis = IndexExpression.Atom.variable(walk.scan.axis)
    let index = walk.scan.isReverse ? walk.count - 1 - position : position
    return { atom in atom == axis ? index : others(atom) }
  }

  // MARK: Chunks

  /// The walk along one row, in chunks where there are several.
  private mutating func chunks() -> [Statement] {
    guard let chunk = walk.chunk else {
      let start = self.start(at: 0)
      return emitter.takeBody() + groupLoops(from: 0, to: nil, start)
    }
    let variable = emitter.kernel.makeVariable(ValueType(.i64), name: "chunk")
    let first = variable.expression
    let start = self.start(at: first)
    let before = emitter.takeBody()
    let body = before + groupLoops(from: first, to: first + IndexExpression(chunk), start)
    return [.loop(Loop(.serial, variable, 0, walk.count, step: chunk, body: body))]
  }

  /// What the chunk that begins at `position` starts from.
  private mutating func start(at position: IndexExpression) -> Operand {
    // Without elements there is no chunk that starts anywhere.
    guard let starts = walk.starts, walk.count != 0 else {
      return .literal(walk.scan.monoid.identity(walk.type))
    }
    emitter.place = place(at: position)
    for step in program.steps(for: [starts]) { emitter.emit(step) }
    return emitter.operand(starts)
  }

  // MARK: Groups of lanes

  /// A loop over whole groups of lanes, and one over what is left, if anything; up to the end of
  /// the axis where that comes before the chunk's.
  private mutating func groupLoops(
    from lower: IndexExpression, to chunkEnd: IndexExpression?, _ start: Operand
  ) -> [Statement] {
    // An axis of one element is no group, but is walked along all the same.
    let axis = groups.groups.firstIndex(of: [walk.scan.axis]).map { variables[$0] }
    let variable = axis ?? emitter.kernel.makeVariable(ValueType(.i64), name: "one")
    let name = emitter.kernel[variable].name
    let lanes = IndexExpression(walk.lanes)
    let whole = walk.count.floorDiv(lanes) * lanes
    let isWhole = whole == walk.count
    let hasGroups = whole != 0
    let isFilled =
      walk.chunk.flatMap { chunk in walk.count.asConstant.map { $0 % chunk == 0 } }
      ?? false
    var statements: [Statement] = []
    var carry = start
    if hasGroups {
      let end = chunkEnd.map { isFilled ? $0 : $0.min(whole) } ?? whole
      let loop = groupLoop(variable, from: lower, to: end, carry, isTail: false)
      carry = .variable(loop.carried[0].result)
      statements.append(.loop(loop))
    }
    if !isWhole {
      let begin = hasGroups ? chunkEnd == nil ? whole : lower.max(whole) : lower
      let end = chunkEnd?.min(walk.count) ?? walk.count
      let tail =
        hasGroups
        ? emitter.kernel.makeVariable(ValueType(.i64), name: name.map { "\($0)_tail" }) : variable
      statements.append(.loop(groupLoop(tail, from: begin, to: end, carry, isTail: true)))
    }
    return statements
  }

  private mutating func groupLoop(
    _ variable: VariableID, from lower: IndexExpression, to upper: IndexExpression,
    _ start: Operand,
    isTail: Bool
  ) -> Loop {
    let lanes = walk.lanes
    let type = ValueType(walk.type)
    let carried = Carried(
      inside: emitter.kernel.makeVariable(type), initial: start,
      result: emitter.kernel.makeVariable(type))
    var loop = Loop(
      lanes > 1 ? .vector : .serial, variable, lower, upper, step: lanes, carried: [carried])
    let position = lanes > 1 ? variable.expression + .lane : variable.expression
    emitter.forget { _ in false }
    emitter.lanes = lanes
    emitter.place = place(at: position)
    if isTail {
      let index = emitter.define(.index(position), .i64, lanes: lanes)
      let bound = emitter.define(.index(walk.count), .i64)
      emitter.tail = emitter.apply(.lt, [index, bound], .bool)
    }
    loop.yields = [element(.variable(carried.inside))]
    emitter.tail = nil
    emitter.lanes = 1
    loop.body = emitter.takeBody()
    return loop
  }

  /// Emits what is computed at one group of lanes; the next carry.
  private mutating func element(_ carry: Operand) -> Operand {
    var next = carry
    for step in needed {
      if step == walk.step {
        (emitter.values[step], next) = combine(carry)
      } else {
        emitter.emit(step)
      }
    }
    for (index, value) in program.results.enumerated() {
      emitter.store(emitter.operand(value), index, at: program.allAxes)
    }
    return next
  }

  /// The scan's values in a group of lanes, and the next carry: lanes by doubling distances, then
  /// the carry, as `Note: order` of CombinationOrder.swift says.
  private mutating func combine(_ carry: Operand) -> (values: Operand, next: Operand) {
    let row = walk.scan.monoid.row.combination
    let identity = Operand.literal(walk.scan.monoid.identity(walk.type))
    let (lanes, type) = (walk.lanes, walk.type)
    var values = emitter.stored(emitter.operand(walk.operand), lanes)
    if let tail = emitter.tail { values = emitter.apply(.select, [tail, values, identity], type) }
    var distance = 1
    while distance < lanes {
      let shifted = emitter.define(
        .shiftLanes(values, by: distance, fill: identity), type, lanes: lanes)
      values = emitter.apply(row, [shifted, values], type)
      distance *= 2
    }
    let sums = emitter.apply(row, [carry, values], type)
    if lanes == 1 { return (walk.scan.isExclusive ? carry : sums, sums) }
    let last = emitter.define(.extractLane(values, lanes - 1), type)
    let next = emitter.apply(row, [carry, last], type)
    guard walk.scan.isExclusive else { return (sums, next) }
    let before = emitter.define(.shiftLanes(sums, by: 1, fill: carry), type, lanes: lanes)
    return (before, next)
  }
}

extension RegionProgram {
  /// The steps that lead to `roots`, in order; what chunks of a scan start from is none of them.
  fileprivate func steps(for roots: [Operand]) -> [Int] {
    var found: Set<Int> = []
    var pending = roots.compactMap { if case .step(let step) = $0 { step } else { nil } }
    while let step = pending.popLast() {
      if found.insert(step).inserted { pending += steps[step].operands }
    }
    return found.sorted()
  }
}
