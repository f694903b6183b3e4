// Solving index maps: which places of a result read an element of an operand.

import IRCore
import TensorIR

/// The places at which an index map reads each element of an operand, as what the transpose of the
/// map needs. See `Note: inversion`.
struct IndexInverse {
  /// Extents of the new variables: first those that an element of the operand determines, then
  /// those that it leaves free.
  let extents: [Int]
  /// Number of determined variables.
  let determinedCount: Int
  /// The old variables in terms of the new ones.
  let old: [IndexExpression]
  /// What must hold for the old variables to be places at all, over the new variables.
  let guards: [View.Guard]
  /// By old variable that follows from others: how; the guards say no more than these.
  let lines: [Int: Line]
  /// Whether `lines` says all that the guards do.
  let isPlain: Bool
  /// By axis of the operand: the determined variables, where an element of it is read.
  let determined: View

  /// How an old variable follows from the new ones: `position / step` where that is whole, and
  /// only where it is one of the variable's places.
  struct Line {
    var position: IndexExpression
    let step: Int
  }

  /// Free variables, as axes behind the determined ones.
  var free: Range<Int> { determinedCount..<extents.count }

  /// The new variables in the order in which the old ones name them, determined ones first in each.
  var orderOfUse: [Int] {
    var order: [Int] = []
    for index in old {
      for variable in index.variables.sorted() where !order.contains(variable) {
        order.append(variable)
      }
    }
    return order + extents.indices.filter { !order.contains($0) }
  }
}

extension IndexInverse {
  /// Solves `indices` of an operand of extents `shape`, over variables of extents `variables`, where
  /// `guards` hold; `nil` where the map is none of those that the note names.
  init?(
    _ indices: [IndexExpression], of shape: [Int], variables: [Int], where guards: [View.Guard] = []
  ) {
    var solver = IndexSolver(indices, of: shape, variables: variables, where: guards)
    guard solver.solve() else { return nil }
    self.init(solver)
  }

  private init(_ solver: IndexSolver) {
    let kept = solver.order
    let free = solver.extents.indices.filter {
      !kept.contains($0) && !solver.replaced.contains($0)
    }
    var renamed: [Int: IndexExpression] = [:]
    for (place, variable) in (kept + free).enumerated() { renamed[variable] = .variable(place) }
    func rename(_ expression: IndexExpression) -> IndexExpression {
      expression.replacingVariables { renamed[$0] }
    }
    extents = (kept + free).map { solver.extents[$0] }
    determinedCount = kept.count
    let facts = AxisFacts(extents.map { IndexExpression($0) })
    old = solver.old.map { facts.simplify(rename($0)) }
    guards = solver.guards.map {
      View.Guard(facts.simplify(rename($0.expression)), in: $0.lower, $0.upper)
    }
    lines = solver.lines.mapValues {
      Line(position: facts.simplify(rename($0.position)), step: $0.step)
    }
    isPlain = solver.isPlain
    determined = View(
      kept.map { solver.solutions[$0] ?? 0 }, guards: solver.elementGuards,
      fill: nil)
  }
}

extension IndexExpression {
  /// The expression with other expressions for variables.
  func replacingVariables(_ replacement: (Int) -> IndexExpression?) -> IndexExpression {
    substituting { atom in
      guard case .variable(let id) = atom else { return nil }
      return replacement(id)
    }
  }

  /// The variables that occur, each once.
  var variables: [Int] {
    var found: [Int] = []
    forEachLeaf { atom in
      if case .variable(let id) = atom, !found.contains(id) { found.append(id) }
    }
    return found
  }
}

// Note: inversion
//
// A node reads element f(i) of its operand at the place i. The transpose adds, for every element
// j, what stands at the places with f(i) = j: one equation per axis of the operand. They are solved
// in the order of their number of unknowns.
//
// - Where a guard says that a quotient is whole, the equation is multiplied by the divisor.
// - A variable that occurs as quotient or remainder is two variables, with a guard where the last
//   quotient has fewer remainders.
// - Where each part steps further than the smaller ones reach, as in 6g + 2h + k with h < 3 and
//   k < 2, the parts are digits of j: determined, at most one place for each element.
// - Where parts overlap, as in 2y + k with k < 3, the element takes the place of the longest part,
//   y = (j - k) / 2 where that is a whole place, and the other parts are free: summed over.
// - An equation without unknowns holds for some elements only: a diagonal.
// - Variables that occur in no equation are free.
