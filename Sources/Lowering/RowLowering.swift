// From a region with reductions to a kernel that works row by row.

import IRCore
import LoopIR
import TensorIR

/// Builds the kernel of a region whose reductions all combine the same axes.
///
/// Loops over the other axes surround one row. A row is walked once per stage: each walk computes
/// the reductions that need no others of the same walk, and stores what is ready. Values that a
/// later walk needs again are kept in a row buffer when that is cheaper than computing them again.
/// Lanes follow the reductions' orders, which say which element goes to which partial result.
struct RowLowering {
  private let program: RegionProgram
  private let groups: AxisGroups
  private let stages: RowStages
  private var emitter: StepEmitter
  private var rowVariables: [VariableID] = []
  private var kept: [Int: BufferID] = [:]
  private var tailMasks: [Int: Operand] = [:]

  /// Rows up to this many elements may keep values in a buffer.
  private static let longestKeptRow = 1 << 16

  init(_ program: RegionProgram, _ groups: AxisGroups) {
    self.program = program
    self.groups = groups
    let count = program.reducedAxes.reduce(IndexExpression(1)) { $0 * program.extents[$1] }
    let isShort = count.asConstant.map { $0 <= Self.longestKeptRow } ?? false
    stages = RowStages(program, keepsRows: isShort && Self.lanes(of: program) > 1)
    emitter = StepEmitter(program, groups)
  }

  private static func lanes(of program: RegionProgram) -> Int {
    program.steps.reduce(1) { widest, step in
      guard case .reduce(let reduction, _, _) = step, case .lanes(let lanes, _) = reduction.order
      else { return widest }
      return max(widest, lanes)
    }
  }

  mutating func kernel() -> Kernel {
    let rows = groups.groups.filter { !groups.isReduced($0) }
    rowVariables = rows.indices.map { emitter.makeLoopVariable($0) }
    declareKeptRows()
    for stage in 0..<stages.count { walk(stage) }
    emitRowValues(through: stages.count)
    storeRows()
    var statements = emitter.takeBody()
    for (group, variable) in zip(rows, rowVariables).reversed() {
      let extent = groups.extent(of: group)
      statements = [.loop(Loop(.serial, variable, 0, extent, body: statements))]
    }
    emitter.kernel.body = statements
    return emitter.kernel
  }

  /// Number of elements of a row.
  private var count: IndexExpression { groups.reducedCount }

  private mutating func declareKeptRows() {
    for step in stages.isKept.indices where stages.isKept[step] {
      kept[step] = BufferID(emitter.kernel.buffers.count)
      emitter.kernel.buffers.append(
        Buffer(name: "row\(kept.count - 1)", role: .scratch, type: type(of: step), shape: [count]))
    }
  }

  private func type(of step: Int) -> DType {
    switch program.steps[step] {
    case .load(let parameter, _, _, _):
      program.graph[program.graph.parameters[parameter]].types[0].dtype
    case .index(_, let type), .apply(_, _, let type), .reduce(_, _, let type),
      .scan(_, _, _, let type), .contract(_, _, let type):
      type
    case .guarded(_, _, let otherwise): otherwise.type
    }
  }

  // MARK: Places

  /// Loops stand for axes: rows by their variables, the row's axes by the position in it.
  private func place(at position: IndexExpression) -> (IndexExpression.Atom) -> IndexExpression? {
    groups.place(rows: rowVariables.map(\.expression), position: position)
  }

  // MARK: Walks

  /// What one walk completes.
  private struct Work {
    var reductions: [Int] = []
    var stores: [(result: Int, value: RegionProgram.Operand)] = []
    var kept: [Int] = []

    var isEmpty: Bool { reductions.isEmpty && stores.isEmpty && kept.isEmpty }
  }

  private func work(of stage: Int) -> Work {
    var work = Work()
    for (index, step) in program.steps.enumerated() {
      if case .reduce(_, let value, _) = step, self.stage(of: value) == stage {
        work.reductions.append(index)
      }
      if stages.isKept[index], stages.stage[index] == stage { work.kept.append(index) }
    }
    for (index, value) in program.results.enumerated()
    where isWholeRow(index) && self.stage(of: value) == stage {
      work.stores.append((index, value))
    }
    return work
  }

  private func isWholeRow(_ result: Int) -> Bool {
    program.graph[type: program.graph.results[result]].rank == program.extents.count
  }

  private func stage(of operand: RegionProgram.Operand) -> Int {
    if case .step(let step) = operand { stages.stage[step] } else { 0 }
  }

  private mutating func walk(_ stage: Int) {
    emitRowValues(through: stage)
    let work = work(of: stage)
    guard !work.isEmpty else { return }
    // Reductions in other numbers of lanes walk for themselves.
    var byLanes: [(lanes: Int, work: Work)] = []
    for step in work.reductions {
      let lanes = lanes(of: step)
      if let place = byLanes.firstIndex(where: { $0.lanes == lanes }) {
        byLanes[place].work.reductions.append(step)
      } else {
        byLanes.append((lanes, Work(reductions: [step])))
      }
    }
    if byLanes.isEmpty { byLanes.append((Self.lanes(of: program), Work())) }
    byLanes[0].work.stores = work.stores
    byLanes[0].work.kept = work.kept
    for (lanes, part) in byLanes { walk(stage, part, lanes) }
  }

  private func lanes(of step: Int) -> Int {
    guard case .reduce(let reduction, _, _) = program.steps[step],
      case .lanes(let lanes, _) = reduction.order
    else { return 1 }
    return lanes
  }

