// Transposed convolutions, by phases.

public import IRCore
import TensorIR

extension Tensor {
  /// Transposed convolution, the gradient of a convolution by its input: `[batch, in, y, x]` by
  /// filters `[in, out / groups, window y, window x]` gives `[batch, out, y', x']` with
  /// `y' = (y - 1)·stride - 2·padding + dilation·(window - 1) + outputPadding + 1`.
  ///
  /// Each result is the sum over the elements of the input, and of the filter, whose places meet
  /// there: `stride·i + dilation·k = y' + padding`. Results whose remainder by the stride is the
  /// same (a phase) use the same elements of the filter, one in `stride`; only these are
  /// multiplied, and no zeros are put between the elements of the input.
  ///
  /// - Parameters:
  ///   - filter: its spatial axes are the window's.
  ///   - stride: distance in the result of neighbouring elements; 1 for `nil`.
  ///   - padding: results left out at both ends of each spatial axis; 0 for `nil`.
  ///   - outputPadding: further results at the end of each spatial axis, fewer than the stride or
  ///     the dilation; 0 for `nil`.
  ///   - dilation: distance of neighbouring elements of a window, without a common divisor with
  ///     the stride; 1 for `nil`.
  ///   - groups: channels go together in so many groups.
  ///   - accumulator: type in which products are added; for `nil` the operands', or f32 for f16 and
  ///     bf16.
  public func transposedConvolution(
    _ filter: Tensor, stride: [Int]? = nil, padding: [Int]? = nil, outputPadding: [Int]? = nil,
    dilation: [Int]? = nil, groups: Int = 1, accumulator: DType? = nil,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let call = ContractionCall(
      "transposedConvolution", accumulator: accumulator, at: .line(file: file, line: line))
    let windows = ConvolutionWindows(
      materialized, filter.materialized, stride: stride, dilation: dilation, groups: groups, call)
    let zeros = windows.axes.map { _ in 0 }
    return windows.transposed(
      padding: padding ?? zeros, outputPadding: outputPadding ?? zeros)
  }
}

/// One spatial axis of a transposed convolution: which elements meet in which result.
///
/// Let p = y + padding be a result's place, q and m its quotient and remainder by the stride s. The
/// filter's elements that reach it are k ≡ m·d⁻¹ modulo s, where d is the dilation:
/// k = first(m) + s·t for t = 0, 1, …. The input's element is then
/// i = (p - d·k) / s = q + (m - d·first(m)) / s - d·t.
private struct Phases {
  /// Filter elements of one phase, the most of any.
  let taps: Int
  /// Filter element for a result and a tap; may reach beyond the filter by less than a stride.
  let element: IndexExpression
  /// Input element for a result and a tap; may reach beyond the input.
  let place: IndexExpression
  /// The range that `place` stays in.
  let range: ClosedRange<Int>

  /// - Parameters:
  ///   - axis: variable of the result's axis, of `results` elements.
  ///   - tap: variable of the taps.
  init(
    axis: Int, results: Int, tap: Int, window: Int, stride: Int, dilation: Int, padding: Int
  ) {
    taps = (window + stride - 1) / stride
    let inverse = (0..<stride).first { $0 * dilation % stride == 1 % stride } ?? 0
    let position = IndexExpression.variable(axis) + IndexExpression(padding)
    let step = IndexExpression(stride)
    let remainder = position.mod(step)
    // A dilation of 1 leaves the remainder itself.
    let first =
      inverse == 1 % stride ? remainder : (position * IndexExpression(inverse)).mod(step)
    element = first + step * .variable(tap)
    place =
      position.floorDiv(step) + (remainder - IndexExpression(dilation) * first).floorDiv(step)
      - IndexExpression(dilation) * .variable(tap)
    var facts = IndexFacts()
    facts.state(.variable(axis), in: 0...(results - 1))
    facts.state(.variable(tap), in: 0...(taps - 1))
    range = facts.range(of: place) ?? 0...0
  }
}

extension ConvolutionWindows {
  func transposed(padding: [Int], outputPadding: [Int]) -> Tensor {
    let operands = [input, filter]
    guard padding.count == axes.count, padding.allSatisfy({ (0...1 << 31).contains($0) }) else {
      call.fail(operands, "need \(axes.count) paddings from 0 on, found \(padding)")
    }
    guard outputPadding.count == axes.count,
      axes.allSatisfy({ 0..<max(stride[$0], dilation[$0]) ~= outputPadding[$0] })
    else {
      call.fail(
        operands,
        "need \(axes.count) output paddings below the stride or the dilation, found "
          + "\(outputPadding)")
    }
    guard groups > 0, input.shape[1] == filter.shape[0], input.shape[1] % groups == 0 else {
      call.fail(
        operands,
        "do not match: \(input.shape[1]) channels in \(groups) groups, filters for "
          + "\(filter.shape[0])")
    }
    for axis in axes where Self.divisor(stride[axis], dilation[axis]) != 1 {
      call.fail(
        operands,
        "cannot be dilated by \(dilation[axis]) at stride \(stride[axis]): a dilation "
          + "without a common divisor expected")
    }
    let results = axes.map { axis in
      (extents[axis] - 1) * stride[axis] - 2 * padding[axis] + reach[axis] + outputPadding[axis]
    }
    guard axes.allSatisfy({ extents[$0] > 0 && results[$0] > 0 }) else {
      call.fail(operands, "leave no results: \(results)")
    }
    return contracted(results, padding)
  }

  private static func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }

  /// The sum over channels and taps. Variables: batch, out, results; then channel, taps.
  private func contracted(_ results: [Int], _ padding: [Int]) -> Tensor {
    let rank = input.rank
    let phases = axes.map { axis in
      Phases(
        axis: 2 + axis, results: results[axis], tap: rank + 1 + axis, window: window[axis],
        stride: stride[axis], dilation: dilation[axis], padding: padding[axis])
    }
    let amounts = axes.map { axis in
      (
        before: max(0, -phases[axis].range.lowerBound),
        after: max(0, phases[axis].range.upperBound - extents[axis] + 1)
      )
    }
    let (taken, outputs) = (input.shape[1] / groups, filter.shape[1])
    let channel = IndexExpression.variable(rank)
    let output = IndexExpression.variable(1)
    let group = output.floorDiv(IndexExpression(max(1, outputs)))
    let source = groups == 1 ? channel : group * IndexExpression(taken) + channel
    var sources: [IndexExpression] = [.variable(0), source]
    var weights = [source, groups == 1 ? output : output.mod(IndexExpression(max(1, outputs)))]
    for axis in axes {
      sources.append(phases[axis].place + IndexExpression(amounts[axis].before))
      weights.append(phases[axis].element)
    }
    return call.contract(
      padded(amounts), lengthened(axes.map { stride[$0] * phases[$0].taps }),
      maps: [sources, weights], shape: [input.shape[0], outputs * groups] + results,
      summed: [taken] + phases.map(\.taps))
  }

  /// The filter with zeros up to whole strides, where phases have unequal numbers of elements.
  private func lengthened(_ lengths: [Int]) -> Tensor {
    let shape = Array(filter.shape.prefix(2)) + lengths
    if shape == filter.shape { return filter }
    Tensor.requireShape(shape, filter.dtype, call.function, at: call.location)
    let indices = shape.indices.map { IndexExpression.variable($0) }
    let guards = axes.filter { lengths[$0] != window[$0] }.map {
      View.Guard(indices[$0 + 2], in: 0, IndexExpression(window[$0]))
    }
    return filter.view(
      View(indices, guards: guards, fill: .zero(filter.dtype)), shape, at: call.location)
  }
}
