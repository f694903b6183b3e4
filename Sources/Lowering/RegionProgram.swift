// A region as scalar steps at symbolic indices: the middle of lowering.

import IRCore
import TensorIR

/// What a fused region computes for one element of its results, with views folded into the
/// indices of loads.
///
/// Index expressions are over the region's axes (`IndexExpression.variable(axis)`).
struct RegionProgram {
  /// Source of a step's operand.
  enum Operand: Hashable {
    case step(Int)
    case literal(Literal)
  }

  /// One value.
  enum Step: Hashable {
    /// An element of a parameter where the guards hold, else `otherwise`.
    case load(parameter: Int, [IndexExpression], guards: [View.Guard], otherwise: Literal?)
    /// An index, converted to an element type.
    case index(IndexExpression, DType)
    case apply(Elementwise, [Operand], DType)
    /// A value where the guards hold, else a literal.
    case guarded([View.Guard], Operand, otherwise: Literal)
    /// A value of the whole row: its operand combined over the reduced axes.
    case reduce(Reduction, Operand, DType)
    /// A value combined with all before it along an axis, each chunk from a given value where there
    /// is one.
    case scan(Scan, Operand, starts: Operand?, DType)
    /// A value of the result: the sum, over the reduced axes, of products of two elements.
    case contract(Operand, Operand, DType)
  }

  private struct Key: Hashable {
    let value: ValueID
    let indices: [IndexExpression]
    let guards: [View.Guard]
  }

  let graph: Graph
  /// Extents of the axes: those of the results, or of what reductions combine, or the results'
  /// and then those that a contraction sums over.
  let extents: [IndexExpression]
  /// Axes that reductions combine over; the others number the rows.
  let reducedAxes: [Int]
  /// In order: operands come first.
  private(set) var steps: [Step] = []
  /// One per result of the graph.
  private(set) var results: [Operand] = []
  /// Why the graph is no region, in words that follow its name; the rest is unusable then.
  private(set) var problem: String?
  /// Ranges of the axes.
  let facts: IndexFacts
  private let parameterNumbers: [NodeID: Int]
  private var known: [Key: Operand] = [:]

  /// Reads a region: parameters, constants as literals, iotas, views and elementwise nodes.
  init(_ graph: Graph) {
    self.graph = graph
    (extents, reducedAxes) = Self.axes(of: graph)
    facts = Self.facts(extents)
    parameterNumbers = Dictionary(
      uniqueKeysWithValues: graph.parameters.enumerated().map { ($0.element, $0.offset) })
    problem = sizeProblem
    for result in graph.results where problem == nil {
      let shape = graph[type: result].shape
      if shape == extents {
        results.append(evaluate(.value(result), allAxes, []))
      } else if !reducedAxes.isEmpty, shape == rowShape {
        results.append(evaluate(.value(result), rowAxes, []))
      } else {
        problem = "has results of several shapes"
      }
    }
  }

  /// Extents of the axes, and which of them are combined over.
  private static func axes(of graph: Graph) -> (extents: [IndexExpression], reduced: [Int]) {
    for node in graph.nodes {
      guard case .contract(let contraction) = node.kind else { continue }
      let extents = node.types[0].shape + contraction.summed
      return (extents, Array(node.types[0].rank..<extents.count))
    }
    for node in graph.nodes {
      guard case .reduce(let reduction) = node.kind, let operand = node.operands[0].value else {
        continue
      }
      return (graph[type: operand].shape, reduction.axes)
    }
    return (graph.results.first.map { graph[type: $0].shape } ?? [], [])
  }

  private static func facts(_ extents: [IndexExpression]) -> IndexFacts {
    var facts = IndexFacts()
    for (axis, extent) in extents.enumerated() {
      let last = extent.asConstant.map { Swift.max(0, $0 - 1) } ?? IndexFacts.largestExtent
      facts.state(.variable(axis), in: 0...last)
    }
    return facts
  }

