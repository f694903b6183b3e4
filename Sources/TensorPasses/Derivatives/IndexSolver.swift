// Solving the equations of an index map, one axis after the other.

import IRCore
import TensorIR

/// Equations `index[a] = j[a]` while they are solved for the variables of an index map.
struct IndexSolver {
  /// Of all variables, those that stand for others included.
  private(set) var extents: [Int]
  /// The variables of the map in terms of those that are left.
  private(set) var old: [IndexExpression]
  /// Variables in whose place others stand.
  private(set) var replaced: Set<Int> = []
  /// Over the variables.
  private(set) var guards: [View.Guard] = []
  /// By variable of the map that follows from others.
  private(set) var lines: [Int: IndexInverse.Line] = [:]
  private(set) var isPlain = true
  /// Determined variables, over the axes of the operand.
  private(set) var solutions: [Int: IndexExpression] = [:]
  /// Determined variables in the order of the axes that determine them.
  private(set) var order: [Int] = []
  /// Over the axes of the operand: where an element is read at all.
  private(set) var elementGuards: [View.Guard] = []
  /// Of the equations, the left sides; the right side of one is its axis times its scale.
  private var indices: [IndexExpression]
  private var scales: [Int]
  private let shape: [Int]

  init(
    _ indices: [IndexExpression], of shape: [Int], variables: [Int], where conditions: [View.Guard]
  ) {
    self.indices = indices
    self.shape = shape
    extents = variables
    old = variables.indices.map { .variable($0) }
    scales = indices.map { _ in 1 }
    for axis in indices.indices {
      while let divisor = multiplyOut(axis, conditions) { scales[axis] *= divisor }
    }
  }

  /// Multiplies an equation by the divisor of a quotient that guards say to be whole.
  private mutating func multiplyOut(_ axis: Int, _ conditions: [View.Guard]) -> Int? {
    for term in indices[axis].terms where term.factors.count == 1 {
      guard case .floorDiv(let a, let b) = term.factors[0], let divisor = b.asConstant,
        conditions.contains(View.Guard(a.mod(b), in: 0, 1))
      else { continue }
      indices[axis] =
        (indices[axis] - IndexExpression(term)) * b + a * IndexExpression(term.coefficient)
      return divisor
    }
    return nil
  }

  /// One variable's part of an equation.
  private struct Part {
    var variable: Int
    var coefficient: Int
  }

  mutating func solve() -> Bool {
    while let (variable, divisor) = variableToSplit { split(variable, by: divisor) }
    var open = Array(indices.indices)
    while !open.isEmpty {
      // Those with fewest unknowns first; of equal ones the first axis.
      let counts = open.map { axis in unknowns(of: axis).count }
      guard let place = counts.indices.min(by: { (counts[$0], $0) < (counts[$1], $1) }),
        solve(axis: open.remove(at: place))
      else { return false }
    }
    order.sort { (solutionAxis[$0] ?? 0, $0) < (solutionAxis[$1] ?? 0, $1) }
    return true
  }

  private var solutionAxis: [Int: Int] = [:]

  private func unknowns(of axis: Int) -> [Int] {
    indices[axis].variables.filter { solutions[$0] == nil }
  }

  // MARK: Quotients and remainders of one variable

  /// A variable whose quotient or remainder by a constant occurs.
  private var variableToSplit: (variable: Int, divisor: Int)? {
    for index in indices {
      for term in index.terms {
        for factor in term.factors {
          switch factor {
          case .floorDiv(let a, let b), .mod(let a, let b):
            if let variable = a.asVariable, let divisor = b.asConstant, divisor > 1 {
              return (variable, divisor)
            }
          case .symbol, .variable, .lane, .min, .max: break
          }
        }
      }
    }
    return nil
  }

  /// Puts `divisor · q + r` in a variable's place.
  private mutating func split(_ variable: Int, by divisor: Int) {
    let (quotient, extent) = (extents.count, extents[variable])
    extents += [(extent + divisor - 1) / divisor, divisor]
    let whole =
      IndexExpression.variable(quotient) * IndexExpression(divisor) + .variable(quotient + 1)
    replace(variable, by: whole)
    guard extent % divisor != 0 else { return }
    guards.append(View.Guard(whole, in: 0, IndexExpression(extent)))
    isPlain = false
  }

