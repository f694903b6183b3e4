// Reading statements: blocks, operands, indices and definitions.

import IRCore
import LoopIR

extension Operation {
  /// The values that the operation reads.
  var operands: [Operand] {
    switch self {
    case .elementwise(_, let operands): operands
    case .load(_, let mask, _): mask.map { [$0] } ?? []
    case .index: []
    case .splat(let value), .reduceLanes(_, let value), .extractLane(let value, _): [value]
    case .shiftLanes(let value, _, let fill): [value, fill]
    case .shuffleLanes(let a, let b, _): [a, b]
    }
  }

  /// The index expressions that the operation evaluates.
  var indices: [IndexExpression] {
    switch self {
    case .load(let access, _, _): access.indices
    case .index(let expression): [expression]
    case .elementwise, .splat, .reduceLanes, .shiftLanes, .shuffleLanes, .extractLane: []
    }
  }
}

extension Statement {
  /// The values that the statement reads itself, yields included, without nested statements.
  var operands: [Operand] {
    switch self {
    case .define(_, let operation): operation.operands
    case .store(let value, _, let mask), .accumulate(_, let value, _, let mask):
      [value] + (mask.map { [$0] } ?? [])
    case .check(let condition, _): [condition]
    case .loop(let loop): loop.carried.map(\.initial) + loop.yields
    case .whileLoop(let loop): loop.carried.map(\.initial) + [loop.test] + loop.yields
    case .branch(let branch):
      [branch.condition] + branch.thenYields + branch.otherwiseYields
    }
  }

  /// The index expressions that the statement evaluates itself, without nested statements.
  var indices: [IndexExpression] {
    switch self {
    case .define(_, let operation): operation.indices
    case .store(_, let access, _), .accumulate(_, _, let access, _): access.indices
    case .loop(let loop): [loop.lower, loop.upper]
    case .check, .whileLoop, .branch: []
    }
  }

  /// The variables that the statement itself defines, for its blocks or after it.
  var definitions: [VariableID] { blockParameters + results }

  /// The memory that the statement itself touches.
  var access: Access? {
    switch self {
    case .define(_, .load(let access, _, _)), .store(_, let access, _),
      .accumulate(_, _, let access, _):
      access
    case .define, .check, .loop, .whileLoop, .branch: nil
    }
  }
}

extension [Statement] {
  /// Calls `visit` on every statement in order, outer ones before those inside.
  func forEachNested(_ visit: (Statement) -> Void) {
    for statement in self {
      visit(statement)
      for block in statement.blocks { block.forEachNested(visit) }
    }
  }

  /// Every variable defined here or inside, in order of definition.
  var allDefinitions: [VariableID] {
    var result: [VariableID] = []
    forEachNested { result += $0.definitions }
    return result
  }

  /// Variables that stand as operands here or inside.
  var operandVariables: Set<VariableID> {
    var result: Set<VariableID> = []
    forEachNested { result.formUnion($0.operands.compactMap(\.asVariable)) }
    return result
  }

  /// Variables that occur as operands or in index expressions, here or inside.
  var usedVariables: Set<VariableID> {
    var result = operandVariables
    forEachNested {
      for index in $0.indices { result.formUnion(index.variables) }
    }
    return result
  }
}

extension Operand {
  /// The variable when the operand is one.
  var asVariable: VariableID? {
    guard case .variable(let id) = self else { return nil }
    return id
  }

  /// The operand as an index expression; a literal becomes its integer.
  var expression: IndexExpression {
    switch self {
    case .variable(let id): id.expression
    case .literal(let literal): IndexExpression(literal.intValue)
    }
  }
}

extension IndexExpression {
  /// The variables that occur, in order, with repetition.
  var variables: [VariableID] {
    var result: [VariableID] = []
    forEachLeaf { if case .variable(let id) = $0 { result.append(VariableID(id)) } }
    return result
  }
}

extension Kernel {
  /// Spelling of a variable in messages; one without a name is numbered among those.
  func spelling(_ id: VariableID) -> String {
    "%\(self[id].name ?? "\(variables[..<id.index].count { $0.name == nil })")"
  }

  /// Text of an index expression in messages.
  func text(_ expression: IndexExpression) -> String {
    expression.text { spelling(VariableID($0)) }
  }

  /// Text of an access in messages: `%y at [%i, 0]`.
  func text(_ access: Access) -> String {
    "%\(self[access.buffer].name) at [\(access.indices.map(text).joined(separator: ", "))]"
  }
}
