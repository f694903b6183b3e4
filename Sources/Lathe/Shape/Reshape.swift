// Index maps of reshapes.

import IRCore

enum Reshape {
  /// Index map from the axes of `target` to those of `source`, which have as many elements.
  ///
  /// Axes are taken in groups whose extents have the same product, so that an axis that stays
  /// is indexed by itself and only what is split or merged needs division.
  static func map(from source: [Int], to target: [Int]) -> [IndexExpression] {
    guard !source.contains(0) else { return source.map { _ in 0 } }
    var indices: [IndexExpression] = []
    var first = 0
    var from = 0
    while from < source.count {
      var (low, high) = (from + 1, first)
      var elements = source[from]
      var covered = 1
      while covered != elements {
        if covered < elements {
          covered *= target[high]
          high += 1
        } else {
          elements *= source[low]
          low += 1
        }
      }
      indices += group(source[from..<low], target[first..<high])
      (from, first) = (low, high)
    }
    return indices
  }

  /// Index map of one group: the linear index over `target`'s axes, split over `source`'s.
  private static func group(
    _ source: ArraySlice<Int>, _ target: ArraySlice<Int>
  ) -> [IndexExpression] {
    var linear: IndexExpression = 0
    var step = 1
    for axis in target.indices.reversed() where target[axis] != 1 {
      linear = linear + .variable(axis) * IndexExpression(step)
      step *= target[axis]
    }
    var indices: [IndexExpression] = []
    var stride = 1
    for axis in source.indices.reversed() {
      let quotient = linear.floorDiv(IndexExpression(stride))
      stride *= source[axis]
      // The outermost quotient is below its extent already.
      let isOutermost = axis == source.startIndex
      indices.append(isOutermost ? quotient : quotient.mod(IndexExpression(source[axis])))
    }
    return source.contains(where: { $0 != 1 }) ? indices.reversed() : indices.map { _ in 0 }
  }
}
