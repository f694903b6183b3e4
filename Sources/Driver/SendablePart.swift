// Parts of values that are known to be Sendable as wholes.

/// A part of a Sendable value, reached through its type's description and not through its static
/// type.
public struct SendablePart<Value>: @unchecked Sendable {
  // Unchecked: whoever makes one took it from a value whose type is Sendable, or it is a type.
  /// The part.
  public let value: Value

  /// Wraps a part of a Sendable value.
  public init(_ value: Value) { self.value = value }
}
