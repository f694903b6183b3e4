// The schedule step `overlap`.

import IRCore
public import LoopIR

extension Kernel {
  /// Runs all of the kernel's loops tile by tile: each tile computes, in windows of its own, what
  /// its part of the outputs needs, with the margins that later loops read of earlier ones, and then
  /// writes its part. Tiles compute their margins twice and depend on nothing, so that sweeps over
  /// large arrays pass through memory once (overlapped tiling: Sriram Krishnamoorthy and others,
  /// *Effective automatic parallelization of stencil computations*, 2007).
  ///
  /// `loops` are loops of the last nest, one per axis to tile, and `sizes` the tiles' extents. Legal
  /// when the body is nests, and sweeps that repeat nests, of loops that carry nothing, report
  /// nothing and run in order; when each nest touches a written buffer, along each tiled axis, at
  /// one of its loops' variables plus a constant, in its own iteration only where it writes it too;
  /// and when the first nest that touches such a buffer writes all of it. Every element gets the
  /// same bits as before.
  public func overlapping(
    _ loops: [String], by sizes: [Int]
  ) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.overlap(loops, by: sizes)
    guard loops.count == sizes.count, let least = sizes.min(), least >= 1 else {
      throw ScheduleRefusal(step, "one size of at least 1 expected for each loop")
    }
    let margins = try TileMargins(self, loops, step)
    var tiling = OverlappedTiling(self, margins, sizes, step)
    return try tiling.result(loops)
  }
}

/// An overlapped tiling on its way.
private struct OverlappedTiling {
  private var kernel: Kernel
  private let margins: TileMargins
  private let sizes: [Int]
  private let step: ScheduleStep
  /// The loops over tiles, outermost first.
  private var tiles: [VariableID] = []
  /// The window of each buffer that is written.
  private var windows: [BufferID: BufferID] = [:]

  init(_ kernel: Kernel, _ margins: TileMargins, _ sizes: [Int], _ step: ScheduleStep) {
    self.kernel = kernel
    self.margins = margins
    self.sizes = sizes
    self.step = step
  }

  mutating func result(_ loops: [String]) throws(ScheduleRefusal) -> Kernel {
    for loop in loops {
      let name = kernel.freshName(like: "\(loop)_tile")
      tiles.append(kernel.makeVariable(ValueType(.i64), name: name))
    }
    for buffer in margins.written { windows[buffer] = try makeWindow(of: buffer) }
    var block = kernel.body.map(restricted)
    block = block.mappingAccesses { inWindow($0) }
    for buffer in margins.written where kernel[buffer].role.isParameter {
      block += copyOut(buffer)
    }
    for (axis, tile) in tiles.enumerated().reversed() {
      let extent = IndexExpression(margins.extents[axis])
      block = [.loop(Loop(.serial, tile, 0, extent, step: sizes[axis], body: block))]
    }
    kernel.body = block
    let replaced = margins.written.filter { !kernel[$0].role.isParameter }
    return replaced.reversed().reduce(kernel) { $0.dropping($1) }
  }

  // MARK: Windows

  private mutating func makeWindow(of buffer: BufferID) throws(ScheduleRefusal) -> BufferID {
    var name = "\(kernel[buffer].name)_window"
    while kernel.buffers.contains(where: { $0.name == name }) { name += "_" }
    return try kernel.makeLocal(
      name, .scratch, kernel[buffer].type, margins.windowShape(of: buffer, sizes), for: step)
  }

  private func inWindow(_ access: Access) -> Access {
    guard let window = windows[access.buffer] else { return access }
    var access = access
    access.buffer = window
    access.alignment = nil
    for (axis, place) in margins.axes.enumerated() {
      access.indices[place] =
        access.indices[place] - tiles[axis].expression
        + IndexExpression(margins.windowStart(axis))
    }
    return access
  }

  /// A statement with the iterations that a tile needs.
  private func restricted(_ statement: Statement) -> Statement {
    let result = statement.mappingBlocks { $0.map(restricted) }
    guard case .loop(var loop) = result,
      let (axis, before, after) = margins.margin(of: loop.variable)
    else { return result }
    let tile = tiles[axis].expression
    loop.lower = loop.lower.max(tile - before)
    loop.upper = loop.upper.min(tile + IndexExpression(sizes[axis]) + after)
    return .loop(loop)
  }

  /// Loops that write a tile's part of an output.
  private mutating func copyOut(_ buffer: BufferID) -> [Statement] {
    let shape = kernel[buffer].shape
    let variables = shape.indices.map { axis in
      kernel.makeVariable(
        ValueType(.i64), name: kernel.freshName(like: "\(kernel[buffer].name)_\(axis)"))
    }
    let access = Access(buffer, variables.map(\.expression))
    let value = kernel.makeVariable(ValueType(kernel[buffer].type))
    var block: [Statement] = [
      .define(value, .load(inWindow(access), mask: nil, otherwise: nil)),
      .store(.variable(value), access, mask: nil),
    ]
    for (place, variable) in variables.enumerated().reversed() {
      var (lower, upper): (IndexExpression, IndexExpression) = (0, shape[place])
      if let axis = margins.axes.firstIndex(of: place) {
        lower = tiles[axis].expression
        let end = lower + IndexExpression(sizes[axis])
        upper = margins.extents[axis].isMultiple(of: sizes[axis]) ? end : upper.min(end)
      }
      block = [.loop(Loop(.serial, variable, lower, upper, body: block))]
    }
    return block
  }
}
