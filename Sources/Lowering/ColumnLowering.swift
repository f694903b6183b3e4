// From a region that reduces across rows to a kernel that streams through them.

import IRCore
import LoopIR
import TensorIR

/// Builds the kernel of a region whose reductions combine, one element after the other, axes that
/// are not the innermost: each column of memory is reduced for itself.
///
/// A block of columns is worked on at a time. Its partial results stand in buffers, and elements
/// are combined in the order in which they lie in memory: for every position along the reduced
/// axes, for every column of the block. So each column is combined in order, and vectors run
/// across columns. Reductions that need others walk again. A reduction of few elements in as many
/// lanes, which folds partial results, is a tree of operations at each column instead.
struct ColumnLowering {
  private let program: RegionProgram
  private let groups: AxisGroups
  private let stages: RowStages
  private var emitter: StepEmitter
  private var rowVariables: [VariableID] = []
  private var blockVariable: VariableID?
  /// By reduction: its partial results, one per column of the block.
  private var partials: [Int: BufferID] = [:]

  /// Columns of one block: their partial results stay in the first-level cache.
  private static let blockColumns = 4096

  /// `nil` unless the region is of this kind.
  init?(_ program: RegionProgram, _ groups: AxisGroups) {
    self.program = program
    self.groups = groups
    stages = RowStages(program, keepsRows: false)
    guard let last = groups.groups.last, !groups.isReduced(last),
      groups.groups.contains(where: groups.isReduced),
      program.steps.indices.allSatisfy({ step in
        program.steps[step].isCombinedInOrder || Self.treeWidth(step, program) != nil
      })
    else { return nil }
    emitter = StepEmitter(program, groups)
  }

  mutating func kernel() -> Kernel {
    let rows = groups.groups.dropLast().filter { !groups.isReduced($0) }
    rowVariables = rows.indices.map { emitter.makeLoopVariable($0) }
    for (index, step) in program.steps.enumerated() {
      guard case .reduce(_, _, let type) = step, Self.treeWidth(index, program) == nil else {
        continue
      }
      partials[index] = BufferID(emitter.kernel.buffers.count)
      let buffer = Buffer(
        name: "partial\(partials.count - 1)", role: .scratch, type: type,
        shape: [IndexExpression(blockSize)])
      emitter.kernel.buffers.append(buffer)
    }
    let block = emitter.kernel.makeVariable(ValueType(.i64), name: "block")
    blockVariable = block
    var statements: [Statement] = []
    for stage in 0..<stages.count { statements += walk(stage) }
    statements.append(finalLoop())
    let columns = groups.extent(of: groups.groups[groups.groups.count - 1])
    statements = [
      .loop(Loop(.serial, block, 0, columns, step: blockSize, body: statements))
    ]
    for (group, variable) in zip(rows, rowVariables).reversed() {
      let extent = groups.extent(of: group)
      statements = [.loop(Loop(.serial, variable, 0, extent, body: statements))]
    }
    emitter.kernel.body = statements
    return emitter.kernel
  }

  private var columns: IndexExpression {
    groups.extent(of: groups.groups[groups.groups.count - 1])
  }

  private var blockSize: Int {
    max(1, min(Self.blockColumns, columns.asConstant ?? Self.blockColumns))
  }

  /// Columns of the current block.
  private var blockCount: IndexExpression {
    guard let block = blockVariable, (columns.asConstant ?? 1) % blockSize != 0 else {
      return IndexExpression(blockSize)
    }
    return IndexExpression(blockSize).min(columns - block.expression)
  }

  /// A loop over the block's columns around what `body` emits at a column and a position.
  private mutating func columnLoop(
    _ name: String, at position: IndexExpression,
    _ body: (inout ColumnLowering, IndexExpression) -> Void
  ) -> Statement {
    let variable = emitter.kernel.makeVariable(ValueType(.i64), name: name)
    let block = blockVariable?.expression ?? 0
    emitter.place = place(column: block + variable.expression, position: position)
    emitter.forget { _ in false }
    body(&self, variable.expression)
    return .loop(Loop(.serial, variable, 0, blockCount, body: emitter.takeBody()))
  }

  private func place(
    column: IndexExpression, position: IndexExpression
  ) -> (IndexExpression.Atom) -> IndexExpression? {
    groups.place(rows: rowVariables.map(\.expression) + [column], position: position)
  }

  // MARK: Walks

  /// The loops of one walk: partial results from the identity, then all elements in order.
  private mutating func walk(_ stage: Int) -> [Statement] {
    let reductions = program.steps.indices.filter { step in
      guard case .reduce(_, let value, _) = program.steps[step] else { return false }
      return self.stage(of: value) == stage && partials[step] != nil
    }
    let stores = program.results.enumerated().filter { index, value in
      isWhole(index) && self.stage(of: value) == stage
    }
    guard !reductions.isEmpty || !stores.isEmpty else { return [] }
    var statements: [Statement] = []
    if !reductions.isEmpty {
      statements.append(columnLoop("start\(stage)", at: 0) { $0.start(reductions, $1) })
    }
    let position = emitter.kernel.makeVariable(ValueType(.i64), name: "p\(stage)")
    let inner = columnLoop("column\(stage)", at: position.expression) { lowering, column in
      for step in reductions { lowering.combine(step, column) }
      for (index, value) in stores {
        let stored = lowering.value(value, column)
        lowering.emitter.store(stored, index, at: lowering.program.allAxes)
      }
    }
    return statements + [.loop(Loop(.serial, position, 0, groups.reducedCount, body: [inner]))]
  }

