// Common values are computed once.

public import IRCore
public import LoopIR

extension Pass where Input == Kernel, Output == Kernel {
  /// Computes equal values once where one computation comes before the other in the same block or
  /// in one around it, inside one phase; loads count when the kernel never writes their buffer.
  public static let combineCommonValues = Pass(
    "cse-kernel", summary: "compute common values once"
  ) { kernel in
    var combination = Combination(kernel)
    var result = kernel
    result.body = kernel.phases.flatMap { combination.combine($0) }
    return result.normalized()
  }
}

private struct Combination {
  /// A value's computation and type.
  private struct Computation: Hashable {
    var operation: LoopIR.Operation
    var type: ValueType
  }

  private let kernel: Kernel
  private let written: Set<BufferID>
  private var known: [Computation: VariableID] = [:]
  private var map = VariableMap()

  init(_ kernel: Kernel) {
    self.kernel = kernel
    written = kernel.writtenBuffers
  }

  mutating func combine(_ block: [Statement]) -> [Statement] {
    let outer = known
    defer { known = outer }
    var result: [Statement] = []
    for statement in block {
      guard case .define(let id, let operation) = statement else {
        result.append(combineInside(statement))
        continue
      }
      let renamed = map.substitution(operation)
      let computation = Computation(operation: renamed, type: kernel[id].type)
      if let earlier = known[computation] {
        map.replace(id, by: .variable(earlier))
        continue
      }
      if renamed.isRepeatable(unless: written) { known[computation] = id }
      result.append(.define(id, renamed))
    }
    return result
  }

  private mutating func combineInside(_ statement: Statement) -> Statement {
    switch statement {
    case .define, .store, .accumulate, .check: return map.substitution(statement)
    case .loop(var loop):
      let body = combine(loop.body)
      loop.body = []
      guard case .loop(var result) = map.substitution(.loop(loop)) else { return statement }
      result.body = body
      return .loop(result)
    case .whileLoop(var loop):
      // What the condition computes is seen by the body.
      let outer = known
      let both = combine(loop.condition, then: loop.body)
      known = outer
      (loop.condition, loop.body) = ([], [])
      guard case .whileLoop(var result) = map.substitution(.whileLoop(loop)) else {
        return statement
      }
      (result.condition, result.body) = both
      return .whileLoop(result)
    case .branch(var branch):
      let sides = (combine(branch.then), combine(branch.otherwise))
      (branch.then, branch.otherwise) = ([], [])
      guard case .branch(var result) = map.substitution(.branch(branch)) else { return statement }
      (result.then, result.otherwise) = sides
      return .branch(result)
    }
  }

  private mutating func combine(
    _ first: [Statement], then second: [Statement]
  ) -> ([Statement], [Statement]) {
    let a = combine(first)
    for case .define(let id, let operation) in a where operation.isRepeatable(unless: written) {
      known[Computation(operation: operation, type: kernel[id].type)] = id
    }
    return (a, combine(second))
  }
}

extension LoopIR.Operation {
  /// Holds when computing again gives the same value.
  func isRepeatable(unless written: Set<BufferID>) -> Bool {
    guard case .load(let access, _, _) = self else { return true }
    return !written.contains(access.buffer)
  }
}
