// Emission of loops and choices.

import IRCore
import LLVMBindings
import LoopIR

extension KernelEmitter {
  /// The iterations `begin..<end` of the parallel loop, in order; they are independent.
  mutating func emitParallel(_ loop: Loop) {
    let begin = function.parameters[2]
    let end = function.parameters[3]
    let (before, body, exit) = (currentBlock, block("parallel"), block("parallel.end"))
    builder.condBr(builder.icmp(.slt, begin, end), body, exit)
    builder.position(atEndOf: body)
    let iteration = builder.phi(types.i64, "iteration")
    iteration.addIncoming(begin, from: before)
    let lower = index(loop.lower, lanes: 1)
    let step = types.i64.constant(loop.step)
    values[loop.variable.index] = builder.addNSW(
      lower, builder.mulNSW(iteration, step), name(of: loop.variable))
    emit(loop.body)
    let next = builder.addNSW(iteration, types.i64.constant(1))
    iteration.addIncoming(next, from: currentBlock)
    builder.condBr(builder.icmp(.slt, next, end), body, exit)
    builder.position(atEndOf: exit)
  }

  /// A counted loop, tested at its end; the test before it vanishes where bounds are constant.
  mutating func emitLoop(_ loop: Loop) {
    let lower = index(loop.lower, lanes: 1)
    let upper = index(loop.upper, lanes: 1)
    let initial = loop.carried.map { value($0.initial, lanes: kernel[$0.inside].type.lanes) }
    let before = currentBlock
    let body = block("loop")
    let exit = block("loop.end")
    if let low = loop.lower.asConstant, let high = loop.upper.asConstant, low < high {
      builder.br(body)
    } else {
      builder.condBr(builder.icmp(.slt, lower, upper), body, exit)
    }
    builder.position(atEndOf: body)
    let variable = builder.phi(types.i64, name(of: loop.variable))
    variable.addIncoming(lower, from: before)
    values[loop.variable.index] = variable
    let phis = makePhis(loop.carried.map(\.inside), initial, from: before)
    emit(loop.body)
    let yields = zip(loop.carried, loop.yields).map {
      value($1, lanes: kernel[$0.inside].type.lanes)
    }
    let next = builder.addNSW(variable, types.i64.constant(loop.step))
    let last = currentBlock
    variable.addIncoming(next, from: last)
    for (phi, yield) in zip(phis, yields) { phi.addIncoming(yield, from: last) }
    builder.condBr(builder.icmp(.slt, next, upper), body, exit)
    builder.position(atEndOf: exit)
    let isGuarded =
      !(loop.lower.asConstant.flatMap { low in
        loop.upper.asConstant.map { low < $0 }
      } ?? false)
    for (k, carried) in loop.carried.enumerated() {
      let result = builder.phi(initial[k].type, name(of: carried.result))
      if isGuarded { result.addIncoming(initial[k], from: before) }
      result.addIncoming(yields[k], from: last)
      values[carried.result.index] = result
    }
  }

  /// The condition's blocks dominate both the body and what follows.
  mutating func emitWhile(_ loop: While) {
    let initial = loop.carried.map { value($0.initial, lanes: kernel[$0.inside].type.lanes) }
    let before = currentBlock
    let header = block("while")
    let body = block("while.body")
    let exit = block("while.end")
    builder.br(header)
    builder.position(atEndOf: header)
    let phis = makePhis(loop.carried.map(\.inside), initial, from: before)
    emit(loop.condition)
    builder.condBr(value(loop.test), body, exit)
    builder.position(atEndOf: body)
    emit(loop.body)
    let last = currentBlock
    for (k, yield) in loop.yields.enumerated() {
      phis[k].addIncoming(value(yield, lanes: phis[k].type.lanes), from: last)
    }
    builder.br(header)
    builder.position(atEndOf: exit)
    for (k, carried) in loop.carried.enumerated() { values[carried.result.index] = phis[k] }
  }

  /// Two ways that meet in phis.
  mutating func emitBranch(_ branch: Branch) {
    let then = block("then")
    let otherwise = block("else")
    let merge = block("endif")
    builder.condBr(value(branch.condition), then, otherwise)
    let lanes = branch.results.map { kernel[$0].type.lanes }
    builder.position(atEndOf: then)
    emit(branch.then)
    let thenValues = zip(branch.thenYields, lanes).map { value($0, lanes: $1) }
    let thenEnd = currentBlock
    builder.br(merge)
    builder.position(atEndOf: otherwise)
    emit(branch.otherwise)
    let otherwiseValues = zip(branch.otherwiseYields, lanes).map { value($0, lanes: $1) }
    let otherwiseEnd = currentBlock
    builder.br(merge)
    builder.position(atEndOf: merge)
    for (k, result) in branch.results.enumerated() {
      let phi = builder.phi(thenValues[k].type, name(of: result))
      phi.addIncoming(thenValues[k], from: thenEnd)
      phi.addIncoming(otherwiseValues[k], from: otherwiseEnd)
      values[result.index] = phi
    }
  }

  private mutating func makePhis(
    _ ids: [VariableID], _ initial: [LLVMValue], from before: LLVMBlock
  ) -> [LLVMValue] {
    zip(ids, initial).map { id, start in
      let phi = builder.phi(start.type, name(of: id))
      phi.addIncoming(start, from: before)
      values[id.index] = phi
      return phi
    }
  }

  private var currentBlock: LLVMBlock {
    guard let block = builder.block else { fatalError("no insertion block") }
    return block
  }

  private func block(_ name: String) -> LLVMBlock { function.appendBlock(name) }

  private func name(of id: VariableID) -> String { kernel[id].name ?? "v\(id.index)" }
}
