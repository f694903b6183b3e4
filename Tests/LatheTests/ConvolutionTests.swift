// Convolutions against plain loops in Double.

import IRCore
import Lathe
import Testing

/// One convolution, and the shape of its operands.
private struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  var input: [Int]
  var filter: [Int]
  var stride: [Int]?
  var before: [Int]?
  var after: [Int]?
  var dilation: [Int]?
  var groups = 1

  var testDescription: String { "\(input) by \(filter), groups \(groups)" }

  var axes: Int { input.count - 2 }
  var strides: [Int] { stride ?? Array(repeating: 1, count: axes) }
  var dilations: [Int] { dilation ?? Array(repeating: 1, count: axes) }
  var low: [Int] { before ?? Array(repeating: 0, count: axes) }
  var high: [Int] { after ?? low }

  var places: [Int] {
    (0..<axes).map { axis in
      (input[axis + 2] + low[axis] + high[axis] - (filter[axis + 2] - 1) * dilations[axis] - 1)
        / strides[axis] + 1
    }
  }

  /// The products of one result.
  func terms(_ x: PlainTensor, _ w: PlainTensor, at place: [Int]) -> [Double] {
    let group = place[1] / (filter[0] / groups)
    let window = Array(filter.dropFirst())
    return allPlaces(window).compactMap { term -> Double? in
      var source = [place[0], group * filter[1] + term[0]]
      for axis in 0..<axes {
        let from = place[axis + 2] * strides[axis] + term[axis + 1] * dilations[axis] - low[axis]
        guard from >= 0, from < input[axis + 2] else { return nil }
        source.append(from)
      }
      return x[source] * w[[place[1]] + term]
    }
  }
}

/// `places` for a type that has a member of that name.
private func allPlaces(_ shape: [Int]) -> [[Int]] { places(shape) }

@Suite struct ConvolutionTests {
  private static let cases = [
    ConvolutionCase(input: [2, 3, 9], filter: [4, 3, 3]),
    ConvolutionCase(input: [1, 2, 10], filter: [3, 2, 4], stride: [3], before: [2], after: [1]),
    ConvolutionCase(input: [1, 3, 8, 7], filter: [5, 3, 3, 3], before: [1, 1]),
    ConvolutionCase(input: [2, 3, 9, 9], filter: [4, 3, 3, 3], stride: [2, 2], before: [1, 1]),
    ConvolutionCase(input: [1, 2, 9, 9], filter: [2, 2, 3, 2], dilation: [2, 3]),
    ConvolutionCase(input: [1, 6, 5, 5], filter: [9, 2, 3, 3], before: [1, 1], groups: 3),
    ConvolutionCase(input: [2, 5, 6, 6], filter: [5, 1, 3, 3], before: [1, 1], groups: 5),
    ConvolutionCase(input: [1, 4, 6, 6], filter: [8, 1, 3, 3], stride: [2, 1], groups: 4),
    ConvolutionCase(input: [3, 4, 5, 5], filter: [2, 4, 1, 1]),
    ConvolutionCase(
      input: [1, 2, 5, 4, 6], filter: [3, 2, 2, 3, 2], stride: [1, 2, 2], before: [1, 0, 1]),
    ConvolutionCase(input: [0, 2, 5, 5], filter: [3, 2, 3, 3]),
    ConvolutionCase(input: [1, 0, 5, 5], filter: [3, 0, 3, 3]),
    ConvolutionCase(input: [1, 2, 3, 3], filter: [1, 2, 3, 3], before: [4, 5]),
  ]

  @Test(arguments: cases) fileprivate func everyKind(item: ConvolutionCase) {
    let (x, w) = (PlainTensor(item.input, seed: 1), PlainTensor(item.filter, seed: 2))
    let found = convolution(
      x.tensor(), w.tensor(), stride: item.stride,
      padding: .each(before: item.low, after: item.high), dilation: item.dilation,
      groups: item.groups)
    expectSums(found, [item.input[0], item.filter[0]] + item.places) { item.terms(x, w, at: $0) }
  }

