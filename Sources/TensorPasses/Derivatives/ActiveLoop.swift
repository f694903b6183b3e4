// What of a loop depends on the parameters by which it is differentiated.

import IRCore
import TensorIR

/// A loop whose derivative is asked for.
struct ActiveLoop {
  let loop: LoopNode
  /// Places among the body's parameters of the floats that depend: of carried values, of inputs, of
  /// invariants.
  let carried: [Int]
  let inputs: [Int]
  let invariants: [Int]
  /// Places of the body's results that depend, carried ones first.
  let results: [Int]

  /// All active parameters of the body.
  var parameters: [Int] { carried + inputs + invariants }

  /// - Parameter operands: places of the operands that depend.
  init(_ loop: LoopNode, operands: [Int], row: TargetRow) {
    self.loop = loop
    let known = loop.layout.parameterOperands
    // A carried value depends when its start does, or what a step makes of it.
    var active = known.indices.filter { operands.contains(known[$0]) }.map { $0 + 1 }
    let work = Differentiation(loop.body, row: row)
    var dependents = work.dependents(of: active)
    while true {
      let more = (0..<loop.carriedCount).filter {
        !active.contains($0 + 1) && dependents.contains(loop.body.results[$0])
      }
      if more.isEmpty { break }
      active += more.map { $0 + 1 }
      dependents = work.dependents(of: active)
    }
    let inputStart = 1 + loop.carriedCount
    let invariantStart = inputStart + loop.inputRows.count
    active.sort()
    carried = active.filter { $0 < inputStart }
    inputs = active.filter { $0 >= inputStart && $0 < invariantStart }
    invariants = active.filter { $0 >= invariantStart }
    results =
      carried.map { $0 - 1 }
      + loop.stacks.indices.filter { number in
        let rows = loop.body.results[loop.carriedCount + number]
        return dependents.contains(rows)
          || loop.destination(of: number).map(operands.contains) ?? false
      }.map { $0 + loop.carriedCount }
  }

  /// Numbers of the active stacked outputs.
  var stacks: [Int] { results.dropFirst(carried.count).map { $0 - loop.carriedCount } }

  /// The operand that a parameter of the body stands for.
  func operand(of parameter: Int) -> Int { loop.layout.parameterOperands[parameter - 1] }
}

extension LoopNode {
  /// The number of steps where the program states it.
  var knownCount: Int? { condition == nil && !hasCountOperand ? count?.asConstant : nil }

  /// The operand that gives the rows of a stacked output which no step writes.
  func destination(of stack: Int) -> Int? {
    guard stacks[stack].hasDestination else { return nil }
    return layout.destinations.lowerBound + stacks[..<stack].count { $0.hasDestination }
  }
}
