// What has a shape that depends on values: where elements differ from zero, and which are distinct.
//
// The values are computed where these are called; a function that is being traced has none.

import Driver
import IRCore
import TensorIR

extension Tensor {
  /// Where elements differ from zero, in row-major order: for each axis a vector of places along
  /// it, as i64. The value is computed now; inside `compile` that is an error.
  ///
  /// ```swift
  /// let places = mask.nonZero()
  /// x.gather(at: places)       // what x[mask] gives
  /// ```
  public func nonZero(file: String = #fileID, line: Int = #line) -> [Tensor] {
    let location = SourceLocation.line(file: file, line: line)
    guard rank > 0 else {
      misuse("nonZero: \(typeText): at least one axis expected", at: location)
    }
    return differingFromZero(at: location).placesThatHold(
      "nonZero: \(typeText)", "select(mask, x, y) and topK(_:) have shapes of their own",
      at: location)
  }

  /// How many elements along axes differ from zero, as i64; NaN does. `nil` means all axes.
  public func countNonZero(
    axes: [Int]? = nil, keepDims: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let reduce = AxisReduction(axes, of: self, keepDims: keepDims, "countNonZero", at: location)
    return reduce(.sum, differingFromZero(at: location).cast(to: .i64))
  }

  private func differingFromZero(at location: SourceLocation) -> Tensor {
    dtype == .bool ? self : Self.apply(.ne, [self, 0], at: location)
  }

  /// For each axis of this mask the places along it where elements hold. `subject` and `advice` are
  /// for the message that ends the call while values are not there yet.
  func placesThatHold(
    _ subject: String, _ advice: String, at location: SourceLocation
  ) -> [Tensor] {
    requireValue(subject, advice, at: location)
    let positions = storage(at: location).withUnsafeBytes { bytes in
      let count = bytes.reduce(0) { $0 + Int($1) }
      return [Int](unsafeUninitializedCapacity: count) { positions, filled in
        for index in bytes.indices where bytes[index] != 0 {
          positions.initializeElement(at: filled, to: index)
          filled += 1
        }
      }
    }
    return Tensor(positions).coordinates(in: shape, at: location)
  }

  /// Ends with a message for a value that exists only inside of a function that is being traced.
  func requireValue(_ subject: String, _ advice: String, at location: SourceLocation) {
    guard isTraced else { return }
    misuse(
      "\(subject): the shape of the result depends on values, which a function does not have while "
        + "it is traced; \(advice)", at: location)
  }

  /// Row-major positions in `shape` as places along each of its axes.
  private func coordinates(in shape: [Int], at location: SourceLocation) -> [Tensor] {
    var stride = 1
    var places: [Tensor] = []
    for (axis, extent) in shape.enumerated().reversed() {
      var place = self
      if stride > 1 {
        place = Self.apply(.div, [place, Tensor(integerLiteral: stride)], at: location)
      }
      if axis > 0 {
        place = Self.apply(
          .rem, [place, Tensor(integerLiteral: Swift.max(extent, 1))], at: location)
      }
      places.append(place)
      stride *= Swift.max(extent, 1)
    }
    return places.reversed()
  }
}

/// The distinct elements of a tensor, in ascending order, and how the tensor is made of them.
public struct DistinctElements: Sendable {
  /// The distinct elements; each NaN is one, 0 and -0 are the same.
  public let values: Tensor
  /// Where each stands first in row-major order, as i64.
  public let indices: Tensor
  /// Which of them each element of the tensor is, in the tensor's shape, as i64: `values.take` of
  /// these is the tensor.
  public let inverse: Tensor
  /// How often each stands in the tensor, as i64.
  public let counts: Tensor
}

extension Tensor {
  /// The distinct elements in ascending order; each NaN is one, 0 and -0 are the same. The value is
  /// computed now; inside `compile` that is an error.
  public func unique(file: String = #fileID, line: Int = #line) -> Tensor {
    distinct("unique", at: .line(file: file, line: line)).values
  }

  /// The distinct elements in ascending order, where they stand first, how often, and which of them
  /// each element is. The value is computed now; inside `compile` that is an error.
  public func distinctElements(
    file: String = #fileID, line: Int = #line
  ) -> DistinctElements {
    distinct("distinctElements", at: .line(file: file, line: line))
  }

  private func distinct(_ function: String, at location: SourceLocation) -> DistinctElements {
    requireValue(
      "\(function): \(typeText)", "sorted() has a shape of its own", at: location)
    let flat = reshaped([count], at: location)
    let order = (dtype == .bool ? flat.cast(to: .u8) : flat).argSorted()
    let sorted = flat.take(order)
    let isFirst = sorted.startsRun(function, at: location)
    let starts = isFirst.placesThatHold(function, "", at: location)[0]
    let total = Tensor([count])
    let bounds = Self.joined([starts, total], 0, function, at: location)
    let number = isFirst.cast(to: .i64).cumulativeSum(axis: 0)
    let numbers = Self.apply(.sub, [number, 1], at: location)
    return DistinctElements(
      values: sorted.take(starts), indices: order.take(starts),
      inverse: Tensor.zeros([count], .i64).scatter(numbers, at: order).reshaped(
        shape, at: location),
      counts: bounds.differences())
  }

  /// Where a vector's elements differ from the one before; the first does.
  private func startsRun(_ function: String, at location: SourceLocation) -> Tensor {
    let first = Tensor.ones([Swift.min(count, 1)], .bool)
    guard count > 1 else { return first }
    let later = piece(0, from: 1, count: count - 1, at: location)
    let earlier = piece(0, from: 0, count: count - 1, at: location)
    return Self.joined(
      [first, Self.apply(.ne, [later, earlier], at: location)], 0, function, at: location)
  }
}
