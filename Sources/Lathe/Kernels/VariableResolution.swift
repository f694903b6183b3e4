// From variables that are read and written to values that loops and choices carry.

import IRCore
import LoopIR

/// Turns a draft's statements into a kernel's: what a loop or choice assigns becomes a value that
/// it carries (the construction of SSA from structured control flow; Brandis and Mössenböck,
/// *Single-Pass Generation of Static Single-Assignment Form for Structured Languages*, 1994).
struct VariableResolution {
  private var kernel: Kernel
  private let slots: [KernelDraft.Slot]
  /// The values that variables have where the walk is.
  private var values: [Int: Operand] = [:]
  /// What each read of a variable stands for.
  private var reads: [VariableID: Operand] = [:]

  /// The kernel of a draft whose body has ended.
  static func kernel(of draft: KernelDraft) -> Kernel {
    var resolution = VariableResolution(draft)
    resolution.kernel.body = resolution.resolve(draft.scopes[0].statements)
    return resolution.kernel
  }

  private init(_ draft: KernelDraft) {
    kernel = draft.kernel
    slots = draft.slots
  }

  private mutating func resolve(_ block: [DraftStatement]) -> [Statement] {
    var result: [Statement] = []
    for statement in block { resolve(statement, into: &result) }
    return result
  }

  private mutating func resolve(_ statement: DraftStatement, into result: inout [Statement]) {
    switch statement {
    case .plain(let statement): result.append(substitution(statement))
    case .read(let id, let slot): reads[id] = values[slot]
    case .write(let slot, let value): values[slot] = substitution(value)
    case .fill(let buffer, let value): result += fill(buffer, substitution(value))
    case .loop(let variable, let lower, let upper, let step, let body):
      result.append(
        loop(
          Loop(
            .serial, variable, substitution.index(lower), substitution.index(upper), step: step),
          body))
    case .whileLoop(let condition, let test, let body):
      result.append(whileLoop(condition, test, body))
    case .branch(let condition, let then, let otherwise):
      result.append(branch(substitution(condition), then, otherwise))
    }
  }

  /// Reads replaced by what they stand for.
  private var substitution: Substitution { Substitution(replacing: reads) }

  // MARK: Control

  private mutating func loop(_ loop: Loop, _ body: [DraftStatement]) -> Statement {
    var loop = loop
    let assigned = assigned(in: body)
    let outer = values
    loop.carried = carried(assigned)
    loop.body = resolve(body)
    loop.yields = assigned.compactMap { values[$0] }
    values = outer
    leave(assigned, loop.carried)
    return .loop(loop)
  }

  private mutating func whileLoop(
    _ condition: [DraftStatement], _ test: Operand, _ body: [DraftStatement]
  ) -> Statement {
    let assigned = assigned(in: condition + body)
    let outer = values
    var loop = While(
      carried: carried(assigned), condition: [], test: test, body: [], yields: [])
    loop.condition = resolve(condition)
    loop.test = substitution(test)
    loop.body = resolve(body)
    loop.yields = assigned.compactMap { values[$0] }
    values = outer
    leave(assigned, loop.carried)
    return .whileLoop(loop)
  }

  private mutating func branch(
    _ condition: Operand, _ then: [DraftStatement], _ otherwise: [DraftStatement]
  ) -> Statement {
    let assigned = assigned(in: then + otherwise)
    let outer = values
    var branch = Branch(condition: condition, then: resolve(then))
    branch.thenYields = assigned.compactMap { values[$0] }
    values = outer
    branch.otherwise = resolve(otherwise)
    branch.otherwiseYields = assigned.compactMap { values[$0] }
    values = outer
    branch.results = assigned.map { kernel.makeVariable(ValueType(slots[$0].dtype)) }
    for (slot, result) in zip(assigned, branch.results) { values[slot] = .variable(result) }
    return .branch(branch)
  }

  /// Carried values of the variables, which have them from here on.
  private mutating func carried(_ assigned: [Int]) -> [Carried] {
    assigned.compactMap { slot in
      guard let initial = values[slot] else { return nil }
      let type = ValueType(slots[slot].dtype)
      let inside = kernel.makeVariable(type)
      let result = kernel.makeVariable(type)
      values[slot] = .variable(inside)
      return Carried(inside: inside, initial: initial, result: result)
    }
  }

  private mutating func leave(_ assigned: [Int], _ carried: [Carried]) {
    for (slot, item) in zip(assigned, carried) { values[slot] = .variable(item.result) }
  }

  /// The variables of outer blocks that a block assigns, in order of declaration.
  private func assigned(in block: [DraftStatement]) -> [Int] {
    var result: Set<Int> = []
    Self.collect(block, into: &result)
    return result.filter { values[$0] != nil }.sorted()
  }

  private static func collect(_ block: [DraftStatement], into result: inout Set<Int>) {
    for statement in block {
      switch statement {
      case .plain, .read, .fill: break
      case .write(let slot, _): result.insert(slot)
      case .loop(_, _, _, _, let body): collect(body, into: &result)
      case .whileLoop(let condition, _, let body):
        collect(condition, into: &result)
        collect(body, into: &result)
      case .branch(_, let then, let otherwise):
        collect(then, into: &result)
        collect(otherwise, into: &result)
      }
    }
  }

  /// Loops that store one value everywhere.
  private mutating func fill(_ buffer: BufferID, _ value: Operand) -> [Statement] {
    let shape = kernel[buffer].shape
    let name = kernel[buffer].name
    let variables = shape.indices.map { axis in
      kernel.makeVariable(ValueType(.i64), name: "\(name)_\(axis)")
    }
    let access = Access(buffer, variables.map(\.expression))
    var block: [Statement] = [.store(value, access, mask: nil)]
    for (variable, extent) in zip(variables, shape).reversed() {
      block = [.loop(Loop(.serial, variable, 0, extent, body: block))]
    }
    return block
  }
}
