// The pass that plans a kernel's schedule.

public import IRCore
public import LoopIR

extension Pass where Input == Kernel, Output == Kernel {
  /// Writes a kernel's schedule from its shape and a target row, and applies nothing.
  ///
  /// A contraction, recognized by its structure, gets the schedule of a `ContractionPlan`, one with
  /// nests after it that of a `JoinedPlan`. The rules for others, tried in this order; a step that is not legal is left out, and a kernel that
  /// allows none keeps an empty schedule. Nothing depends on the number of threads.
  ///
  /// 1. **Diagonals.** A nest of two loops that both depend on neighbours runs by diagonals where
  ///    the loop inside may then run in lanes, its tables laid out by diagonals too.
  /// 2. **Lanes.** The innermost loop that may run in lanes does, preferring loops along which
  ///    stores are contiguous. A loop is as wide as a register of the smallest number type in its
  ///    body, in which f16 and bf16 count as the f32 that they compute in; twice that while the
  ///    values that live at one time fit the row's registers twice; four times with a `while`
  ///    inside, whose chains of dependent operations need company. A short loop is as wide as its
  ///    extent, rounded up to a power of two.
  /// 3. **Sweeps.** Loops one after the other, and loops that repeat them, over arrays far larger
  ///    than the second cache run tile by tile, each tile with what it needs of its surroundings.
  ///    Elsewhere a loop that must run in order around loops that may be shared out is written out,
  ///    so that those are phases.
  /// 4. **Blocks.** A kernel of less than 40 µs of estimated work stays on one thread. Otherwise
  ///    the outermost loop is shared out, cut into blocks of about 20 µs first (a power of two of
  ///    iterations, whole vectors). When its iterations depend on each other or are fewer than 8,
  ///    blocks of the next loop go outermost instead. Blocks that combine into one buffer get copies
  ///    of it; a long loop of recurrences runs in chunks that start from the chunks before.
  ///
  /// - Parameter row: the target row.
  public static func plan(for row: TargetRow) -> Pass {
    Pass("plan", summary: "choose a schedule by shape and target row") { kernel in
      var result = kernel
      if let plan = kernel.plannedContraction(for: row) {
        result.schedule = plan.steps
        return result
      }
      var plan = KernelPlan(kernel, row)
      plan.make()
      result.schedule = plan.steps
      return result
    }
  }
}

/// A schedule while it is made, with the kernel as the steps so far leave it.
struct KernelPlan {
  /// Work of one block in nanoseconds.
  static let blockNanoseconds = 20_000.0
  /// Fewest iterations of the outermost loop that are worth sharing out as they are.
  static let fewestIterations = 8

  /// The steps so far.
  private(set) var steps: [ScheduleStep] = []
  private(set) var kernel: Kernel
  let row: TargetRow
  let costs: RowCosts

  /// Begins with an empty schedule.
  init(_ kernel: Kernel, _ row: TargetRow) {
    self.kernel = kernel
    self.kernel.schedule = []
    self.row = row
    costs = RowCosts(kernel)
  }

  /// Chooses the steps.
  mutating func make() {
    makeWavefronts()
    tileSweeps()
    unrollSweeps()
    makeLanesAndBlocks(nil)
  }

  /// Chooses the steps of some nests, named by their outermost loops' variables.
  mutating func make(only nests: Set<VariableID>) { makeLanesAndBlocks(nests) }

  private mutating func makeLanesAndBlocks(_ nests: Set<VariableID>?) {
    var vectors: [LaneChoice] = []
    kernel.body.forEachOutermostLoop { loop in
      if nests?.contains(loop.variable) ?? true { vectors += laneChoices(in: loop) }
    }
    shareOut(&vectors, nests)
    for choice in vectors { _ = attempt(.vectorize(choice.name, lanes: choice.lanes)) }
    scanRecurrences()
  }

  /// Runs loops inside these, or themselves, in lanes.
  mutating func runInLanes(_ names: [String]) {
    for name in names {
      guard let loop = kernel.loop(named: name) else { continue }
      for choice in laneChoices(in: loop) {
        _ = attempt(.vectorize(choice.name, lanes: choice.lanes))
      }
    }
  }

