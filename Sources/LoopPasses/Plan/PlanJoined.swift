// Schedules of contractions with what goes on with their results.

import IRCore
import LoopIR

/// Writes the schedule of a kernel that begins with a contraction and goes on with its result.
///
/// Each part is arranged as if it were alone, in blocks of whole rows where what follows has the
/// rows in common with it. Then loops over the same range are merged from outside in, as far as
/// each part needs only what the same iteration computed before it, and what goes from part to part
/// shrinks to what one iteration computes: it stays in a cache.
struct JoinedPlan {
  /// The steps so far.
  private(set) var steps: [ScheduleStep] = []
  /// The kernel as they leave it.
  private(set) var kernel: Kernel
  /// The kernel before all steps, which parts refer to.
  private let original: Kernel
  private let row: TargetRow
  /// Those that are joined.
  private let parts: [Part]

  /// A part with the loops that others may have in common with it, outermost first.
  private struct Part {
    let part: KernelPart
    let loops: [Loop]
  }

  private init(_ parts: [Part], _ kernel: Kernel, _ row: TargetRow) {
    self.parts = parts
    self.kernel = kernel
    original = kernel
    self.row = row
  }

  /// One plan for as many parts as that is legal for, from the first on; one each for the others.
  init(_ parts: [KernelPart], _ kernel: Kernel, _ row: TargetRow) {
    let all = parts.map { part in
      Part(part: part, loops: Self.loops(part, kernel, row))
    }
    for count in stride(from: all.count, to: 1, by: -1) {
      var plan = JoinedPlan(Array(all.prefix(count)), kernel, row)
      guard plan.join() else { continue }
      plan.planApart(all[count...])
      self = plan
      return
    }
    self.init(all, kernel, row)
    planApart(all[...])
  }

  /// Joins all parts, with as many loops in common as are legal; `false` where none is.
  private mutating func join() -> Bool {
    for depth in stride(from: commonDepth, to: 0, by: -1) {
      var plan = self
      do throws(ScheduleRefusal) {
        try plan.join(depth)
        self = plan
        return true
      } catch { continue }
    }
    return false
  }

  /// The loops over blocks of a contraction: those around the rows, then the rows; the loops of
  /// another nest around all that it does.
  private static func loops(_ part: KernelPart, _ kernel: Kernel, _ row: TargetRow) -> [Loop] {
    switch part {
    case .contraction(let contraction):
      let plan = ContractionPlan(contraction, kernel, row)
      return plan.streams || plan.turns ? [] : plan.outer + [plan.rows].compactMap { $0 }
    case .nest(let nest):
      var loops = [nest]
      while loops[loops.count - 1].body.count == 1,
        case .loop(let inner) = loops[loops.count - 1].body[0], inner.kind == .serial
      { loops.append(inner) }
      return loops
    }
  }

  /// How many loops run over the same ranges in all parts.
  private var commonDepth: Int {
    guard let first = parts.first, first.part.contraction != nil else { return 0 }
    return parts.dropFirst().reduce(first.loops.count) { depth, part in
      min(
        depth,
        zip(first.loops, part.loops).prefix { one, other in
          one.lower == other.lower && one.upper == other.upper && one.step == other.step
        }.count)
    }
  }

  // MARK: Steps

  private func name(_ loop: Loop) -> String { kernel[loop.variable].name ?? "" }

  private mutating func add(_ step: ScheduleStep) throws(ScheduleRefusal) {
    kernel = try kernel.applying(step)
    steps.append(step)
  }

  /// Lets a contraction's plan go on from here.
  private mutating func run(
    _ plan: inout ContractionPlan,
    _ body: (inout ContractionPlan) throws(ScheduleRefusal) -> Void
  ) throws(ScheduleRefusal) {
    plan.goOn(from: kernel)
    try body(&plan)
    kernel = plan.kernel
    steps += plan.steps
  }

  // MARK: Together

