// Indices and sorts that cannot be: one line that names the caller's line, the function and the
// types.

import Lathe

private enum Mistake: CaseIterable, Sendable {
  case axis, floats, outside, outsideCompiled, negative, fill
  case alongRank, alongExtent, manyIndices, apart
  case updateType, updateShape, boolSum, hot
  case noParts, partType, partShape, partAxis, stacks, parts, equalParts
  case sortBools, sortAxis, count

  static let x = Tensor.zeros([4, 3])
  static let i = Tensor([0, 1])

  /// The message behind the place.
  var message: String {
    switch self {
    case .axis: "take: axis 2 of a tensor of rank 2"
    case .floats: "take: f32[4,3]: integer indices expected, found f32[4,3]"
    case .outside, .outsideCompiled:
      "gather: an index along axis 0 of f32[4,3] is not in 0..<4"
    case .negative: "scatter: an index along axis 1 of f32[4,3] is not in 0..<3"
    case .fill: "take: i64[2]: 0.5 is no i64"
    case .alongRank: "takeAlong: f32[4,3]: indices of 2 axes expected, found i64[2]"
    case .alongExtent:
      "takeAlong: f32[4,3]: indices of extent 4 along axis 0 expected, found i64[2,1]"
    case .manyIndices: "gather: f32[4,3]: 1 to 2 index tensors expected, found 3"
    case .apart: "gather: i64[2], i64[3] do not broadcast: axis 0 is 2 and 3"
    case .updateType: "scatter: f32[4,3]: updates of f32 expected, found f64[3]"
    case .updateShape: "scatter: f32[2] does not broadcast to [2, 3]"
    case .boolSum: "scatter: bool[2]: a numeric type expected to combine by add, found bool"
    case .hot: "oneHot: f32[4,3]: integers and a depth from 0 on expected"
    case .noParts: "concatenated: at least one tensor expected"
    case .partType: "concatenated: f32[4,3], i64[2] differ in element type, expected f32 for all"
    case .partShape:
      "concatenated: f32[4,3], f32[2,2] differ in shape along other axes than 0"
    case .partAxis: "concatenated: axis 2 of a tensor of rank 2"
    case .stacks: "stacked: f32[4,3], f32[3,4]: one type and shape expected"
    case .parts: "split: f32[4,3]: extents from 0 on with the sum 4 expected, found [1, 2]"
    case .equalParts:
      "split: f32[4,3]: a number of parts that divides 4 expected, found 3"
    case .sortBools: "sorted: bool[2]: a numeric type expected"
    case .sortAxis: "argSorted: axis -3 of a tensor of rank 2"
    case .count: "topK: f32[4,3]: a count from 0 to 3 expected, found 4"
    }
  }

  func make() {
    let (x, i) = (Self.x, Self.i)
    switch self {
    case .axis: _ = x.take(i, axis: 2)
    case .floats: _ = x.take(x)
    case .outside: _ = x.take(Tensor([0, 4])).scalars(as: Float.self)
    case .outsideCompiled: _ = compile { (i: Tensor) in x.take(i) }(Tensor([-1]))
    case .negative: _ = x.scatter(1, at: Tensor([-1]), axis: 1).scalars(as: Float.self)
    case .fill: _ = i.take(i, outside: .filled(0.5))
    case .alongRank: _ = x.takeAlong(i)
    case .alongExtent: _ = x.takeAlong(Tensor([[0], [1]]))
    case .manyIndices: _ = x.gather(at: [i, i, i])
    case .apart: _ = x.gather(at: [i, Tensor([0, 1, 2])])
    case .updateType: _ = x.scatter(Tensor.zeros([3], .f64), at: i)
    case .updateShape: _ = x.scatter(Tensor.zeros([2]), at: i)
    case .boolSum: _ = (i .> 0).scatter(i .> 0, at: i, by: .add)
    case .hot: _ = x.oneHot(3)
    case .noParts: _ = Tensor.concatenated([])
    case .partType: _ = Tensor.concatenated([x, i])
    case .partShape: _ = Tensor.concatenated([x, Tensor.zeros([2, 2])])
    case .partAxis: _ = Tensor.concatenated([x], axis: 2)
    case .stacks: _ = Tensor.stacked([x, x.transposed()])
    case .parts: _ = x.split([1, 2])
    case .equalParts: _ = x.split(into: 3)
    case .sortBools: _ = (i .> 0).sorted()
    case .sortAxis: _ = x.argSorted(axis: -3)
    case .count: _ = x.topK(4)
    }
  }
}

extension MisuseTable {
  static let indexing = MisuseTable(
    "IndexingMisuseTests.swift",
    Mistake.allCases.map { mistake in (mistake.message, { mistake.make() }) })
}