  private mutating func replace(_ variable: Int, by expression: IndexExpression) {
    replaced.insert(variable)
    let facts = AxisFacts(extents.map { IndexExpression($0) })
    func change(_ index: IndexExpression) -> IndexExpression {
      facts.simplify(index.replacingVariables { $0 == variable ? expression : nil })
    }
    indices = indices.map(change)
    old = old.map(change)
    guards = guards.map { View.Guard(change($0.expression), in: $0.lower, $0.upper) }
    lines = lines.mapValues { IndexInverse.Line(position: change($0.position), step: $0.step) }
  }

  // MARK: One equation

  private mutating func solve(axis: Int) -> Bool {
    let unknowns = unknowns(of: axis)
    var parts: [Part] = []
    for variable in unknowns {
      guard let coefficient = indices[axis].coefficient(of: .variable(variable)) else {
        return false
      }
      parts.append(Part(variable: variable, coefficient: coefficient))
    }
    let unknown = parts.reduce(IndexExpression(0)) {
      $0 + .variable($1.variable) * IndexExpression($1.coefficient)
    }
    let known = indices[axis] - unknown
    let scaled = IndexExpression.variable(axis) * IndexExpression(scales[axis])
    let value = scaled - known.replacingVariables { solutions[$0] }
    parts.sort {
      ($0.coefficient.magnitude, extents[$0.variable])
        > ($1.coefficient.magnitude, extents[$1.variable])
    }
    if isMixedRadix(parts) {
      determine(parts, from: value, axis)
      return true
    }
    return eliminate(parts, known, axis)
  }

  /// Whether the parts are digits: each steps further than all smaller ones together reach.
  private func isMixedRadix(_ parts: [Part]) -> Bool {
    var reach = 0
    for part in parts.reversed() {
      let step = Int(part.coefficient.magnitude)
      if extents[part.variable] > 1, step <= reach { return false }
      reach += step * max(0, extents[part.variable] - 1)
    }
    return true
  }

  /// Takes the digits of a value.
  private mutating func determine(_ parts: [Part], from value: IndexExpression, _ axis: Int) {
    // Digits that count down become digits that count up.
    var rest = value
    for part in parts where part.coefficient < 0 {
      rest = rest + IndexExpression(-part.coefficient * (extents[part.variable] - 1))
    }
    for part in parts {
      let (extent, step) = (extents[part.variable], Int(part.coefficient.magnitude))
      var digit: IndexExpression = 0
      if extent > 1 {
        digit = rest.floorDiv(IndexExpression(step))
        rest = rest.mod(IndexExpression(step))
        elementGuards.append(View.Guard(digit, in: 0, IndexExpression(extent)))
      }
      solutions[part.variable] =
        part.coefficient < 0 ? IndexExpression(extent - 1) - digit : digit
      solutionAxis[part.variable] = axis
      order.append(part.variable)
    }
    elementGuards.append(View.Guard(rest, in: 0, 1))
  }

  /// Parts that overlap: the element of the operand becomes a variable, the longest part follows
  /// from it, and the others are free.
  private mutating func eliminate(
    _ parts: [Part], _ known: IndexExpression, _ axis: Int
  ) -> Bool {
    guard let longest = parts.max(by: { extents[$0.variable] < extents[$1.variable] }) else {
      return false
    }
    let step = Int(longest.coefficient.magnitude)
    let isElsewhere = indices.indices.contains {
      $0 != axis && indices[$0].contains(.variable(longest.variable))
    }
    guard step == 1 || !isElsewhere else { return false }
    let element = extents.count
    extents.append(shape[axis])
    solutions[element] = .variable(axis)
    solutionAxis[element] = axis
    order.append(element)
    let own = IndexExpression.variable(longest.variable) * IndexExpression(longest.coefficient)
    let others = indices[axis] - own
    let distance =
      (.variable(element) * IndexExpression(scales[axis]) - others)
      * IndexExpression(longest.coefficient.signum())
    let place = distance.floorDiv(IndexExpression(step))
    if let variable = old.firstIndex(of: .variable(longest.variable)) {
      lines[variable] = IndexInverse.Line(position: distance, step: step)
    } else {
      isPlain = false
    }
    replace(longest.variable, by: place)
    guards.append(View.Guard(place, in: 0, IndexExpression(extents[longest.variable])))
    if step > 1 { guards.append(View.Guard(distance.mod(IndexExpression(step)), in: 0, 1)) }
    return true
  }
}
