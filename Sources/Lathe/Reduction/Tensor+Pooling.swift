// Pooling: reductions over sliding windows, which are views.

import IRCore
import TensorIR

extension Tensor {
  /// Largest element of each window that slides over the last axes, as many as `kernel` has
  /// extents: `[3]` over `[batch, channels, width]`, `[2, 2]` over
  /// `[batch, channels, height, width]`.
  ///
  /// Windows start every `stride` elements, by default the kernel's extents so that they do not
  /// overlap, with `padding` elements before and behind each axis (less than the kernel's extent),
  /// which are never the largest. The result has `(extent + 2 padding - kernel) / stride + 1`
  /// elements along an axis; what no whole window covers is left out. A window with NaN is NaN.
  /// Windows that are larger than the padded axis, and axes of extent 0, are an error.
  public func maxPool(
    kernel: [Int], stride: [Int]? = nil, padding: [Int]? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let windows = Windows(
      kernel, stride, padding, of: self, "maxPool", at: .line(file: file, line: line))
    let reduction = windows.reduction
    guard dtype.isNumeric else {
      misuse(
        "maxPool: \(typeText): a numeric type expected, found \(dtype); cast(to:) converts",
        at: windows.location)
    }
    return reduction(.max, windows.view(of: self, fill: Reduction.Monoid.max.identity(dtype)))
  }

  /// Mean of each window that slides over the last axes, as many as `kernel` has extents, of float
  /// tensors: `Σ x / n`, where n counts the elements of the window that are not padding; along padded
  /// axes it divides one after the other.
  ///
  /// Windows start every `stride` elements, by default the kernel's extents so that they do not
  /// overlap, with `padding` elements before and behind each axis (less than the kernel's extent).
  /// The result has `(extent + 2 padding - kernel) / stride + 1` elements along an axis; what no
  /// whole window covers is left out. A window with NaN is NaN. Windows that are larger than the
  /// padded axis, and axes of extent 0, are an error.
  public func averagePool(
    kernel: [Int], stride: [Int]? = nil, padding: [Int]? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let windows = Windows(
      kernel, stride, padding, of: self, "averagePool", at: .line(file: file, line: line))
    let reduction = windows.reduction
    return reduction.ofFloat(self) { x in
      windows.divided(reduction(.sum, windows.view(of: x, fill: .zero(x.dtype))))
    }
  }
}

/// Windows that slide over the last axes of a tensor.
private struct Windows {
  let location: SourceLocation
  private let function: String
  private let kernel: [Int]
  private let stride: [Int]
  private let padding: [Int]
  /// The axes before those that windows slide over.
  private let leading: [Int]
  /// The axes that windows slide over.
  private let extents: [Int]
  /// How many windows there are along each of them.
  private let places: [Int]

  init(
    _ kernel: [Int], _ stride: [Int]?, _ padding: [Int]?, of tensor: Tensor, _ function: String,
    at location: SourceLocation
  ) {
    let stride = stride ?? kernel
    let padding = padding ?? kernel.map { _ in 0 }
    func fail(_ problem: String) -> Never {
      misuse("\(function): \(tensor.typeText): \(problem)", at: location)
    }
    guard !kernel.isEmpty, kernel.count <= tensor.rank, kernel.allSatisfy({ $0 > 0 }) else {
      fail("a kernel of 1 to \(tensor.rank) extents above 0 expected, found \(kernel)")
    }
    guard stride.count == kernel.count, stride.allSatisfy({ $0 > 0 }) else {
      fail("\(kernel.count) strides above 0 expected, found \(stride)")
    }
    guard padding.count == kernel.count, zip(padding, kernel).allSatisfy({ 0..<$1 ~= $0 }) else {
      fail(
        "\(kernel.count) paddings from 0 to less than the kernel \(kernel) expected, "
          + "found \(padding)")
    }
    let extents = Array(tensor.shape.suffix(kernel.count))
    // Twice a padding below the kernel's extent cannot overflow where the kernel fits at all.
    guard zip(extents, zip(kernel, padding)).allSatisfy({ $0 > 0 && $1.0 - $1.1 - $1.1 <= $0 })
    else { fail("the kernel \(kernel) with padding \(padding) is larger than \(extents)") }
    self.location = location
    self.function = function
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.extents = extents
    leading = tensor.shape.dropLast(kernel.count)
    places = kernel.indices.map { axis in
      (extents[axis] - (kernel[axis] - padding[axis] - padding[axis])) / stride[axis] + 1
    }
  }

  /// The reduction of the view's last axes.
  var reduction: AxisReduction {
    let rank = leading.count + 2 * kernel.count
    let axes = Array((leading.count + kernel.count)..<rank)
    return AxisReduction(ascending: axes, function, at: location)
  }

  /// The windows as further axes: `[batch, channels, y, x, window y, window x]`.
  func view(of tensor: Tensor, fill: Literal) -> Tensor {
    let first = leading.count
    let indices = kernel.indices.map { axis in
      .variable(first + axis) * IndexExpression(stride[axis])
        + .variable(first + kernel.count + axis) - IndexExpression(padding[axis])
    }
    let guards = kernel.indices.filter { padding[$0] > 0 }.map { axis in
      View.Guard(indices[axis], in: 0, IndexExpression(extents[axis]))
    }
    let view = View(
      leading.indices.map { .variable($0) } + indices, guards: guards,
      fill: guards.isEmpty ? nil : fill)
    let shape = leading + places + kernel
    Tensor.requireShape(shape, tensor.dtype, function, at: location)
    return tensor.view(view, shape, at: location)
  }

  /// `sum` by the number of elements in each window that are not padding, axis by axis where
  /// there is padding, so that all of it is computed from whole windows alone.
  func divided(_ sum: Tensor) -> Tensor {
    let whole = kernel.indices.filter { padding[$0] == 0 }.reduce(1.0) { $0 * Double(kernel[$1]) }
    var quotient = sum
    if whole != 1 {
      quotient = Tensor.apply(.div, [quotient, Tensor(floatLiteral: whole)], at: location)
    }
    for axis in kernel.indices where padding[axis] > 0 {
      let counts = counts(along: axis).map { Literal(sum.dtype, integer: $0) }
      let constant = Tensor(
        .constant(TensorData(sum.dtype, counts)), [], dtype: sum.dtype, shape: [places[axis]],
        at: location)
      let spread = constant.view([.variable(leading.count + axis)], sum.shape, at: location)
      quotient = Tensor.apply(.div, [quotient, spread], at: location)
    }
    return quotient
  }

  /// `min(start + kernel, extent) - max(start, 0)` of each window along an axis.
  private func counts(along axis: Int) -> [Int] {
    (0..<places[axis]).map { place in
      let start = place * stride[axis] - padding[axis]
      return min(start + kernel[axis], extents[axis]) - max(start, 0)
    }
  }
}
