// Axes that a gather or scatter walks as one.

import IRCore
import TensorIR

/// What a gather or scatter walks, with short innermost axes merged with those before them where the
/// indexed tensor and the index operands have them side by side, whole, or not at all.
///
/// Longer ones stay: what is computed elementwise from them, or for them, has their shape and joins
/// the kernel.
struct MergedAxes {
  /// Extents of the axes that are left.
  private(set) var axes: [IndexExpression]
  /// Over these axes.
  private(set) var coordinates: [Coordinate]
  /// Type of the indexed tensor, with merged axes.
  private(set) var type: TensorType
  /// Types of the index operands, with merged axes.
  private(set) var indices: [TensorType]

  init(
    _ axes: [IndexExpression], _ coordinates: [Coordinate], of type: TensorType,
    _ indices: [TensorType]
  ) {
    self.axes = axes
    self.coordinates = coordinates
    self.type = type
    self.indices = indices
    while self.axes.count > 1, let last = self.axes.last?.asConstant, last < Self.longEnough,
      merge(self.axes.count - 2)
    {}
  }

  /// Innermost extents from here on keep a loop busy.
  static let longEnough = 64

  /// Makes one axis of `axis` and the next one, if that can be.
  private mutating func merge(_ axis: Int) -> Bool {
    let maps = [coordinates.map(\.whole)] + coordinates.compactMap(\.place)
    let shapes = [type.shape] + indices.map(\.shape)
    var starts: [Int?] = []
    for (map, shape) in zip(maps, shapes) {
      guard let start = start(of: axis, in: map, shape) else { return false }
      starts.append(start < 0 ? nil : start)
    }
    let extent = axes[axis] * axes[axis + 1]
    func moved(_ expression: IndexExpression) -> IndexExpression {
      expression.substituting { atom in
        guard case .variable(let other) = atom, other > axis else { return nil }
        return .variable(other - 1)
      }
    }
    if let start = starts[0] {
      coordinates.remove(at: start + 1)
      type.shape.replaceSubrange(start...start + 1, with: [extent])
    }
    var operand = 0
    for index in coordinates.indices {
      guard case .element(var place) = coordinates[index] else { continue }
      if let start = starts[operand + 1] {
        place.remove(at: start + 1)
        indices[operand].shape.replaceSubrange(start...start + 1, with: [extent])
      }
      coordinates[index] = .element(place)
      operand += 1
    }
    coordinates = coordinates.map { $0.mapping(moved) }
    axes.replaceSubrange(axis...axis + 1, with: [extent])
    return true
  }

  /// Where `axis` and the next one stand side by side as whole axes in a map; -1 where it has
  /// neither, `nil` where it uses them otherwise.
  private func start(
    of axis: Int, in map: [IndexExpression?], _ shape: [IndexExpression]
  ) -> Int? {
    let uses = map.indices.filter {
      map[$0]?.contains(.variable(axis)) == true || map[$0]?.contains(.variable(axis + 1)) == true
    }
    if uses.isEmpty { return -1 }
    guard uses.count == 2, uses[1] == uses[0] + 1, map[uses[0]] == .variable(axis),
      map[uses[1]] == .variable(axis + 1), shape[uses[0]] == axes[axis],
      shape[uses[1]] == axes[axis + 1]
    else { return nil }
    return uses[0]
  }
}

extension Coordinate {
  /// The expression over the axes, where the coordinate is one.
  fileprivate var whole: IndexExpression? {
    guard case .expression(let expression) = self else { return nil }
    return expression
  }
}
