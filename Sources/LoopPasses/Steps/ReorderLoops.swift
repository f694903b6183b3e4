// The schedule step `reorder`.

import IRCore
public import LoopIR

extension Kernel {
  /// Puts perfectly nested loops in the given order, outermost first.
  ///
  /// Legal when every pair of accesses that may meet keeps its order: for each combination of
  /// directions that the dependence test cannot exclude, the first loop in which the two
  /// iterations differ puts the same one first before and after. A loop that starts where another
  /// of them stands, but always runs equally often, as in a block of a split loop, counts from 0.
  public func reordering(_ names: [String]) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.reorder(names)
    let nest = try perfectNest(of: names, for: step)
    return try countingFromZero(ordered(nest, names)).reordering(names, step)
  }

  private func reordering(
    _ names: [String], _ step: ScheduleStep
  ) throws(ScheduleRefusal) -> Kernel {
    let nest = try perfectNest(of: names, for: step)
    let order = ordered(nest, names)
    try checkBounds(order, for: step)
    if let dependence = brokenDependence(nest, order) {
      throw ScheduleRefusal(step, dependence.description)
    }
    var body = nest[nest.count - 1].body
    for var loop in order.reversed() {
      loop.body = body
      body = [.loop(loop)]
    }
    return replacingLoop(nest[0].variable, by: body)
  }

  /// The loops in their present order.
  private func perfectNest(
    of names: [String], for step: ScheduleStep
  ) throws(ScheduleRefusal) -> [Loop] {
    guard names.count > 1, Set(names).count == names.count else {
      throw ScheduleRefusal(step, "two or more different loops are needed")
    }
    guard names.count <= 16 else { throw ScheduleRefusal(step, "more than 16 loops") }
    var sites: [LoopSite] = []
    for name in names { sites.append(try site(of: name, for: step)) }
    sites.sort { $0.enclosing.count < $1.enclosing.count }
    let nest = sites.map(\.loop)
    for (outer, inner) in zip(nest, nest.dropFirst()) {
      guard outer.body.count == 1, outer.body[0].definesLoop(inner.variable) else {
        throw ScheduleRefusal(
          step,
          "%\(self[inner.variable].name ?? "") is not alone inside "
            + "%\(self[outer.variable].name ?? "")")
      }
    }
    for loop in nest {
      let name = self[loop.variable].name ?? ""
      guard loop.carried.isEmpty else {
        throw ScheduleRefusal(
          step, "%\(name) carries the value \(spelling(loop.carried[0].inside))")
      }
      guard loop.kind == .serial else {
        throw ScheduleRefusal(
          step, loop.kind == .vector ? "%\(name) runs in lanes" : "%\(name) is parallel")
      }
    }
    return nest
  }

  private func ordered(_ nest: [Loop], _ names: [String]) -> [Loop] {
    names.compactMap { name in nest.first { self[$0.variable].name == name } }
  }

  /// The kernel in which the loops count from 0 that always run equally often, but start where a
  /// loop stands that comes later in the order.
  private func countingFromZero(_ order: [Loop]) -> Kernel {
    var result = self
    for (place, loop) in order.enumerated() {
      let later = order[place...].map(\.variable)
      guard let extent = loop.extent.asConstant,
        loop.lower.variables.contains(where: later.contains)
      else { continue }
      guard let name = self[loop.variable].name,
        var current = result.loop(named: name)
      else { continue }
      let counter = result.makeVariable(ValueType(.i64), name: name)
      result[loop.variable].name = nil
      current.body = result.onlyIteration(of: current, at: loop.lower + counter.expression)
      current.variable = counter
      (current.lower, current.upper) = (0, IndexExpression(extent))
      result = result.replacingLoop(loop.variable, by: [.loop(current)])
    }
    return result
  }

  /// Refuses an order in which a bound needs a variable of a loop inside.
  private func checkBounds(_ order: [Loop], for step: ScheduleStep) throws(ScheduleRefusal) {
    for (index, loop) in order.enumerated() {
      let needed = loop.lower.variables + loop.upper.variables
      for inner in order[index...] where needed.contains(inner.variable) {
        throw ScheduleRefusal(
          step, "the bounds of \(spelling(loop.variable)) need \(spelling(inner.variable))")
      }
    }
  }

  /// Looks for two accesses that the new order turns around, loop by loop from the outermost in:
  /// what cannot meet at some directions cannot at any that begin with them.
  private func brokenDependence(_ nest: [Loop], _ order: [Loop]) -> Dependence? {
    let test = DependenceTest(self)
    let inside = test.references(inside: nest[nest.count - 1].variable)
    let places = order.compactMap { loop in nest.firstIndex { $0.variable == loop.variable } }
    var known: Set<[Access]> = []
    for a in inside {
      for b in inside where test.mayShareMemory(a, b) {
        // A load and a store of one place meet others alike.
        let isPlain = a.lanes == 1 && b.lanes == 1 && a.elementBytes == b.elementBytes
        if isPlain, !known.insert([a.access, b.access]).inserted { continue }
        var search = TurnSearch(test: test, first: a, second: b, nest: nest, places: places)
        if search.findsTurn() { return test.describe(b, on: a) }
      }
    }
    return nil
  }
}

/// Where the second of two iterations stands in one loop, seen from the first.
private enum Direction: CaseIterable {
  case behind, same, ahead
}

/// Search for directions in which the second access comes after the first in the present order
/// of loops and before it in the new one (after Burke and Cytron, *Interprocedural dependence
/// analysis and parallelization*, 1986).
private struct TurnSearch {
  let test: DependenceTest
  let first: MemoryReference
  let second: MemoryReference
  /// The loops in their present order.
  let nest: [Loop]
  /// Places in `nest` in the new order.
  let places: [Int]
  private var directions: [Direction] = []
  private var distances: [Distance] = []

  init(
    test: DependenceTest, first: MemoryReference, second: MemoryReference, nest: [Loop],
    places: [Int]
  ) {
    self.test = test
    self.first = first
    self.second = second
    self.nest = nest
    self.places = places
  }

  mutating func findsTurn() -> Bool {
    if directions.first(where: { $0 != .same }) == .behind { return false }
    if directions.allSatisfy({ $0 == .same }) {
      // Loops that keep their order among themselves turn nothing.
      let rest = places.filter { $0 >= directions.count }
      if rest == rest.sorted() { return false }
    }
    if !distances.isEmpty, !test.mayMeet(first, second, at: distances) { return false }
    if directions.count == nest.count {
      let before = directions.first { $0 != .same }
      let after = places.map { directions[$0] }.first { $0 != .same }
      return before == .ahead && after == .behind
    }
    let loop = nest[directions.count]
    for direction in Direction.allCases {
      directions.append(direction)
      switch direction {
      case .same: distances.append(.none(loop))
      case .ahead: distances.append(.ahead(loop))
      case .behind: distances.append(.behind(loop))
      }
      if findsTurn() { return true }
      directions.removeLast()
      distances.removeLast()
    }
    return false
  }
}
