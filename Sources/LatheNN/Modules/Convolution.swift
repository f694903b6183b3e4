// Convolution layers of one to three spatial axes.

public import Lathe

/// Convolution over the trailing axes: `[batch, inputs, spatial…]` to `[batch, outputs, spatial…]`.
/// The number of spatial axes is that of the kernel, so one type serves 1-D, 2-D and 3-D; `groups`
/// equal to the inputs makes it depthwise.
public struct Convolution: Layer {
  /// `[outputs, inputs / groups, kernel…]`.
  public var filter: Tensor
  /// `[outputs]`; `nil` without one.
  public var bias: Tensor?
  /// Elements between taps' windows, per spatial axis.
  public let stride: [Int]
  /// What stands around the input.
  public let padding: ConvolutionPadding
  /// Elements between taps, per spatial axis.
  public let dilation: [Int]
  /// Channels in so many parts that do not meet.
  public let groups: Int

  /// Draws a filter; the bias begins with zeros.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: [Int], stride: [Int]? = nil,
    padding: ConvolutionPadding = .same, dilation: [Int]? = nil, groups: Int = 1,
    bias: Bool = true, initializer: Initializer = .heNormal, key: RandomKey,
    file: String = #fileID, line: Int = #line
  ) {
    guard groups > 0, inputs.isMultiple(of: groups), outputs.isMultiple(of: groups) else {
      misuse(
        "Convolution: \(inputs) inputs and \(outputs) outputs in \(groups) groups", file: file,
        line: line)
    }
    let taps = kernel.reduce(1, *)
    filter = initializer(
      [outputs, inputs / groups] + kernel,
      fan: (inputs / groups * taps, outputs / groups * taps), key: key)
    self.bias = bias ? Tensor.zeros([outputs]) : nil
    self.stride = stride ?? kernel.map { _ in 1 }
    self.padding = padding
    self.dilation = dilation ?? kernel.map { _ in 1 }
    self.groups = groups
  }

  /// A depthwise convolution: each channel by a filter of its own.
  public static func depthwise(
    _ channels: Int, kernel: [Int], stride: [Int]? = nil, padding: ConvolutionPadding = .same,
    bias: Bool = true, key: RandomKey
  ) -> Convolution {
    Convolution(
      channels, channels, kernel: kernel, stride: stride, padding: padding, groups: channels,
      bias: bias, key: key)
  }

  /// The convolution, with the bias.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    let product = x.convolution(
      filter, stride: stride, padding: padding, dilation: dilation, groups: groups)
    return bias.map { product + channelwise($0, stride.count) } ?? product
  }
}

/// Transposed convolution: the derivative of a convolution by its input, as a layer that enlarges
/// `[batch, inputs, spatial…]`.
public struct TransposedConvolution: Layer {
  /// `[inputs, outputs / groups, kernel…]`.
  public var filter: Tensor
  /// `[outputs]`; `nil` without one.
  public var bias: Tensor?
  /// Elements between taps' windows in the output, per spatial axis.
  public let stride: [Int]
  /// Elements cut from both ends of the output.
  public let padding: [Int]
  /// Elements added at the output's end.
  public let outputPadding: [Int]
  /// Channels in so many parts that do not meet.
  public let groups: Int

  /// Draws a filter; the bias begins with zeros.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: [Int], stride: [Int]? = nil, padding: [Int]? = nil,
    outputPadding: [Int]? = nil, groups: Int = 1, bias: Bool = true,
    initializer: Initializer = .heNormal, key: RandomKey
  ) {
    let taps = kernel.reduce(1, *)
    filter = initializer(
      [inputs, outputs / groups] + kernel,
      fan: (inputs / groups * taps, outputs / groups * taps), key: key)
    self.bias = bias ? Tensor.zeros([outputs]) : nil
    self.stride = stride ?? kernel.map { _ in 1 }
    self.padding = padding ?? kernel.map { _ in 0 }
    self.outputPadding = outputPadding ?? kernel.map { _ in 0 }
    self.groups = groups
  }

  /// The transposed convolution, with the bias.
  public func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
    let product = x.transposedConvolution(
      filter, stride: stride, padding: padding, outputPadding: outputPadding, groups: groups)
    return bias.map { product + channelwise($0, stride.count) } ?? product
  }
}

/// `[channels]` as `[channels, 1, …]`, which broadcasts over `axes` spatial axes.
func channelwise(_ x: Tensor, _ axes: Int) -> Tensor {
  x.reshaped(to: x.shape + [Int](repeating: 1, count: axes))
}
