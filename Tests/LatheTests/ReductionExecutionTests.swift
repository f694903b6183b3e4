// Reductions and scans as they run, compiled, lazy and eager, against plain Swift in Double.

import IRCore
import Lathe
import Testing

/// What one combination does to numbers, in Double, and how much rounding it may show.
private struct Combination: Sendable, CustomTestStringConvertible {
  let name: String
  let identity: Double
  /// Whether every partial result is one of the operands, without rounding.
  let isExact: Bool
  let combine: @Sendable (Double, Double) -> Double
  let reduce: @Sendable (Tensor, [Int]?, Bool) -> Tensor
  let scan: @Sendable (Tensor, Int, Bool, Bool) -> Tensor

  var testDescription: String { name }
}

@Suite struct ReductionExecutionTests {
  private static let combinations = [
    Combination(
      name: "sum", identity: 0, isExact: false, combine: { $0 + $1 },
      reduce: { $0.sum(axes: $1, keepDims: $2) },
      scan: { $0.cumulativeSum(axis: $1, exclusive: $2, reverse: $3) }),
    Combination(
      name: "product", identity: 1, isExact: false, combine: { $0 * $1 },
      reduce: { $0.product(axes: $1, keepDims: $2) },
      scan: { $0.cumulativeProduct(axis: $1, exclusive: $2, reverse: $3) }),
    Combination(
      name: "max", identity: -.infinity, isExact: true, combine: { Swift.max($0, $1) },
      reduce: { $0.max(axes: $1, keepDims: $2) },
      scan: { $0.cumulativeMax(axis: $1, exclusive: $2, reverse: $3) }),
    Combination(
      name: "min", identity: .infinity, isExact: true, combine: { Swift.min($0, $1) },
      reduce: { $0.min(axes: $1, keepDims: $2) },
      scan: { $0.cumulativeMin(axis: $1, exclusive: $2, reverse: $3) }),
  ]

  private static let dtypes: [DType] = [.f32, .f64, .f16, .bf16, .i32, .i64]

  /// Shapes with the axes to reduce; `nil` is all.
  private static let cases: [(shape: [Int], axes: [Int]?)] = [
    ([], nil), ([1], nil), ([7], [0]), ([1, 1], [-1]), ([3, 7], [1]), ([3, 7], [0]), ([3, 7], nil),
    ([5, 1], [-2]), ([2, 33], [-1]), ([129, 5], [0]), ([3, 1000], [1]), ([2, 3, 5], [1]),
    ([2, 3, 5], [0, 2]), ([4, 3, 5], [-1, 0]), ([2, 3, 4, 5], [1, 3]), ([2, 3, 4, 5], [-3, -2]),
    ([0, 3], [1]), ([3, 0], [0]), ([4, 0], [1]), ([0], nil), ([5_001], nil), ([2, 3], []),
  ]

  /// Numbers near 1, so that long products neither overflow nor vanish; small integers, few of
  /// which are not ±1.
  private func numbers(_ count: Int, _ dtype: DType) -> [Double] {
    (0..<count).map { index in
      let hash = (index * 7919 + 13) % 101
      if dtype.isFloat {
        let value = (hash % 2 == 0 ? 1 : -1) * (0.75 + Double(hash) / 200)
        return dtype.isShortFloat ? Literal(dtype, value).doubleValue : value
      }
      return hash < 8 ? Double(hash - 3) : hash % 2 == 0 ? 1 : -1
    }
  }

  private func tensor(_ numbers: [Double], _ shape: [Int], _ dtype: DType) -> Tensor {
    let x = Tensor(scalars: numbers, shape: shape, dtype: dtype)
    _ = x.doubles
    return x
  }

  @Test(arguments: combinations, dtypes)
  private func reduces(_ combination: Combination, _ dtype: DType) {
    for (shape, axes) in Self.cases {
      let values = numbers(shape.reduce(1, *), dtype)
      let axesFromFront = (axes ?? Array(shape.indices)).map { $0 < 0 ? $0 + shape.count : $0 }
      let isNothing = axesFromFront.contains { shape[$0] == 0 }
      if isNothing, combination.isExact { continue }
      let expected = Self.reduced(values, shape, axesFromFront, combination)
      for keepDims in [false, true] {
        let x = tensor(values, shape, dtype)
        let y = everyWay(x) { combination.reduce($0, axes, keepDims) }
        let what = "\(combination.name) of \(dtype)\(shape) over \(axes ?? [])"
        let extents = shape.indices.filter { keepDims || !axesFromFront.contains($0) }.map {
          axesFromFront.contains($0) ? 1 : shape[$0]
        }
        #expect(y.shape == extents, "\(what)")
        check(y, expected, combination, what)
      }
    }
  }