  /// The most nodes of a region: evaluation recurses along chains of them.
  private static let nodeLimit = 8192

  private var sizeProblem: String? {
    if graph.results.isEmpty { return "has no results" }
    if graph.nodes.count > Self.nodeLimit {
      return "has \(graph.nodes.count) nodes, more than \(Self.nodeLimit)"
    }
    return nil
  }

  /// The indices of an element.
  var allAxes: [IndexExpression] { extents.indices.map { .variable($0) } }

  private var keptAxes: [Int] { extents.indices.filter { !reducedAxes.contains($0) } }

  private var rowShape: [IndexExpression] { keptAxes.map { extents[$0] } }

  /// The indices of a row.
  var rowAxes: [IndexExpression] { keptAxes.map { .variable($0) } }

  private mutating func append(_ step: Step) -> Operand {
    steps.append(step)
    return .step(steps.count - 1)
  }

  /// The value of an operand at `indices`, read only where `guards` hold. The depth of the
  /// recursion is bounded by the size of a kernel.
  private mutating func evaluate(
    _ operand: TensorOperand, _ indices: [IndexExpression], _ guards: [View.Guard]
  ) -> Operand {
    guard let value = operand.value else {
      guard let literal = operand.literal else { fatalError("an operand is a value or a literal") }
      return .literal(literal)
    }
    let key = Key(value: value, indices: indices, guards: guards)
    if let found = known[key] { return found }
    let result = compute(value, indices, guards)
    known[key] = result
    return result
  }

  private mutating func compute(
    _ value: ValueID, _ indices: [IndexExpression], _ guards: [View.Guard]
  ) -> Operand {
    let node = graph[value.node]
    switch node.kind {
    case .parameter:
      let number = parameterNumbers[value.node] ?? 0
      let indices = guards.isEmpty ? bounded(indices, node.types[0].shape) : indices
      return append(.load(parameter: number, indices, guards: guards, otherwise: nil))
    case .iota(let axis): return append(.index(indices[axis], node.types[0].dtype))
    case .elementwise(let row):
      let operands = node.operands.map { evaluate($0, indices, guards) }
      return append(.apply(row, operands, node.types[0].dtype))
    case .view(let view): return look(through: view, at: indices, node.operands[0], guards)
    case .reduce(let reduction):
      let shape = node.operands[0].value.map { graph[type: $0].shape } ?? []
      guard shape == extents, reduction.axes == reducedAxes, indices == rowAxes else {
        return unusable("reduces other rows than its results need")
      }
      guard !reduction.monoid.row.givesPlace else {
        return unusable("holds \(reduction.monoid), which expand-arguments takes apart")
      }
      if case .lanes(_, let chunk) = reduction.order,
        let count = reduction.axes.reduce(IndexExpression(1), { $0 * extents[$1] }).asConstant,
        count > chunk
      {
        return unusable("combines several chunks, which split-reductions takes apart")
      }
      let operand = evaluate(node.operands[0], allAxes, [])
      return append(.reduce(reduction, operand, node.types[0].dtype))
    case .scan(let scan):
      let operand = evaluate(node.operands[0], allAxes, [])
      guard indices == allAxes, reducedAxes.isEmpty, !steps.contains(where: \.isScan) else {
        return unusable("scans twice, or what its results do not walk over")
      }
      let count = extents[scan.axis]
      let starts = node.operands.dropFirst().first.map { evaluate($0, chunk(scan, count), []) }
      if starts == nil, case .lanes(_, let chunk) = scan.order, (count.asConstant ?? 0) > chunk {
        return unusable("scans several chunks, which split-scans gives their starts")
      }
      return append(.scan(scan, operand, starts: starts, node.types[0].dtype))
    case .contract(let contraction): return contract(contraction, node, at: indices)
    case .constant, .call, .kernel, .concat, .gather, .scatter, .sort, .loop, .conditional,
      .custom:
      return unusable("holds a \(node.kind.keyword)")
    }
  }