  @Test func samePaddingKeepsExtents() {
    for (extent, window, stride, dilation) in [
      (8, 3, 1, 1), (8, 4, 1, 1), (9, 3, 2, 1), (8, 3, 2, 1), (7, 2, 3, 2), (5, 1, 2, 1),
    ] {
      let results = (extent + stride - 1) / stride
      let all = max(0, (results - 1) * stride + (window - 1) * dilation + 1 - extent)
      let item = ConvolutionCase(
        input: [1, 2, extent], filter: [3, 2, window], stride: [stride], before: [all / 2],
        after: [all - all / 2], dilation: [dilation])
      let (x, w) = (PlainTensor(item.input, seed: 1), PlainTensor(item.filter, seed: 2))
      let found = convolution(
        x.tensor(), w.tensor(), stride: [stride], padding: .same, dilation: [dilation])
      expectSums(found, [1, 3, results]) { item.terms(x, w, at: $0) }
    }
  }

  /// Input, filter, stride, padding, output padding, dilation, groups.
  private static let transposed:
    [(
      input: [Int], filter: [Int], stride: [Int], padding: [Int], more: [Int], dilation: [Int],
      groups: Int
    )] = [
      ([1, 2, 5], [2, 3, 3], [1], [0], [0], [1], 1),
      ([2, 2, 5], [2, 3, 3], [2], [1], [1], [1], 1),
      ([1, 2, 4], [2, 3, 4], [3], [0], [2], [1], 1),
      ([1, 2, 4], [2, 3, 2], [3], [1], [0], [1], 1),
      ([1, 2, 4], [2, 3, 3], [2], [2], [0], [3], 1),
      ([1, 3, 4, 5], [3, 2, 3, 3], [2, 2], [1, 1], [1, 0], [1, 1], 1),
      ([1, 4, 3, 3], [4, 2, 2, 3], [2, 3], [0, 1], [0, 2], [1, 2], 2),
      ([1, 3, 3, 3], [3, 1, 4, 4], [2, 2], [1, 1], [0, 0], [1, 1], 3),
      ([1, 2, 2, 3, 2], [2, 1, 2, 2, 3], [2, 1, 2], [0, 0, 1], [0, 0, 1], [1, 1, 1], 1),
    ]

  @Test(arguments: transposed.indices) func transposedByPhases(index: Int) {
    let item = Self.transposed[index]
    let axes = item.input.count - 2
    let (x, w) = (PlainTensor(item.input, seed: 1), PlainTensor(item.filter, seed: 2))
    let results = (0..<axes).map { axis -> Int in
      let spread = (item.input[axis + 2] - 1) * item.stride[axis]
      let reach = item.dilation[axis] * (item.filter[axis + 2] - 1) + 1
      return spread + reach + item.more[axis] - 2 * item.padding[axis]
    }
    let taken = item.input[1] / item.groups
    let outputs = item.filter[1]
    let found = transposedConvolution(
      x.tensor(), w.tensor(), stride: item.stride, padding: item.padding,
      outputPadding: item.more, dilation: item.dilation, groups: item.groups)
    expectSums(found, [item.input[0], outputs * item.groups] + results) { place in
      let group = place[1] / outputs
      let spatial = Array(item.input.dropFirst(2) + item.filter.dropFirst(2))
      return places([taken] + spatial).compactMap { term -> Double? in
        let channel = group * taken + term[0]
        let source = Array(term[1...axes])
        let element = Array(term[(axes + 1)...])
        for axis in 0..<axes {
          let meets = source[axis] * item.stride[axis] + element[axis] * item.dilation[axis]
          if meets != place[axis + 2] + item.padding[axis] { return nil }
        }
        return x[[place[0], channel] + source] * w[[channel, place[1] % outputs] + element]
      }
    }
  }
}
