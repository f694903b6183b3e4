// Schedules of contractions whose long factor lies across the lanes.

import IRCore
import LoopIR

extension ContractionPlan {
  /// Elements of the factor that make a task worth another thread's while.
  private static let turnedTaskElements = 1 << 16
  /// Rows of the factor that hardware prefetches side by side.
  private static let streams = 16

  /// Whether squares of the factor along lanes are turned around in registers, where they are used:
  /// few rows, neighbours along the one sum, and a square or more of them.
  var turns: Bool {
    guard let sum = contraction.summedLoops.first, contraction.summedLoops.count == 1 else {
      return false
    }
    let square = row.lanes(contraction.type)
    return square >= 2 && (rows.map(Self.count) ?? 1) <= Self.fewRows
      && isContiguous(contraction.varying, along: sum) && Self.count(sum) >= square
      && 2 * Self.count(contraction.lanes) >= square
  }

  /// The columns of a tile.
  private var width: Int { max(row.lanes(contraction.type), Self.streams) }

  /// Tiles as wide as a few squares: for each square along the sum, vectors of it are loaded as
  /// they lie, turned around by shuffles, and multiplied column by column.
  mutating func turn() throws(ScheduleRefusal) {
    let lanes = name(contraction.lanes)
    let sum = name(contraction.summedLoops[0])
    let starts = (
      rows.flatMap { counterpart($0, in: contraction.startNest) },
      counterpart(contraction.lanes, in: contraction.startNest)
    )
    let finish = counterpart(contraction.lanes, in: contraction.finishNest)
    try cutForTurning()
    if let start = contraction.startNest { try add(.computeAt(name(start), "\(sum)r")) }
    if let finish = contraction.finishNest { try add(.computeAt(name(finish), "\(lanes)r")) }
    try add(
      .stage(
        contraction.varying.buffer, at: "\(sum)t", into: local("square"), axes: [lanes, sum],
        padding: 0,
        role: .register))
    try add(
      .localize(accumulator, at: "\(lanes)r", into: local("tile"), axes: tileAxes, role: .stack))
    try add(.localize(local("tile"), at: "\(sum)r", into: local("sums"), role: .register))
    try share()
    try specializeEdges()
    let (rowAxis, laneAxis) = rows == nil ? (nil, 0) : (0 as Int?, 1)
    let laneLoops = [
      starts.1, copyLoop("sums", "load_\(laneAxis)"), lanes, copyLoop("sums", "store_\(laneAxis)"),
    ]
    .compactMap { $0 }
    let rowLoops =
      [starts.0, rowAxis.map { copyLoop("sums", "load_\($0)") }, rows.map(name)]
      + [rowAxis.map { copyLoop("sums", "store_\($0)") }]
    let square = row.lanes(contraction.type)
    try padAll(copyLoop("square", lanes), width)
    try padAll(copyLoop("square", sum), square)
    for base in laneLoops { try padAll(base, width) }
    try vectorizeAll(copyLoop("square", sum), square)
    try unrollAll(copyLoop("square", lanes), width)
    for base in laneLoops { try vectorizeAll(base, width) }
    for base in rowLoops.compactMap({ $0 }) { try unrollAll(base, Self.fewRows) }
    try unrollAll(sum, square)
    try add(.promote(local("square")))
    try add(.promote(local("sums")))
    try unrollAll("\(sum)r", 1)
    for base in tileCopies + [finish].compactMap({ $0 }) { try vectorizeAll(base, width) }
    try fuseTasks()
  }

  /// Copies panels square by square where the factor's neighbours are those of the sum, a square or
  /// more of them; otherwise, and where something else stands between the copy's loops, leaves it and
  /// returns false.
  mutating func turnPanelCopy() -> Bool {
    guard let sum = contraction.summedLoops.first, contraction.summedLoops.count == 1,
      isContiguous(contraction.varying, along: sum), row.lanes(contraction.type) >= 2,
      Self.count(sum) >= row.lanes(contraction.type)
    else { return false }
    var turned = self
    do throws(ScheduleRefusal) {
      try turned.turnCopy(copyLoop("panel", name(contraction.lanes)), copyLoop("panel", name(sum)))
    } catch {
      return false
    }
    self = turned
    return true
  }

