// Which axes of a region run as one loop.

import IRCore
import TensorIR

/// Partition of a region's axes into loops: neighbours that every access walks as one merge, and
/// axes of extent 1 vanish.
struct AxisGroups {
  /// Axes of each loop, outermost first; ascending and adjacent but for extent-1 axes.
  private(set) var groups: [[Int]] = []
  private let extents: [IndexExpression]
  private let reducedAxes: [Int]
  /// Row-major position of each load in its parameter.
  private let positions: [IndexExpression]
  /// Expressions that keep their axes apart: guards and indices as values.
  private let separate: [IndexExpression]

  /// Merges what it can unless told otherwise: then every axis is a loop, and buffers keep their
  /// shapes.
  init(_ program: RegionProgram, mergesAxes: Bool = true) {
    extents = program.extents
    reducedAxes = program.reducedAxes
    var positions: [IndexExpression] = []
    var separate: [IndexExpression] = []
    for step in program.steps {
      switch step {
      case .load(let parameter, let indices, let guards, _):
        positions.append(program.position(parameter, indices))
        separate += guards.flatMap(\.expressions)
      case .index(let expression, _): separate.append(expression)
      case .guarded(let guards, _, _): separate += guards.flatMap(\.expressions)
      case .apply, .reduce, .contract: break
      // The axis that is walked in order stays a loop of its own.
      case .scan(let scan, _, _, _): separate.append(.variable(scan.axis))
      }
    }
    self.positions = positions
    self.separate = separate
    for axis in extents.indices where extents[axis] != 1 {
      if mergesAxes, let last = groups.last?.last, isMergeable(last, axis) {
        groups[groups.count - 1].append(axis)
      } else {
        groups.append([axis])
      }
    }
  }

  /// Whether loops and axes are one to one, so that buffers keep their shapes.
  var isTrivial: Bool { groups.allSatisfy { $0.count == 1 } }

  /// Number of iterations of a loop.
  func extent(of group: [Int]) -> IndexExpression { group.reduce(1) { $0 * extents[$1] } }

  /// Number of positions along the reduced axes.
  var reducedCount: IndexExpression {
    groups.filter { isReduced($0) }.reduce(1) { $0 * extent(of: $1) }
  }

  /// What an axis is where the other loops stand at `rows`, in order, and the reduced axes at a
  /// row-major position along them.
  func place(
    rows: [IndexExpression], position: IndexExpression
  ) -> (IndexExpression.Atom) -> IndexExpression? {
    var rows = rows[...]
    let isOne = groups.filter { isReduced($0) }.count == 1
    var rest = reducedCount
    return substitution(
      groups.map { group in
        guard isReduced(group) else { return rows.removeFirst() }
        if isOne { return position }
        let extent = extent(of: group)
        rest = rest.floorDiv(extent)
        return position.floorDiv(rest).mod(extent)
      })
  }

  /// What an axis is, given its loop's variable: for flat positions only the last axis of a loop
  /// counts, since the others' coefficients are multiples of its own.
  func substitution(_ variables: [IndexExpression]) -> (IndexExpression.Atom) -> IndexExpression? {
    var values = [IndexExpression](repeating: 0, count: extents.count)
    for (group, variable) in zip(groups, variables) {
      if let last = group.last { values[last] = variable }
    }
    return { atom in
      guard case .variable(let axis) = atom else { return nil }
      return values[axis]
    }
  }

  /// Whether a loop runs over reduced axes; none mixes them with others.
  func isReduced(_ group: [Int]) -> Bool { reducedAxes.contains(group[0]) }

  private func isMergeable(_ outer: Int, _ inner: Int) -> Bool {
    if reducedAxes.contains(outer) != reducedAxes.contains(inner) { return false }
    let atoms = [IndexExpression.Atom.variable(outer), .variable(inner)]
    if separate.contains(where: { expression in atoms.contains { expression.contains($0) } }) {
      return false
    }
    return positions.allSatisfy { walks($0, outer, inner) }
  }

  /// Whether a step of the outer axis moves a position as far as all steps of the inner one.
  private func walks(_ position: IndexExpression, _ outer: Int, _ inner: Int) -> Bool {
    guard let a = position.linearFactor(of: .variable(outer)),
      let b = position.linearFactor(of: .variable(inner))
    else { return false }
    return a == b * extents[inner]
  }

  /// Whether the axes of each loop move a position as one.
  func walkAsOne(_ position: IndexExpression) -> Bool {
    groups.allSatisfy { group in
      zip(group, group.dropFirst()).allSatisfy { walks(position, $0, $1) }
    }
  }
}

extension View.Guard {
  /// What the guard compares.
  fileprivate var expressions: [IndexExpression] { [expression, lower, upper] }
}

extension IndexExpression {
  /// The factor of `atom` when the expression is linear in it, free of other variables.
  fileprivate func linearFactor(of atom: Atom) -> IndexExpression? {
    var factor: IndexExpression = 0
    for term in terms {
      guard IndexExpression(term).contains(atom) else { continue }
      var rest = term.factors
      guard let place = rest.firstIndex(of: atom) else { return nil }
      rest.remove(at: place)
      let remaining = rest.reduce(IndexExpression(term.coefficient)) { $0 * IndexExpression($1) }
      if remaining.contains(atom) { return nil }
      factor = factor + remaining
    }
    return factor
  }
}

extension RegionProgram {
  /// Row-major position of an element of a parameter.
  func position(_ parameter: Int, _ indices: [IndexExpression]) -> IndexExpression {
    let shape = graph[graph.parameters[parameter]].types[0].shape
    return zip(indices, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }
}
