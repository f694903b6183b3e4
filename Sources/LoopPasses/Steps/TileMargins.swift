// How far around a tile each loop of a sequence must run.

import IRCore
import LoopIR

/// What the nests of a kernel's body need of each other around a tile, along each tiled axis.
///
/// Demand runs backwards: a nest covers what later ones read of what it writes, and what it reads is
/// wanted from the ones before it, moved by the distance between its load and its store. A sweep, a
/// loop that repeats nests, adds the same to the margins each time.
struct TileMargins {
  /// Elements before and after a tile.
  struct Margin: Hashable {
    var before: Int
    var after: Int

    /// Enough for both.
    func union(_ other: Margin) -> Margin {
      Margin(before: max(before, other.before), after: max(after, other.after))
    }

    /// What `other` lacks of this one.
    func less(_ other: Margin) -> Margin {
      Margin(before: before - other.before, after: after - other.after)
    }
  }

  /// A nest of the body or of a sweep.
  private struct Nest {
    let outer: Loop
    /// The loop that repeats it.
    let sweep: Loop?
    /// Its accesses to buffers that are written.
    let touched: [MemoryReference]
    /// The loops that run along an axis.
    var axes: [VariableID: Int] = [:]
    /// By axis, of each access: the constant beside the variable of the loop that moves it.
    var offsets: [[Int]] = []
    /// Iterations beyond the tile by axis, in the last repetition and in those before it, from
    /// the last one on.
    var margins: [[Margin]] = []
  }

  /// The axis of the written buffers that each tiled axis is.
  private(set) var axes: [Int] = []
  /// Extents of those axes.
  private(set) var extents: [Int] = []
  /// The buffers that the kernel writes.
  let written: [BufferID]

  private let kernel: Kernel
  private let step: ScheduleStep
  private let test: DependenceTest
  private var nests: [Nest] = []
  /// What later nests want of each buffer, by axis.
  private var wanted: [BufferID: [Margin]] = [:]
  /// What is touched beyond the tile, by axis.
  private var windows: [Margin] = []

  /// The most times that a sweep runs.
  private static let mostSweeps = 1024

  /// Finds the margins; refuses `step` where a tile cannot be computed by itself.
  init(_ kernel: Kernel, _ loops: [String], _ step: ScheduleStep) throws(ScheduleRefusal) {
    self.kernel = kernel
    self.step = step
    test = DependenceTest(kernel)
    written = kernel.buffers.indices.map { BufferID($0) }.filter {
      kernel.body.writtenBuffers.contains($0)
    }
    try checkBuffers()
    try findNests()
    try findAxes(loops)
    for buffer in written { try checkIsFilled(buffer) }
    for index in nests.indices { try findLoops(ofNest: index) }
    try findMargins()
  }

  /// Bytes of all windows of tiles of these sizes.
  func windowBytes(_ sizes: [Int]) -> Int {
    written.reduce(0) { sum, buffer in
      sum + windowShape(of: buffer, sizes).reduce(kernel[buffer].type.byteSize, *)
    }
  }

  /// Extents of the window of a buffer in tiles of these sizes.
  func windowShape(of buffer: BufferID, _ sizes: [Int]) -> [Int] {
    var shape = kernel[buffer].shape.map { $0.asConstant ?? 0 }
    for (axis, place) in axes.enumerated() {
      shape[place] = sizes[axis] + windows[axis].before + windows[axis].after
    }
    return shape
  }

  /// Elements that windows hold before the tile along an axis.
  func windowStart(_ axis: Int) -> Int { windows[axis].before }

  /// The axis along which a loop runs, and how far it runs beyond the tile.
  func margin(
    of loop: VariableID
  ) -> (axis: Int, before: IndexExpression, after: IndexExpression)? {
    for nest in nests {
      guard let axis = nest.axes[loop] else { continue }
      let last = nest.margins[0][axis]
      guard let sweep = nest.sweep, nest.margins.count > 1 else {
        return (axis, IndexExpression(last.before), IndexExpression(last.after))
      }
      let more = nest.margins[1][axis].less(last)
      let left = sweep.upper - sweep.variable.expression - 1
      return (
        axis, left * IndexExpression(more.before) + IndexExpression(last.before),
        left * IndexExpression(more.after) + IndexExpression(last.after)
      )
    }
    return nil
  }

