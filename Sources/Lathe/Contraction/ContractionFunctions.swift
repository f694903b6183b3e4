// Contractions as free functions, beside the methods that they call.

public import IRCore

/// Matrix product by NumPy's rules: `[…, m, k]` by `[…, k, n]` gives `[…, m, n]`; batches
/// broadcast.
public func matmul(
  _ a: Tensor, _ b: Tensor, accumulator: DType? = nil, file: String = #fileID, line: Int = #line
) -> Tensor {
  a.matmul(b, accumulator: accumulator, file: file, line: line)
}

/// Inner product of vectors, or along the last axis of `a`: `[…, k]` by `[k]` gives `[…]`.
public func dot(
  _ a: Tensor, _ b: Tensor, accumulator: DType? = nil, file: String = #fileID, line: Int = #line
) -> Tensor {
  a.dot(b, accumulator: accumulator, file: file, line: line)
}

/// Every product of two elements: `[…a]` by `[…b]` gives `[…a, …b]`.
public func outer(
  _ a: Tensor, _ b: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  a.outer(b, file: file, line: line)
}

/// Sum of products along the last `axes` axes of `a` and the first ones of `b`.
public func tensordot(
  _ a: Tensor, _ b: Tensor, axes: Int = 2, accumulator: DType? = nil, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  a.tensordot(b, axes: axes, accumulator: accumulator, file: file, line: line)
}

/// Convolution of `x`, `[batch, in, …]`, with `filter`, `[out, in / groups, …]`; see
/// ``Tensor/convolution(_:stride:padding:dilation:groups:accumulator:file:line:)``.
public func convolution(
  _ x: Tensor, _ filter: Tensor, stride: [Int]? = nil, padding: ConvolutionPadding = .valid,
  dilation: [Int]? = nil, groups: Int = 1, accumulator: DType? = nil, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  x.convolution(
    filter, stride: stride, padding: padding, dilation: dilation, groups: groups,
    accumulator: accumulator, file: file, line: line)
}

/// Transposed convolution of `x`, `[batch, in, …]`, with `filter`, `[in, out / groups, …]`; see
/// ``Tensor/transposedConvolution(_:stride:padding:outputPadding:dilation:groups:accumulator:file:line:)``.
public func transposedConvolution(
  _ x: Tensor, _ filter: Tensor, stride: [Int]? = nil, padding: [Int]? = nil,
  outputPadding: [Int]? = nil, dilation: [Int]? = nil, groups: Int = 1,
  accumulator: DType? = nil, file: String = #fileID, line: Int = #line
) -> Tensor {
  x.transposedConvolution(
    filter, stride: stride, padding: padding, outputPadding: outputPadding, dilation: dilation,
    groups: groups, accumulator: accumulator, file: file, line: line)
}
