// Layers without parameters.

public import Lathe

/// An elementwise function as a layer.
public enum Activation: Hashable, Layer {
  case relu, tanh, sigmoid, gelu, silu, softplus
  /// The input where it is positive, `slope` times it elsewhere.
  case leakyRelu(slope: Double)

  /// The function of each element.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    switch self {
    case .relu: x.relu()
    case .tanh: Lathe.tanh(x)
    case .sigmoid: x.sigmoid()
    case .gelu: x.gelu()
    case .silu: x.silu()
    case .softplus: x.softplus()
    case .leakyRelu(let slope): x.leakyRelu(slope: slope)
    }
  }
}

/// Sets elements to zero with probability `rate` in training, and the rest times `1 / (1 - rate)`
/// (Nitish Srivastava and others, *Dropout*, 2014); the input at inference.
public struct Dropout: Layer {
  /// Probability of zero.
  public let rate: Double

  /// Drops with probability `rate`, from 0 to below 1.
  public init(_ rate: Double, file: String = #fileID, line: Int = #line) {
    guard rate >= 0, rate < 1 else {
      misuse("Dropout: a rate of \(rate), expected 0 to below 1", file: file, line: line)
    }
    self.rate = rate
  }

  /// The input with dropped elements.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    guard context.isTraining, rate > 0 else { return x }
    let kept = Tensor.randomBernoulli(x.shape, probability: 1 - rate, key: context.nextKey())
    return select(kept, x * (1 / (1 - rate)), Tensor.zeros(x.shape, x.dtype))
  }
}

/// Largest or mean element of windows over the trailing axes.
public struct Pooling: Layer {
  /// What a window becomes.
  public enum Kind: Hashable, Sendable { case max, average }

  /// What a window becomes.
  public let kind: Kind
  /// Extents of a window.
  public let kernel: [Int]
  /// Distance of windows; the kernel's extents where none is given.
  public let stride: [Int]?
  /// Elements around the input.
  public let padding: [Int]?

  /// Describes the windows.
  public init(_ kind: Kind, kernel: [Int], stride: [Int]? = nil, padding: [Int]? = nil) {
    self.kind = kind
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }

  /// The windows' values.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    switch kind {
    case .max: x.maxPool(kernel: kernel, stride: stride, padding: padding)
    case .average: x.averagePool(kernel: kernel, stride: stride, padding: padding)
    }
  }
}

/// Mean over all spatial axes: `[batch, channels, spatial…]` to `[batch, channels]`.
public struct GlobalAveragePooling: Layer {
  /// Needs nothing.
  public init() {}

  /// The means.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    x.mean(axes: Array(2..<max(2, x.shape.count)))
  }
}

/// All axes but the first as one.
public struct Flatten: Layer {
  /// Needs nothing.
  public init() {}

  /// `[batch, features]`.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    x.reshaped(to: [x.shape[0], x.shape.dropFirst().reduce(1, *)])
  }
}
