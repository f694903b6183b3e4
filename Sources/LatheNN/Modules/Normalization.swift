// Normalization layers.

public import Lathe

/// Batch normalization of `[batch, channels, …]`: over all axes but the channels', by the batch's
/// mean and variance in training, by running ones else (Sergey Ioffe and Christian Szegedy, *Batch
/// normalization*, 2015).
public struct BatchNorm: Layer {
  /// `[channels]`.
  public var scale: Tensor
  /// `[channels]`.
  public var offset: Tensor
  /// Running mean, `[channels]`.
  @Statistic public var mean: Tensor
  /// Running variance, unbiased, `[channels]`.
  @Statistic public var variance: Tensor
  /// Share of a batch in the running statistics.
  public let momentum: Double
  /// Added to the variance.
  public let epsilon: Double

  /// Begins as the identity.
  public init(_ channels: Int, momentum: Double = 0.1, epsilon: Double = 1e-5) {
    scale = Tensor.ones([channels])
    offset = Tensor.zeros([channels])
    mean = Tensor.zeros([channels])
    variance = Tensor.ones([channels])
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// The normalized input; in training the running statistics follow.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    let spatial = max(0, x.shape.count - 2)
    let axes = [0] + (0..<spatial).map { $0 + 2 }
    let (scale, offset) = (channelwise(scale, spatial), channelwise(offset, spatial))
    guard context.isTraining else {
      let factor = scale * rsqrt(channelwise(variance, spatial) + epsilon)
      return x * factor + (offset - channelwise(mean, spatial) * factor)
    }
    let batchMean = x.mean(axes: axes, keepDims: true)
    let centered = x - batchMean
    let batchVariance = (centered * centered).mean(axes: axes, keepDims: true)
    let count = Double(axes.reduce(1) { $0 * x.shape[$1] })
    let unbiased = batchVariance.flattened() * (count / max(1, count - 1))
    context.update(mean, to: mean + (batchMean.flattened() - mean) * momentum)
    context.update(variance, to: variance + (unbiased - variance) * momentum)
    return centered * (rsqrt(batchVariance + epsilon) * scale) + offset
  }
}

/// Layer normalization over the last axis (Jimmy Lei Ba and others, *Layer normalization*, 2016).
public struct LayerNorm: Layer {
  /// `[features]`.
  public var scale: Tensor
  /// `[features]`.
  public var offset: Tensor
  /// Added to the variance.
  public let epsilon: Double

  /// Begins with scale 1 and offset 0.
  public init(_ features: Int, epsilon: Double = 1e-5) {
    scale = Tensor.ones([features])
    offset = Tensor.zeros([features])
    self.epsilon = epsilon
  }

  /// The normalized input.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    x.layerNorm(scale: scale, offset: offset, epsilon: epsilon)
  }
}

/// Division by the root of the mean square over the last axis (Biao Zhang and Rico Sennrich, *Root
/// mean square layer normalization*, 2019).
public struct RMSNorm: Layer {
  /// `[features]`.
  public var scale: Tensor
  /// Added to the mean square.
  public let epsilon: Double

  /// Begins with scale 1.
  public init(_ features: Int, epsilon: Double = 1e-5) {
    scale = Tensor.ones([features])
    self.epsilon = epsilon
  }

  /// The normalized input.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    x.rmsNorm(scale: scale, epsilon: epsilon)
  }
}

/// Normalization of groups of channels of `[batch, channels, …]`, each with the axes behind (Yuxin
/// Wu and Kaiming He, *Group normalization*, 2018). One group per channel is instance normalization.
public struct GroupNorm: Layer {
  /// `[channels]`.
  public var scale: Tensor
  /// `[channels]`.
  public var offset: Tensor
  /// Number of groups.
  public let groups: Int
  /// Added to the variance.
  public let epsilon: Double

  /// Begins with scale 1 and offset 0.
  public init(
    _ channels: Int, groups: Int, epsilon: Double = 1e-5, file: String = #fileID,
    line: Int = #line
  ) {
    guard groups > 0, channels.isMultiple(of: groups) else {
      misuse("GroupNorm: \(channels) channels in \(groups) groups", file: file, line: line)
    }
    scale = Tensor.ones([channels])
    offset = Tensor.zeros([channels])
    self.groups = groups
    self.epsilon = epsilon
  }

  /// Instance normalization: each channel of each example by itself.
  public static func instance(_ channels: Int, epsilon: Double = 1e-5) -> GroupNorm {
    GroupNorm(channels, groups: channels, epsilon: epsilon)
  }

  /// The normalized input.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    let spatial = max(0, x.shape.count - 2)
    let rows = x.reshaped(to: [x.shape[0], groups, x.count / max(1, x.shape[0] * groups)])
    let normalized = rows.layerNorm(epsilon: epsilon).reshaped(to: x.shape)
    return normalized * channelwise(scale, spatial) + channelwise(offset, spatial)
  }
}
