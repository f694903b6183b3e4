// Conditions that the bounds of loops decide.

public import IRCore
public import LoopIR

extension Pass where Input == Kernel, Output == Kernel {
  /// Decides comparisons of integers that the bounds of loops, the ranges of types, and the choices
  /// around decide; drops checks and masks that hold, and choices that are made.
  ///
  /// What a front end guards by checks and masks is left unguarded where it is proven to be in
  /// range.
  public static let proveConditions = Pass(
    "prove-conditions", summary: "decide comparisons by the bounds of loops"
  ) { kernel in
    var proof = ConditionProof(kernel)
    var result = kernel
    result.body = proof.walk(kernel.body)
    return result.normalized()
  }
}

/// Walk that knows what holds where it stands.
private struct ConditionProof {
  private let kernel: Kernel
  private var definitions: [VariableID: LoopIR.Operation] = [:]
  private var ranges: ValueRanges
  /// Expressions that are at least 0 here.
  private var facts: [IndexExpression] = []
  private var map = VariableMap()
  /// Conditions that were checked before, in this block or one around it.
  private var checked: Set<VariableID> = []

  init(_ kernel: Kernel) {
    self.kernel = kernel
    ranges = ValueRanges(kernel)
  }

  mutating func walk(_ block: [Statement]) -> [Statement] {
    let outer = checked
    defer { checked = outer }
    return block.flatMap { walk($0) }
  }

  private mutating func walk(_ statement: Statement) -> [Statement] {
    switch statement {
    case .define(let id, let operation): return define(id, map.substitution(operation))
    case .store(let value, let access, let mask):
      let mask = mask.map { map.substitution($0) }
      if mask?.asTruth == false { return [] }
      return [
        .store(
          map.substitution(value), map.substitution(access), mask: mask?.unlessTrue)
      ]
    case .accumulate(let row, let value, let access, let mask):
      let mask = mask.map { map.substitution($0) }
      if mask?.asTruth == false { return [] }
      return [
        .accumulate(
          row, map.substitution(value), map.substitution(access), mask: mask?.unlessTrue)
      ]
    case .check(let condition, let message):
      let condition = map.substitution(condition)
      if condition.asTruth == true { return [] }
      if let id = condition.asVariable, !checked.insert(id).inserted { return [] }
      return [.check(condition, message: message)]
    case .loop(let loop): return [walk(loop)]
    case .whileLoop(let loop): return [walk(loop)]
    case .branch(let branch): return walk(branch)
    }
  }

  private mutating func define(_ id: VariableID, _ operation: LoopIR.Operation) -> [Statement] {
    if let operand = decided(operation) {
      map.replace(id, by: operand)
      return []
    }
    var operation = operation
    if case .load(let access, let mask?, _) = operation, mask.asTruth == true {
      operation = .load(access, mask: nil, otherwise: nil)
    }
    definitions[id] = operation
    ranges.note(id, operation)
    return [.define(id, operation)]
  }

  // MARK: Blocks

  private mutating func walk(_ loop: Loop) -> Statement {
    var loop = loop
    let body = loop.body
    loop.body = []
    guard case .loop(var result) = map.substitution(.loop(loop)) else { return .loop(loop) }
    let outer = (ranges, facts)
    ranges.bounds.add(result)
    result.body = walk(body)
    (ranges, facts) = outer
    result.yields = loop.yields.map { map.substitution($0) }
    return .loop(result)
  }

  private mutating func walk(_ loop: While) -> Statement {
    var loop = loop
    let (condition, body) = (loop.condition, loop.body)
    (loop.condition, loop.body) = ([], [])
    guard case .whileLoop(var result) = map.substitution(.whileLoop(loop)) else {
      return .whileLoop(loop)
    }
    let outer = (ranges, facts)
    result.condition = walk(condition)
    result.test = map.substitution(loop.test)
    facts += consequences(of: result.test, holds: true)
    result.body = walk(body)
    (ranges, facts) = outer
    result.yields = loop.yields.map { map.substitution($0) }
    return .whileLoop(result)
  }

  private mutating func walk(_ branch: Branch) -> [Statement] {
    let condition = map.substitution(branch.condition)
    if let holds = condition.asTruth {
      let chosen = (holds ? branch.then : branch.otherwise).flatMap { walk($0) }
      for (id, value) in zip(branch.results, holds ? branch.thenYields : branch.otherwiseYields) {
        map.replace(id, by: map.substitution(value))
      }
      return chosen
    }
    var result = branch
    result.condition = condition
    let outer = (ranges, facts)
    facts += consequences(of: condition, holds: true)
    result.then = walk(branch.then)
    result.thenYields = branch.thenYields.map { map.substitution($0) }
    (ranges, facts) = outer
    facts += consequences(of: condition, holds: false)
    result.otherwise = walk(branch.otherwise)
    result.otherwiseYields = branch.otherwiseYields.map { map.substitution($0) }
    (ranges, facts) = outer
    return [.branch(result)]
  }

