// Steps of loops and conditionals.

import IRCore
import LoopIR
import TensorIR

extension ProgramFlattening {
  /// Carried values stand in rings of two: a step reads one place and writes the other, whose roles
  /// change with the step's number. Starts are copied into the ring and last values out of it, but
  /// where the number of steps tells which place that is.
  mutating func append(
    _ loop: LoopNode, _ id: NodeID, _ scope: inout Scope
  ) throws(CompileFailure) {
    let operands = scope.operands(of: id)
    let places = loop.layout
    let count = try constantCount(loop, id, scope)
    appendBoundary(.section)
    let rings = try makeRings(loop, operands, id, scope)
    let rows = try placeStacks(loop, operands, id, &scope)
    let told = places.count.map { operands[$0] }
    appendBoundary(.loop(count: count, told: told), reading: told)
    let outer = blocks.count
    let begin = phase
    let index = Place(base: .counter(depth))
    let carried = rings.map { $0.place(depth: depth, phase: 0) }
    let next = rings.map { $0.place(depth: depth, phase: 1) }
    let inputs = try rowPlaces(loop, operands, id, scope)
    let invariants = Array(operands[places.invariants])
    depth += 1
    if let condition = loop.condition {
      let truth = try flatten(
        condition, [index] + carried + invariants, results: [nil], copies: false)
      appendBoundary(.test(truth[0]), reading: truth[0])
    }
    _ = try flatten(
      loop.body, [index] + carried + inputs + invariants, results: next + rows, copies: true)
    depth -= 1
    appendBoundary(.endLoop)
    extendLives(ofFirst: outer, since: begin)
    try placeLastValues(loop, rings, count, id, &scope)
    appendBoundary(.endSection)
  }

  /// The number of steps as text states it; `nil` where there is none.
  private func constantCount(
    _ loop: LoopNode, _ id: NodeID, _ scope: Scope
  ) throws(CompileFailure) -> Int? {
    guard let count = loop.count else { return nil }
    guard let constant = count.asConstant else {
      throw .symbolicShape(
        value: scope.names[ValueID(id)], type: "a loop of \(count.text { "?\($0)" }) steps")
    }
    return constant
  }

  /// Memory of one carried value.
  private struct Ring {
    let base: ProgramLayout.Base
    let bytes: Int
    /// Between its two places.
    let stride: Int

    func place(depth: Int, phase: Int) -> Place {
      Place(
        base: base,
        terms: [ProgramLayout.Term(depth: depth, stride: stride, ring: 2, phase: phase)])
    }
  }

  private mutating func makeRings(
    _ loop: LoopNode, _ operands: [Place], _ id: NodeID, _ scope: Scope
  ) throws(CompileFailure) -> [Ring] {
    var rings: [Ring] = []
    for index in loop.layout.carried {
      let type = scope.graph[id].types[index]
      let bytes = try ProgramLayout.byteCount(type, scope.names[ValueID(id, index)])
      let stride = max(64, (bytes + 63) & ~63)
      let ring = Ring(base: makeBlock(2 * stride), bytes: bytes, stride: stride)
      copy(operands[index], to: Place(base: ring.base), bytes: bytes)
      rings.append(ring)
    }
    return rings
  }

  /// The places of the rows that steps write; what is written into stands there before.
  private mutating func placeStacks(
    _ loop: LoopNode, _ operands: [Place], _ id: NodeID, _ scope: inout Scope
  ) throws(CompileFailure) -> [Place] {
    var rows: [Place] = []
    for (index, stack) in loop.stacks.enumerated() {
      let value = ValueID(id, loop.carriedCount + index)
      let type = scope.graph[type: value]
      let target = try place(value, &scope)
      if let source = loop.destination(of: value.result), operands[source] != target {
        copy(
          operands[source], to: target,
          bytes: try ProgramLayout.byteCount(type, scope.names[value]))
      }
      rows.append(try row(stack.row, of: target, type, scope.names[value]))
    }
    return rows
  }

  /// The places of the rows that steps read.
  private func rowPlaces(
    _ loop: LoopNode, _ operands: [Place], _ id: NodeID, _ scope: Scope
  ) throws(CompileFailure) -> [Place] {
    var rows: [Place] = []
    for (place, index) in zip(loop.layout.inputs, loop.inputRows) {
      guard let value = scope.graph[id].operands[place].value else { continue }
      rows.append(
        try row(index, of: operands[place], scope.graph[type: value], scope.names[value]))
    }
    return rows
  }

  private func row(
    _ index: IndexExpression, of place: Place, _ type: TensorType, _ name: String
  ) throws(CompileFailure) -> Place {
    let bytes = try ProgramLayout.byteCount(
      TensorType(type.dtype, Array(type.shape.dropFirst())), name)
    guard let scale = index.coefficient(of: .variable(0)),
      let start = (index - .variable(0) * IndexExpression(scale)).asConstant
    else { throw .symbolicShape(value: name, type: "row \(index.text { _ in "t" }) of \(type)") }
    var place = place
    place.offset += start * bytes
    if scale != 0 { place.terms.append(ProgramLayout.Term(depth: depth, stride: scale * bytes)) }
    return place
  }

  private mutating func placeLastValues(
    _ loop: LoopNode, _ rings: [Ring], _ count: Int?, _ id: NodeID, _ scope: inout Scope
  ) throws(CompileFailure) {
    let isKnown = loop.condition == nil && !loop.hasCountOperand
    for (index, ring) in rings.enumerated() {
      let value = ValueID(id, index)
      var last = ring.place(depth: depth, phase: 0)
      if isKnown, let count { last = Place(base: ring.base, offset: count % 2 * ring.stride) }
      if isKnown, scope.wanted[value] == nil {
        scope.places[value] = last
      } else {
        copy(last, to: try place(value, &scope), bytes: ring.bytes)
      }
    }
  }

  mutating func append(
    _ choice: ConditionalNode, _ id: NodeID, _ scope: inout Scope
  ) throws(CompileFailure) {
    let operands = scope.operands(of: id)
    var results: [Place] = []
    for result in scope.graph[id].types.indices {
      results.append(try place(ValueID(id, result), &scope))
    }
    let parameters = Array(operands.dropFirst())
    appendBoundary(.section)
    appendBoundary(.branch(operands[0]), reading: operands[0])
    _ = try flatten(choice.then, parameters, results: results, copies: true)
    appendBoundary(.otherwise)
    _ = try flatten(choice.otherwise, parameters, results: results, copies: true)
    appendBoundary(.endBranch)
    appendBoundary(.endSection)
  }
}
