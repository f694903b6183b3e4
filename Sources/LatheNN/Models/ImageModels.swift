// Classifiers of images.

public import Lathe

/// A model that labels images: `[batch, channels, height, width]` to logits `[batch, classes]`.
public protocol ImageClassifier: Layer {
  /// Draws the parameters for images of a shape, `[channels, height, width]`.
  init(image shape: [Int], classes: Int, key: RandomKey)
}

/// Dense layers with ReLU between them, on all pixels.
public struct PerceptronClassifier: ImageClassifier {
  /// From the pixels to the logits.
  public var layers: [Dense]

  /// Two hidden layers of 256.
  public init(image shape: [Int], classes: Int, key: RandomKey) {
    self.init(sizes: [shape.reduce(1, *), 256, 256, classes], key: key)
  }

  /// Layers between the given widths.
  public init(sizes: [Int], key: RandomKey) {
    let keys = key.split(sizes.count - 1)
    layers = keys.indices.map {
      Dense(sizes[$0], sizes[$0 + 1], initializer: .heNormal, key: keys[$0])
    }
  }

  /// The logits.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    var x = x.reshaped(x.shape[0], -1)
    for (number, layer) in layers.enumerated() {
      x = layer.forward(x, &context)
      if number < layers.count - 1 { x = x.relu() }
    }
    return x
  }
}

/// Two convolutions of 3x3, each with ReLU and pooling of 2x2, and two dense layers.
public struct ConvolutionClassifier: ImageClassifier {
  /// To 32 channels.
  public var first: Convolution
  /// To 64 channels.
  public var second: Convolution
  /// To 128 features.
  public var hidden: Dense
  /// To the logits.
  public var output: Dense

  /// Draws the parameters.
  public init(image shape: [Int], classes: Int, key: RandomKey) {
    let keys = key.split(4)
    first = Convolution(shape[0], 32, kernel: [3, 3], key: keys[0])
    second = Convolution(32, 64, kernel: [3, 3], key: keys[1])
    let features = 64 * (shape[1] / 4) * (shape[2] / 4)
    hidden = Dense(features, 128, initializer: .heNormal, key: keys[2])
    output = Dense(128, classes, key: keys[3])
  }

  /// The logits.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    let a = first.forward(x, &context).relu().maxPool(kernel: [2, 2])
    let b = second.forward(a, &context).relu().maxPool(kernel: [2, 2])
    let h = hidden.forward(b.reshaped(b.shape[0], -1), &context).relu()
    return output.forward(h, &context)
  }
}

/// A residual net for small images (Kaiming He and others, *Deep residual learning*, 2015, section
/// 4.2): three stages of 16, 32 and 64 channels, two blocks each, the second and third at half the
/// size.
public struct ResidualClassifier: ImageClassifier {
  /// Two convolutions with normalization, added to the input or to its projection.
  public struct Block: Layer {
    var first: Convolution
    var firstNorm: BatchNorm
    var second: Convolution
    var secondNorm: BatchNorm
    var projection: Convolution?

    init(_ inputs: Int, _ outputs: Int, stride: Int, key: RandomKey) {
      let keys = key.split(3)
      let padding = ConvolutionPadding.both([1, 1])
      first = Convolution(
        inputs, outputs, kernel: [3, 3], stride: [stride, stride], padding: padding, bias: false,
        key: keys[0])
      second = Convolution(
        outputs, outputs, kernel: [3, 3], padding: padding, bias: false, key: keys[1])
      firstNorm = BatchNorm(outputs)
      secondNorm = BatchNorm(outputs)
      projection =
        stride == 1 && inputs == outputs
        ? nil
        : Convolution(
          inputs, outputs, kernel: [1, 1], stride: [stride, stride], padding: .both([0, 0]),
          bias: false, key: keys[2])
    }

    /// The sum of the input and what the convolutions make of it, with ReLU.
    public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
      let a = firstNorm.forward(first.forward(x, &context), &context).relu()
      let b = secondNorm.forward(second.forward(a, &context), &context)
      return (b + (projection?.forward(x, &context) ?? x)).relu()
    }
  }

  /// To 16 channels.
  public var stem: Convolution
  /// Behind the stem.
  public var norm: BatchNorm
  /// Two per stage.
  public var blocks: [Block]
  /// To the logits.
  public var output: Dense

  /// Draws the parameters.
  public init(image shape: [Int], classes: Int, key: RandomKey) {
    let keys = key.split(8)
    stem = Convolution(shape[0], 16, kernel: [3, 3], bias: false, key: keys[0])
    norm = BatchNorm(16)
    blocks = (0..<6).map { number in
      let stage = number / 2
      let isFirst = number.isMultiple(of: 2)
      let outputs = 16 << stage
      return Block(
        isFirst && stage > 0 ? outputs / 2 : outputs, outputs,
        stride: isFirst && stage > 0 ? 2 : 1, key: keys[1 + number])
    }
    output = Dense(64, classes, key: keys[7])
  }

  /// The logits.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    var x = norm.forward(stem.forward(x, &context), &context).relu()
    for block in blocks { x = block.forward(x, &context) }
    return output.forward(x.mean(axes: [2, 3]), &context)
  }
}
