// Layers one after the other.

public import Lathe

/// Layers of any kinds, each on what the one before it gives.
///
/// ```swift
/// let net = Sequential {
///   Dense(784, 128, key: key)
///   Activation.relu
///   Dense(128, 10, key: other)
/// }
/// ```
public struct Sequential: Layer {
  /// In order.
  public var layers: [any Layer]

  /// Takes a list.
  public init(_ layers: [any Layer]) { self.layers = layers }

  /// Takes what a block lists; `if` and `for` may stand in it.
  public init(@LayerBuilder _ layers: () -> [any Layer]) { self.layers = layers() }

  /// The last layer's output.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    layers.reduce(x) { $1.forward($0, &context) }
  }
}

/// Makes a list of layers of a block.
@resultBuilder
public enum LayerBuilder {
  /// One layer.
  public static func buildExpression(_ layer: some Layer) -> [any Layer] { [layer] }
  /// The layers of a block.
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
  /// The layers of a loop.
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
  /// Those of an `if` without `else`.
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
  /// Those of an `if`.
  public static func buildEither(first: [any Layer]) -> [any Layer] { first }
  /// Those of an `else`.
  public static func buildEither(second: [any Layer]) -> [any Layer] { second }
}
