// Planning recurrences along two axes.

import IRCore
import LoopIR

extension KernelPlan {
  /// Fewest iterations of either loop, in vectors, for which diagonals pay.
  private static let fewestVectors = 2

  /// Runs nests of two loops, of which neither may run in lanes, by diagonals where that lets one.
  ///
  /// Each local that the nest stores into is laid out by its diagonals. A nest whose stores would
  /// still be apart in memory stays as it is.
  mutating func makeWavefronts() {
    for nest in kernel.body.innermostPairs {
      guard let outer = kernel[nest.outer.variable].name,
        let inner = kernel[nest.inner.variable].name, isLong(nest.outer), isLong(nest.inner),
        !mayRunInLanes(nest.outer), !mayRunInLanes(nest.inner)
      else { continue }
      let diagonal = kernel.freshName(like: "\(outer)_\(inner)")
      let skew = ScheduleStep.skew(outer, inner, into: diagonal)
      let storage = tables(of: nest.inner).map { ScheduleStep.skewStorage($0) }
      attemptInLanes([skew] + storage, outer)
    }
  }

  private func isLong(_ loop: Loop) -> Bool {
    loop.constantTripCount.map { $0 >= Self.fewestVectors * lanes(of: loop) } ?? true
  }

  private func mayRunInLanes(_ loop: Loop) -> Bool {
    guard let name = kernel[loop.variable].name else { return true }
    return (try? kernel.vectorizing(name, lanes: 2)) != nil
  }

  /// The locals of two or more axes that the loop stores into.
  private func tables(of loop: Loop) -> [String] {
    buffers(in: loop) { reference, buffer in
      reference.writes && !buffer.role.isParameter && buffer.shape.count >= 2
    }
  }

  /// The buffers that the loop touches as `isWanted` says, by name, in order.
  func buffers(in loop: Loop, where isWanted: (MemoryReference, Buffer) -> Bool) -> [String] {
    var names: [String] = []
    for reference in DependenceTest(kernel).references(inside: loop.variable) {
      let buffer = kernel[reference.access.buffer]
      if isWanted(reference, buffer), !names.contains(buffer.name) { names.append(buffer.name) }
    }
    return names
  }

  /// Takes the steps when the loop may run in lanes after them, with stores side by side.
  private mutating func attemptInLanes(_ steps: [ScheduleStep], _ name: String) {
    let before = self
    guard attempt(steps), let loop = kernel.loop(named: name), storesAreContiguous(in: loop),
      mayRunInLanes(loop)
    else { return self = before }
  }
}

extension [Statement] {
  /// Loops with one loop alone inside them that has none inside.
  fileprivate var innermostPairs: [(outer: Loop, inner: Loop)] {
    flatMap { statement -> [(outer: Loop, inner: Loop)] in
      if case .loop(let outer) = statement, outer.body.count == 1,
        case .loop(let inner) = outer.body[0], !inner.body.hasLoops
      {
        return [(outer, inner)]
      }
      return statement.blocks.flatMap(\.innermostPairs)
    }
  }

  private var hasLoops: Bool {
    contains { statement in
      if case .loop = statement { return true }
      if case .whileLoop = statement { return true }
      return statement.blocks.contains { $0.hasLoops }
    }
  }
}