  @Test(arguments: combinations, dtypes)
  private func scans(_ combination: Combination, _ dtype: DType) {
    let shapes: [([Int], Int)] = [
      ([1], 0), ([7], -1), ([0], 0), ([3, 7], 1), ([3, 7], 0), ([2, 33], -1), ([3, 0], 1),
      ([2, 3, 5], 1), ([2, 3, 5], -3), ([1_001], 0),
    ]
    for (shape, axis) in shapes {
      let values = numbers(shape.reduce(1, *), dtype)
      let x = tensor(values, shape, dtype)
      let fromFront = axis < 0 ? axis + shape.count : axis
      for (exclusive, reverse) in [(false, false), (true, false), (false, true), (true, true)] {
        let y = everyWay(x) { combination.scan($0, axis, exclusive, reverse) }
        let expected = Self.scanned(values, shape, fromFront, exclusive, reverse, combination)
        #expect(y.shape == shape)
        check(
          y, expected, combination,
          "\(combination.name) of \(dtype)\(shape) along \(axis), \(exclusive), \(reverse)")
      }
    }
  }

  @Test func truthValuesReduce() {
    for (shape, axes) in Self.cases {
      let values = (0..<shape.reduce(1, *)).map { ($0 * 7919 + 13) % 5 == 0 }
      let x = Tensor(scalars: values, shape: shape)
      let fromFront = (axes ?? Array(shape.indices)).map { $0 < 0 ? $0 + shape.count : $0 }
      let rows = Self.rows(shape, fromFront)
      let any = everyWay(x) { $0.any(axes: axes) }
      #expect(any.scalars(as: Bool.self) == rows.map { $0.contains { values[$0] } }, "\(shape)")
      let all = everyWay(x) { $0.all(axes: axes, keepDims: true) }
      #expect(all.scalars(as: Bool.self) == rows.map { $0.allSatisfy { values[$0] } }, "\(shape)")
    }
  }

  @Test(arguments: dtypes) func indicesOfTheGreatestAndLeast(dtype: DType) {
    for (shape, axis) in [([1], 0), ([7], 0), ([3, 33], -1), ([33, 3], 0), ([2, 5, 3], 1)] {
      let values = numbers(shape.reduce(1, *), dtype)
      let x = tensor(values, shape, dtype)
      let rows = Self.rows(shape, [axis < 0 ? axis + shape.count : axis])
      func first(_ isBetter: (Double, Double) -> Bool) -> [Int] {
        rows.map { row in
          row.indices.reduce(0) { isBetter(values[row[$1]], values[row[$0]]) ? $1 : $0 }
        }
      }
      let greatest = everyWay(x) { $0.argMax(axis: axis) }
      #expect(greatest.scalars(as: Int.self) == first(>), "\(dtype)\(shape)")
      let least = everyWay(x) { $0.argMin(axis: axis, keepDims: true) }
      #expect(least.scalars(as: Int.self) == first(<), "\(dtype)\(shape)")
    }
  }

  // MARK: Reference

  /// A value in Double and the sum of the magnitudes that it is made of.
  private typealias Expected = (value: Double, magnitude: Double, count: Int)

  /// The places of the elements that each result combines.
  private static func rows(_ shape: [Int], _ axes: [Int]) -> [[Int]] {
    let kept = shape.indices.filter { !axes.contains($0) }
    func places(_ axes: [Int]) -> [Int] {
      axes.reduce([0]) { offsets, axis in
        let step = shape[(axis + 1)...].reduce(1, *)
        return offsets.flatMap { offset in (0..<shape[axis]).map { offset + $0 * step } }
      }
    }
    let inner = places(axes.sorted())
    return places(Array(kept)).map { start in inner.map { start + $0 } }
  }

