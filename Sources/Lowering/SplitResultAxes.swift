// Two axes for one that a contraction divides.

import IRCore
import TensorIR

extension Graph {
  /// The region with two axes for each axis of its results that the contraction's index maps divide
  /// by a divisor of its extent, as where channels go together in groups: the same elements in the
  /// same order, without divisions.
  ///
  /// Parameters and results of the results' shape have the further axis too: to a kernel tensors
  /// are dense memory.
  var splittingDividedAxes: Graph {
    var graph = self
    while let (axis, divisor) = graph.dividedAxis,
      let split = graph.splitting(axis, by: divisor)
    { graph = split }
    return graph
  }

  /// An axis of the result that the contraction divides, and by what.
  private var dividedAxis: (axis: Int, divisor: Int)? {
    for node in nodes {
      guard case .contract(let contraction) = node.kind else { continue }
      let shape = node.types[0].shape
      for term in contraction.operands.joined().flatMap(\.terms) {
        for factor in term.factors {
          guard let (a, b) = factor.division, let axis = a.asVariable, axis < shape.count,
            let divisor = b.asConstant, let extent = shape[axis].asConstant, divisor > 1,
            extent > divisor, extent % divisor == 0
          else { continue }
          return (axis, divisor)
        }
      }
    }
    return nil
  }

  private func splitting(_ axis: Int, by divisor: Int) -> Graph? {
    guard let node = nodes.first(where: { if case .contract = $0.kind { true } else { false } })
    else { return nil }
    let split = AxisSplit(shape: node.types[0].shape, axis: axis, divisor: divisor)
    var result = Graph(name: name)
    for (node, location) in zip(nodes, locations) {
      guard let new = split.node(node, operandTypes: types(of: node)) else { return nil }
      result.append(new, at: location)
    }
    result.results = results
    return result
  }

  private func types(of node: Node) -> [TensorType] {
    node.operands.map { operand in
      operand.value.map { self[type: $0] } ?? TensorType(dtype(of: operand))
    }
  }
}

/// Cut of an axis of one shape into two, wherever the shape occurs.
private struct AxisSplit {
  let shape: [IndexExpression]
  let axis: Int
  let divisor: Int

  private var factor: IndexExpression { IndexExpression(divisor) }

  private var target: [IndexExpression] {
    var target = shape
    target[axis] = target[axis].floorDiv(factor)
    target.insert(factor, at: axis + 1)
    return target
  }

  /// The node over tensors with the further axis; `nil` where it needs the axis as it was.
  func node(_ node: Node, operandTypes: [TensorType]) -> Node? {
    var result = node
    let isSplit = node.types[0].shape == shape
    switch node.kind {
    case .parameter, .elementwise: break
    case .iota(let along):
      guard isSplit else { break }
      if along == axis { return nil }
      result.kind = .iota(axis: along < axis ? along : along + 1)
    case .view(var view):
      let facts = AxisFacts(isSplit ? target : node.types[0].shape)
      func moved(_ expression: IndexExpression) -> IndexExpression {
        isSplit ? facts.simplify(renumbered(expression)) : expression
      }
      view.indices = indices(view.indices.map(moved), into: operandTypes[0])
      view.guards = view.guards.map {
        View.Guard(moved($0.expression), in: moved($0.lower), moved($0.upper))
      }
      result.kind = .view(view)
    case .contract(var contraction):
      let facts = AxisFacts(target + contraction.summed)
      contraction.operands = zip(contraction.operands, operandTypes).map { map, type in
        indices(map.map { facts.simplify(renumbered($0)) }, into: type)
      }
      result.kind = .contract(contraction)
    case .constant, .call, .kernel, .reduce, .scan, .concat, .gather, .scatter, .sort, .loop,
      .conditional, .custom:
      return nil
    }
    if isSplit { result.types[0].shape = target }
    return result
  }

  /// An expression over the axes as they were, over those after the cut.
  private func renumbered(_ expression: IndexExpression) -> IndexExpression {
    expression.substituting { atom in
      guard case .variable(let variable) = atom, variable >= axis else { return nil }
      return variable == axis
        ? .variable(axis) * factor + .variable(axis + 1) : .variable(variable + 1)
    }
  }

  /// The indices into an operand, which has two axes for one where its shape is the one that is cut.
  private func indices(
    _ indices: [IndexExpression], into type: TensorType
  ) -> [IndexExpression] {
    guard type.shape == shape else { return indices }
    var result = indices
    result[axis] = indices[axis].floorDiv(factor)
    result.insert(indices[axis].mod(factor), at: axis + 1)
    return result
  }
}

extension IndexExpression.Atom {
  /// Dividend and divisor of a quotient or remainder.
  fileprivate var division: (IndexExpression, IndexExpression)? {
    switch self {
    case .floorDiv(let a, let b), .mod(let a, let b): (a, b)
    case .symbol, .variable, .lane, .min, .max: nil
    }
  }
}
