// Values as the lists of `eval` directives.

import IRCore

extension TensorValue {
  /// The elements in nested brackets, one level per axis; a scalar is bare.
  package var listText: String { text(from: 0, axis: 0) }

  private func text(from start: Int, axis: Int) -> String {
    guard axis < extents.count else { return element(start) }
    let stride = extents.dropFirst(axis + 1).reduce(1, *)
    let parts = (0..<extents[axis]).map { text(from: start + $0 * stride, axis: axis + 1) }
    return "[\(parts.joined(separator: ", "))]"
  }

  private func element(_ index: Int) -> String {
    elements[index].description
  }
}
