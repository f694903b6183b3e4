// Vectors for tokens.

public import Lathe

/// A vector for each of a number of tokens: integers `[…]` to `[…, width]`. A token outside the
/// table has zeros.
///
/// Computed as the product of one-hot rows with the table, which suits vocabularies of characters.
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

  /// The tokens' vectors.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    let numbers = Tensor.arange(table.shape[0]).cast(to: x.dtype)
    let rows = (x.expandedDimensions(at: -1) .== numbers).cast(to: table.dtype)
    return rows.matmul(table)
  }
}
