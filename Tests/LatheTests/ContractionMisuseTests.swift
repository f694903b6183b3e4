// Contractions that cannot be: one line that names the caller's line, the function and the types.

import Lathe

private enum Mistake: CaseIterable, Sendable {
  case chain, scalar, batches, types, accumulator, inner, pairs, pairExtents, manyAxes
  case operands, letters, rank, twice, unknown, extents, ellipsis
  case channels, groups, strides, paddings, room, spatial, window
  case filters, divisors, outputPadding, nothing

  static let x = Tensor.zeros([2, 3])
  static let image = Tensor.zeros([1, 4, 8, 8])
  static let filter = Tensor.zeros([6, 4, 3, 3])

  /// The message behind the place.
  var message: String {
    switch self {
    case .chain: "matmul: f32[2,3], f32[2,3] do not chain: 3 columns by 2 rows"
    case .scalar:
      "matmul: f32[2,3], f32 are no matrices: 1 axis or more expected; multiply with * instead"
    case .batches: "matmul: f32[2,1,3], f32[3,3,1] do not match: batches broadcast by NumPy's rule"
    case .types:
      "matmul: f32[2,3], f64[3,2] do not match: one element type expected; cast(to:) converts"
    case .accumulator:
      "matmul: f32[2,3], f32[3,2] cannot be summed in i64: floats are summed in floats, integers in integers"
    case .inner: "dot: f32[2,3], f32[2,3] do not match: […, k] and [k] expected"
    case .pairs:
      "tensordot: f32[2,3], f32[2,3] go together along pairs of axes, found [0] and [0, 1]"
    case .pairExtents:
      "tensordot: f32[2,3], f32[2,3] do not match: axis 0 has 2 elements, axis 1 3"
    case .manyAxes: "tensordot: f32[2,3], f32[2,3] have no 3 axes to sum over"
    case .operands: "einsum \"ij\": f32[2,3], f32[2,3] are 2 operands, the equation has 1"
    case .letters:
      "einsum \"i1->i\": f32[2,3] meet '1': letters and one '...' per operand expected"
    case .rank: "einsum \"ijk->i\": f32[2,3] meet 'ijk', which names 3 axes of f32[2,3]"
    case .twice: "einsum \"ij->ii\": f32[2,3] give 'ii', which names an axis twice"
    case .unknown: "einsum \"ij->ik\": f32[2,3] have no axis k, which the result names"
    case .extents:
      "einsum \"ij,ij->ij\": f32[2,3], f32[3,2] do not match: axis i has 2 and 3 elements"
    case .ellipsis: "einsum \"...j->j\": f32[2,3] have axes under '...', which the result lacks"
    case .channels:
      "convolution: f32[1,4,8,8], f32[6,3,3,3] do not match: 4 channels in 1 groups, 6 filters of 3"
    case .groups:
      "convolution: f32[1,4,8,8], f32[6,1,3,3] do not match: 4 channels in 4 groups, 6 filters of 1"
    case .strides:
      "convolution: f32[1,4,8,8], f32[6,4,3,3] need 2 strides from 1 on, found [1, 0]"
    case .paddings: "convolution: f32[1,4,8,8], f32[6,4,3,3] need 2 paddings from 0 on at both ends"
    case .room:
      "convolution: f32[1,4,2,2], f32[6,4,3,3] have no room for a window of [3, 3] in [2, 2]"
    case .spatial:
      "convolution: f32[2,3], f32[6,4,3,3] do not fit: [batch, in, …] and [out, in / groups, …] "
        + "with 1 to 3 spatial axes expected"
    case .window: "convolution: f32[1,4,8,8], f32[6,4,0,3] have a window without elements"
    case .filters:
      "transposedConvolution: f32[1,4,8,8], f32[6,4,3,3] do not match: 4 channels in 1 groups, "
        + "filters for 6"
    case .divisors:
      "transposedConvolution: f32[1,4,8,8], f32[4,6,3,3] cannot be dilated by 4 at stride 2: a "
        + "dilation without a common divisor expected"
    case .outputPadding:
      "transposedConvolution: f32[1,4,8,8], f32[4,6,3,3] need 2 output paddings below the stride "
        + "or the dilation, found [1, 0]"
    case .nothing:
      "transposedConvolution: f32[1,4,1,1], f32[4,6,3,3] leave no results: [-1, -1]"
    }
  }

  func make() {
    let x = Self.x
    switch self {
    case .chain: _ = x.matmul(x)
    case .scalar: _ = matmul(x, Tensor(2.0))
    case .batches: _ = Tensor.zeros([2, 1, 3]).matmul(Tensor.zeros([3, 3, 1]))
    case .types: _ = x.matmul(Tensor.zeros([3, 2], .f64))
    case .accumulator: _ = x.matmul(x.transposed(), accumulator: .i64)
    case .inner: _ = dot(x, x)
    case .pairs: _ = x.tensordot(x, axes: [0], [0, 1])
    case .pairExtents: _ = x.tensordot(x, axes: [0], [1])
    case .manyAxes: _ = tensordot(x, x, axes: 3)
    case .operands: _ = einsum("ij", x, x)
    case .letters: _ = einsum("i1->i", x)
    case .rank: _ = einsum("ijk->i", x)
    case .twice: _ = einsum("ij->ii", x)
    case .unknown: _ = einsum("ij->ik", x)
    case .extents: _ = einsum("ij,ij->ij", x, Tensor.zeros([3, 2]))
    case .ellipsis: _ = einsum("...j->j", x)
    case .channels: _ = convolution(Self.image, Tensor.zeros([6, 3, 3, 3]))
    case .groups: _ = convolution(Self.image, Tensor.zeros([6, 1, 3, 3]), groups: 4)
    case .strides: _ = convolution(Self.image, Self.filter, stride: [1, 0])
    case .paddings: _ = convolution(Self.image, Self.filter, padding: [1])
    case .room: _ = Tensor.zeros([1, 4, 2, 2]).convolution(Self.filter)
    case .spatial: _ = x.convolution(Self.filter)
    case .window: _ = convolution(Self.image, Tensor.zeros([6, 4, 0, 3]))
    case .filters: _ = transposedConvolution(Self.image, Self.filter)
    case .divisors:
      _ = transposedConvolution(
        Self.image, Tensor.zeros([4, 6, 3, 3]), stride: [2, 2], dilation: [4, 4])
    case .outputPadding:
      _ = transposedConvolution(Self.image, Tensor.zeros([4, 6, 3, 3]), outputPadding: [1, 0])
    case .nothing:
      _ = transposedConvolution(
        Tensor.zeros([1, 4, 1, 1]), Tensor.zeros([4, 6, 3, 3]), padding: [2, 2])
    }
  }
}

extension MisuseTable {
  static let contractions = MisuseTable(
    "ContractionMisuseTests.swift",
    Mistake.allCases.map { mistake in (mistake.message, { mistake.make() }) })
}
