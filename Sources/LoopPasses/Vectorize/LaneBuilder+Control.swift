// Rewriting loops and choices for many lanes.

import IRCore
import LoopIR

extension LaneBuilder {
  // MARK: Choices

  /// A choice that all lanes make alike stays; another runs both sides under masks and selects.
  mutating func emit(_ branch: Branch, _ mask: Mask) {
    guard varying.contains(branch.condition) else { return emitUniform(branch, mask) }
    let condition = vector(branch.condition)
    emit(branch.then, narrow(mask, to: condition, mayBeEmpty: true))
    let thenYields = branch.thenYields.map { vector($0) }
    if !branch.otherwise.isEmpty {
      let opposite = apply(.not, [condition], .bool)
      emit(branch.otherwise, narrow(mask, to: opposite, mayBeEmpty: true))
    }
    let otherwiseYields = branch.otherwiseYields.map { vector($0) }
    for (index, id) in branch.results.enumerated() {
      let choice = [condition, thenYields[index], otherwiseYields[index]]
      statements.append(.define(declare(id), .elementwise(.select, choice)))
    }
  }

  private mutating func emitUniform(_ branch: Branch, _ mask: Mask) {
    var result = branch
    result.condition = uniform(branch.condition)
    result.then = nested { builder in
      builder.emit(branch.then, mask)
      result.thenYields = builder.yields(branch.thenYields, for: branch.results)
    }
    result.otherwise = nested { builder in
      builder.emit(branch.otherwise, mask)
      result.otherwiseYields = builder.yields(branch.otherwiseYields, for: branch.results)
    }
    result.results = branch.results.map { declare($0) }
    statements.append(.branch(result))
  }

  /// Operands in the types of what they define.
  private mutating func yields(_ operands: [Operand], for ids: [VariableID]) -> [Operand] {
    zip(operands, ids).map { operand, id in
      varying.variables.contains(id) ? vector(operand) : uniform(operand)
    }
  }

  // MARK: Counted loops

  /// A loop whose lanes run together stays, with vectors for what varies; another runs as long
  /// as one lane does, under a mask.
  mutating func emit(_ loop: Loop, _ mask: Mask) {
    var result = loop
    result.carried = begin(loop.carried)
    result.variable = kernel.makeVariable(ValueType(.i64), name: kernel[loop.variable].name)
    var ends: Operand?
    if varying.contains(loop.lower) {
      let lower = index(loop.lower)
      let extent = index(loop.upper - loop.lower)
      result.lower = 0
      result.upper = extent
      declare(loop.variable, as: lower + result.variable.expression)
      if isVector(extent) { ends = lastEnd(of: extent, from: 0, mask, &result) }
    } else {
      result.lower = index(loop.lower)
      result.upper = index(loop.upper)
      declare(loop.variable, as: result.variable)
      if isVector(result.upper) {
        ends = lastEnd(of: result.upper, from: result.lower, mask, &result)
      }
    }
    result.body = nested { builder in
      guard let ends else {
        builder.emit(loop.body, mask)
        result.yields = builder.yields(loop.yields, for: loop.carried.map(\.inside))
        return
      }
      let place = builder.vector(ofIndex: result.variable.expression)
      let isOn = builder.apply(.lt, [place, ends], .bool)
      let inside = builder.narrow(mask, to: isOn, mayBeEmpty: false)
      builder.emit(loop.body, inside)
      result.yields = builder.selections(
        loop.yields, loop.carried, result.carried, where: inside.operand ?? isOn)
    }
    finish(loop.carried, result.carried)
    statements.append(.loop(result))
  }

  /// The end of each lane's iterations; the loop gets the last one as its bound.
  private mutating func lastEnd(
    of upper: IndexExpression, from lower: IndexExpression, _ mask: Mask, _ loop: inout Loop
  ) -> Operand {
    var ends = vector(ofIndex: upper)
    if let lanesOn = mask.operand {
      ends = apply(.select, [lanesOn, ends, vector(ofIndex: lower)], .i64)
    }
    let last = kernel.makeVariable(ValueType(.i64))
    statements.append(.define(last, .reduceLanes(.max, ends)))
    loop.upper = last.expression
    return ends
  }

  // MARK: Loops until a condition fails

  /// A loop that lanes leave at different times carries the mask of those still in it.
  mutating func emit(_ loop: While, _ mask: Mask) {
    guard varying.lanesLeaveApart(loop, mayBeEmpty: mask.mayBeEmpty) else {
      return emitUniform(loop, mask)
    }
    var result = loop
    result.carried = begin(loop.carried)
    let maskType = ValueType(.bool, lanes: lanes)
    let active = kernel.makeVariable(maskType)
    let initial = mask.operand ?? .literal(.bool(true))
    var isOn = Operand.variable(active)
    result.condition = nested { builder in
      let inside = Mask(operand: isOn, mayBeEmpty: mask.mayBeEmpty)
      builder.emit(loop.condition, inside)
      isOn = builder.apply(.and, [builder.vector(loop.test), isOn], .bool)
      result.test = builder.define(ValueType(.bool), .reduceLanes(.or, isOn))
    }
    result.body = nested { builder in
      builder.emit(loop.body, Mask(operand: isOn, mayBeEmpty: false))
      result.yields = builder.selections(loop.yields, loop.carried, result.carried, where: isOn)
    }
    result.carried.append(
      Carried(inside: active, initial: initial, result: kernel.makeVariable(maskType)))
    result.yields.append(isOn)
    finish(loop.carried, result.carried)
    statements.append(.whileLoop(result))
  }

  private mutating func emitUniform(_ loop: While, _ mask: Mask) {
    var result = loop
    result.carried = begin(loop.carried)
    result.condition = nested { builder in
      builder.emit(loop.condition, mask)
      result.test = builder.uniform(loop.test)
    }
    result.body = nested { builder in
      builder.emit(loop.body, mask)
      result.yields = builder.yields(loop.yields, for: loop.carried.map(\.inside))
    }
    finish(loop.carried, result.carried)
    statements.append(.whileLoop(result))
  }

  // MARK: Carried values

  /// New carried values, seen inside the loop; the results are declared by `finish`.
  private mutating func begin(_ carried: [Carried]) -> [Carried] {
    let initials = yields(carried.map(\.initial), for: carried.map(\.inside))
    return zip(carried, initials).map { item, initial in
      let inside = declare(item.inside)
      let result = kernel.makeVariable(kernel[inside].type, name: kernel[item.result].name)
      return Carried(inside: inside, initial: initial, result: result)
    }
  }

  private mutating func finish(_ carried: [Carried], _ new: [Carried]) {
    for (item, copy) in zip(carried, new) { declare(item.result, as: copy.result) }
  }

  /// What goes to the next iteration: the new values in lanes that are on, the old ones in the
  /// others. Values that nothing reads after the loop need no selection: a lane that is off uses
  /// them for nothing that has an effect.
  private mutating func selections(
    _ yields: [Operand], _ carried: [Carried], _ new: [Carried], where isOn: Operand
  ) -> [Operand] {
    zip(yields, zip(carried, new)).map { yield, items in
      let value = vector(yield)
      let old = Operand.variable(items.1.inside)
      if value == old || !isUsed(items.0.result) { return value }
      return apply(.select, [isOn, value, old], kernel[items.1.inside].type.dtype)
    }
  }
}
