// Rewriting statements for many lanes.

import IRCore
import LoopIR

extension LaneBuilder {
  /// Appends the statements of `block`, done for the lanes of `mask`.
  mutating func emit(_ block: [Statement], _ mask: Mask) {
    for statement in block { emit(statement, mask) }
  }

  private mutating func emit(_ statement: Statement, _ mask: Mask) {
    switch statement {
    case .define(let id, .load(let place, let ownMask, let otherwise))
    where varying.variables.contains(id) && parts(of: ownMask).uniform != nil:
      emitLoad(id, place, otherwise ?? .zero(kernel[id].type.dtype), parts(of: ownMask), mask)
    case .store(_, _, let ownMask) where parts(of: ownMask).uniform != nil,
      .accumulate(_, _, _, let ownMask) where parts(of: ownMask).uniform != nil:
      emitWrite(statement, parts(of: ownMask), mask)
    case .define(let id, let operation):
      let isVarying = varying.variables.contains(id)
      let rewritten =
        isVarying
        ? vectorOperation(operation, kernel[id].type.dtype, mask)
        : uniformOperation(operation, kernel[id].type.dtype, mask)
      statements.append(.define(declare(id), rewritten))
    case .store(let value, let place, let ownMask):
      let lanesOn = both(mask, ownMask)
      let stored = lanesOn == nil ? vectorVariable(value) : vector(value)
      statements.append(.store(stored, access(place), mask: lanesOn))
    case .accumulate(let row, let value, let place, let ownMask):
      let lanesOn = both(mask, ownMask)
      let added = lanesOn == nil ? vectorVariable(value) : vector(value)
      statements.append(.accumulate(row, added, access(place), mask: lanesOn))
    case .check(let condition, let message): emitCheck(condition, message, mask)
    case .loop(let loop): emit(loop, mask)
    case .whileLoop(let loop): emit(loop, mask)
    case .branch(let branch): emit(branch, mask)
    }
  }

  /// The parts of a mask: the same in all lanes, and another per lane.
  private typealias MaskParts = (uniform: Operand?, varying: Operand?)

  /// A load under a mask whose one part is the same in all lanes: a choice.
  private mutating func emitLoad(
    _ id: VariableID, _ place: Access, _ otherwise: Literal, _ own: MaskParts, _ mask: Mask
  ) {
    guard let condition = own.uniform else { return }
    let loaded = kernel.makeVariable(ValueType(kernel[id].type.dtype, lanes: lanes))
    let then = nested { builder in
      let lanesOn = builder.both(mask, own.varying)
      builder.statements.append(
        .define(
          loaded,
          .load(
            builder.access(place), mask: lanesOn, otherwise: lanesOn == nil ? nil : otherwise)))
    }
    var branch = Branch(condition: uniform(condition), then: then)
    branch.thenYields = [.variable(loaded)]
    branch.otherwiseYields = [.literal(otherwise)]
    branch.results = [declare(id)]
    statements.append(.branch(branch))
  }

  /// A write under a mask whose one part is the same in all lanes: a choice.
  private mutating func emitWrite(_ statement: Statement, _ own: MaskParts, _ mask: Mask) {
    guard let condition = own.uniform else { return }
    let inside = nested { $0.emit(statement.replacingMask(by: own.varying), mask) }
    statements.append(.branch(Branch(condition: uniform(condition), then: inside)))
  }

  /// The lanes of `mask` where a statement's own mask holds too.
  private mutating func both(_ mask: Mask, _ own: Operand?) -> Operand? {
    guard let own else { return mask.operand }
    return both(mask.operand, vectorVariable(own))
  }

  private mutating func vectorOperation(
    _ operation: Operation, _ type: DType, _ mask: Mask
  ) -> Operation {
    switch operation {
    case .elementwise(let row, let operands):
      return .elementwise(row, operands.map { vector($0) })
    case .load(let place, let ownMask, let otherwise):
      let lanesOn = both(mask, ownMask)
      return .load(
        access(place), mask: lanesOn, otherwise: lanesOn == nil ? nil : otherwise ?? .zero(type))
    case .index(let expression): return .index(index(expression))
    case .splat, .reduceLanes, .shiftLanes, .shuffleLanes, .extractLane:
      // Legality has excluded lanes inside the loop.
      return operation
    }
  }

  private mutating func uniformOperation(
    _ operation: Operation, _ type: DType, _ mask: Mask
  ) -> Operation {
    switch operation {
    case .elementwise(let row, let operands):
      return .elementwise(row, operands.map { uniform($0) })
    case .load(let place, let ownMask, let otherwise):
      // A read that no lane asks for might be out of bounds.
      var isOn = ownMask.map { uniform($0) }
      if let any = anyLane(mask) {
        isOn = isOn.map { define(ValueType(.bool), .elementwise(.and, [$0, any])) } ?? any
      }
      return .load(
        access(place), mask: isOn, otherwise: isOn == nil ? nil : otherwise ?? .zero(type))
    case .index(let expression): return .index(index(expression))
    case .splat, .reduceLanes, .shiftLanes, .shuffleLanes, .extractLane:
      return operation
    }
  }

  /// A check holds when it holds in every lane that is on.
  private mutating func emitCheck(_ condition: Operand, _ message: String, _ mask: Mask) {
    guard varying.contains(condition) else {
      var holds = uniform(condition)
      if let any = anyLane(mask) {
        let isOff = define(ValueType(.bool), .elementwise(.not, [any]))
        holds = define(ValueType(.bool), .elementwise(.or, [holds, isOff]))
      }
      statements.append(.check(holds, message: message))
      return
    }
    var holds = vector(condition)
    if let lanesOn = mask.operand {
      holds = apply(.or, [holds, apply(.not, [lanesOn], .bool)], .bool)
    }
    let all = define(ValueType(.bool), .reduceLanes(.and, holds))
    statements.append(.check(all, message: message))
  }
}

extension Statement {
  /// The write under another mask.
  fileprivate func replacingMask(by mask: Operand?) -> Statement {
    switch self {
    case .store(let value, let access, _): .store(value, access, mask: mask)
    case .accumulate(let row, let value, let access, _):
      .accumulate(row, value, access, mask: mask)
    case .define, .check, .loop, .whileLoop, .branch: self
    }
  }
}