  // MARK: Proof

  /// What an operation always gives, where that is known.
  private func decided(_ operation: LoopIR.Operation) -> Operand? {
    switch operation {
    case .load(_, let mask?, let otherwise?) where mask.asTruth == false:
      return .literal(otherwise)
    case .elementwise(let row, let operands): return decided(row, operands)
    case .load, .index, .splat, .reduceLanes, .shiftLanes, .shuffleLanes, .extractLane: return nil
    }
  }

  private func decided(_ row: Elementwise, _ operands: [Operand]) -> Operand? {
    switch row {
    case .and where operands.contains { $0.asTruth == false }: return .literal(.bool(false))
    case .or where operands.contains { $0.asTruth == true }: return .literal(.bool(true))
    case .and where operands[0].asTruth == true: return operands[1]
    case .and where operands[1].asTruth == true: return operands[0]
    case .or where operands[0].asTruth == false: return operands[1]
    case .or where operands[1].asTruth == false: return operands[0]
    case .not: return operands[0].asTruth.map { .literal(.bool(!$0)) }
    case .lt, .le, .gt, .ge, .eq, .ne:
      guard let a = term(operands[0]), let b = term(operands[1]) else { return nil }
      return truth(row, a, b).map { .literal(.bool($0)) }
    default: return nil
    }
  }

  private func truth(_ row: Elementwise, _ a: IndexExpression, _ b: IndexExpression) -> Bool? {
    switch row {
    case .lt: isAtLeastZero(b - a - 1) ? true : isAtLeastZero(a - b) ? false : nil
    case .le: truth(.lt, b, a).map { !$0 }
    case .gt: truth(.lt, b, a)
    case .ge: truth(.lt, a, b).map { !$0 }
    case .eq:
      isAtLeastZero(a - b - 1) || isAtLeastZero(b - a - 1)
        ? false : isAtLeastZero(a - b) && isAtLeastZero(b - a) ? true : nil
    case .ne: truth(.eq, a, b).map { !$0 }
    default: nil
    }
  }

  /// Whether bounds, or one fact and bounds, show it.
  private func isAtLeastZero(_ expression: IndexExpression) -> Bool {
    ([0] + facts).contains { fact in
      ranges.bounds.lower(of: expression - fact).map { $0 >= 0 } ?? false
    }
  }

  /// An integer operand as a number without overflow.
  private func term(_ operand: Operand) -> IndexExpression? {
    switch operand {
    case .literal(let literal):
      return literal.type.isInteger && literal.type != .u64
        ? IndexExpression(literal.intValue) : nil
    case .variable(let id):
      let type = kernel[id].type
      guard type.dtype.isInteger, type.dtype != .u64, type.lanes == 1 else { return nil }
      if case .index(let expression)? = definitions[id] { return expression }
      return id.expression
    }
  }

  /// Expressions that are at least 0 where a condition holds, or does not.
  private func consequences(of condition: Operand, holds: Bool) -> [IndexExpression] {
    guard let id = condition.asVariable,
      case .elementwise(let row, let operands)? = definitions[id]
    else { return [] }
    switch row {
    case .not: return consequences(of: operands[0], holds: !holds)
    case .and where holds, .or where !holds:
      return operands.flatMap { consequences(of: $0, holds: holds) }
    case .lt, .le, .gt, .ge, .eq, .ne:
      guard let a = term(operands[0]), let b = term(operands[1]) else { return [] }
      switch (row, holds) {
      case (.lt, true), (.ge, false): return [b - a - 1]
      case (.le, true), (.gt, false): return [b - a]
      case (.gt, true), (.le, false): return [a - b - 1]
      case (.ge, true), (.lt, false): return [a - b]
      case (.eq, true), (.ne, false): return [a - b, b - a]
      default: return []
      }
    default: return []
    }
  }
}

extension Operand {
  /// The truth value when the operand is a literal of type bool.
  fileprivate var asTruth: Bool? {
    guard case .literal(let literal) = self, literal.type == .bool else { return nil }
    return literal.bits != 0
  }

  /// The operand as a mask; none where it is true.
  fileprivate var unlessTrue: Operand? { asTruth == true ? nil : self }
}
