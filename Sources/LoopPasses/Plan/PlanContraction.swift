// Schedules of contractions.

import IRCore
import LoopIR

/// Writes the schedule of a contraction: the textbook's loops around a register tile (after Goto
/// and van de Geijn, *Anatomy of high-performance matrix multiplication*, 2008; Van Zee and van de
/// Geijn, *BLIS*, 2015). The order of every sum stays sequential, so that bits depend on none of
/// the sizes.
///
/// 1. The result is cut into tiles that fit the registers, tiles are grouped into blocks for
///    caches and threads, sums into blocks whose panels fit the first-level cache.
/// 2. The factor that varies along lanes is copied to panels, one per tile's columns, the other to
///    blocks of a tile's rows; both are filled up with zeros, so that every tile is a whole one.
/// 3. The tile lives in registers while a block is summed, and in a local in between, from which
///    the finish writes the result as far as there is one.
/// 4. With at most `fewRows` rows nothing is copied: the factor streams through, eight sums at a
///    time, past results that stay in the first-level cache. Where its neighbours are those of the
///    sum, squares of it are turned around in registers.
struct ContractionPlan {
  /// Rows up to which copying the other factor does not pay.
  static let fewRows = 8

  /// The steps so far.
  private(set) var steps: [ScheduleStep] = []
  /// The kernel as they leave it.
  private(set) var kernel: Kernel
  let contraction: Contraction
  let row: TargetRow
  let shape: TileShape
  /// The loop of rows, when there is one.
  let rows: Loop?
  /// Loops of the result that are neither rows nor lanes, outermost first.
  let outer: [Loop]
  /// The accumulator's name.
  let accumulator: String
  /// Whether the factor along lanes lies in memory as its panels would.
  let readsPanels: Bool
  /// Which of the kernel's contractions it is: names of locals of further ones end with it.
  private let number: Int
  /// Loops over blocks; `nil` where one block is all.
  private var rowBlocks: String?
  private var columnBlocks: String?
  private var sumBlocks: String?

  /// Chooses tiles. With `rowsAtOnce`, blocks are of as many whole rows.
  init(
    _ contraction: Contraction, _ kernel: Kernel, _ row: TargetRow, number: Int = 0,
    rowsAtOnce: Int? = nil
  ) {
    self.contraction = contraction
    self.kernel = kernel
    self.row = row
    self.number = number
    accumulator = kernel[contraction.accumulator].name
    let candidates = contraction.resultLoops.filter {
      contraction.uniform.loops.contains($0.variable)
        && !contraction.varying.loops.contains($0.variable)
    }
    let rows = candidates.max { Self.count($0) < Self.count($1) }
    self.rows = rows
    outer = contraction.resultLoops.filter {
      $0.variable != rows?.variable && $0.variable != contraction.lanes.variable
    }
    readsPanels = contraction.varyingLiesInPanels(kernel, row) && rows != nil
    shape = TileShape(
      rows.map(Self.count) ?? 1, Self.count(contraction.lanes),
      contraction.summedLoops.reduce(1) { $0 * Self.count($1) },
      tasksAround: outer.reduce(1) { $0 * Self.count($1) }, readsPanels: readsPanels,
      rowsAtOnce: rowsAtOnce, contraction.type, row)
  }

  /// Goes on, without steps, from what the steps of others made of the kernel.
  mutating func goOn(from other: Kernel) {
    kernel = other
    steps = []
  }

  /// Applies all steps.
  mutating func make() throws(ScheduleRefusal) {
    if streams { return try stream() }
    if turns { return try turn() }
    try arrange()
    try share()
    try fillTiles()
    try fuseTasks()
  }

  static func count(_ loop: Loop) -> Int { loop.constantTripCount ?? 1 }

  func name(_ loop: Loop) -> String { kernel[loop.variable].name ?? "" }

  /// The name of a local of this contraction.
  func local(_ name: String) -> String { number == 0 ? name : "\(name)\(number)" }

  /// A loop that a local's copies are made by.
  func copyLoop(_ name: String, _ loop: String) -> String { "\(local(name))_\(loop)" }