  /// Appends a step when it is legal.
  mutating func attempt(_ step: ScheduleStep) -> Bool {
    attempt([step])
  }

  /// Appends steps when all of them are legal.
  mutating func attempt(_ list: [ScheduleStep]) -> Bool {
    guard let result = try? kernel.applying(list) else { return false }
    kernel = result
    steps += list
    return true
  }

  // MARK: Lanes

  /// The loops in `loop` that are to run in lanes: the innermost possible ones.
  private func laneChoices(in loop: Loop) -> [LaneChoice] {
    let candidates = self.candidates(in: [.loop(loop)])
    let contiguous = candidates.filter { storesAreContiguous(in: $0) }
    var chosen: [LaneChoice] = []
    for candidate in contiguous + candidates where !chosen.contains(where: { $0.meets(candidate) })
    {
      guard let name = kernel[candidate.variable].name else { continue }
      let lanes = self.lanes(of: candidate)
      guard lanes >= 2, !combinesAnywhere(candidate),
        (try? kernel.vectorizing(name, lanes: lanes)) != nil
      else { continue }
      chosen.append(LaneChoice(name: name, loop: candidate, lanes: lanes))
    }
    return chosen
  }

  /// The serial loops, inner ones before those around them.
  func candidates(in block: [Statement]) -> [Loop] {
    block.flatMap { statement -> [Loop] in
      let inner = statement.blocks.flatMap { candidates(in: $0) }
      guard case .loop(let loop) = statement, loop.kind == .serial else { return inner }
      return inner + [loop]
    }
  }

  /// Whether all that the loop writes are combinations at places that data tell: lanes would take
  /// them one by one.
  private func combinesAnywhere(_ loop: Loop) -> Bool {
    let writes = DependenceTest(kernel).references(inside: loop.variable).filter(\.writes)
    return !writes.isEmpty
      && writes.allSatisfy { reference in
        guard case .accumulate = reference.statement else { return false }
        let computed = Set(loop.body.allDefinitions)
        return reference.access.indices.contains { index in
          index.variables.contains { computed.contains($0) && !kernel.isInduction($0) }
        }
      }
  }

  /// Whether each store that varies with the loop moves on by one element per iteration.
  func storesAreContiguous(in loop: Loop) -> Bool {
    let test = DependenceTest(kernel)
    return test.references(inside: loop.variable).filter(\.writes).allSatisfy { reference in
      let factors = reference.access.indices.map { $0.coefficient(of: loop.variable.atom) }
      return factors.last == 1 && factors.dropLast().allSatisfy { $0 == 0 }
    }
  }

  func lanes(of loop: Loop) -> Int {
    var types: Set<DType> = []
    var hasWhile = false
    loop.body.forEachNested { statement in
      for id in statement.results { types.insert(kernel[id].type.dtype) }
      for value in statement.operands { types.insert(kernel.type(of: value).dtype) }
      if case .whileLoop = statement { hasWhile = true }
    }
    let sizes = types.filter { $0 != .bool }.map(\.arithmeticType.byteSize)
    let native = row.vectorBytes / (sizes.min() ?? 1)
    let fitsTwice = 2 * kernel.pressure(loop.body, costs) <= row.vectorRegisters
    let wide = native * (hasWhile ? 4 : fitsTwice ? 2 : 1)
    guard let extent = loop.constantTripCount else { return wide }
    return Swift.min(wide, extent.roundedUpToPowerOfTwo)
  }

  // MARK: Blocks

  /// Loops that got a new name, by their old one.
  private typealias Renaming = (old: String, new: String)

  /// Shares the outermost loops out where there is work enough; locals that several of them use
  /// are put where all threads see them.
  private mutating func shareOut(_ vectors: inout [LaneChoice], _ nests: Set<VariableID>?) {
    let before = (self, vectors)
    shareLocals()
    let count = steps.count
    for case .loop(let outer) in kernel.body
    where outer.kind == .serial && nests?.contains(outer.variable) ?? true {
      if let shared = shareOut(outer, vectors) { rename(&vectors, shared) }
    }
    if steps.count == count { (self, vectors) = before }
  }

