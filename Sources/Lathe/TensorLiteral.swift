// Nested array literals.

import IRCore

/// Nested array literal of numbers or truth values, as `Tensor` takes it: `[[1, 2], [3, 4.5]]`.
public indirect enum TensorLiteral: Sendable {
  case scalar(ScalarValue)
  case array([TensorLiteral])

  /// The elements in row-major order and the shape; `nil` where lengths differ.
  var flattened: (values: [ScalarValue], shape: [Int])? {
    switch self {
    case .scalar(let value): return ([value], [])
    case .array(let items):
      // Recursion is bounded by the nesting of a literal in source.
      let parts = items.compactMap(\.flattened)
      guard parts.count == items.count else { return nil }
      guard let first = parts.first else { return ([], [0]) }
      guard parts.allSatisfy({ $0.shape == first.shape }) else { return nil }
      return (parts.flatMap(\.values), [parts.count] + first.shape)
    }
  }

  /// f32 when nothing or a number with a fraction part is among `values`, else the type that all
  /// have by themselves.
  func defaultType(of values: [ScalarValue]) -> DType {
    values.first { $0.defaultType != .i64 }?.defaultType ?? (values.isEmpty ? .f32 : .i64)
  }
}

extension TensorLiteral: ExpressibleByArrayLiteral, ExpressibleByFloatLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
  /// One axis more than its elements have.
  public init(arrayLiteral elements: TensorLiteral...) { self = .array(elements) }
  /// A number with a fraction part.
  public init(floatLiteral value: Double) { self = .scalar(.float(value)) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .scalar(.integer(value)) }
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .scalar(.bool(value)) }
}
