// What may stand in a tensor's subscript.

/// What may stand between the brackets of `tensor[…]`: integers, ranges, and
///
/// - `.all`: the whole axis;
/// - `.stride(from:to:by:)`: every so many elements, backwards for a negative step;
/// - `.newAxis`: an axis of extent 1;
/// - `.ellipsis`: as many whole axes as the other indices leave;
/// - a tensor of integers: the elements at them; several broadcast together;
/// - a tensor of truth values, a mask over as many axes as it has: the elements where it holds;
/// - the number of a step of a loop, or a multiple of it and a constant: see `steps(_:)`.
///
/// Negative numbers count from the end: -1 is the last element.
public protocol TensorIndex {
  /// What the index does to the axes.
  var selection: AxisSelection { get }
}

/// What one index of a subscript does to the axes of a tensor.
public enum AxisSelection: TensorIndex, Hashable, Sendable {
  /// One element; the axis is gone.
  case element(Int)
  /// Elements `from` up to (down to, for a negative step) but not including `to`.
  case range(from: Int?, to: Int?, by: Int)
  /// A new axis of extent 1; written `.newAxis`.
  case insertion
  /// As many whole axes as the other indices leave; written `.ellipsis`.
  case rest
  /// The elements at integers, or those where a mask holds; written as the tensor.
  case tensor(IndexTensor)
  /// The element that a step of a loop names; the axis is gone. At most one may stand in a subscript.
  case step(StepIndex)

  /// Itself.
  public var selection: AxisSelection { self }
}

/// A tensor among the indices of a subscript; equal to no tensor but itself.
public struct IndexTensor: Hashable, Sendable {
  /// Integers or truth values.
  let tensor: Tensor

  init(_ tensor: Tensor) { self.tensor = tensor.materialized }

  /// One value of one computation.
  public static func == (a: IndexTensor, b: IndexTensor) -> Bool {
    a.tensor.node === b.tensor.node
  }

  /// Hashes what equality compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(tensor.node))
  }
}

extension Tensor: TensorIndex {
  /// The elements at the integers of this tensor, or those where it holds.
  public var selection: AxisSelection { .tensor(IndexTensor(self)) }
}

extension TensorIndex where Self == AxisSelection {
  /// The whole axis.
  public static var all: AxisSelection { .range(from: nil, to: nil, by: 1) }

  /// A new axis of extent 1.
  public static var newAxis: AxisSelection { .insertion }

  /// As many whole axes as the other indices leave.
  public static var ellipsis: AxisSelection { .rest }

  /// Every `step`-th element from `from` (by default the first, or the last when the step is
  /// negative) up to but not including `to` (by default all).
  public static func stride(
    from: Int? = nil, to: Int? = nil, by step: Int
  ) -> AxisSelection { .range(from: from, to: to, by: step) }
}

extension Int: TensorIndex {
  /// One element.
  public var selection: AxisSelection { .element(self) }
}

extension Range<Int>: TensorIndex {
  /// The elements of the range.
  public var selection: AxisSelection { .range(from: lowerBound, to: upperBound, by: 1) }
}

extension ClosedRange<Int>: TensorIndex {
  /// The elements of the range.
  public var selection: AxisSelection {
    .range(from: lowerBound, to: upperBound == -1 ? nil : upperBound + 1, by: 1)
  }
}

extension PartialRangeFrom<Int>: TensorIndex {
  /// The elements from the bound on.
  public var selection: AxisSelection { .range(from: lowerBound, to: nil, by: 1) }
}

extension PartialRangeUpTo<Int>: TensorIndex {
  /// The elements before the bound.
  public var selection: AxisSelection { .range(from: nil, to: upperBound, by: 1) }
}

extension PartialRangeThrough<Int>: TensorIndex {
  /// The elements up to the bound, which is included.
  public var selection: AxisSelection {
    .range(from: nil, to: upperBound == -1 ? nil : upperBound + 1, by: 1)
  }
}