  /// Makes a parallel loop where there is work enough.
  private mutating func shareOut(_ outer: Loop, _ vectors: [LaneChoice]) -> Renaming? {
    guard let name = kernel[outer.variable].name else { return nil }
    let inside = Set([Statement.loop(outer)].allDefinitions)
    let vector = vectors.first { inside.contains($0.loop.variable) }
    let estimate = WorkEstimate(
      kernel, row, costs, vectorLoop: vector?.loop.variable, lanes: vector?.lanes ?? 1)
    let work = estimate.nanosecondsPerIteration(outer)
    if let count = outer.constantTripCount, Double(count) * work < 2 * Self.blockNanoseconds {
      return nil
    }
    if !outer.carried.isEmpty {
      _ = shareOutChunks(outer)
      return nil
    }
    let isShort = outer.constantTripCount.map { $0 < Self.fewestIterations } ?? false
    if isShort, let renaming = shareOutSecond(outer, estimate, vector) { return renaming }
    let block = self.block(of: outer, work, vector)
    if block == 1, attempt(.parallelize(name)) { return nil }
    if block > 1, outer.constantTripCount.map({ $0 > block }) ?? true {
      let names = blockNames(name)
      let split = ScheduleStep.split(name, by: block, outer: names.outer, inner: names.inner)
      if attempt([split, .parallelize(names.outer)]) { return (name, names.inner) }
    }
    if shareOutPrivately(outer) { return nil }
    return shareOutSecond(outer, estimate, vector)
  }

  /// Makes a parallel loop of blocks of the loop inside `outer`.
  private mutating func shareOutSecond(
    _ outer: Loop, _ estimate: WorkEstimate, _ vector: LaneChoice?
  ) -> Renaming? {
    guard outer.body.count == 1, case .loop(let second) = outer.body[0],
      let outerName = kernel[outer.variable].name, let name = kernel[second.variable].name
    else { return nil }
    let work = estimate.nanosecondsPerIteration(second) * estimate.tripCount(outer)
    let block = self.block(of: second, work, vector)
    if let count = second.constantTripCount, count <= block { return nil }
    let names = blockNames(name)
    let isDone = attempt([
      .split(name, by: block, outer: names.outer, inner: names.inner),
      .reorder([names.outer, outerName]), .parallelize(names.outer),
    ])
    return isDone ? (name, names.inner) : nil
  }

  /// Iterations of `loop` that make a block, given the work of one in nanoseconds.
  private func block(of loop: Loop, _ work: Double, _ vector: LaneChoice?) -> Int {
    let count = Swift.min(Self.blockNanoseconds / Swift.max(work, 1e-3), 1e9)
    let block = count < 1.5 ? 1 : Int(count).roundedUpToPowerOfTwo
    guard let vector, vector.loop.variable == loop.variable else { return block }
    return Swift.max(block, vector.lanes)
  }

  func blockNames(_ name: String) -> (outer: String, inner: String) {
    (kernel.freshName(like: "\(name)_block"), kernel.freshName(like: "\(name)_in"))
  }

  private func rename(_ vectors: inout [LaneChoice], _ renaming: Renaming) {
    for index in vectors.indices where vectors[index].name == renaming.old {
      vectors[index].name = renaming.new
    }
  }
}

/// Loop that is to run in lanes.
private struct LaneChoice {
  var name: String
  var loop: Loop
  var lanes: Int

  /// Holds when one of the two loops is inside the other.
  func meets(_ other: Loop) -> Bool {
    loop.variable == other.variable
      || [Statement.loop(loop)].allDefinitions.contains(other.variable)
      || [Statement.loop(other)].allDefinitions.contains(loop.variable)
  }
}

extension [Statement] {
  /// Calls `visit` on each loop that no other loop surrounds.
  fileprivate func forEachOutermostLoop(_ visit: (Loop) -> Void) {
    for case .loop(let loop) in self { visit(loop) }
  }
}
