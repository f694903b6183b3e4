// Reductions and scans: what combines, along which axes, in which order.

public import IRCore

/// Combination of elements along axes.
public struct Reduction: Hashable, Sendable {
  /// What combines; `Reduction+Monoids.swift` has the table of their rows.
  public enum Monoid: String, Hashable, Sendable, CaseIterable {
    case sum, product, max, min, any, all, argMax, argMin
  }

  /// What combines.
  public var monoid: Monoid
  /// Ascending, at least one; the result lacks them.
  public var axes: [Int]
  /// The order of combination.
  public var order: CombinationOrder

  /// Describes a reduction.
  public init(_ monoid: Monoid, axes: [Int], order: CombinationOrder) {
    self.monoid = monoid
    self.axes = axes
    self.order = order
  }

  /// The axes as text: `axes(0, 2)`.
  var axesText: String { "axes(\(axes.map(String.init).joined(separator: ", ")))" }
}

/// Cumulative combination along an axis: result element k combines the elements up to k, from the
/// monoid's identity, in the order that `Note: order` of CombinationOrder.swift defines.
///
/// A second operand, when there is one, says what each chunk of the order starts from: it has the
/// first operand's shape but for the axis, which numbers the chunks in the direction of the scan.
public struct Scan: Hashable, Sendable {
  /// What combines.
  public var monoid: Reduction.Monoid
  /// The axis.
  public var axis: Int
  /// Leaves the element itself out, so that the first result is the identity.
  public var isExclusive: Bool
  /// Runs from the end.
  public var isReverse: Bool
  /// The order of combination.
  public var order: CombinationOrder

  /// Describes a scan.
  public init(
    _ monoid: Reduction.Monoid, axis: Int, isExclusive: Bool, isReverse: Bool,
    order: CombinationOrder
  ) {
    self.monoid = monoid
    self.axis = axis
    self.isExclusive = isExclusive
    self.isReverse = isReverse
    self.order = order
  }

  /// Number of chunks of `count` elements.
  public func chunkCount(of count: IndexExpression) -> IndexExpression {
    guard case .lanes(_, let chunk) = order else { return 1 }
    return (count + IndexExpression(chunk - 1)).floorDiv(IndexExpression(chunk))
  }
}