  // MARK: Steps

  mutating func add(_ step: ScheduleStep) throws(ScheduleRefusal) {
    kernel = try kernel.applying(step)
    steps.append(step)
  }

  /// The loop of that name, if it exists.
  func loop(_ name: String) -> Loop? { try? kernel.site(of: name, for: .pad(name)).loop }

  mutating func split(
    _ loop: String, by factor: Int, into outer: String
  ) throws(ScheduleRefusal) {
    try add(.split(loop, by: factor, outer: outer, inner: loop))
  }

  /// Runs a loop, where it exists, in vectors of `lanes`, and as no loop where one vector is all.
  mutating func vectorize(_ name: String, _ lanes: Int) throws(ScheduleRefusal) {
    guard loop(name) != nil else { return }
    try add(.vectorize(name, lanes: lanes))
    if loop(name)?.constantTripCount == 1 { try add(.unroll(name, by: 1)) }
  }

  /// The loop of another nest over the axis of the accumulator that `loop` moves along.
  func counterpart(_ loop: Loop, in nest: Loop?) -> String? {
    guard let nest else { return nil }
    let axes = contraction.indices.indices.filter {
      contraction.indices[$0] == loop.variable.expression
    }
    let access = [Statement.loop(nest)].accesses.first {
      $0.buffer == contraction.accumulator
    }
    guard let axis = axes.first, let place = access?.indices[axis].asVariable else { return nil }
    return kernel[VariableID(place)].name
  }

  // MARK: Tiles

  /// Orders the loops around tiles, with copies of the operands and of the tile.
  mutating func arrange() throws(ScheduleRefusal) {
    try cut()
    if let start = contraction.startNest { try add(.computeAt(name(start), sumLoop)) }
    if let finish = contraction.finishNest { try add(.computeAt(name(finish), tileLoop)) }
    try stagePanel()
    try stageBlock()
    try add(.localize(accumulator, at: tileLoop, into: local("tile"), role: .stack))
    try add(.localize(local("tile"), at: sumLoop, into: local("sums"), role: .register))
  }

  /// Puts copies and tiles into vectors and registers.
  mutating func fillTiles() throws(ScheduleRefusal) {
    try vectorizeCopies()
    let lanes = contraction.lanes
    let sums = local("sums")
    let axes = rows == nil ? (nil, 0) : (0, 1) as (Int?, Int)
    let rowLoops =
      [rows.flatMap { counterpart($0, in: contraction.startNest) }]
      + [axes.0.map { "\(sums)_load_\($0)" }, rows.map(name)]
      + [axes.0.map { "\(sums)_store_\($0)" }]
    let laneLoops = [
      counterpart(lanes, in: contraction.startNest), "\(sums)_load_\(axes.1)", name(lanes),
      "\(sums)_store_\(axes.1)",
    ]
    try fillRegisters(rowLoops.compactMap { $0 }, laneLoops.compactMap { $0 })
    let finishLanes = counterpart(lanes, in: contraction.finishNest)
    for name in tileCopies + [finishLanes].compactMap({ $0 }) {
      try vectorize(name, shape.columns)
    }
  }

  /// Splits and orders the loops.
  private mutating func cut() throws(ScheduleRefusal) {
    let lanes = name(contraction.lanes)
    let sums = contraction.summedLoops
    if let rows {
      if Self.count(rows) > shape.rowBlock {
        rowBlocks = "\(name(rows))c"
        try split(name(rows), by: shape.rowBlock, into: "\(name(rows))c")
      }
      try split(name(rows), by: shape.rows, into: "\(name(rows))r")
    }
    if Self.count(contraction.lanes) > shape.columnBlock {
      try splitColumns(by: shape.columnBlock)
    }
    try split(lanes, by: shape.columns, into: "\(lanes)r")
    let depth = max(1, shape.depth / sums.dropFirst().reduce(1) { $0 * Self.count($1) })
    if Self.count(sums[0]) > depth {
      sumBlocks = "\(name(sums[0]))c"
      try split(name(sums[0]), by: depth, into: "\(name(sums[0]))c")
    }
    try split(name(sums[0]), by: depth, into: sumLoop)
    let blocks = [rowBlocks, columnBlocks, sumBlocks].compactMap { $0 }
    let tiles = ["\(lanes)r"] + (rows.map { ["\(name($0))r"] } ?? []) + [sumLoop]
    let inner = sums.map(name) + (rows.map { [name($0)] } ?? []) + [lanes]
    try add(.reorder(outer.map(name) + blocks + tiles + inner))
  }

