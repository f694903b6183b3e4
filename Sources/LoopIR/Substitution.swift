// Replacing variables and index expressions throughout statements.

public import IRCore

/// What to put in the place of variables and index expressions.
public struct Substitution {
  /// The variable that a definition is to define.
  public var definition: (VariableID) -> VariableID
  /// The operand to use in the place of a variable.
  public var use: (VariableID) -> Operand
  /// The expression to use in the place of an index expression.
  public var index: (IndexExpression) -> IndexExpression
  /// The access to use in the place of one whose indices are replaced already.
  public var access: (Access) -> Access = { $0 }

  /// States the three replacements; accesses keep their buffers.
  public init(
    definition: @escaping (VariableID) -> VariableID,
    use: @escaping (VariableID) -> Operand,
    index: @escaping (IndexExpression) -> IndexExpression
  ) {
    self.definition = definition
    self.use = use
    self.index = index
  }

  /// Gives every variable another number, in index expressions too.
  public init(renumbering: @escaping (VariableID) -> VariableID) {
    self.init(
      definition: renumbering, use: { .variable(renumbering($0)) },
      index: {
        $0.substituting { atom in
          guard case .variable(let index) = atom else { return nil }
          return renumbering(VariableID(index)).expression
        }
      })
  }

  /// Puts operands in the place of variables, in index expressions too.
  package init(replacing operands: [VariableID: Operand]) {
    self.init(
      definition: { $0 }, use: { operands[$0] ?? .variable($0) },
      index: { expression in
        expression.substituting { atom in
          guard case .variable(let id) = atom, let value = operands[VariableID(id)] else {
            return nil
          }
          switch value {
          case .variable(let id): return id.expression
          case .literal(let literal): return IndexExpression(literal.intValue)
          }
        }
      })
  }

  /// The statements with every part replaced.
  public func callAsFunction(_ statements: [Statement]) -> [Statement] {
    statements.map(callAsFunction)
  }

  /// The operand, replaced when it is a variable.
  public func callAsFunction(_ operand: Operand) -> Operand {
    guard case .variable(let id) = operand else { return operand }
    return use(id)
  }

  /// The access with its indices replaced.
  public func callAsFunction(_ access: Access) -> Access {
    self.access(Access(access.buffer, access.indices.map(index), alignment: access.alignment))
  }

  /// The statement with every part replaced.
  public func callAsFunction(_ statement: Statement) -> Statement {
    switch statement {
    case .define(let id, let operation): return .define(definition(id), self(operation))
    case .store(let value, let access, let mask):
      return .store(self(value), self(access), mask: mask.map(callAsFunction))
    case .accumulate(let row, let value, let access, let mask):
      return .accumulate(row, self(value), self(access), mask: mask.map(callAsFunction))
    case .check(let condition, let message): return .check(self(condition), message: message)
    case .loop(let loop): return .loop(self(loop))
    case .whileLoop(let loop): return .whileLoop(self(loop))
    case .branch(let branch): return .branch(self(branch))
    }
  }

  /// The operation with every part replaced.
  public func callAsFunction(_ operation: Operation) -> Operation {
    switch operation {
    case .elementwise(let row, let operands):
      .elementwise(row, operands.map(callAsFunction))
    case .load(let access, let mask, let otherwise):
      .load(self(access), mask: mask.map(callAsFunction), otherwise: otherwise)
    case .index(let expression): .index(index(expression))
    case .splat(let operand): .splat(self(operand))
    case .reduceLanes(let row, let operand): .reduceLanes(row, self(operand))
    case .shiftLanes(let operand, let distance, let fill):
      .shiftLanes(self(operand), by: distance, fill: self(fill))
    case .shuffleLanes(let a, let b, let lanes): .shuffleLanes(self(a), self(b), lanes)
    case .extractLane(let operand, let lane): .extractLane(self(operand), lane)
    }
  }

  private func callAsFunction(_ carried: Carried) -> Carried {
    Carried(
      inside: definition(carried.inside), initial: self(carried.initial),
      result: definition(carried.result))
  }

  private func callAsFunction(_ loop: Loop) -> Loop {
    Loop(
      loop.kind, definition(loop.variable), index(loop.lower), index(loop.upper),
      step: loop.step, carried: loop.carried.map(callAsFunction), body: self(loop.body),
      yields: loop.yields.map(callAsFunction))
  }

  private func callAsFunction(_ loop: While) -> While {
    While(
      carried: loop.carried.map(callAsFunction), condition: self(loop.condition),
      test: self(loop.test), body: self(loop.body), yields: loop.yields.map(callAsFunction))
  }

  private func callAsFunction(_ branch: Branch) -> Branch {
    Branch(
      condition: self(branch.condition), then: self(branch.then),
      thenYields: branch.thenYields.map(callAsFunction), otherwise: self(branch.otherwise),
      otherwiseYields: branch.otherwiseYields.map(callAsFunction),
      results: branch.results.map(definition))
  }
}
