// The schedule step `specialize`.

import IRCore
public import LoopIR

extension Kernel {
  /// Cuts a loop over blocks into the whole blocks and the last, shorter one.
  ///
  /// Always legal: the iterations keep their order. In the whole blocks, bounds that are the
  /// smaller of a block's end and the loop's are the block's end; in the rest they are the loop's. The copy for the rest has names
  /// with `_edge`; where its place is constant, so are its bounds. Without a rest only the bounds
  /// change.
  public func specializing(_ name: String) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.specialize(name)
    let site = try site(of: name, for: step)
    let loop = site.loop
    guard loop.kind != .parallel else { throw ScheduleRefusal(step, "%\(name) is parallel") }
    if let carried = loop.carried.first {
      throw ScheduleRefusal(step, "%\(name) carries the value \(spelling(carried.inside))")
    }
    guard loop.step > 1 else { throw ScheduleRefusal(step, "%\(name) is no loop over blocks") }
    var whole = loop
    let blocks = loop.extent.floorDiv(IndexExpression(loop.step))
    let isOrdered = IndexBounds(enclosing: site.enclosing).lower(of: loop.extent) ?? -1 >= 0
    whole.upper = loop.lower + (isOrdered ? blocks : blocks.max(0)) * IndexExpression(loop.step)
    whole.body = loop.body.decidingMinima(
      in: IndexBounds(enclosing: site.enclosing + [.loop(whole)]))
    let divides = loop.extent.asConstant.map { $0 % loop.step == 0 } ?? false
    if divides { whole.upper = loop.upper }
    var result = self
    let rest = divides ? [] : result.edge(of: loop, from: whole.upper, in: site.enclosing)
    let isEmpty = whole.constantTripCount == 0
    return result.replacingLoop(loop.variable, by: (isEmpty ? [] : [.loop(whole)]) + rest)
  }

  /// The copy of a loop for what is left from `start` on, at most one iteration.
  private mutating func edge(
    of loop: Loop, from start: IndexExpression, in enclosing: [Statement]
  ) -> [Statement] {
    var map = VariableMap()
    for id in [Statement.loop(loop)].allDefinitions {
      let name = self[id].name.map { freshName(like: "\($0)_edge") }
      map.replace(id, by: .variable(makeVariable(self[id].type, name: name)))
    }
    guard case .loop(var copy) = map.substitution(.loop(loop)) else { return [] }
    copy.lower = start
    copy.body = copy.body.decidingMinima(in: IndexBounds(enclosing: enclosing + [.loop(copy)]))
    guard copy.constantTripCount == 1, !copy.body.operandVariables.contains(copy.variable) else {
      return [.loop(copy)]
    }
    var place = VariableMap()
    place.replace(copy.variable, inIndices: start)
    return place.substitution(copy.body)
  }
}

extension [Statement] {
  /// The statements with minima in loops' bounds that `bounds` decides.
  fileprivate func decidingMinima(in bounds: IndexBounds) -> [Statement] {
    map { statement in
      guard case .loop(var loop) = statement else {
        return statement.mappingBlocks { $0.decidingMinima(in: bounds) }
      }
      loop.upper = loop.upper.decidingMinima(in: bounds)
      var inside = bounds
      inside.add(loop)
      loop.body = loop.body.decidingMinima(in: inside)
      return .loop(loop)
    }
  }
}

extension IndexExpression {
  /// The expression with the minima among its terms that `bounds` decides.
  fileprivate func decidingMinima(in bounds: IndexBounds) -> IndexExpression {
    var sum = IndexExpression(constant)
    for term in terms {
      guard term.factors.count == 1, case .min(let a, let b) = term.factors[0] else {
        sum = sum + IndexExpression(term)
        continue
      }
      let (x, y) = (a.decidingMinima(in: bounds), b.decidingMinima(in: bounds))
      let smaller: IndexExpression
      if let low = bounds.lower(of: y - x), low >= 0 {
        smaller = x
      } else if let low = bounds.lower(of: x - y), low >= 0 {
        smaller = y
      } else {
        smaller = x.min(y)
      }
      sum = sum + smaller * IndexExpression(term.coefficient)
    }
    return sum
  }
}
