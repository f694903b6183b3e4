// In which order a row's values can be computed.

import IRCore
import TensorIR

/// Stages of a region with reductions: walks along a row, each of which may use the reductions
/// that earlier walks completed.
struct RowStages {
  /// By step: whether the value differs along the row.
  private(set) var varies: [Bool] = []
  /// By step: the first walk in which the value exists.
  private(set) var stage: [Int] = []
  /// By step: kept in memory from the walk that computes it, since later ones need it and
  /// computing it again costs more than reading it.
  private(set) var isKept: [Bool] = []

  /// Operations from which keeping a value pays.
  private static let keptOperations = 8

  init(_ program: RegionProgram, keepsRows: Bool) {
    var operations: [Int] = []
    for step in program.steps {
      let operands = step.operands
      let isReduction = step.isReduction
      varies.append(
        !isReduction
          && (operands.contains { varies[$0] } || step.mentions(axes: program.reducedAxes)))
      stage.append(operands.reduce(0) { max($0, stage[$1]) } + (isReduction ? 1 : 0))
      let inherited = operands.filter { varies[$0] }.reduce(0) { $0 + operations[$1] }
      operations.append(inherited + step.operationCount)
    }
    isKept = Array(repeating: false, count: program.steps.count)
    guard keepsRows else { return }
    for (index, step) in program.steps.enumerated() where varies[index] {
      for operand in step.operands
      where varies[operand] && stage[operand] < stage[index]
        && operations[operand] >= Self.keptOperations
      {
        isKept[operand] = true
      }
    }
  }

  /// Number of walks along the row.
  var count: Int { (stage.max() ?? 0) + 1 }
}

extension RegionProgram.Step {
  var isReduction: Bool {
    if case .reduce = self { return true }
    return false
  }

  var isScan: Bool {
    if case .scan = self { return true }
    return false
  }

  var isContraction: Bool {
    if case .contract = self { return true }
    return false
  }

  /// Steps that this one reads at its own indices.
  var operands: [Int] {
    let list: [RegionProgram.Operand] =
      switch self {
      case .load, .index: []
      case .apply(_, let operands, _): operands
      case .guarded(_, let value, _): [value]
      case .reduce(_, let value, _), .scan(_, let value, _, _): [value]
      case .contract(let a, let b, _): [a, b]
      }
    return list.compactMap { if case .step(let step) = $0 { step } else { nil } }
  }

  /// Whether the step itself indexes by one of the axes.
  func mentions(axes: [Int]) -> Bool {
    let expressions: [IndexExpression] =
      switch self {
      case .load(_, let indices, let guards, _): indices + guards.map(\.expression)
      case .index(let expression, _): [expression]
      case .guarded(let guards, _, _): guards.map(\.expression)
      case .apply, .reduce, .scan, .contract: []
      }
    return expressions.contains { expression in
      axes.contains { expression.contains(.variable($0)) }
    }
  }

  /// Primitive operations of the step itself; a load counts as two.
  var operationCount: Int {
    switch self {
    case .load: 2
    case .index, .guarded, .reduce, .scan, .contract: 1
    // Functions of floats are polynomials; the other composed rows are short.
    case .apply(let row, _, _): row.primitive != nil ? 1 : row.typing == .float ? 12 : 3
    }
  }
}
