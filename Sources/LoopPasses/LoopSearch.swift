// Finding and replacing loops.

import IRCore
import LoopIR

/// Loop in a kernel with what encloses it.
struct LoopSite {
  /// The loop.
  var loop: Loop
  /// The statements around it, outermost first.
  var enclosing: [Statement]
}

extension Kernel {
  /// The first loop whose variable is spelled `name`; refuses `step` when there is none.
  func site(of name: String, for step: ScheduleStep) throws(ScheduleRefusal) -> LoopSite {
    guard let site = body.site(of: name, in: self) else {
      throw ScheduleRefusal(step, "no loop %\(name)")
    }
    return site
  }

  /// The statements beside a loop, itself among them; `nil` where they are one side of a choice.
  func block(around site: LoopSite) -> [Statement]? {
    guard let last = site.enclosing.last else { return body }
    guard case .loop(let loop) = last else { return nil }
    return loop.body
  }

  /// A loop and the one alone inside it, which carry nothing and do not run in lanes; refuses `step`
  /// for others.
  func perfectPair(
    _ outer: String, _ inner: String, for step: ScheduleStep
  ) throws(ScheduleRefusal) -> (outside: Loop, inside: Loop) {
    let outside = try site(of: outer, for: step).loop
    let inside = try site(of: inner, for: step).loop
    guard outside.body.count == 1, outside.body[0].definesLoop(inside.variable) else {
      throw ScheduleRefusal(step, "%\(inner) is not alone inside %\(outer)")
    }
    for (loop, name) in [(outside, outer), (inside, inner)] {
      if let carried = loop.carried.first {
        throw ScheduleRefusal(step, "%\(name) carries the value \(spelling(carried.inside))")
      }
      if loop.kind == .vector { throw ScheduleRefusal(step, "%\(name) runs in lanes") }
    }
    return (outside, inside)
  }

  /// The first loop whose variable is spelled `name`.
  func loop(named name: String) -> Loop? { body.site(of: name, in: self)?.loop }

  /// Replaces the loop over `variable` by statements.
  func replacingLoop(_ variable: VariableID, by statements: [Statement]) -> Kernel {
    var result = self
    result.body = body.replacingLoop(variable, by: statements)
    return result
  }
}

extension [Statement] {
  fileprivate func site(of name: String, in kernel: Kernel) -> LoopSite? {
    for statement in self {
      if case .loop(let loop) = statement, kernel[loop.variable].name == name {
        return LoopSite(loop: loop, enclosing: [])
      }
      for block in statement.blocks {
        guard var site = block.site(of: name, in: kernel) else { continue }
        site.enclosing.insert(statement, at: 0)
        return site
      }
    }
    return nil
  }

  fileprivate func replacingLoop(_ variable: VariableID, by statements: [Statement]) -> Self {
    flatMap { statement -> [Statement] in
      if case .loop(let loop) = statement, loop.variable == variable { return statements }
      return [statement.mappingBlocks { $0.replacingLoop(variable, by: statements) }]
    }
  }
}

extension Loop {
  /// `upper - lower`.
  var extent: IndexExpression { upper - lower }

  /// Number of iterations when it is constant.
  var constantTripCount: Int? {
    extent.asConstant.map { $0 <= 0 ? 0 : ($0 - 1) / step + 1 }
  }
}

/// Where the whole groups of a loop end that take `group` values of the variable each.
func groupedUpper(of loop: Loop, group: Int, enclosing: [Statement]) -> IndexExpression {
  let rounded = loop.extent + IndexExpression(loop.step - 1)
  let groups = rounded.floorDiv(IndexExpression(group))
  let isOrdered = IndexBounds(enclosing: enclosing).lower(of: loop.extent).map { $0 >= 0 } ?? false
  return loop.lower + (isOrdered ? groups : groups.max(0)) * IndexExpression(group)
}

extension Kernel {
  /// Whether `id` counts the iterations of a loop.
  func isInduction(_ id: VariableID) -> Bool {
    var found = false
    forEachStatement { found = found || $0.definesLoop(id) }
    return found
  }
}
