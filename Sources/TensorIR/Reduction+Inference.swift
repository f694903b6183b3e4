// Types of reductions and scans, and how graphs of them are built.

public import IRCore

extension Reduction {
  /// A reduction in the standard order.
  ///
  /// - Parameters:
  ///   - axes: ascending.
  ///   - operand: type of what is reduced.
  public init(_ monoid: Monoid, axes: [Int], of operand: TensorType, row: TargetRow) {
    self.init(monoid, axes: axes, order: .sequential)
    let kept = operand.shape.indices.filter { !axes.contains($0) }
    let results = kept.reduce(IndexExpression(1)) { $0 * operand.shape[$1] }
    order = .standard(
      count: elementCount(of: operand).asConstant, results: results.asConstant,
      isInnermost: isInnermost(in: operand), type: operand.dtype, row: row)
  }

  /// Number of elements that each result combines.
  public func elementCount(of operand: TensorType) -> IndexExpression {
    axes.reduce(1) { $0 * operand.shape[$1] }
  }

  /// Whether the reduced axes are the innermost ones; axes of extent 1 do not count.
  public func isInnermost(in operand: TensorType) -> Bool {
    let counted = operand.shape.indices.filter { operand.shape[$0] != 1 }
    let reduced = counted.filter(axes.contains)
    return reduced.elementsEqual(counted.suffix(reduced.count))
  }

  /// The result's type, or what is wrong in words that follow the operand's type.
  package func result(of operand: TensorType) -> Result<TensorType, Mismatch> {
    if let problem = shapeProblem(operand) ?? order.problem { return .failure(.shape(problem)) }
    guard let dtype = monoid.resultType(of: operand.dtype) else {
      return .failure(monoid.typeMismatch)
    }
    let kept = operand.shape.indices.filter { !axes.contains($0) }
    return .success(TensorType(dtype, kept.map { operand.shape[$0] }))
  }

  private func shapeProblem(_ operand: TensorType) -> String? {
    if axes.isEmpty { return "is reduced over no axis" }
    if let axis = axes.first(where: { !operand.shape.indices.contains($0) }) {
      return "has no axis \(axis)"
    }
    if zip(axes, axes.dropFirst()).contains(where: { $0 >= $1 }) {
      return "is reduced over \(axesText), which do not ascend"
    }
    if monoid.row.givesPlace, axes.count != 1, axes.count != operand.rank {
      return "is reduced over \(axesText), but \(monoid) takes one axis or all"
    }
    if monoid.row.needsElements, let axis = axes.first(where: { operand.shape[$0] == 0 }) {
      return "has extent 0 along axis \(axis), and \(monoid) of nothing has no value"
    }
    return nil
  }
}

extension Reduction.Monoid {
  /// The words for an operand whose element type the monoid does not take.
  fileprivate var typeMismatch: Mismatch { .type("is not \(row.operands), which \(self) needs") }
}

extension Scan {
  /// A scan in the standard order.
  ///
  /// - Parameter operand: type of what is scanned.
  public init(
    _ monoid: Reduction.Monoid, axis: Int, isExclusive: Bool, isReverse: Bool,
    of operand: TensorType, row: TargetRow
  ) {
    let others = operand.shape.indices.filter { $0 != axis }
    let rows = others.reduce(IndexExpression(1)) { $0 * operand.shape[$1] }
    let isInnermost = operand.shape[(axis + 1)...].allSatisfy { $0 == 1 }
    self.init(
      monoid, axis: axis, isExclusive: isExclusive, isReverse: isReverse,
      order: .standardScan(
        count: operand.shape[axis].asConstant, rows: rows.asConstant, isInnermost: isInnermost,
        type: operand.dtype, row: row))
  }

  /// The type of the second operand, given the first one's.
  public func startsType(for operand: TensorType) -> TensorType {
    var type = operand
    type.shape[axis] = chunkCount(of: operand.shape[axis])
    return type
  }

  /// The result's type, or what is wrong in words that follow the operand's type.
  package func result(of operand: TensorType) -> Result<TensorType, Mismatch> {
    guard operand.shape.indices.contains(axis) else {
      return .failure(.shape("has no axis \(axis)"))
    }
    guard monoid.row.scans else {
      let known = Reduction.Monoid.allCases.filter(\.row.scans).map(\.name)
      let list = known.dropLast().joined(separator: ", ") + " and \(known.last ?? "")"
      return .failure(.shape("cannot be scanned by \(monoid), only by \(list)"))
    }
    if let problem = order.problem { return .failure(.shape(problem)) }
    guard monoid.resultType(of: operand.dtype) != nil else {
      return .failure(monoid.typeMismatch)
    }
    return .success(operand)
  }
}

extension GraphBuilder {
  /// Combines the elements along `axes`, which ascend; the result lacks them.
  public mutating func reduce(
    _ monoid: Reduction.Monoid, _ value: ValueID, axes: [Int], order: CombinationOrder,
    at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let reduction = Reduction(monoid, axes: axes, order: order)
    let name = "reduce \(monoid) \(reduction.axesText)"
    return try combine(.reduce(reduction), name, [value], reduction.result, location)
  }

  /// Combines the elements along `axis` up to each one: `exclusive` leaves the element itself out,
  /// `reverse` runs from the end, `starts` says what each chunk starts from.
  public mutating func scan(
    _ monoid: Reduction.Monoid, _ value: ValueID, from starts: ValueID? = nil, axis: Int,
    exclusive: Bool = false, reverse: Bool = false, order: CombinationOrder = .sequential,
    at location: SourceLocation = .unknown
  ) throws(InferenceError) -> ValueID {
    let scan = Scan(
      monoid, axis: axis, isExclusive: exclusive, isReverse: reverse, order: order)
    let name = "scan \(monoid) axis \(axis)"
    guard let starts else {
      return try combine(.scan(scan), name, [value], scan.result, location)
    }
    let expected = scan.startsType(for: self[type: value])
    guard self[type: starts] == expected else {
      let found = [self[type: value], self[type: starts]]
      throw .shape(name, found, "chunks start from \(expected)")
    }
    return try combine(.scan(scan), name, [value, starts], scan.result, location)
  }

  private mutating func combine(
    _ kind: NodeKind, _ operation: String, _ values: [ValueID],
    _ result: (TensorType) -> Result<TensorType, Mismatch>, _ location: SourceLocation
  ) throws(InferenceError) -> ValueID {
    let operand = self[type: values[0]]
    switch result(operand) {
    case .failure(.shape(let problem)): throw .shape(operation, [operand], problem)
    case .failure(.type(let problem)): throw .type(operation, [operand], problem)
    case .success(let type): return append(kind, values.map { .value($0) }, type, location)
    }
  }
}
