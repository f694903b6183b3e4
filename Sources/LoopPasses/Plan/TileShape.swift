// Tile sizes of contractions.

import IRCore

/// Blocks of a product of an m x k by a k x n matrix: rows and columns of the register tile, then
/// of the blocks for caches and threads.
struct TileShape: Hashable {
  /// Rows of the register tile.
  var rows: Int
  /// Columns of the register tile, whole vectors.
  var columns: Int
  /// Summed elements of a block.
  var depth: Int
  /// Rows of a block, whole tiles.
  var rowBlock: Int
  /// Columns of a block, whole tiles.
  var columnBlock: Int
  /// Whether tasks are blocks of columns with all rows, which copy their own panels: few enough
  /// rows that the other factor stays in a cache from one panel to the next.
  var hasColumnTasks: Bool

  /// Multiply-adds that make a task worth another thread's while.
  static let taskWork = 1 << 21
  /// Panels from which tasks may be blocks of columns, and from which they may where there are
  /// more tiles of rows.
  static let (fewestPanels, manyPanels) = (4, 12)
  /// Tasks that a product is cut into at most, for threads to take as they come.
  static let mostTasks = 16

  /// Sizes for a product by the row's registers and caches.
  ///
  /// The tile is two vectors wide, unless one leaves clearly less of the last tile empty, and as
  /// high as registers allow beside a tile's row of the one factor, one vector of the other, and a
  /// product where the row does not fuse: heights that leave little of the last tile empty go
  /// first. A block's panel of `depth`
  /// rows by a tile's columns takes at most twice the first-level cache where it is one of many,
  /// half the second-level cache where a task copies it for itself, or reads what lies in panels.
  ///
  /// With `rowsAtOnce`, tasks are blocks of as many whole rows, sums and all: what follows may work
  /// on them while they are in a cache.
  init(
    _ m: Int, _ n: Int, _ k: Int, tasksAround: Int, readsPanels: Bool, rowsAtOnce: Int? = nil,
    _ type: DType, _ row: TargetRow
  ) {
    let lanes = row.lanes(type)
    columns = Self.columns(n, lanes)
    let width = columns / lanes
    let free = row.vectorRegisters - 2 - width - Self.temporaries(type, row)
    // Where no instruction broadcasts from memory, a tall tile's scalars want registers too.
    let most = width > 1 ? free / width : min(free, row.vectorRegisters * 3 / 4)
    rows = Self.rows(m, most: max(1, most), width)
    if let rowsAtOnce {
      hasColumnTasks = false
      depth = k
      rowBlock = rowsAtOnce
      columnBlock = Self.roundUp(n, to: columns)
      return
    }
    let wanted = min(max(m * n * k / Self.taskWork, 1), Self.mostTasks)
    let tasks = (wanted + tasksAround - 1) / tasksAround
    let panels = (n + columns - 1) / columns
    let bands = (m + rows - 1) / rows
    hasColumnTasks =
      readsPanels
      || panels >= max(Self.fewestPanels, min(bands, Self.manyPanels))
        && (n >= m || m * k * type.byteSize <= 2 * row.l2Bytes)
    let panelBytes = hasColumnTasks ? row.l2Bytes / 2 : 2 * row.l1Bytes
    depth = Self.even(k, atMost: max(64, panelBytes / (columns * type.byteSize)))
    if hasColumnTasks {
      rowBlock = Self.roundUp(m, to: rows)
      let along = min(tasks, panels)
      columnBlock = (panels + along - 1) / along * columns
    } else {
      let cacheRows = max(rows, row.l2Bytes / 2 / (depth * type.byteSize) / rows * rows)
      let across = min(tasks, (m + 4 * rows - 1) / (4 * rows))
      rowBlock = min(cacheRows, Self.roundUp((m + across - 1) / across, to: rows))
      let along = min((tasks + across - 1) / across, max(1, n / (4 * columns)))
      columnBlock = Self.roundUp((n + along - 1) / along, to: columns)
    }
  }

  /// Rows of a block that stays in a cache with what is done to it, whole tiles; fewer where tasks
  /// would be too few for a team.
  static func rowsAtOnce(
    of m: Int, bytes: Int, tasksAround: Int, tile: Int, _ row: TargetRow
  ) -> Int {
    let cached = max(tile, row.l2Bytes / 8 / max(1, bytes) / tile * tile)
    let wanted = (mostTasks + tasksAround - 1) / tasksAround
    let shared = tasksAround * 2 >= mostTasks ? m : (m + wanted - 1) / wanted
    return min(cached, roundUp(shared, to: tile))
  }

  /// Registers for products that the row does not fuse into sums: those of floats, of integers,
  /// and of integers without an instruction, which comes with rounding on x86.
  private static func temporaries(_ type: DType, _ row: TargetRow) -> Int {
    if type.isFloat { return row.hasFMA ? 0 : 2 }
    return row.hasRounding ? 4 : 6
  }

  /// Two vectors, or one where the last tile of two would do a sixteenth of all work in vain.
  private static func columns(_ n: Int, _ lanes: Int) -> Int {
    16 * roundUp(n, to: lanes) > 15 * roundUp(n, to: 2 * lanes) ? 2 * lanes : lanes
  }

  /// The height of a tile that costs least over all rows: a tile's work and a little for itself.
  private static func rows(_ m: Int, most: Int, _ width: Int) -> Int {
    let heights = (min(m, most) + 1) / 2...min(m, most)
    return heights.reversed().min { a, b in cost(a, m, width) < cost(b, m, width) } ?? 1
  }

  private static func cost(_ rows: Int, _ m: Int, _ width: Int) -> Int {
    (m + rows - 1) / rows * (rows * width + 2 + width)
  }

  /// The length of equal blocks of at most `most`.
  private static func even(_ count: Int, atMost most: Int) -> Int {
    let blocks = (count + most - 1) / most
    return (count + blocks - 1) / blocks
  }

  private static func roundUp(_ number: Int, to factor: Int) -> Int {
    (number + factor - 1) / factor * factor
  }
}