  /// Splits the columns into blocks.
  mutating func splitColumns(by count: Int) throws(ScheduleRefusal) {
    let blocks = "\(name(contraction.lanes))c"
    columnBlocks = blocks
    try split(name(contraction.lanes), by: count, into: blocks)
  }

  /// The loop around a block of sums, which runs once per tile.
  private var sumLoop: String { "\(name(contraction.summedLoops[0]))r" }

  /// The innermost loop over tiles.
  private var tileLoop: String { "\(name(rows ?? contraction.lanes))r" }

  // MARK: Operands

  /// Copies the factor that varies along lanes to panels of a tile's columns: all of it before
  /// everything else, or inside the last of the outer loops with which it varies. A single row
  /// uses each panel once, right where it is made.
  private mutating func stagePanel() throws(ScheduleRefusal) {
    if readsPanels { return }
    let factor = contraction.varying
    let lanes = name(contraction.lanes)
    let sums = contraction.summedLoops.map(name)
    let around = outer.last { factor.loops.contains($0.variable) }
    // A single row and a task's own panels use each where it is made.
    let isLocal = rows == nil || shape.hasColumnTasks
    let blocks = isLocal ? [] : [columnBlocks, sumBlocks].compactMap { $0 }
    let tiles = isLocal ? [] : ["\(lanes)r"]
    let place = isLocal ? "\(lanes)r" : around.map(name)
    try add(
      .stage(
        factor.buffer, at: place, into: local("panel"), axes: blocks + tiles + sums + [lanes],
        padding: 0,
        role: place == nil ? .shared : .scratch))
  }

  /// Copies the other factor to a block of tiles: for the tiles of one block of sums, or all of it
  /// before everything else where an outer loop goes through it again.
  private mutating func stageBlock() throws(ScheduleRefusal) {
    guard let rows else { return }
    let factor = contraction.uniform
    let sums = contraction.summedLoops
    let isReused = outer.contains { !factor.loops.contains($0.variable) }
    let isAlone = !outer.contains { factor.loops.contains($0.variable) }
    let innermost = sumBlocks ?? columnBlocks ?? rowBlocks ?? outer.last.map(name)
    let place = isAlone && (isReused || shape.hasColumnTasks) ? nil : innermost
    let blocks = place == nil ? [rowBlocks, sumBlocks].compactMap { $0 } : []
    let isAlongSums = !isContiguous(factor, along: rows)
    let tile = isAlongSums ? [name(rows)] + sums.map(name) : sums.map(name) + [name(rows)]
    try add(
      .stage(
        factor.buffer, at: place, into: local("block"), axes: blocks + ["\(name(rows))r"] + tile,
        padding: isAlongSums ? row.lanes(contraction.type) : 0,
        role: place == nil ? .shared : .scratch))
  }

  /// Runs the copies in vectors where they read neighbours.
  private mutating func vectorizeCopies() throws(ScheduleRefusal) {
    if !readsPanels { try vectorizePanelCopy() }
    guard let rows else { return }
    let lanes = row.lanes(contraction.type)
    if isContiguous(contraction.uniform, along: rows) {
      try vectorize(copyLoop("block", name(rows)), lanes)
    } else if let last = contraction.summedLoops.last, Self.count(last) >= lanes,
      isContiguous(contraction.uniform, along: last)
    {
      try vectorize(copyLoop("block", name(last)), lanes)
    }
  }

