// Reductions and scans: what combines, along which axes, in which order.

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

/// Cumulative combination along an axis: result element k combines the elements up to k, in
/// sequence from the monoid's identity.
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
}
