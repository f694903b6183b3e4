// Contractions: linear in each operand, and the cotangents are contractions again.

import IRCore
import TensorIR

extension DerivativeBuilder {
  /// The cotangent of operand `side` of a contraction, from that of its result.
  ///
  /// It sums, for each element of the operand, over all places that read it: the product of the
  /// result's cotangent and the other operand, in which the solution of the operand's index map
  /// stands for the old variables (`Note: inversion`). Where windows overlap, what the longest
  /// variable indexes is extended by zeros, so that every index stays affine and in range: a
  /// strided convolution's cotangent is that of a dense one with zeros between.
  mutating func cotangent(
    of contraction: Contraction, _ operands: [ValueID], side: Int, _ cotangent: ValueID
  ) throws(TransformError) -> ValueID {
    let own = self[type: operands[side]]
    let result = self[type: cotangent]
    let summed = contraction.summed.compactMap(\.asConstant)
    guard let shape = own.extents, let places = result.extents,
      summed.count == contraction.summed.count
    else { throw noRule("contract", "its extents are only known at run time") }
    let variables = places + summed
    if (variables + shape).contains(0) { return try splat(0, own) }
    let map = contraction.operands[side]
    let other = contraction.operands[1 - side]
    var product = ContractionTranspose(
      values: [cotangent, operands[1 - side]],
      maps: [places.indices.map { .variable($0) }, other], accumulator: contraction.accumulator,
      dtype: own.dtype)
    if let inverse = IndexInverse(map, of: shape, variables: variables),
      product.substitute(inverse, &self)
    {
      return elements(try product.contracted(inverse, &self), inverse.determined, own)
    }
    // By way of the operand's view, with an axis for each of the variables that it names.
    let used = map.flatMap(\.variables).reduce(into: [Int]()) {
      if !$0.contains($1) { $0.append($1) }
    }.sorted()
    var renamed: [Int: IndexExpression] = [:]
    for (axis, variable) in used.enumerated() { renamed[variable] = .variable(axis) }
    let whole = IndexInverse(
      used.map { .variable($0) }, of: used.map { variables[$0] }, variables: variables)
    guard let whole, product.substitute(whole, &self) else {
      throw noRule("contract", "the index map of operand \(side) has no known inverse")
    }
    let spread = try product.contracted(whole, &self)
    return try transposed(
      View(map.map { $0.replacingVariables { renamed[$0] } }), of: own, spread)
  }
}

/// Product of a cotangent and an operand, summed over the free variables of an inverse.
private struct ContractionTranspose {
  var values: [ValueID]
  /// Over the variables of the contraction; then over those of the inverse.
  var maps: [[IndexExpression]]
  let accumulator: DType
  let dtype: DType

  /// Puts the solution in the place of the variables; `false` where zeros cannot stand for the
  /// places that it lacks.
  mutating func substitute(_ inverse: IndexInverse, _ builder: inout DerivativeBuilder) -> Bool {
    guard inverse.isPlain else { return false }
    let facts = AxisFacts(inverse.extents.map { IndexExpression($0) })
    var changed = self
    var extended: Set<Int> = []
    for side in maps.indices {
      for (axis, index) in maps[side].enumerated() {
        let followers = index.variables.filter { inverse.lines[$0] != nil }
        guard let variable = followers.first, let line = inverse.lines[variable] else {
          let moved = index.replacingVariables { inverse.old[$0] }
          changed.maps[side][axis] = facts.simplify(moved)
          continue
        }
        // A variable that follows from others must stand alone on its axis.
        guard index.asVariable == variable, let range = inverse.range(of: line.position) else {
          return false
        }
        changed.extend(side, axis, line, range, &builder)
        extended.insert(variable)
      }
    }
    guard extended.count == inverse.lines.count else { return false }
    self = changed
    return true
  }

  /// Spreads the elements along an axis `step` apart, with zeros between and around.
  private mutating func extend(
    _ side: Int, _ axis: Int, _ line: IndexInverse.Line, _ range: ClosedRange<Int>,
    _ builder: inout DerivativeBuilder
  ) {
    let type = builder[type: values[side]]
    var shape = type.shape
    let position = IndexExpression.variable(axis) + IndexExpression(range.lowerBound)
    let step = IndexExpression(line.step)
    var view = View(shape.indices.map { .variable($0) })
    view.indices[axis] = position.floorDiv(step)
    view.guards = [View.Guard(view.indices[axis], in: 0, shape[axis])]
    if line.step > 1 { view.guards.append(View.Guard(position.mod(step), in: 0, 1)) }
    shape[axis] = IndexExpression(range.count)
    view = view.simplified(shape: shape)
    view.fill = view.guards.isEmpty ? nil : .zero(type.dtype)
    values[side] = builder.view(values[side], view, shape)
    maps[side][axis] = line.position - IndexExpression(range.lowerBound)
  }

  func contracted(
    _ inverse: IndexInverse, _ builder: inout DerivativeBuilder
  ) throws(TransformError) -> ValueID {
    try builder.contract(
      values[0], values[1], maps: maps,
      shape: inverse.extents[..<inverse.determinedCount].map { IndexExpression($0) },
      summed: inverse.free.map { IndexExpression(inverse.extents[$0]) }, dtype: dtype,
      accumulator: accumulator)
  }
}

extension IndexInverse {
  /// Bounds of an expression over the new variables.
  fileprivate func range(of expression: IndexExpression) -> ClosedRange<Int>? {
    var facts = IndexFacts()
    for (place, extent) in extents.enumerated() {
      facts.state(.variable(place), in: 0...max(0, extent - 1))
    }
    return facts.range(of: expression)
  }
}
