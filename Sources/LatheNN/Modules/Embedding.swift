// Vectors for tokens.

public import Lathe

/// A vector for each of a number of tokens: integers `[…]` to `[…, width]`. A token outside the
/// table is an error of the call.
public struct Embedding: Layer {
  /// `[tokens, width]`.
  public var table: Tensor

  /// Draws the table.
  public init(
    _ tokens: Int, _ width: Int, initializer: Initializer = .normal(deviation: 0.02),
    key: RandomKey
  ) {
    table = initializer.weight(tokens, width, key: key)
  }

  /// The tokens' vectors: rows of the table.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    table.take(x)
  }
}
