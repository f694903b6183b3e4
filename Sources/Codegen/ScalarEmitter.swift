// Emission of elementwise rows: their definitions inline, at any number of lanes.

import IRCore
import LLVMBindings

/// Emits applications of rows; keeps each row's flattened definition.
struct ScalarEmitter {
  private struct Key: Hashable {
    let row: Elementwise
    let operands: [DType]
    let result: DType
  }

  let primitives: PrimitiveEmitter
  private var programs: [Key: ScalarProgram] = [:]

  init(builder: LLVMBuilder, row: TargetRow) {
    primitives = PrimitiveEmitter(builder: builder, row: row)
  }

  private var builder: LLVMBuilder { primitives.builder }

  /// Emits `row` on operands that all have `lanes` lanes.
  mutating func emit(
    _ row: Elementwise, _ operands: [LLVMValue], types: [DType], result: DType, lanes: Int
  ) -> LLVMValue {
    if let primitive = row.primitive {
      if primitive == .scale2 { return primitives.scaleByAny(operands[0], operands[1], result) }
      let isSelect = row.typing == .select
      return primitives.emit(primitive, operands, type: types[isSelect ? 1 : 0], result: result)
    }
    return emit(program(row, types, result), operands, lanes: lanes)
  }

  private mutating func program(
    _ row: Elementwise, _ operands: [DType], _ result: DType
  ) -> ScalarProgram {
    let key = Key(row: row, operands: operands, result: result)
    if let known = programs[key] { return known }
    let program = ScalarProgram(row, operands: operands, result: result)
    programs[key] = program
    return program
  }

  private func emit(
    _ program: ScalarProgram, _ arguments: [LLVMValue], lanes: Int
  ) -> LLVMValue {
    var results: [LLVMValue] = []
    results.reserveCapacity(program.instructions.count)
    func value(_ operand: ScalarProgram.Operand) -> LLVMValue {
      switch operand {
      case .argument(let index): arguments[index]
      case .literal(let literal): builder.types.constant(literal, lanes: lanes)
      case .result(let index): results[index]
      }
    }
    var pending: RareRegion?
    for (index, step) in program.instructions.enumerated() {
      if pending == nil, let select = program.rareSelects[index] {
        pending = RareRegion(value(program.instructions[select].operands[0]), primitives)
      }
      if step.primitive == .selectRarely, let region = pending, step.rareRange?.isEmpty == false {
        let slow = region.close(value(step.operands[1]), primitives)
        results.append(builder.select(region.condition, slow, value(step.operands[2])))
        pending = nil
      } else {
        results.append(
          primitives.emit(
            step.primitive, step.operands.map(value), type: step.operandType, result: step.type))
      }
    }
    return value(program.result)
  }
}

/// Code that runs only when some lane needs it.
private struct RareRegion {
  let condition: LLVMValue
  private let before: LLVMBlock
  private let merge: LLVMBlock

  /// Branches to a new block, where code goes until `close`.
  init(_ condition: LLVMValue, _ primitives: PrimitiveEmitter) {
    let builder = primitives.builder
    guard let block = builder.block else { fatalError("no insertion block") }
    self.condition = condition
    let needed = primitives.any(condition)
    guard let before = builder.block else { fatalError("no insertion block") }
    self.before = before
    let slow = block.function.appendBlock("rare")
    merge = block.function.appendBlock("rare.end")
    builder.condBr(needed, slow, merge).setBranchWeights(1, 1000)
    builder.position(atEndOf: slow)
  }

  /// Ends the region; the result is `slow`, or anything when the region did not run.
  func close(_ slow: LLVMValue, _ primitives: PrimitiveEmitter) -> LLVMValue {
    let builder = primitives.builder
    guard let end = builder.block else { fatalError("no insertion block") }
    builder.br(merge)
    builder.position(atEndOf: merge)
    let phi = builder.phi(slow.type, "rare.value")
    phi.addIncoming(slow, from: end)
    phi.addIncoming(slow.type.zero, from: before)
    return phi
  }
}
