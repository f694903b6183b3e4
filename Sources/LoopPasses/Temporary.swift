// Until the loopir branch is merged.
import IRCore
import LoopIR
// The nesting of statements, the same for every walk over a kernel.

extension Statement {
  /// What the statement defines for the statements after it.
  var results: [VariableID] {
    switch self {
    case .define(let id, _): [id]
    case .store, .accumulate, .check: []
    case .loop(let loop): loop.carried.map(\.result)
    case .whileLoop(let loop): loop.carried.map(\.result)
    case .branch(let branch): branch.results
    }
  }

  /// What the statement defines for its own blocks: induction variable, then carried values.
  var blockParameters: [VariableID] {
    switch self {
    case .define, .store, .accumulate, .check, .branch: []
    case .loop(let loop): [loop.variable] + loop.carried.map(\.inside)
    case .whileLoop(let loop): loop.carried.map(\.inside)
    }
  }

  /// The nested blocks in text order.
  var blocks: [[Statement]] {
    switch self {
    case .define, .store, .accumulate, .check: []
    case .loop(let loop): [loop.body]
    case .whileLoop(let loop): [loop.condition, loop.body]
    case .branch(let branch): [branch.then, branch.otherwise]
    }
  }
}

extension Kernel {
  /// The most blocks inside each other; text and verifier hold it, so that walks may recurse.
  static let maximumDepth = 64

  /// Calls `visit` on every statement in text order, outer ones before what they contain.
  func forEachStatement(_ visit: (Statement) -> Void) {
    Self.visit(body, visit)
  }

  private static func visit(_ statements: [Statement], _ visit: (Statement) -> Void) {
    for statement in statements {
      visit(statement)
      for block in statement.blocks { Self.visit(block, visit) }
    }
  }

  /// The messages of the kernel's checks in text order; a status is a place in this list.
  var checkMessages: [String] {
    var messages: [String] = []
    forEachStatement { if case .check(_, let message) = $0 { messages.append(message) } }
    return messages
  }

  /// Lanes that a store or accumulate writes: the value's, or for a literal the mask's.
  func lanes(storing value: Operand, mask: Operand?) -> Int {
    if case .variable(let id) = value { return self[id].type.lanes }
    return mask.map { type(of: $0).lanes } ?? 1
  }
}
// Replacing variables and index expressions throughout statements.


/// What to put in the place of variables and index expressions.
struct Substitution {
  /// The variable that a definition is to define.
  var definition: (VariableID) -> VariableID
  /// The operand to use in the place of a variable.
  var use: (VariableID) -> Operand
  /// The expression to use in the place of an index expression.
  var index: (IndexExpression) -> IndexExpression

  /// States the three replacements.
  init(
    definition: @escaping (VariableID) -> VariableID,
    use: @escaping (VariableID) -> Operand,
    index: @escaping (IndexExpression) -> IndexExpression
  ) {
    self.definition = definition
    self.use = use
    self.index = index
  }

  /// Gives every variable another number, in index expressions too.
  init(renumbering: @escaping (VariableID) -> VariableID) {
    self.init(
      definition: renumbering, use: { .variable(renumbering($0)) },
      index: {
        $0.substituting { atom in
          guard case .variable(let index) = atom else { return nil }
          return renumbering(VariableID(index)).expression
        }
      })
  }

  /// The statements with every part replaced.
  func callAsFunction(_ statements: [Statement]) -> [Statement] {
    statements.map(callAsFunction)
  }

  /// The operand, replaced when it is a variable.
  func callAsFunction(_ operand: Operand) -> Operand {
    guard case .variable(let id) = operand else { return operand }
    return use(id)
  }

  /// The access with its indices replaced.
  func callAsFunction(_ access: Access) -> Access {
    Access(access.buffer, access.indices.map(index), alignment: access.alignment)
  }

  /// The statement with every part replaced.
  func callAsFunction(_ statement: Statement) -> Statement {
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
  func callAsFunction(_ operation: Operation) -> Operation {
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
// The form of a kernel that text stands for, and the text that names play no part in.



extension Kernel {
  /// An equal kernel in which variables are numbered in order of definition, variables that
  /// nothing defines are gone, and names are words that occur once.
  func normalized() -> Kernel {
    var places = [Int?](repeating: nil, count: variables.count)
    var order: [VariableID] = []
    forEachStatement { statement in
      for id in statement.results + statement.blockParameters
      where variables.indices.contains(id.index) && places[id.index] == nil {
        places[id.index] = order.count
        order.append(id)
      }
    }
    // Broken kernels, which must print too, keep uses without a definition out of range.
    let substitution = Substitution(renumbering: { id in
      let known = places.indices.contains(id.index) ? places[id.index] : nil
      return VariableID(known ?? order.count + id.index)
    })
    var result = self
    result.body = substitution(body)
    result.variables = order.map { self[$0] }
    return result
  }

}
