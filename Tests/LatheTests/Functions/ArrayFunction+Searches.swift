// Searches, counts and sets beside plain loops.

import Lathe

extension ArrayFunction {
  @ArrayFunctions static var searches: [ArrayFunction] {
    ArrayFunction("unique") {
      $0.unique()
    } _: { x in
      let distinct = Set(x.values).sorted()
      return HostArray([distinct.count], distinct)
    }
    ArrayFunction("distinctElements, inverse") {
      let distinct = $0.distinctElements()
      return distinct.values.take(distinct.inverse)
    } _: {
      $0
    }
    ArrayFunction("distinctElements, counts") {
      $0.distinctElements().counts
    } _: { x in
      let distinct = Set(x.values).sorted()
      return HostArray(
        [distinct.count], distinct.map { value in Double(x.values.count { $0 == value }) })
    }
    ArrayFunction("distinctElements, indices") {
      $0.distinctElements().indices
    } _: { x in
      let distinct = Set(x.values).sorted()
      return HostArray(
        [distinct.count], distinct.map { Double(x.values.firstIndex(of: $0) ?? -1) })
    }
    ArrayFunction("nonZero") {
      Tensor.stacked($0.nonZero())
    } _: { x in
      let places = HostArray.indices(x.shape).filter { x[$0] != 0 }
      return HostArray([x.rank, places.count]) { Double(places[$0[1]][$0[0]]) }
    }
    ArrayFunction("countNonZero") {
      $0.countNonZero(axes: [-1])
    } _: { x in
      let counts = x.rows { row in [Double(row.count { $0 != 0 })] }
      return counts.reshaped(x.shape.dropLast())
    }
    search("searchSorted, left", .left) { $0 < $1 }
    search("searchSorted, right", .right) { $0 <= $1 }
    ArrayFunction("binCounts", anyShapes, integers) {
      $0.binCounts(14)
    } _: { x in
      HostArray([14]) { bin in Double(x.values.count { $0 == Double(bin[0]) }) }
    }
    ArrayFunction("binCounts, as many as needed", anyShapes, integers) {
      $0.binCounts()
    } _: { x in
      HostArray([Int(x.values.max()!) + 1]) { bin in
        Double(x.values.count { $0 == Double(bin[0]) })
      }
    }
    ArrayFunction("binCounts, weights", anyShapes, integers) {
      $0.binCounts(14, weights: $0.cast(to: .f32))
    } _: { x in
      HostArray([14]) { bin in Double(x.values.count { $0 == Double(bin[0]) } * bin[0]) }
    }
    ArrayFunction("histogram, edges", anyShapes, numeric) { x in
      x.histogram(edges: Tensor([1, 3, 6, 7]).cast(to: x.dtype))
    } _: { x in
      HostArray([3]) { bin in
        let edges = [1.0, 3, 6, 7]
        let (low, high) = (edges[bin[0]], edges[bin[0] + 1])
        return Double(x.values.count { $0 >= low && $0 < (high == 7 ? 7.5 : high) })
      }
    }
    ArrayFunction("histogram, bins", anyShapes, floats) {
      $0.histogram(bins: 3, range: 0...12).counts
    } _: { x in
      HostArray([3]) { bin in
        Double(x.values.count { min(Int($0 / 4), 2) == bin[0] })
      }
    }
    ArrayFunction("histogram, its own edges", anyShapes, [.f64, .f32]) {
      $0.histogram(bins: 4).edges
    } _: { x in
      let (low, high) = (x.values.min()!, x.values.max()!)
      return HostArray([5]) { low + Double($0[0]) * (high - low) / 4 }
    }
    ArrayFunction("cumulativeMax", anyShapes, numeric) {
      $0.cumulativeMax(axis: -1)
    } _: { x in
      x.rows { row in row.indices.map { row[...$0].max()! } }
    }
    ArrayFunction("cumulativeMin", anyShapes, numeric) {
      $0.cumulativeMin(axis: -1)
    } _: { x in
      x.rows { row in row.indices.map { row[...$0].min()! } }
    }
  }

  private static func search(
    _ name: String, _ side: InsertionSide, _ isBefore: @escaping @Sendable (Double, Double) -> Bool
  ) -> ArrayFunction {
    ArrayFunction(name, anyShapes, numeric) { x in
      Tensor([1, 3, 3, 4, 8, 9, 9]).cast(to: x.dtype).searchSorted(x, side: side)
    } _: { x in
      x.map { value in Double([1.0, 3, 3, 4, 8, 9, 9].count { isBefore($0, value) }) }
    }
  }
}