  private mutating func turnCopy(_ lanes: String, _ sum: String) throws(ScheduleRefusal) {
    let square = row.lanes(contraction.type)
    try split(sum, by: square, into: "\(sum)t")
    try split(lanes, by: square, into: "\(lanes)t")
    try add(.reorder(["\(lanes)t", "\(sum)t", sum, lanes]))
    try add(
      .stage(
        contraction.varying.buffer, at: "\(sum)t", into: local("square"), axes: [lanes, sum],
        padding: 0,
        role: .register))
    for tiles in ["\(lanes)t", "\(sum)t"] {
      for name in variants(of: tiles) { try add(.specialize(name)) }
    }
    for base in [copyLoop("square", lanes), copyLoop("square", sum), lanes, sum] {
      try padAll(base, square)
    }
    for base in [copyLoop("square", sum), lanes] { try vectorizeAll(base, square) }
    for base in [copyLoop("square", lanes), sum] { try unrollAll(base, square) }
    try add(.promote(local("square")))
  }

  /// The result's axes with lanes last; none where that is their order.
  private var tileAxes: [Int] {
    guard let rows else { return [] }
    let axes = [rows, contraction.lanes].compactMap { loop in
      contraction.indices.firstIndex(of: loop.variable.expression)
    }
    return axes == axes.sorted() ? [] : axes
  }

  private mutating func cutForTurning() throws(ScheduleRefusal) {
    let lanes = name(contraction.lanes)
    let sum = contraction.summedLoops[0]
    let around = outer.reduce(1) { $0 * Self.count($1) }
    let elements = Self.count(contraction.lanes) * Self.count(sum)
    let tasks = min(
      Self.count(contraction.lanes) / width,
      min(elements * around / Self.turnedTaskElements, TileShape.mostTasks) / around)
    if tasks > 1 {
      let block = (Self.count(contraction.lanes) + tasks - 1) / tasks
      try splitColumns(by: (block + width - 1) / width * width)
    }
    try split(lanes, by: width, into: "\(lanes)r")
    try split(name(sum), by: Self.count(sum), into: "\(name(sum))r")
    try split(name(sum), by: row.lanes(contraction.type), into: "\(name(sum))t")
    let tiles = ["\(lanes)r", "\(name(sum))r", "\(name(sum))t", name(sum)]
    let blocks = tasks > 1 ? ["\(lanes)c"] : []
    try add(
      .reorder(outer.map(name) + blocks + tiles + (rows.map { [name($0)] } ?? []) + [lanes]))
  }

  /// Gives the last, shorter tile and square loops of their own.
  private mutating func specializeEdges() throws(ScheduleRefusal) {
    let tiles = "\(name(contraction.lanes))r"
    let squares = "\(name(contraction.summedLoops[0]))t"
    if Self.count(contraction.lanes) % width != 0 { try add(.specialize(tiles)) }
    if Self.count(contraction.summedLoops[0]) % row.lanes(contraction.type) != 0 {
      for name in variants(of: squares) { try add(.specialize(name)) }
    }
  }

  // MARK: A loop and its edges

  /// The loops of that name, and those that `specialize` made of it.
  private func variants(of base: String) -> [String] {
    var names: [String] = []
    kernel.body.forEachNested { statement in
      guard case .loop(let loop) = statement, let name = kernel[loop.variable].name else { return }
      if name == base || name.hasPrefix("\(base)_edge") || name == "\(base)_tail" {
        names.append(name)
      }
    }
    return names
  }

  private mutating func padAll(_ base: String, _ count: Int) throws(ScheduleRefusal) {
    for name in variants(of: base) where loop(name)?.constantTripCount != count {
      try add(.pad(name, to: count))
    }
  }

  private mutating func vectorizeAll(_ base: String, _ lanes: Int) throws(ScheduleRefusal) {
    for name in variants(of: base) { try add(.vectorize(name, lanes: lanes)) }
    for name in variants(of: base) where loop(name)?.constantTripCount == 1 {
      try add(.unroll(name, by: 1))
    }
  }

  private mutating func unrollAll(_ base: String, _ count: Int) throws(ScheduleRefusal) {
    for name in variants(of: base) { try add(.unroll(name, by: count)) }
  }
}
