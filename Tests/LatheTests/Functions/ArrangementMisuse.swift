// Arrangements and sizes that cannot be.

import Lathe

private let x = Tensor.zeros([4, 3])
private let v = Tensor([1.0, 2, 3])

extension MisuseTable {
  static let arrangements = MisuseTable(
    "ArrangementMisuse.swift",
    [
      ("tiled: f32[4,3]: counts from 0 on expected, found [-1]", { _ = x.tiled([-1]) }),
      ("repeated: f32[4,3]: a count from 0 on expected, found -1", { _ = x.repeated(-1) }),
      ("repeated: axis 2 of a tensor of rank 2", { _ = x.repeated(2, axis: 2) }),
      (
        "repeated: f32[4,3]: 3 counts from 0 on expected, found [1, 2]",
        { _ = x.repeated([1, 2], axis: 1) }
      ),
      ("rolled: axis 2 of a tensor of rank 2", { _ = x.rolled(by: 1, axis: 2) }),
      (
        "rolled: f32[4,3]: one shift for each axis expected, found [1] for [0, 1]",
        { _ = x.rolled(by: [1], axes: [0, 1]) }
      ),
      ("movedAxes: axis 2 of a tensor of rank 2", { _ = x.movedAxis(from: 2, to: 0) }),
      (
        "movedAxes: f32[4,3]: as many distinct places as axes expected, found [0, 0] to [0, 1]",
        { _ = x.movedAxes(from: [0, 0], to: [0, 1]) }
      ),
      ("unstacked: axis 0 of a tensor of rank 0", { _ = Tensor(1.5).unstacked() }),
      (
        "broadcast: f32[4,3], f32[4] do not broadcast",
        { _ = Tensor.broadcast([x, Tensor.zeros([4])]) }
      ),
      ("diagonal: f32[3]: matrices of at least 2 axes expected", { _ = v.diagonal() }),
      ("lowerTriangle: f32[3]: matrices of at least 2 axes expected", { _ = v.lowerTriangle() }),
      ("upperTriangle: f32[3]: matrices of at least 2 axes expected", { _ = v.upperTriangle() }),
      ("diagonalMatrix: 1.5: at least one axis expected", { _ = Tensor(1.5).diagonalMatrix() }),
      ("meshGrid: f32[4,3]: vectors expected", { _ = Tensor.meshGrid([v, x]) }),
      ("padded: f32[4,3]: expected 2 pairs of counts from 0 on", { _ = x.padded([(1, 1)]) }),
      (
        "padded: f32[4,3]: expected 2 pairs of counts from 0 on",
        { _ = x.padded([(0, 0), (-1, 0)], mode: .edge) }
      ),
      ("padded: f32[3]: true is no f32", { _ = v.padded([(1, 1)], with: true) }),
      (
        "padded: f32[3]: at most 2 elements to reflect along axis 0 expected, found 3",
        { _ = v.padded([(1, 3)], mode: .reflect) }
      ),
      (
        "padded: f32[3]: at most 3 elements to wrap along axis 0 expected, found 4",
        { _ = v.padded([(4, 0)], mode: .wrap) }
      ),
      (
        "padded: f32[3]: at most 3 elements to symmetric along axis 0 expected, found 4",
        { _ = v.padded([(4, 0)], mode: .symmetric) }
      ),
      (
        "padded: f32[0]: at most 0 elements to edge along axis 0 expected, found 1",
        { _ = Tensor.zeros([0]).padded([(1, 0)], mode: .edge) }
      ),
      (
        "resized: f32[4,3]: 2 extents, elements to take, and a float type unless nearest expected, "
          + "found [2]", { _ = x.resized(to: [2]) }
      ),
      (
        "resized: i64[2]: 1 extents, elements to take, and a float type unless nearest expected, "
          + "found [4]", { _ = Tensor([1, 2]).resized(to: [4]) }
      ),
      (
        "resized: f32[0]: 1 extents, elements to take, and a float type unless nearest expected, "
          + "found [4]", { _ = Tensor.zeros([0]).resized(to: [4]) }
      ),
      (
        "resized: f32[3]: 1 extents, elements to take, and a float type unless nearest expected, "
          + "found [-4]", { _ = v.resized(to: [-4]) }
      ),
    ])

  static let searches = MisuseTable(
    "ArrangementMisuse.swift",
    [
      (
        "searchSorted: f32[4,3], f32[3]: a numeric vector and values of its type expected",
        { _ = x.searchSorted(v) }
      ),
      (
        "searchSorted: f32[3], i64[2]: a numeric vector and values of its type expected",
        { _ = v.searchSorted(Tensor([1, 2])) }
      ),
      (
        "interpolated: f32[4,3], f32[3], f32[2]: floats of one type, at least one position and as "
          + "many values expected",
        { _ = x.interpolated(positions: v, values: Tensor.zeros([2])) }
      ),
      (
        "interpolated: f32[4,3], f32[0], f32[0]: floats of one type, at least one position and as "
          + "many values expected",
        { _ = x.interpolated(positions: Tensor.zeros([0]), values: Tensor.zeros([0])) }
      ),
      (
        "binCounts: f32[3]: integers, a count from 0 on and as many weights expected",
        { _ = v.binCounts(4) }
      ),
      (
        "binCounts: i64[2], weights f32[3]: integers, a count from 0 on and as many weights "
          + "expected", { _ = Tensor([1, 2]).binCounts(4, weights: v) }
      ),
      (
        "binCounts: i64[2]: the shape of the result depends on values, which a function does not "
          + "have while it is traced; binCounts(n) has n elements",
        { _ = compile { (x: Tensor) in x.binCounts() }(Tensor([1, 2])) }
      ),
      (
        "histogram: f32[3], i64[2]: a numeric type and a vector of at least 2 edges of that type "
          + "expected", { _ = v.histogram(edges: Tensor([1, 2])) }
      ),
      (
        "histogram: f32[3], f32[1]: a numeric type and a vector of at least 2 edges of that type "
          + "expected", { _ = v.histogram(edges: Tensor([1.5])) }
      ),
      (
        "histogram: f32[3]: floats, at least one bin, and elements or a range expected, found 0 "
          + "bins", { _ = v.histogram(bins: 0) }
      ),
      (
        "histogram: f32[0]: floats, at least one bin, and elements or a range expected, found 10 "
          + "bins", { _ = Tensor.zeros([0]).histogram() }
      ),
      ("differences: axis 1 of a tensor of rank 1", { _ = v.differences(axis: 1) }),
      (
        "differences: f32[3]: a numeric type and an order from 0 on expected, found -1",
        { _ = v.differences(order: -1) }
      ),
      (
        "differences: bool[1]: a numeric type and an order from 0 on expected, found 1",
        { _ = Tensor([true]).differences() }
      ),
    ])
}