  /// One walk in groups of `lanes`, the last of which may not be whole.
  private mutating func walk(_ stage: Int, _ work: Work, _ lanes: Int) {
    let whole = count.floorDiv(IndexExpression(lanes)) * IndexExpression(lanes)
    var sums = work.reductions.map { start($0, lanes) }
    if whole != 0 {
      let variable = emitter.kernel.makeVariable(ValueType(.i64), name: "p\(stage)_\(lanes)")
      var loop = Loop(lanes > 1 ? .vector : .serial, variable, 0, whole, step: lanes)
      let before = emitter.takeBody()
      for (index, step) in work.reductions.enumerated() {
        let type = ValueType(type(of: step), lanes: lanes)
        let inside = emitter.kernel.makeVariable(type)
        let result = emitter.kernel.makeVariable(type)
        loop.carried.append(Carried(inside: inside, initial: sums[index], result: result))
      }
      let position = lanes > 1 ? variable.expression + .lane : variable.expression
      let inner = loop.carried.map { Operand.variable($0.inside) }
      loop.yields = step(stage, work, at: position, lanes, tail: false, inner)
      loop.body = emitter.takeBody()
      emitter.body = before + [.loop(loop)]
      sums = loop.carried.map { .variable($0.result) }
    }
    if whole != count {
      sums = step(stage, work, at: whole + .lane, lanes, tail: true, sums)
      emitter.tail = nil
    }
    for (step, sum) in zip(work.reductions, sums) { finish(step, sum, lanes) }
  }

  /// Partial results before the first element.
  private mutating func start(_ step: Int, _ lanes: Int) -> Operand {
    guard case .reduce(let reduction, _, let type) = program.steps[step] else {
      fatalError("a walk completes reductions")
    }
    let identity = Operand.literal(reduction.monoid.identity(type))
    if lanes == 1 { return identity }
    return emitter.define(.splat(identity), type, lanes: lanes)
  }

  /// The work of one group of elements; the reductions' partial results after it.
  private mutating func step(
    _ stage: Int, _ work: Work, at position: IndexExpression, _ lanes: Int, tail: Bool,
    _ sums: [Operand]
  ) -> [Operand] {
    emitter.place = place(at: position)
    emitter.lanes = lanes
    emitter.forget { stages.varies[$0] == false }
    if tail { emitter.tail = tailMask(position, lanes) }
    for result in work.kept { keep(result, stage, position) }
    var next: [Operand] = []
    for (index, step) in work.reductions.enumerated() {
      guard case .reduce(let reduction, let operand, let type) = program.steps[step] else {
        continue
      }
      let value = value(operand, stage, position)
      let sum = emitter.apply(reduction.monoid.row.combination, [sums[index], value], type)
      if let mask = emitter.tail {
        next.append(emitter.apply(.select, [mask, sum, sums[index]], type))
      } else {
        next.append(sum)
      }
    }
    for (result, operand) in work.stores {
      emitter.store(value(operand, stage, position), result, at: program.allAxes)
    }
    emitter.forget { stages.varies[$0] == false }
    return next
  }

  /// The lanes that exist in the last group; one mask serves all walks of a row.
  private mutating func tailMask(_ position: IndexExpression, _ lanes: Int) -> Operand {
    if let known = tailMasks[lanes] { return known }
    let index = emitter.define(.index(position), .i64, lanes: lanes)
    let bound = emitter.define(.index(count), .i64)
    let mask = emitter.apply(.lt, [index, bound], .bool)
    tailMasks[lanes] = mask
    return mask
  }

  private mutating func keep(_ step: Int, _ stage: Int, _ position: IndexExpression) {
    guard let buffer = kept[step] else { return }
    let value = value(.step(step), stage, position)
    let mask = emitter.tail
    emitter.body.append(
      .store(emitter.widened(value, emitter.lanes), Access(buffer, [position]), mask: mask))
  }

  /// The value of an operand at the position, computed in this walk or read from its row.
  private mutating func value(
    _ operand: RegionProgram.Operand, _ stage: Int, _ position: IndexExpression
  ) -> Operand {
    guard case .step(let root) = operand else { return emitter.operand(operand) }
    // Operands come before their uses, so one pass from the first needed step suffices.
    var needed: Set<Int> = []
    var pending = [root]
    while let step = pending.popLast() {
      guard emitter.values[step] == nil, needed.insert(step).inserted else { continue }
      if !isRead(step, stage) { pending += program.steps[step].operands }
    }
    for step in needed.sorted() {
      if isRead(step, stage), let buffer = kept[step] {
        let mask = emitter.tail
        let type = type(of: step)
        emitter.values[step] = emitter.define(
          .load(
            Access(buffer, [position]), mask: mask, otherwise: mask == nil ? nil : .zero(type)),
          type, lanes: emitter.lanes)
      } else {
        emitter.emit(step)
      }
    }
    return emitter.operand(operand)
  }

  /// Whether an earlier walk kept the value.
  private func isRead(_ step: Int, _ stage: Int) -> Bool {
    stages.isKept[step] && stages.stage[step] < stage
  }

  private mutating func finish(_ step: Int, _ sum: Operand, _ lanes: Int) {
    guard case .reduce(let reduction, _, let type) = program.steps[step] else { return }
    emitter.values[step] =
      lanes == 1
      ? sum : emitter.define(.reduceLanes(reduction.monoid.row.combination, sum), type)
  }

  // MARK: Values of whole rows

  /// Emits what does not vary along the row and needs no later reductions.
  private mutating func emitRowValues(through stage: Int) {
    emitter.place = place(at: 0)
    emitter.lanes = 1
    for (index, step) in program.steps.enumerated()
    where !stages.varies[index] && !step.isReduction && stages.stage[index] <= stage {
      emitter.emit(index)
    }
  }

  private mutating func storeRows() {
    for (index, value) in program.results.enumerated() where !isWholeRow(index) {
      emitter.store(emitter.operand(value), index, at: program.rowAxes)
    }
  }
}
