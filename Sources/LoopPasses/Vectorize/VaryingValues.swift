// Which values differ from lane to lane.

import IRCore
import LoopIR

/// Data-flow analysis of a loop that is to run in lanes: a value varies when it depends on the
/// loop's variable, by data or by control that differs from lane to lane.
struct VaryingValues {
  private(set) var variables: Set<VariableID>
  private var changed = false

  /// Analyzes `loop`: iterates to the least set that is closed under dependence. What the loop
  /// carries differs from iteration to iteration.
  init(_ loop: Loop) {
    variables = Set([loop.variable] + loop.carried.map(\.inside))
    repeat {
      changed = false
      visit(loop.body, mayBeEmpty: false)
    } while changed
  }

  /// Whether the operand differs from lane to lane.
  func contains(_ operand: Operand) -> Bool { operand.asVariable.map(variables.contains) ?? false }

  /// Whether the expression differs from lane to lane.
  func contains(_ expression: IndexExpression) -> Bool {
    expression.variables.contains(where: variables.contains)
  }

  /// Whether the access differs from lane to lane.
  func contains(_ access: Access) -> Bool { access.indices.contains { contains($0) } }

  /// Whether lanes leave `loop` at different times. One whose lanes may all be off counts too:
  /// its uniform test would then be computed from nothing.
  func lanesLeaveApart(_ loop: While, mayBeEmpty: Bool) -> Bool {
    mayBeEmpty || contains(loop.test)
  }

  private mutating func insert(_ id: VariableID, if varies: Bool) {
    if varies, variables.insert(id).inserted { changed = true }
  }

  private mutating func visit(_ block: [Statement], mayBeEmpty: Bool) {
    for statement in block { visit(statement, mayBeEmpty: mayBeEmpty) }
  }

  private mutating func visit(_ statement: Statement, mayBeEmpty: Bool) {
    switch statement {
    case .define(let id, let operation):
      let varies =
        operation.operands.contains { contains($0) } || operation.indices.contains { contains($0) }
      insert(id, if: varies)
    case .store, .accumulate, .check: break
    case .loop(let loop):
      let lanesDiffer = contains(loop.upper - loop.lower)
      insert(loop.variable, if: contains(loop.lower))
      visit(loop.carried, loop.yields, lanesDiffer: lanesDiffer)
      visit(loop.body, mayBeEmpty: mayBeEmpty && !lanesDiffer)
    case .whileLoop(let loop):
      let lanesDiffer = lanesLeaveApart(loop, mayBeEmpty: mayBeEmpty)
      visit(loop.carried, loop.yields, lanesDiffer: lanesDiffer)
      visit(loop.condition, mayBeEmpty: mayBeEmpty)
      visit(loop.body, mayBeEmpty: false)
    case .branch(let branch):
      let lanesDiffer = contains(branch.condition)
      visit(branch.then, mayBeEmpty: mayBeEmpty || lanesDiffer)
      visit(branch.otherwise, mayBeEmpty: mayBeEmpty || lanesDiffer)
      for (index, id) in branch.results.enumerated() {
        insert(
          id,
          if: lanesDiffer || contains(branch.thenYields[index])
            || contains(branch.otherwiseYields[index]))
      }
    }
  }

  private mutating func visit(_ carried: [Carried], _ yields: [Operand], lanesDiffer: Bool) {
    for (item, yield) in zip(carried, yields) {
      let varies =
        lanesDiffer || contains(item.initial) || contains(yield)
        || variables.contains(item.inside)
      insert(item.inside, if: varies)
      insert(item.result, if: varies)
    }
  }
}
