// Schedules of contractions with few rows.

import IRCore
import LoopIR

extension ContractionPlan {
  /// Sums that a pass over the results takes along.
  private static let sumsAtOnce = 8
  /// Bytes of a block's row of the factor: a page, along which prefetching goes.
  private static let blockBytes = 4096
  /// Blocks of columns at least, for threads to take, where the factor has `sharedBytes` or more.
  private static let (fewestBlocks, sharedBytes) = (4, 1 << 18)

  /// Whether the factor along lanes is read in place: few rows, and neighbours that are.
  var streams: Bool {
    (rows.map(Self.count) ?? 1) <= Self.fewRows
      && isContiguous(contraction.varying, along: contraction.lanes)
      && contraction.summedLoops.count == 1 && outer.isEmpty
  }

  /// Blocks of columns, each the sum of its rows of the factor: the results stay in the first-level
  /// cache, the factor is read row after row.
  mutating func stream() throws(ScheduleRefusal) {
    let lanes = contraction.lanes
    let sum = contraction.summedLoops[0]
    let height = rows.map(Self.count) ?? 1
    let columns = shape.columns
    let size = contraction.type.byteSize
    let isShared = Self.count(lanes) * Self.count(sum) * size >= Self.sharedBytes
    let blockOfTasks =
      isShared ? (Self.count(lanes) / Self.fewestBlocks + columns - 1) : Self.count(lanes)
    let page = Self.blockBytes / size
    let most = max(columns, min(page, blockOfTasks) / columns * columns)
    let start = counterpart(lanes, in: contraction.startNest)
    let finish = counterpart(lanes, in: contraction.finishNest)
    let axis = contraction.indices.firstIndex(of: lanes.variable.expression) ?? 0
    let column = "\(name(lanes))c"
    try split(name(lanes), by: most, into: column)
    try split(name(sum), by: Self.sumsAtOnce, into: "\(name(sum))c")
    try add(
      .reorder(
        [column, "\(name(sum))c", name(lanes)] + (rows.map { [name($0)] } ?? []) + [name(sum)]))
    for nest in [contraction.startNest, contraction.finishNest].compactMap({ $0 }) {
      try add(.computeAt(name(nest), column))
    }
    try add(.localize(accumulator, at: column, into: local("tile"), role: .stack))
    if Self.count(lanes) > most { try add(.parallelize(column)) }
    for loop in [
      start, finish, copyLoop("tile", "load_\(axis)"), copyLoop("tile", "store_\(axis)"),
      name(lanes),
    ] {
      if let loop { try vectorize(loop, columns) }
    }
    try add(.unroll(name(sum), by: Self.sumsAtOnce))
    if let rows { try add(.unroll(name(rows), by: height)) }
  }
}