  private mutating func join(_ depth: Int) throws(ScheduleRefusal) {
    let hasRows = parts[0].loops.count == depth
    let rowsAtOnce = hasRows ? self.rowsAtOnce : nil
    var plans: [ContractionPlan] = []
    for case .contraction(let contraction) in parts.map(\.part) {
      plans.append(
        ContractionPlan(contraction, original, row, number: plans.count, rowsAtOnce: rowsAtOnce))
    }
    for number in plans.indices {
      try run(&plans[number]) { (plan) throws(ScheduleRefusal) in try plan.arrange() }
    }
    let names = try blockLoops(depth, rowsAtOnce)
    guard let first = names.first, let inner = first.last else { return }
    for level in first.indices {
      for other in names.dropFirst() { try add(.merge(first[level], other[level])) }
    }
    for buffer in kernel.buffers where buffer.role == .shared {
      let step = ScheduleStep.shrink(buffer.name, at: inner, role: .scratch)
      if let result = try? kernel.applying(step) {
        kernel = result
        steps.append(step)
      }
    }
    for number in plans.indices {
      try run(&plans[number]) { (plan) throws(ScheduleRefusal) in try plan.shareCopies() }
    }
    try add(.parallelize(first[0]))
    for number in plans.indices {
      try run(&plans[number]) { (plan) throws(ScheduleRefusal) in try plan.fillTiles() }
    }
    runNestsInLanes(depth)
    try run(&plans[0]) { (plan) throws(ScheduleRefusal) in try plan.fuseTasks() }
  }

  /// The rows of a block, by what one of them takes in all parts.
  private var rowsAtOnce: Int {
    let contractions = parts.compactMap(\.part.contraction)
    let bytes = contractions.map { contraction in
      ContractionPlan.count(contraction.lanes) * contraction.type.byteSize
    }
    let loops = parts[0].loops
    let around = loops.dropLast().reduce(1) { $0 * ContractionPlan.count($1) }
    let rows = loops.last.map(ContractionPlan.count) ?? 1
    let tile = ContractionPlan(contractions[0], original, row).shape.rows
    return TileShape.rowsAtOnce(
      of: rows, bytes: bytes.reduce(0, +), tasksAround: around, tile: tile, row)
  }

  /// By part: the names of the loops to merge, those over rows cut into blocks.
  private mutating func blockLoops(
    _ depth: Int, _ rowsAtOnce: Int?
  ) throws(ScheduleRefusal) -> [[String]] {
    var names = parts.map { $0.loops.prefix(depth).map(name) }
    guard let rowsAtOnce, let rows = parts[0].loops.last else { return names }
    if ContractionPlan.count(rows) <= rowsAtOnce {
      guard depth > 1 else {
        throw ScheduleRefusal(.merge(name(rows), name(rows)), "one block holds all rows")
      }
      return names.map { Array($0.dropLast()) }
    }
    for (number, part) in parts.enumerated() {
      let rows = names[number][depth - 1]
      names[number][depth - 1] = "\(rows)c"
      if part.part.contraction == nil {
        try add(.split(rows, by: rowsAtOnce, outer: "\(rows)c", inner: rows))
      }
    }
    return names
  }

  /// Runs what other nests do inside the merged loops in lanes.
  private mutating func runNestsInLanes(_ depth: Int) {
    var inside: [String] = []
    for part in parts where part.part.contraction == nil {
      let rows = part.loops[depth - 1]
      // A loop over rows that was cut into blocks is still there.
      if kernel.loop(named: name(rows)) != nil {
        inside.append(name(rows))
      } else {
        for case .loop(let loop) in rows.body { inside.append(name(loop)) }
      }
    }
    var plan = KernelPlan(kernel, row)
    plan.runInLanes(inside)
    kernel = plan.kernel
    steps += plan.steps
  }

  // MARK: Apart

  /// Plans contractions, and then other nests, each for itself.
  private mutating func planApart(_ rest: ArraySlice<Part>) {
    if rest.isEmpty { return }
    var others: Set<VariableID> = []
    for (number, part) in rest.enumerated() {
      switch part.part {
      case .nest(let loop): others.insert(loop.variable)
      case .contraction(let contraction):
        let before = self
        // The first of all has plain names, others those that no joined one has.
        let isFirst = rest.startIndex + number == 0
        var plan = ContractionPlan(
          contraction, original, row, number: isFirst ? 0 : parts.count + number)
        do throws(ScheduleRefusal) {
          try run(&plan) { (plan) throws(ScheduleRefusal) in try plan.make() }
        } catch {
          self = before
          let nests = [contraction.startNest, contraction.loops[0], contraction.finishNest]
          others.formUnion(nests.compactMap { $0?.variable })
        }
      }
    }
    var plan = KernelPlan(kernel, row)
    plan.make(only: others)
    kernel = plan.kernel
    steps += plan.steps
  }
}
