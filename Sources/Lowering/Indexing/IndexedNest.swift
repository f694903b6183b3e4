// Loops around one element, with what each loop lets be computed outside of the inner ones.

import IRCore
import LoopIR

/// Nest of loops over a shape under construction; statements stand as far out as the axes that they
/// read allow.
struct IndexedNest {
  private(set) var kernel: Kernel
  /// The loops' variables.
  let axes: [VariableID]
  private let extents: [IndexExpression]
  /// By number of loops around them.
  private var levels: [[Statement]]
  /// The level of values that are defined here.
  private var level: [VariableID: Int] = [:]

  /// Begins loops over `extents` in a kernel.
  init(_ kernel: Kernel, over extents: [IndexExpression]) {
    var kernel = kernel
    self.extents = extents
    axes = extents.indices.map { kernel.makeVariable(ValueType(.i64), name: "i\($0)") }
    levels = [[Statement]](repeating: [], count: extents.count + 1)
    self.kernel = kernel
  }

  /// Expressions over axis numbers as expressions over the loops' variables.
  func placed(_ expression: IndexExpression) -> IndexExpression {
    expression.substituting { atom in
      guard case .variable(let axis) = atom else { return nil }
      return axes[axis].expression
    }
  }

  /// Computes a value.
  mutating func define(_ operation: LoopIR.Operation, _ dtype: DType) -> Operand {
    let place = depth(operation)
    let id = kernel.makeVariable(ValueType(dtype))
    level[id] = place
    levels[place].append(.define(id, operation))
    return .variable(id)
  }

  /// A row on values.
  mutating func apply(_ row: Elementwise, _ operands: Operand..., type: DType) -> Operand {
    define(.elementwise(row, operands), type)
  }

  /// Reports an error unless a bool holds.
  mutating func check(_ condition: Operand, _ message: String) {
    levels[depth(condition)].append(.check(condition, message: message))
  }

  /// Appends a statement of the innermost loop.
  mutating func append(_ statement: Statement) { levels[levels.count - 1].append(statement) }

  /// The loops.
  var statements: [Statement] {
    var inner = levels[levels.count - 1]
    for (axis, variable) in axes.enumerated().reversed() {
      inner = levels[axis] + [.loop(Loop(.serial, variable, 0, extents[axis], body: inner))]
    }
    return inner
  }

  // MARK: Levels

  private func depth(_ operand: Operand) -> Int {
    guard case .variable(let id) = operand else { return 0 }
    return depth(id)
  }

  private func depth(_ id: VariableID) -> Int {
    level[id] ?? axes.firstIndex(of: id).map { $0 + 1 } ?? 0
  }

  private func depth(_ expression: IndexExpression) -> Int {
    var depth = 0
    expression.forEachLeaf { atom in
      if case .variable(let id) = atom { depth = max(depth, self.depth(VariableID(id))) }
    }
    return depth
  }

  private func depth(_ operation: LoopIR.Operation) -> Int {
    switch operation {
    case .elementwise(_, let operands): return operands.map(depth).max() ?? 0
    case .load(let access, let mask, _):
      return max(access.indices.map(depth).max() ?? 0, mask.map(depth) ?? 0)
    case .index(let expression): return depth(expression)
    case .splat(let operand), .reduceLanes(_, let operand), .shiftLanes(let operand, _, _),
      .extractLane(let operand, _):
      return depth(operand)
    case .shuffleLanes(let a, let b, _): return max(depth(a), depth(b))
    }
  }
}
