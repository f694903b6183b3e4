// Copies of statements with fresh variables.

import IRCore
import LoopIR

/// What stands for variables, in uses and definitions alike.
struct VariableMap {
  /// What stands for a variable; definitions are renamed where it is a variable.
  private var operands: [VariableID: Operand] = [:]
  /// What stands for a variable inside index expressions, where that differs.
  private var expressions: [VariableID: IndexExpression] = [:]

  /// Replaces `variable` by `operand`, in index expressions too.
  mutating func replace(_ variable: VariableID, by operand: Operand) {
    operands[variable] = operand
  }

  /// Replaces `variable` by `expression` in index expressions.
  mutating func replace(_ variable: VariableID, inIndices expression: IndexExpression) {
    expressions[variable] = expression
  }

  /// The replacement of statements, operands and index expressions.
  var substitution: Substitution {
    Substitution(
      definition: { operands[$0]?.asVariable ?? $0 },
      use: { operands[$0] ?? .variable($0) },
      index: { expression in
        expression.substituting { atom in
          guard case .variable(let index) = atom else { return nil }
          let id = VariableID(index)
          return expressions[id] ?? operands[id]?.expression
        }
      })
  }
}

extension Kernel {
  /// Copies one iteration of a loop with fresh variables.
  ///
  /// - Parameters:
  ///   - loop: the loop; its variable is replaced by `value`, its carried values by `carried`.
  ///   - value: the induction variable in the copy.
  ///   - carried: the carried values at the start of the copy.
  /// - Returns: the copy's statements and what it yields.
  mutating func copyIteration(
    of loop: Loop, at value: IndexExpression, carried: [Operand]
  ) -> (body: [Statement], yields: [Operand]) {
    var map = VariableMap()
    for id in loop.body.allDefinitions {
      map.replace(id, by: .variable(makeVariable(self[id].type, name: freshName(of: id))))
    }
    for (old, new) in zip(loop.carried, carried) { map.replace(old.inside, by: new) }
    map.replace(loop.variable, inIndices: value)
    var prefix: [Statement] = []
    let yielded = loop.yields.contains(.variable(loop.variable))
    if yielded || loop.body.operandVariables.contains(loop.variable) {
      if let id = value.asVariable {
        map.replace(loop.variable, by: .variable(VariableID(id)))
      } else if let constant = value.asConstant {
        map.replace(loop.variable, by: .literal(Literal(.i64, integer: constant)))
      } else {
        let copy = makeVariable(ValueType(.i64))
        prefix = [.define(copy, .index(value))]
        map.replace(loop.variable, by: .variable(copy))
      }
    }
    let substitution = map.substitution
    return (prefix + substitution(loop.body), loop.yields.map { substitution($0) })
  }

  /// The body of a loop of which one iteration is left, without yields; names stay.
  mutating func onlyIteration(of loop: Loop, at value: IndexExpression) -> [Statement] {
    guard loop.body.operandVariables.contains(loop.variable) else {
      var map = VariableMap()
      map.replace(loop.variable, inIndices: value)
      return map.substitution(loop.body)
    }
    return copyIteration(of: loop, at: value, carried: []).body
  }

  /// A name like that of `id` that no variable has; `nil` for unnamed ones.
  func freshName(of id: VariableID) -> String? { self[id].name.map { freshName(like: $0) } }

  /// `name`, or `name` with the first number that makes it unique.
  package func freshName(like name: String) -> String {
    let taken = Set(variables.compactMap(\.name))
    if !taken.contains(name) { return name }
    var number = 1
    while taken.contains("\(name)_\(number)") { number += 1 }
    return "\(name)_\(number)"
  }
}
