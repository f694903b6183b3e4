// The dense layer.

public import Lathe

/// `x · weight + bias` over the last axis: `[…, inputs]` to `[…, outputs]`.
public struct Dense: Layer {
  /// `[inputs, outputs]`.
  public var weight: Tensor
  /// `[outputs]`; `nil` without one.
  public var bias: Tensor?

  /// Draws a weight; the bias begins with zeros.
  public init(
    _ inputs: Int, _ outputs: Int, bias: Bool = true, initializer: Initializer = .glorotUniform,
    key: RandomKey
  ) {
    weight = initializer.weight(inputs, outputs, key: key)
    self.bias = bias ? Tensor.zeros([outputs]) : nil
  }

  /// The product, with the bias.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    let product = x.matmul(weight)
    return bias.map { product + $0 } ?? product
  }
}
