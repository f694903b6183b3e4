// The language of algebraic rules: patterns over elementwise nodes, and their matcher.

import IRCore
import TensorIR

/// Expression over elementwise rows: what a rule looks for, or what it puts in place.
indirect enum Pattern: Sendable {
  /// Any operand; where it occurs twice, the same one.
  case any(Int)
  /// Any literal, kept like `any`.
  case literal(Int)
  /// The literal of exactly this value in its type; -0.0 and 0.0 differ for floats.
  case number(Double)
  /// A node of this row.
  case apply(Elementwise, [Pattern])
  /// What `pattern` matches, kept like `any`.
  case named(Int, Pattern)
  /// In replacements: a literal computed from what was matched.
  case computed(@Sendable (Match) -> Literal)

  static func + (a: Self, b: Self) -> Self { .apply(.add, [a, b]) }
  static func - (a: Self, b: Self) -> Self { .apply(.sub, [a, b]) }
  static func * (a: Self, b: Self) -> Self { .apply(.mul, [a, b]) }
  static func / (a: Self, b: Self) -> Self { .apply(.div, [a, b]) }
  static prefix func - (a: Self) -> Self { .apply(.neg, [a]) }
}

extension Pattern: ExpressibleByFloatLiteral {
  init(floatLiteral value: Double) { self = .number(value) }
}

/// What the parts of a pattern stand for in a place where it matches.
struct Match {
  /// The graph in the making.
  let graph: Graph
  /// The type of the matched node.
  let type: TensorType
  private(set) var operands: [TensorOperand?] = [nil, nil, nil, nil]

  init(_ graph: Graph, type: TensorType) {
    self.graph = graph
    self.type = type
  }

  /// Element type of the operand kept as `index`.
  func dtype(_ index: Int) -> DType { operands[index].map(graph.dtype(of:)) ?? type.dtype }

  /// The literal kept as `index`; for indices that the pattern keeps as literals.
  func literal(_ index: Int) -> Literal { operands[index]?.literal ?? .zero(type.dtype) }

  /// The literal that `primitive` makes of the literals kept as `a` and `b`.
  func evaluate(_ primitive: Primitive, _ a: Int, _ b: Int) -> Literal {
    let type = literal(a).type
    let result: DType = primitive.isComparison ? .bool : type
    return Literal(
      result,
      bits: primitive.evaluate(
        literal(a).bits, literal(b).bits, type: type, result: result, fused: false))
  }

  /// Tells whether `pattern` matches the operands of a node of its row.
  mutating func matches(_ pattern: Pattern, _ node: Node) -> Bool {
    guard case .apply(let row, let parts) = pattern, node.kind == .elementwise(row) else {
      return false
    }
    return zip(parts, node.operands).allSatisfy { matches($0, $1) }
  }

  /// Recursion is bounded by the depth of the pattern.
  private mutating func matches(_ pattern: Pattern, _ operand: TensorOperand) -> Bool {
    switch pattern {
    case .any(let index):
      if let known = operands[index] { return known == operand }
      operands[index] = operand
      return true
    case .literal(let index):
      guard operand.literal != nil else { return false }
      return matches(.any(index), operand)
    case .number(let value):
      guard let literal = operand.literal, literal == Literal(literal.type, value) else {
        return false
      }
      return literal.doubleValue == value
    case .apply:
      guard let value = operand.value else { return false }
      return matches(pattern, graph[value.node])
    case .named(let index, let inner):
      return matches(.any(index), operand) && matches(inner, operand)
    case .computed: return false
    }
  }
}

/// Algebraic rule on elementwise nodes.
struct AlgebraRule: Sendable {
  /// Lower-case words with hyphens.
  let name: String
  /// The root is `apply`.
  let pattern: Pattern
  /// An operand, a literal, or one row applied to such.
  let replacement: Pattern
  /// Must hold besides.
  let condition: @Sendable (Match) -> Bool
  /// Whether results may round differently.
  let changesRounding: Bool

  init(
    _ name: String, _ pattern: Pattern, _ replacement: Pattern, changesRounding: Bool = false,
    if condition: @escaping @Sendable (Match) -> Bool = { _ in true }
  ) {
    self.name = name
    self.pattern = pattern
    self.replacement = replacement
    self.changesRounding = changesRounding
    self.condition = condition
  }

  /// What a rule makes of a node.
  enum Result {
    case operand(TensorOperand)
    case node(Node)
  }

  /// Applies the rule to a node whose operands are in `graph`; `nil` when it does not match.
  func apply(to node: Node, in graph: Graph) -> Result? {
    var match = Match(graph, type: node.types[0])
    guard match.matches(pattern, node), condition(match) else { return nil }
    guard case .apply(let row, let parts) = replacement else {
      return leaf(replacement, match).map { .operand($0) }
    }
    let operands = parts.compactMap { leaf($0, match) }
    guard operands.count == parts.count else { return nil }
    return .node(Node(.elementwise(row), operands, node.types))
  }

  private func leaf(_ pattern: Pattern, _ match: Match) -> TensorOperand? {
    switch pattern {
    case .any(let index), .literal(let index), .named(let index, _): match.operands[index]
    case .number(let value): .literal(Literal(match.type.dtype, value))
    case .computed(let compute): .literal(compute(match))
    case .apply: nil
    }
  }
}
