// Convolutions along one to three axes.

public import IRCore
import TensorIR

extension Tensor {
  /// Convolution along one, two or three spatial axes, as neural networks mean it (the filter is
  /// not flipped): `[batch, in, y, x]` by filters `[out, in / groups, window y, window x]` gives
  /// `[batch, out, y', x']`,
  ///
  /// `Σ x[n, c, stride·y + dilation·ky - before, …] · filter[o, c, ky, …]` over c, ky, kx, in this
  /// order, the last fastest. Nothing is copied to windows: the sum reads the input in place, and
  /// a bias and an activation that follow are part of its kernel.
  ///
  /// - Parameters:
  ///   - filter: its spatial axes are the window's.
  ///   - stride: distance of neighbouring windows along each spatial axis; 1 for `nil`.
  ///   - padding: zeros around the input: `.valid`, `.same`, or numbers such as `[1, 1]`.
  ///   - dilation: distance of neighbouring elements of a window; 1 for `nil`.
  ///   - groups: channels go together in so many groups; as many as there are channels is a
  ///     depthwise convolution, whose filter is `[out, 1, window y, window x]`.
  ///   - accumulator: type in which products are added; for `nil` the operands', or f32 for f16 and
  ///     bf16.
  ///
  /// ```swift
  /// let features = relu(convolution(image, filter, stride: [2, 2], padding: [1, 1]))
  /// ```
  public func convolution(
    _ filter: Tensor, stride: [Int]? = nil, padding: ConvolutionPadding = .valid,
    dilation: [Int]? = nil, groups: Int = 1, accumulator: DType? = nil,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let call = ContractionCall(
      "convolution", accumulator: accumulator, at: .line(file: file, line: line))
    let windows = ConvolutionWindows(
      materialized, filter.materialized, stride: stride, dilation: dilation, groups: groups, call)
    return windows.convolved(padding)
  }
}

/// Filters sliding over spatial axes, checked.
struct ConvolutionWindows {
  let input: Tensor
  let filter: Tensor
  let call: ContractionCall
  let stride: [Int]
  let dilation: [Int]
  let groups: Int

  init(
    _ input: Tensor, _ filter: Tensor, stride: [Int]?, dilation: [Int]?, groups: Int,
    _ call: ContractionCall
  ) {
    let operands = [input, filter]
    guard (3...5).contains(input.rank), filter.rank == input.rank else {
      call.fail(
        operands,
        "do not fit: [batch, in, …] and [out, in / groups, …] with 1 to 3 spatial axes "
          + "expected")
    }
    let axes = input.rank - 2
    func numbers(_ given: [Int]?, _ what: String) -> [Int] {
      let numbers = given ?? Array(repeating: 1, count: axes)
      guard numbers.count == axes, numbers.allSatisfy({ (1...1 << 31).contains($0) }) else {
        call.fail(operands, "need \(axes) \(what) from 1 on, found \(numbers)")
      }
      return numbers
    }
    self.input = input
    self.filter = filter
    self.call = call
    self.stride = numbers(stride, "strides")
    self.dilation = numbers(dilation, "dilations")
    self.groups = groups
    call.requireTypes(operands)
    guard filter.shape.dropFirst(2).allSatisfy({ $0 > 0 }) else {
      call.fail(operands, "have a window without elements")
    }
  }

  var axes: Range<Int> { 0..<(input.rank - 2) }
  /// Extents of the input's spatial axes.
  var extents: [Int] { Array(input.shape.dropFirst(2)) }
  /// Extents of the window.
  var window: [Int] { Array(filter.shape.dropFirst(2)) }
  /// Elements of the input from a window's first to its last, both included.
  var reach: [Int] { axes.map { (window[$0] - 1) * dilation[$0] + 1 } }

  private var channels: Int { input.shape[1] }

  func convolved(_ padding: ConvolutionPadding) -> Tensor {
    let (outputs, taken) = (filter.shape[0], filter.shape[1])
    guard groups > 0, channels == taken * groups, outputs % groups == 0 else {
      call.fail(
        [input, filter],
        "do not match: \(channels) channels in \(groups) groups, \(outputs) filters of \(taken)")
    }
    guard let amounts = padding.amounts(extents: extents, reach: reach, stride: stride) else {
      call.fail([input, filter], "need \(axes.count) paddings from 0 on at both ends")
    }
    let places = axes.map { axis in
      (extents[axis] + amounts[axis].before + amounts[axis].after - reach[axis])
        / stride[axis] + 1
    }
    let room = axes.map { extents[$0] + amounts[$0].before + amounts[$0].after }
    guard zip(room, reach).allSatisfy({ $0 >= $1 }) else {
      call.fail([input, filter], "have no room for a window of \(reach) in \(room)")
    }
    return contracted(padded(amounts), places, outputs: outputs, taken: taken)
  }

  /// The input with zeros around its spatial axes.
  func padded(_ amounts: [(before: Int, after: Int)]) -> Tensor {
    if amounts.allSatisfy({ $0.before == 0 && $0.after == 0 }) { return input }
    let shape =
      Array(input.shape.prefix(2))
      + axes.map { extents[$0] + amounts[$0].before + amounts[$0].after }
    Tensor.requireShape(shape, input.dtype, call.function, at: call.location)
    var indices: [IndexExpression] = [.variable(0), .variable(1)]
    var guards: [View.Guard] = []
    for axis in axes {
      let index = IndexExpression.variable(axis + 2) - IndexExpression(amounts[axis].before)
      indices.append(index)
      if amounts[axis].before > 0 || amounts[axis].after > 0 {
        guards.append(View.Guard(index, in: 0, IndexExpression(extents[axis])))
      }
    }
    let view = View(indices, guards: guards, fill: .zero(input.dtype))
    return input.view(view, shape, at: call.location)
  }

  /// The sum over channels and windows. Variables: batch, out, places; then channel, window.
  private func contracted(
    _ padded: Tensor, _ places: [Int], outputs: Int, taken: Int
  ) -> Tensor {
    let rank = input.rank
    let channel = IndexExpression.variable(rank)
    let group = IndexExpression.variable(1).floorDiv(IndexExpression(max(1, outputs / groups)))
    var source: [IndexExpression] = [
      .variable(0), groups == 1 ? channel : group * IndexExpression(taken) + channel,
    ]
    var weights: [IndexExpression] = [.variable(1), channel]
    for axis in axes {
      let element = IndexExpression.variable(rank + 1 + axis)
      source.append(
        .variable(2 + axis) * IndexExpression(stride[axis])
          + element * IndexExpression(dilation[axis]))
      weights.append(element)
    }
    return call.contract(
      padded, filter, maps: [source, weights], shape: [input.shape[0], outputs] + places,
      summed: [taken] + window)
  }
}