  /// The indices of what the chunk of the current element starts from.
  private func chunk(_ scan: Scan, _ count: IndexExpression) -> [IndexExpression] {
    var indices = allAxes
    let place = scan.isReverse ? count - 1 - indices[scan.axis] : indices[scan.axis]
    guard case .lanes(_, let chunk) = scan.order else {
      indices[scan.axis] = 0
      return indices
    }
    indices[scan.axis] = place.floorDiv(IndexExpression(chunk))
    return indices
  }

  /// The sum of products for the result's element at the region's axes; an index map's variables
  /// are the axes.
  private mutating func contract(
    _ contraction: Contraction, _ node: Node, at indices: [IndexExpression]
  ) -> Operand {
    let type = contraction.accumulator
    let isRegion = extents == node.types[0].shape + contraction.summed
    guard isRegion, indices == rowAxes, !steps.contains(where: \.isContraction) else {
      return unusable("contracts twice, or what its results do not walk over")
    }
    var factors: [Operand] = []
    for (operand, map) in zip(node.operands, contraction.operands) {
      factors.append(cast(evaluate(operand, map, []), from: graph.dtype(of: operand), to: type))
    }
    let sum = append(.contract(factors[0], factors[1], type))
    return cast(sum, from: type, to: node.types[0].dtype)
  }

  private mutating func cast(_ value: Operand, from type: DType, to result: DType) -> Operand {
    type == result ? value : append(.apply(.cast, [value], result))
  }

  /// Notes the first problem; the value stands for what has none.
  private mutating func unusable(_ words: String) -> Operand {
    problem = problem ?? words
    return .literal(.zero(.i64))
  }

  private mutating func look(
    through view: View, at indices: [IndexExpression], _ operand: TensorOperand,
    _ guards: [View.Guard]
  ) -> Operand {
    func mapped(_ expression: IndexExpression) -> IndexExpression {
      facts.simplify(
        expression.substituting { atom in
          guard case .variable(let axis) = atom else { return nil }
          return indices[axis]
        })
    }
    let inner = view.indices.map(mapped)
    let conditions = view.guards.map {
      View.Guard(mapped($0.expression), in: mapped($0.lower), mapped($0.upper))
    }
    let open = conditions.filter { !isCertain($0) }
    let value = evaluate(operand, inner, guards + open.filter { !guards.contains($0) })
    guard !open.isEmpty, let fill = view.fill else { return value }
    if guards.isEmpty, case .step(let step) = value,
      case .load(let parameter, let place, let loadGuards, nil) = steps[step]
    {
      return append(
        .load(parameter: parameter, place, guards: loadGuards, otherwise: fill))
    }
    return append(.guarded(open, value, otherwise: fill))
  }

  /// Indices that are not known to stay in the parameter are clamped to it: where a view leaves its
  /// operand, which is an error that only the interpreter reports, memory stays safe.
  private func bounded(
    _ indices: [IndexExpression], _ shape: [IndexExpression]
  ) -> [IndexExpression] {
    zip(indices, shape).map { index, extent in
      guard let count = extent.asConstant, count > 0 else { return index }
      if let range = facts.range(of: index), range.lowerBound >= 0, range.upperBound < count {
        return index
      }
      return index.max(0).min(IndexExpression(count - 1))
    }
  }

  private func isCertain(_ condition: View.Guard) -> Bool {
    isAtLeast(condition.expression, condition.lower) && isBelow(condition)
  }

  func isAtLeast(_ a: IndexExpression, _ b: IndexExpression) -> Bool {
    (facts.range(of: a - b)?.lowerBound ?? -1) >= 0
  }

  func isBelow(_ condition: View.Guard) -> Bool {
    (facts.range(of: condition.upper - condition.expression)?.lowerBound ?? 0) > 0
  }
}