  private mutating func vectorizePanelCopy() throws(ScheduleRefusal) {
    let sums = contraction.summedLoops.map { copyLoop("panel", name($0)) }
    if sums.count > 1, let last = sums.last {
      // Borders along the lanes mostly hang on the last sum: they are found once per value of it.
      try add(.reorder([last] + sums.dropLast()))
    }
    if turnPanelCopy() { return }
    if shape.hasColumnTasks { try add(.pad(copyLoop("panel", name(contraction.lanes)))) }
    if isContiguous(contraction.varying, along: contraction.lanes) {
      try vectorize(copyLoop("panel", name(contraction.lanes)), shape.columns)
    }
  }

  /// Whether a factor's neighbours in memory are those of a loop's iterations.
  func isContiguous(_ factor: Contraction.Factor, along loop: Loop) -> Bool {
    guard let last = factor.indices.last, last.coefficient(of: loop.variable.atom) == 1 else {
      return false
    }
    return !factor.indices.dropLast().contains { $0.contains(loop.variable.atom) }
  }

  // MARK: Threads and registers

  /// The loops whose iterations are tasks, outermost first.
  var taskLoops: [String] {
    outer.map(name) + [rowBlocks, columnBlocks].compactMap { $0 }
  }

  /// Shares the tasks out to the team, and with them the copies that all tasks use.
  mutating func share() throws(ScheduleRefusal) {
    guard let first = taskLoops.first else { return }
    try shareCopies()
    try add(.parallelize(first))
  }

  /// Shares out the copies that stand before everything else.
  mutating func shareCopies() throws(ScheduleRefusal) {
    let copies = kernel.body.compactMap { statement -> String? in
      guard case .loop(let loop) = statement else { return nil }
      return name(loop)
    }
    let own = [copyLoop("panel", ""), copyLoop("block", "")]
    for copy in copies where own.contains(where: copy.hasPrefix) { try shareCopy(copy) }
  }

  /// Shares a copy out: by its tiles where they are not the outermost loop and can be.
  private mutating func shareCopy(_ copy: String) throws(ScheduleRefusal) {
    let tiles =
      copy.hasPrefix(local("panel")) ? copyLoop("panel", "\(name(contraction.lanes))r") : copy
    if copy != tiles, let order = try? kernel.applying(.reorder([tiles, copy])) {
      kernel = order
      steps.append(.reorder([tiles, copy]))
      return try add(.parallelize(tiles))
    }
    try add(.parallelize(copy))
  }

  /// Makes whole tiles, vectors along lanes, and values of the tile.
  private mutating func fillRegisters(
    _ rowLoops: [String], _ laneLoops: [String]
  ) throws(ScheduleRefusal) {
    for name in rowLoops + laneLoops where loop(name) != nil { try add(.pad(name)) }
    for name in laneLoops { try vectorize(name, shape.columns) }
    for name in rowLoops where loop(name) != nil { try add(.unroll(name, by: shape.rows)) }
    try add(.promote(local("sums")))
    if loop(sumLoop)?.constantTripCount == 1 { try add(.unroll(sumLoop, by: 1)) }
  }

  /// The loops along lanes that copy the tile from and to memory.
  var tileCopies: [String] {
    let axis = contraction.indices.firstIndex(of: contraction.lanes.variable.expression) ?? 0
    return [copyLoop("tile", "load_\(axis)"), copyLoop("tile", "store_\(axis)")]
  }

  /// Makes one loop of the task loops as far as nothing stands between them.
  mutating func fuseTasks() throws(ScheduleRefusal) {
    var first = taskLoops.first ?? ""
    for (number, next) in taskLoops.dropFirst().enumerated() {
      let step = ScheduleStep.fuse(first, next, into: "task\(number == 0 ? "" : "\(number)")")
      guard let fused = try? kernel.applying(step) else { return }
      kernel = fused
      steps.append(step)
      first = "task\(number == 0 ? "" : "\(number)")"
    }
  }
}

extension [Statement] {
  /// Every access here and inside.
  fileprivate var accesses: [Access] {
    var result: [Access] = []
    forEachNested { if let access = $0.access { result.append(access) } }
    return result
  }
}