  private static func reduced(
    _ values: [Double], _ shape: [Int], _ axes: [Int], _ combination: Combination
  ) -> [Expected] {
    rows(shape, axes).map { row in combined(row.map { values[$0] }, combination) }
  }

  private static func combined(_ row: [Double], _ combination: Combination) -> Expected {
    let value = row.reduce(combination.identity, combination.combine)
    let isSum = combination.name == "sum"
    return (value, isSum ? row.reduce(0) { $0 + Swift.abs($1) } : Swift.abs(value), row.count)
  }

  private static func scanned(
    _ values: [Double], _ shape: [Int], _ axis: Int, _ exclusive: Bool, _ reverse: Bool,
    _ combination: Combination
  ) -> [Expected] {
    var result = [Expected](repeating: (0, 0, 0), count: values.count)
    for row in rows(shape, [axis]) {
      let order = reverse ? row.reversed() : row
      for index in order.indices {
        let part = order[..<(exclusive ? index : index + 1)]
        result[order[index]] = combined(part.map { values[$0] }, combination)
      }
    }
    return result
  }

  /// The result in jit, lazy and eager execution, which must have equal bits.
  private func everyWay(_ x: Tensor, _ body: @escaping @Sendable (Tensor) -> Tensor) -> Tensor {
    let lazy = body(x)
    let compiled = compile { (x: Tensor) in body(x) }(x)
    let eager = withExecution(.eager) { body(x) }
    let bits = lazy.bits
    #expect(compiled.bits == bits && eager.bits == bits)
    #expect(compiled.shape == lazy.shape && eager.shape == lazy.shape)
    return lazy
  }

  private func check(
    _ y: Tensor, _ expected: [Expected], _ combination: Combination, _ what: String
  ) {
    let found = y.doubles
    #expect(found.count == expected.count, "\(what)")
    let epsilon = y.dtype == .f64 ? 0x1p-52 : y.dtype.isFloat ? 0x1p-23 : 0
    // Sums of f16 and bf16 are taken in f32 and rounded once.
    let unit = y.dtype == .f16 ? 0x1p-11 : y.dtype == .bf16 ? 0x1p-8 : 0
    let least = y.dtype == .f16 ? 0x1p-25 : 0
    for (index, (a, b)) in zip(found, expected).enumerated() {
      if b.value.isInfinite, !y.dtype.isFloat {
        let least = y.dtype == .i32 ? Double(Int32.min) : Double(Int.min)
        let greatest = y.dtype == .i32 ? Double(Int32.max) : Double(Int.max)
        #expect(a == (b.value < 0 ? least : greatest), "\(what), \(index)")
        continue
      }
      // The operands themselves are rounded to f32, which counts as one more.
      let bound = Double(b.count + 1) * epsilon * b.magnitude + unit * Swift.abs(b.value) + least
      let isNear = a == b.value || Swift.abs(a - b.value) <= bound
      #expect(isNear, "\(what), \(index): \(a), expected \(b.value) within \(bound)")
    }
  }
}

extension Tensor {
  /// The elements of any numeric type.
  fileprivate var doubles: [Double] {
    switch dtype {
    case .f32: scalars(as: Float.self).map(Double.init)
    case .f64: scalars(as: Double.self)
    case .f16: scalars(as: Float16.self).map(Double.init)
    case .bf16: scalars(as: BFloat16.self).map { Double(Float($0)) }
    case .i32: scalars(as: Int32.self).map(Double.init)
    default: scalars(as: Int.self).map(Double.init)
    }
  }

  /// The elements' bits.
  fileprivate var bits: [UInt64] {
    switch dtype {
    case .f32: scalars(as: Float.self).map { UInt64($0.bitPattern) }
    case .f64: scalars(as: Double.self).map(\.bitPattern)
    case .f16: scalars(as: Float16.self).map { UInt64($0.bitPattern) }
    case .bf16: scalars(as: BFloat16.self).map { UInt64($0.bitPattern) }
    case .i32: scalars(as: Int32.self).map { UInt64(UInt32(bitPattern: $0)) }
    case .bool: scalars(as: Bool.self).map { $0 ? 1 : 0 }
    default: scalars(as: Int.self).map { UInt64(bitPattern: Int64($0)) }
    }
  }
}
