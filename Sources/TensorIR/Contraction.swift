// Contractions: sums of products over index expressions.

public import IRCore

/// Sum of products of two operands: matrix products, convolutions, and all between.
///
/// Index maps are over variables: those below the result's rank are its axes, the others are
/// summed over. The element of the result at axes (i₀, i₁, …) is the sum, over the summed
/// variables in row-major order, of the product of the operands' elements at their index maps.
/// Operands and products are of the accumulator's type; the sum starts from 0 and takes in one
/// product after the other by `mulAdd`, which rounds once on rows with FMA; the result rounds to
/// its own type at the end.
public struct Contraction: Hashable, Sendable {
  /// Index map of each operand.
  public var operands: [[IndexExpression]]
  /// Extents of the summed variables, in order.
  public var summed: [IndexExpression]
  /// Type in which products are added.
  public var accumulator: DType
  /// The order of summation.
  public var order: CombinationOrder

  /// Describes a contraction.
  public init(
    operands: [[IndexExpression]], summed: [IndexExpression], accumulator: DType,
    order: CombinationOrder = .sequential
  ) {
    self.operands = operands
    self.summed = summed
    self.accumulator = accumulator
    self.order = order
  }
}

extension Contraction {
  /// What is wrong with a contraction of operands and a result of these types, in words that
  /// follow the operands' types; `nil` when it is well formed.
  package func problem(_ types: [TensorType], result: TensorType) -> Mismatch? {
    guard operands.count == 2, types.count == 2 else {
      return .shape("are \(types.count) operands with \(operands.count) index maps, expected 2")
    }
    if let problem = typeProblem(types, result) { return .type(problem) }
    for (index, (map, type)) in zip(operands, types).enumerated() where map.count != type.rank {
      return .shape(
        "take \(type.rank) indices for operand \(index), found \(map.count)")
    }
    guard order == .sequential else {
      return .shape(
        "are contracted in \(order), but this version contracts in order(sequential) only")
    }
    return rangeProblem(types, result)
  }

  private func typeProblem(_ types: [TensorType], _ result: TensorType) -> String? {
    for type in types.map(\.dtype) + [result.dtype] {
      guard type.isNumeric, type.isFloat == accumulator.isFloat, accumulator.isNumeric else {
        return "with a result of \(result.dtype) cannot be summed in \(accumulator): floats are "
          + "summed in floats, integers in integers"
      }
    }
    return nil
  }

  /// Every index stays inside its operand at every place, as far as the extents show; where there
  /// is no place, nothing is read.
  private func rangeProblem(_ types: [TensorType], _ result: TensorType) -> Mismatch? {
    let extents = result.shape + summed
    if extents.contains(0) { return nil }
    let facts = AxisFacts(extents)
    for (map, type) in zip(operands, types) {
      for (axis, (index, extent)) in zip(map, type.shape).enumerated() {
        if facts.isAtLeast(index, 0), facts.isBelow(index, extent) { continue }
        return .shape(
          "are read outside: an index along axis \(axis) of \(type) is not known to stay in "
            + "0..<\(TensorType.text(extent))")
      }
    }
    return nil
  }

  /// The extent of each summed variable that the operands' types tell: that of the first axis, in
  /// order, whose index is the variable alone.
  func impliedExtents(_ types: [TensorType], rank: Int) -> [IndexExpression?] {
    summed.indices.map { number in
      for (map, type) in zip(operands, types) {
        for (index, extent) in zip(map, type.shape) where index.asVariable == rank + number {
          return extent
        }
      }
      return nil
    }
  }

  /// Numbers of the summed variables in the order in which the index maps first name them.
  func firstUses(rank: Int) -> [Int] {
    var found: [Int] = []
    for index in operands.joined() {
      index.forEachLeaf { atom in
        guard case .variable(let variable) = atom, variable >= rank else { return }
        if !found.contains(variable - rank) { found.append(variable - rank) }
      }
    }
    return found
  }
}

extension GraphBuilder {
  /// Sums products of two operands' elements; see `Contraction` for the index maps.
  ///
  /// - Parameters:
  ///   - maps: one index per axis of each operand.
  ///   - shape: the result's; its axes are the first variables of the index maps.
  ///   - summed: extents of the further variables.
  ///   - dtype: the result's element type; that of the first operand for `nil`.
  ///   - accumulator: type in which products are added; for `nil` the result's, or f32 for f16 and
  ///     bf16.
  public mutating func contract(
    _ a: ValueID, _ b: ValueID, maps: [[IndexExpression]], shape: [IndexExpression],
    summed: [IndexExpression], dtype: DType? = nil, accumulator: DType? = nil,
    at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let types = [self[type: a], self[type: b]]
    let result = TensorType(dtype ?? types[0].dtype, shape)
    let contraction = Contraction(
      operands: maps, summed: summed, accumulator: accumulator ?? result.dtype.arithmeticType)
    switch contraction.problem(types, result: result) {
    case .shape(let problem)?: throw .shape("contract", types, problem)
    case .type(let problem)?: throw .type("contract", types, problem)
    case nil: return append(.contract(contraction), [.value(a), .value(b)], result, location)
    }
  }
}