  /// Iterations with their margins for each of the tiles without, on average over the nests.
  func recomputation(_ sizes: [Int]) -> Double {
    let factors = nests.flatMap(\.margins).map { margins in
      zip(margins, sizes).reduce(1.0) { product, pair in
        product * Double(pair.1 + pair.0.before + pair.0.after) / Double(pair.1)
      }
    }
    return factors.reduce(0, +) / Double(factors.count)
  }

  // MARK: What the body must be

  private func refusal(_ reason: String) -> ScheduleRefusal { ScheduleRefusal(step, reason) }

  private func checkBuffers() throws(ScheduleRefusal) {
    for buffer in written {
      guard kernel[buffer].role != .inout_ else {
        throw refusal("%\(kernel[buffer].name) is read and written by all tiles")
      }
      guard kernel[buffer].shape.allSatisfy({ $0.asConstant != nil }) else {
        throw refusal("%\(kernel[buffer].name) has an extent that is not constant")
      }
    }
  }

  private mutating func findNests() throws(ScheduleRefusal) {
    var mayReport = false
    kernel.forEachStatement { if case .check = $0 { mayReport = true } }
    if mayReport { throw refusal("a check would report what the margins of a tile find") }
    for statement in kernel.body {
      let outer = try plainLoop(statement)
      guard isSweep(outer) else {
        nests.append(nest(outer, of: nil))
        continue
      }
      guard outer.step == 1, let count = outer.constantTripCount, count > 0,
        count <= Self.mostSweeps
      else {
        throw refusal(
          "\(kernel.spelling(outer.variable)) does not run 1 to \(Self.mostSweeps) times")
      }
      for inner in outer.body { nests.append(nest(try plainLoop(inner), of: outer)) }
    }
  }

  private func plainLoop(_ statement: Statement) throws(ScheduleRefusal) -> Loop {
    guard case .loop(let loop) = statement, loop.kind == .serial, loop.carried.isEmpty else {
      throw refusal("the body is not only loops that run in order and carry nothing")
    }
    return loop
  }

  private func nest(_ outer: Loop, of sweep: Loop?) -> Nest {
    let touched = test.references(inside: outer.variable).filter {
      written.contains($0.access.buffer)
    }
    return Nest(outer: outer, sweep: sweep, touched: touched)
  }

  /// Whether a loop only repeats loops: its variable is in no subscript of what is written.
  private func isSweep(_ loop: Loop) -> Bool {
    let isNest = loop.body.allSatisfy { if case .loop = $0 { true } else { false } }
    return isNest
      && test.references(inside: loop.variable).allSatisfy { reference in
        !written.contains(reference.access.buffer)
          || !reference.access.indices.contains { $0.contains(loop.variable.atom) }
      }
  }

  private mutating func findAxes(_ loops: [String]) throws(ScheduleRefusal) {
    for name in loops {
      let variable = try kernel.site(of: name, for: step).loop.variable
      guard
        let store = test.references(inside: variable).first(where: \.writes),
        let last = nests.last, [Statement.loop(last.outer)].allDefinitions.contains(variable)
      else { throw refusal("%\(name) is not in the last nest, or writes nothing") }
      guard
        let axis = store.access.indices.firstIndex(where: {
          $0.coefficient(of: variable.atom) != 0
        }), let extent = kernel[store.access.buffer].shape[axis].asConstant, extent > 0
      else { throw refusal("\(test.text(store)) does not move with %\(name)") }
      guard !axes.contains(axis) else { throw refusal("two loops run along one axis") }
      axes.append(axis)
      extents.append(extent)
    }
    for buffer in written {
      for (axis, extent) in zip(axes, extents) {
        let shape = kernel[buffer].shape
        guard axis < shape.count, shape[axis] == IndexExpression(extent) else {
          throw refusal("axis \(axis) of %\(kernel[buffer].name) does not have \(extent) elements")
        }
      }
    }
  }

  /// Refuses unless the first nest that touches the buffer writes all of it.
  private func checkIsFilled(_ buffer: BufferID) throws(ScheduleRefusal) {
    let references = nests.lazy.map { nest in nest.touched.filter { $0.access.buffer == buffer } }
    guard let first = references.first(where: { !$0.isEmpty }), first.allSatisfy(\.writes),
      first.contains(where: isFull)
    else {
      throw refusal("%\(kernel[buffer].name) is not filled by the first nest that touches it")
    }
  }