  private func isWhole(_ result: Int) -> Bool {
    program.graph[type: program.graph.results[result]].rank == program.extents.count
  }

  private func stage(of operand: RegionProgram.Operand) -> Int {
    if case .step(let step) = operand { stages.stage[step] } else { 0 }
  }

  private mutating func start(_ reductions: [Int], _ column: IndexExpression) {
    for step in reductions {
      guard case .reduce(let reduction, _, let type) = program.steps[step],
        let buffer = partials[step]
      else { continue }
      let identity = Operand.literal(reduction.monoid.identity(type))
      emitter.body.append(.store(identity, Access(buffer, [column]), mask: nil))
    }
  }

  private mutating func combine(_ step: Int, _ column: IndexExpression) {
    guard case .reduce(let reduction, let operand, let type) = program.steps[step],
      let buffer = partials[step]
    else { return }
    let access = Access(buffer, [column])
    let element = value(operand, column)
    let before = emitter.define(.load(access, mask: nil, otherwise: nil), type)
    let after = emitter.apply(reduction.monoid.row.combination, [before, element], type)
    emitter.body.append(.store(after, access, mask: nil))
  }

  /// The value of an operand at the column and position; reductions are read from their buffers.
  private mutating func value(
    _ operand: RegionProgram.Operand, _ column: IndexExpression
  ) -> Operand {
    guard case .step(let root) = operand else { return emitter.operand(operand) }
    var needed: Set<Int> = []
    var pending = [root]
    while let step = pending.popLast() {
      guard emitter.values[step] == nil, needed.insert(step).inserted else { continue }
      if partials[step] == nil, !program.steps[step].isReduction {
        pending += program.steps[step].operands
      }
    }
    for step in needed.sorted() {
      if let width = Self.treeWidth(step, program) {
        emitter.values[step] = tree(step, width, column)
      } else if let buffer = partials[step], case .reduce(_, _, let type) = program.steps[step] {
        emitter.values[step] = emitter.define(
          .load(Access(buffer, [column]), mask: nil, otherwise: nil), type)
      } else {
        emitter.emit(step)
      }
    }
    return emitter.operand(operand)
  }

  /// The most lanes that are unrolled.
  private static let widestTree = 32

  /// Lanes of a reduction that has at most one element for each.
  private static func treeWidth(_ step: Int, _ program: RegionProgram) -> Int? {
    guard case .reduce(let reduction, _, _) = program.steps[step],
      case .lanes(let lanes, _) = reduction.order, lanes > 1, lanes <= widestTree,
      let count = program.reducedAxes.reduce(IndexExpression(1), { $0 * program.extents[$1] })
        .asConstant, count <= lanes
    else { return nil }
    return lanes
  }

  /// A reduction of one element per lane: the lanes by halves.
  private mutating func tree(_ step: Int, _ width: Int, _ column: IndexExpression) -> Operand {
    guard case .reduce(let reduction, let operand, let type) = program.steps[step] else {
      fatalError("a tree combines")
    }
    let row = reduction.monoid.row.combination
    let identity = Operand.literal(reduction.monoid.identity(type))
    let count = program.reducedAxes.reduce(1) { $0 * (program.extents[$1].asConstant ?? 1) }
    let place = emitter.place
    if count == 0 { return identity }
    let block = blockVariable?.expression ?? 0
    let here = emitter.values
    var lanes: [Operand] = []
    for position in 0..<count {
      emitter.place = self.place(column: block + column, position: IndexExpression(position))
      // What does not vary along the reduced axes serves every position.
      emitter.forget { !stages.varies[$0] }
      lanes.append(emitter.apply(row, [identity, value(operand, column)], type))
    }
    emitter.place = place
    emitter.forget { !stages.varies[$0] }
    for step in here.indices where here[step] != nil { emitter.values[step] = here[step] }
    var half = width / 2
    while half > 0 {
      // Lanes without elements hold the identity, which changes nothing now.
      for lane in 0..<half where lane + half < lanes.count {
        lanes[lane] = emitter.apply(row, [lanes[lane], lanes[lane + half]], type)
      }
      lanes = Array(lanes.prefix(half))
      half /= 2
    }
    return lanes[0]
  }

  /// Stores one element per column.
  private mutating func finalLoop() -> Statement {
    columnLoop("column", at: 0) { lowering, column in
      for (index, value) in lowering.program.results.enumerated()
      where !lowering.isWhole(index) {
        let stored = lowering.value(value, column)
        lowering.emitter.store(stored, index, at: lowering.program.rowAxes)
      }
    }
  }
}

extension RegionProgram.Step {
  /// Whether elements are combined one after the other, where they are combined.
  fileprivate var isCombinedInOrder: Bool {
    guard case .reduce(let reduction, _, _) = self else { return true }
    switch reduction.order {
    case .sequential: return true
    case .lanes(let lanes, _): return lanes == 1
    }
  }
}
