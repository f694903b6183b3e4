// Differences of neighbours.

import IRCore
import TensorIR

extension Tensor {
  /// Each element but the first along an axis less the one before it, `order` times; integers wrap.
  public func differences(
    order: Int = 1, axis: Int = -1, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let axis = Self.resolve(axis: axis, rank: rank, "differences", at: location)
    guard order >= 0, dtype.isNumeric else {
      misuse(
        "differences: \(typeText): a numeric type and an order from 0 on expected, found \(order)",
        at: location)
    }
    return (0..<order).reduce(self) { tensor, _ in
      let count = Swift.max(0, tensor.shape[axis] - 1)
      let first = Swift.min(1, tensor.shape[axis])
      return Self.apply(
        .sub,
        [
          tensor.piece(axis, from: first, count: count, at: location),
          tensor.piece(axis, from: 0, count: count, at: location),
        ], at: location)
    }
  }
}