  /// Whether a store names each element of its buffer once, by loops over the whole axes.
  private func isFull(_ reference: MemoryReference) -> Bool {
    guard case .store(_, _, mask: nil) = reference.statement, isPlain(reference) else {
      return false
    }
    var loops: [VariableID: Loop] = [:]
    for statement in reference.enclosing {
      guard case .loop(let loop) = statement else { return false }
      if !isSweep(loop) { loops[loop.variable] = loop }
    }
    let names = reference.access.indices.compactMap { $0.asVariable.map(VariableID.init(_:)) }
    guard names.count == loops.count, Set(names) == Set(loops.keys) else { return false }
    return zip(names, kernel[reference.access.buffer].shape).allSatisfy { name, extent in
      guard let loop = loops[name], loop.step == 1 else { return false }
      return loop.lower == 0 && loop.upper == extent
    }
  }

  private func isPlain(_ reference: MemoryReference) -> Bool {
    reference.lanes == 1
      && reference.elementBytes == kernel[reference.access.buffer].type.byteSize
  }

  // MARK: Margins

  /// Finds the loops that move a nest's accesses along the axes, and how far off the accesses are.
  private mutating func findLoops(ofNest index: Int) throws(ScheduleRefusal) {
    let touched = nests[index].touched
    for axis in axes.indices {
      var offsets: [Int] = []
      for reference in touched {
        let (loop, offset) = try place(of: reference, along: axis)
        guard nests[index].axes[loop] ?? axis == axis else {
          throw refusal("\(kernel.spelling(loop)) runs along two axes")
        }
        nests[index].axes[loop] = axis
        offsets.append(offset)
      }
      for (reference, offset) in zip(touched, offsets) {
        for (other, otherOffset) in zip(touched, offsets)
        where other.writes && other.access.buffer == reference.access.buffer {
          if otherOffset == offset { continue }
          throw refusal(
            "\(test.text(reference)) and \(test.text(other)) are of different iterations")
        }
      }
      nests[index].offsets.append(offsets)
    }
  }

  private mutating func findMargins() throws(ScheduleRefusal) {
    let none = axes.map { _ in Margin(before: 0, after: 0) }
    for buffer in written { wanted[buffer] = none }
    windows = none
    var end = nests.count
    while end > 0 {
      let sweep = nests[end - 1].sweep
      let start =
        sweep.map { sweep in
          nests.firstIndex { $0.sweep?.variable == sweep.variable } ?? end - 1
        } ?? end - 1
      for _ in 0..<(sweep?.constantTripCount ?? 1) {
        for index in (start..<end).reversed() { nests[index].margins.append(demand(index)) }
      }
      for nest in nests[start..<end] { try checkIsEven(nest) }
      end = start
    }
  }

  /// Refuses a sweep in which a margin does not grow by the same each time.
  private func checkIsEven(_ nest: Nest) throws(ScheduleRefusal) {
    for axis in axes.indices {
      let steps = zip(nest.margins, nest.margins.dropFirst()).map { $1[axis].less($0[axis]) }
      if Set(steps).count > 1 {
        throw refusal(
          "the margins of \(kernel.spelling(nest.outer.variable)) do not grow evenly")
      }
    }
  }

  /// The margins of a nest in one repetition; what it reads is wanted then.
  private mutating func demand(_ index: Int) -> [Margin] {
    axes.indices.map { axis in
      let touched = zip(nests[index].touched, nests[index].offsets[axis])
      var margin = Margin(before: 0, after: 0)
      for (reference, offset) in touched where reference.writes {
        guard let need = wanted[reference.access.buffer]?[axis] else { continue }
        margin = margin.union(Margin(before: need.before + offset, after: need.after - offset))
      }
      for (reference, offset) in touched {
        let need = Margin(before: margin.before - offset, after: margin.after + offset)
        windows[axis] = windows[axis].union(need)
        let known = wanted[reference.access.buffer]?[axis] ?? need
        wanted[reference.access.buffer]?[axis] = known.union(need)
      }
      return margin
    }
  }

  /// The loop that moves an access along an axis, and the constant beside its variable.
  private func place(
    of reference: MemoryReference, along axis: Int
  ) throws(ScheduleRefusal) -> (loop: VariableID, offset: Int) {
    let index = reference.access.indices[axes[axis]]
    for case .loop(let loop) in reference.enclosing where index.contains(loop.variable.atom) {
      guard isPlain(reference), loop.kind == .serial, loop.step == 1, loop.carried.isEmpty,
        let offset = (index - loop.variable.expression).asConstant
      else { break }
      return (loop.variable, offset)
    }
    throw refusal("\(test.text(reference)) is not one loop's variable plus a constant")
  }
}
