// Reductions, scans and what is composed of them, against plain Swift in Double.

import Driver
import Foundation
import Lathe
import TensorIR
import Testing

/// The elements that the interpreter gives for the graph of `y`, whose leaves are `leaves` in the
/// order of their first use.
private func interpreted(_ y: Tensor, _ leaves: Tensor...) throws -> TensorValue {
  let graph = y.pendingGraph
  try graph.verify()
  let module = Module(graphs: [graph])
  #expect(try Module(parsing: module.description) == module)
  let inputs = leaves.map { leaf in
    let elements: [Literal] =
      switch leaf.dtype {
      case .f64: leaf.scalars(as: Double.self).map { .f64($0) }
      case .f32: leaf.scalars(as: Float.self).map { .f32($0) }
      case .bool: leaf.scalars(as: Bool.self).map { .bool($0) }
      default: leaf.scalars(as: Int.self).map { Literal(.i64, integer: $0) }
      }
    return TensorValue(leaf.dtype, leaf.shape, elements)
  }
  let result = try GraphInterpreter.run(module, graph.name, inputs: inputs, row: .avx2)[0]
  #expect(result.extents == y.shape && result.type == y.dtype)
  return result
}

private func doubles(_ value: TensorValue) -> [Double] { value.elements.map(\.doubleValue) }

/// Holds when values agree within `count` roundings of terms of size `scale`; NaN equals NaN.
private func agree(
  _ found: [Double], _ expected: [Double], count: Int, scale: Double = 1
) -> Bool {
  found.count == expected.count
    && zip(found, expected).allSatisfy { a, b in
      if a.isNaN || b.isNaN || b.isInfinite { return a.isNaN && b.isNaN || a == b }
      return abs(a - b) <= Double(count + 8) * 0x1p-52 * max(abs(b), scale)
    }
}

@Suite struct ReductionTests {
  static let extents = [[1, 1], [3, 7], [5, 1], [1, 6], [2, 33], [4, 0], [0, 3]]

  /// A matrix of numbers between -3 and 3, and its rows.
  func matrix(_ shape: [Int]) -> (Tensor, [[Double]]) {
    let rows = (0..<shape[0]).map { i -> [Double] in
      (0..<shape[1]).map { j -> Double in
        let number = (i * 31 + j * 17) % 23 - 11
        return Double(number) / 4 + 0.05
      }
    }
    let elements: [Double] = Array(rows.joined())
    return (Tensor(scalars: elements, shape: shape), rows)
  }

  static func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
  static func variance(_ x: [Double], _ correction: Int = 0) -> Double {
    let m = mean(x)
    let squares = x.map { ($0 - m) * ($0 - m) }.reduce(0, +)
    return squares / Double(Swift.max(x.count - correction, 0))
  }
  static func logSumExp(_ x: [Double]) -> Double {
    let m = x.max() ?? 0
    return m + log(x.map { exp($0 - m) }.reduce(0, +))
  }
  @Test(arguments: extents) func rowsReduce(shape: [Int]) throws {
    let (x, rows) = matrix(shape)
    let functions: [(Tensor, ([Double]) -> Double)] = [
      (x.sum(axis: 1), { $0.reduce(0, +) }), (x.product(axis: -1), { $0.reduce(1, *) }),
      (x.mean(axis: 1), Self.mean), (x.variance(axis: -1), { Self.variance($0) }),
      (x.variance(axis: -1, correction: 1), { Self.variance($0, 1) }),
      (x.standardDeviation(axis: 1), { Self.variance($0).squareRoot() }),
      (x.norm(axis: 1), { $0.map { $0 * $0 }.reduce(0, +).squareRoot() }),
      (x.norm(.sum, axis: 1), { $0.map { Swift.abs($0) }.reduce(0, +) }),
      (x.logSumExp(axis: 1), Self.logSumExp),
    ]
    for (index, (y, expected)) in functions.enumerated() {
      let found = try doubles(interpreted(y, x))
      #expect(
        agree(found, rows.map(expected), count: 4 * shape[1], scale: 3 * Double(shape[1])),
        "function \(index): \(found)")
    }
    guard shape[1] > 0 else { return }
    #expect(try doubles(interpreted(x.max(axis: 1), x)) == rows.map { $0.max() ?? 0 })
    #expect(try doubles(interpreted(x.min(axis: 1), x)) == rows.map { $0.min() ?? 0 })
    #expect(
      try doubles(interpreted(x.norm(.maximum, axis: 1), x))
        == rows.map { $0.map { Swift.abs($0) }.max() ?? 0 })
    #expect(
      try interpreted(x.argMax(axis: 1), x).elements.map(\.intValue)
        == rows.map { $0.firstIndex(of: $0.max() ?? 0) ?? 0 })
    #expect(
      try interpreted(x.argMin(axis: -1), x).elements.map(\.intValue)
        == rows.map { $0.firstIndex(of: $0.min() ?? 0) ?? 0 })
  }

  @Test func shapesFollowAxes() {
    let x = Tensor.zeros([2, 3, 4])
    #expect(x.sum().shape == [] && x.sum(keepDims: true).shape == [1, 1, 1])
    #expect(x.sum(axis: -2).shape == [2, 4] && x.sum(axis: 1, keepDims: true).shape == [2, 1, 4])
    #expect(x.max(axes: [-1, 0]).shape == [3])
    #expect(x.mean(axes: [0, 2], keepDims: true).shape == [1, 3, 1])
    #expect(x.argMax().shape == [] && x.argMax(axis: 0).shape == [3, 4])
    #expect(x.argMin(axis: 2, keepDims: true).shape == [2, 3, 1])
    #expect(x.argMax().dtype == .i64 && (x .> 0).any(axis: 0).dtype == .bool)
    #expect(x.sum(axes: []).shape == [2, 3, 4])
    #expect(Tensor(2.0).sum().shape == [] && Tensor(2.0).argMax().dtype == .i64)
    #expect(x.logSumExp(axes: [0, 1]).shape == [4])
    #expect(x.variance(axes: [0, -1], keepDims: true).shape == [1, 3, 1])
  }

  @Test func keptDimensionsHoldTheSameElements() throws {
    let (x, rows) = matrix([3, 5])
    let kept = try interpreted(x.sum(axis: 0, keepDims: true), x)
    let expected = (0..<5).map { j in rows.map { $0[j] }.reduce(0, +) }
    #expect(doubles(kept) == expected && kept.extents == [1, 5])
    #expect(try doubles(interpreted(x.sum(axes: [1, 0]), x)).count == 1)
  }

  @Test func boolsAndIntegersReduce() throws {
    let x = Tensor([[1, 2, 3], [-4, 5, 6]])
    #expect(try interpreted(x.sum(axis: 0), x).elements.map(\.intValue) == [-3, 7, 9])
    #expect(try interpreted(x.product(), x).elements.map(\.intValue) == [-720])
    #expect(try interpreted((x .> 4).any(axis: 1), x).elements.map(\.intValue) == [0, 1])
    #expect(try interpreted((x .> 0).all(axis: 0), x).elements.map(\.intValue) == [0, 1, 1])
    #expect(try interpreted((x .> 0).all(), x).elements.map(\.intValue) == [0])
    #expect(try interpreted(x.argMin(), x).elements.map(\.intValue) == [3])
  }

  @Test func theOrderFollowsTheCompilersRow() {
    let x = Tensor.zeros([8, 1000])
    func text(_ row: TargetRow, _ make: () -> Tensor) -> String {
      withCompiler(Compiler(CompilerOptions(row: row, threads: 1))) {
        make().pendingGraph.description
      }
    }
    #expect(text(.sse2) { x.sum(axis: 1) }.contains("axes(1) order(lanes 16, chunk 4096)"))
    #expect(text(.avx2) { x.sum(axis: 1) }.contains("axes(1) order(lanes 32, chunk 4096)"))
    #expect(text(.avx2) { x.sum(axis: 0) }.contains("axes(0) order(lanes 1, chunk 4096)"))
    #expect(text(.avx2) { x.sum() }.contains("axes(0, 1) order(lanes 32, chunk 4096)"))
  }

  // MARK: Composed

  @Test(arguments: extents) func softmaxAndItsLogarithm(shape: [Int]) throws {
    let (x, rows) = matrix(shape)
    let logs = rows.map { row in row.map { $0 - Self.logSumExp(row) } }.flatMap { $0 }
    let found = try doubles(interpreted(x.softmax(), x))
    #expect(agree(found, logs.map(exp), count: shape[1] + 32))
    #expect(
      agree(
        try doubles(interpreted(x.logSoftmax(axis: -1), x)), logs, count: shape[1] + 32, scale: 8))
  }

  @Test func softmaxRunsAlongAnyAxis() throws {
    let (x, rows) = matrix([3, 4])
    let found = try doubles(interpreted(x.softmax(axis: 0), x))
    let columns = (0..<4).map { j in rows.map { $0[j] } }
    let expected = (0..<12).map { place in
      exp(rows[place / 4][place % 4] - Self.logSumExp(columns[place % 4]))
    }
    #expect(agree(found, expected, count: 40))
  }

  @Test func largeNumbersDoNotOverflow() throws {
    let x = Tensor(scalars: [1000.0, 1000, -1000], shape: [3])
    #expect(try doubles(interpreted(x.softmax(), x)) == [0.5, 0.5, 0])
    let sum = try doubles(interpreted(x.logSumExp(), x))
    #expect(agree(sum, [1000 + log(2)], count: 4))
  }

  @Test func infinitiesAndNaN() throws {
    func vector(_ x: [Double]) -> Tensor { Tensor(scalars: x, shape: [x.count]) }
    let below = vector([-.infinity, -.infinity])
    #expect(try doubles(interpreted(below.logSumExp(), below)) == [-.infinity])
    #expect(try doubles(interpreted(below.softmax(), below)).allSatisfy(\.isNaN))
    let above = vector([0, .infinity])
    #expect(try doubles(interpreted(above.logSumExp(), above)) == [.infinity])
    let masked = vector([0, -.infinity, 0])
    #expect(try doubles(interpreted(masked.softmax(), masked)) == [0.5, 0, 0.5])
    let broken = vector([1, .nan])
    for y in [
      broken.sum(), broken.max(), broken.mean(), broken.norm(), broken.variance(),
      broken.logSumExp(), broken.softmax(), broken.logSoftmax(), broken.layerNorm(),
      broken.rmsNorm(),
    ] {
      #expect(try doubles(interpreted(y, broken)).allSatisfy(\.isNaN))
    }
    #expect(try interpreted(broken.argMax(), broken).elements.map(\.intValue) == [1])
  }

  @Test func nothingHasItsMeaning() throws {
    let x = Tensor(scalars: [Double](), shape: [2, 0])
    #expect(try doubles(interpreted(x.sum(axis: 1), x)) == [0, 0])
    #expect(try doubles(interpreted(x.product(), x)) == [1])
    #expect(try doubles(interpreted(x.mean(axis: 1), x)).allSatisfy(\.isNaN))
    #expect(try doubles(interpreted(x.norm(axis: 1), x)) == [0, 0])
    #expect(try doubles(interpreted(x.logSumExp(axis: 1), x)) == [-.infinity, -.infinity])
    #expect(x.softmax().shape == [2, 0] && x.logSoftmax().shape == [2, 0])
    #expect(x.layerNorm().shape == [2, 0] && x.max(axis: 0).shape == [0])
  }

  @Test(arguments: [[3, 7], [1, 4], [2, 33]]) func normalizationsScaleRows(shape: [Int]) throws {
    let (x, rows) = matrix(shape)
    let scale = Tensor(scalars: (0..<shape[1]).map { 1 + Double($0) / 8 }, shape: [shape[1]])
    let offset = Tensor(scalars: (0..<shape[1]).map { Double($0) / 4 - 1 }, shape: [shape[1]])
    let layer = x.layerNorm(scale: scale, offset: offset, epsilon: 1e-3)
    let expected = rows.flatMap { row -> [Double] in
      let (m, v) = (Self.mean(row), Self.variance(row))
      return row.enumerated().map { j, x in
        (x - m) / (v + 1e-3).squareRoot() * (1 + Double(j) / 8) + (Double(j) / 4 - 1)
      }
    }
    #expect(
      agree(
        try doubles(interpreted(layer, x, scale, offset)), expected, count: 8 * shape[1], scale: 64)
    )
    let rms = x.rmsNorm(scale: scale)
    let scaled = rows.flatMap { row -> [Double] in
      let square = Self.mean(row.map { $0 * $0 })
      return row.enumerated().map { j, x in
        x / (square + 1e-5).squareRoot() * (1 + Double(j) / 8)
      }
    }
    #expect(agree(try doubles(interpreted(rms, x, scale)), scaled, count: 8 * shape[1], scale: 64))
    // Literals take the element type; a normalization of all axes has one mean.
    #expect(try interpreted(x.layerNorm(scale: 2, axes: [0, 1]), x).type == .f64)
  }

  // MARK: Scans

  @Test func scansAccumulate() throws {
    let x = Tensor([[1, 2, 3], [4, 5, 6]])
    func run(_ y: Tensor) throws -> [Int] { try interpreted(y, x).elements.map(\.intValue) }
    #expect(try run(x.cumulativeSum(axis: -1)) == [1, 3, 6, 4, 9, 15])
    #expect(try run(x.cumulativeSum(axis: 0)) == [1, 2, 3, 5, 7, 9])
    #expect(try run(x.cumulativeSum(axis: 1, exclusive: true)) == [0, 1, 3, 0, 4, 9])
    #expect(try run(x.cumulativeSum(axis: 1, reverse: true)) == [6, 5, 3, 15, 11, 6])
    #expect(try run(x.cumulativeProduct(axis: 1)) == [1, 2, 6, 4, 20, 120])
    #expect(try run(x.cumulativeMax(axis: 1, reverse: true)) == [3, 3, 3, 6, 6, 6])
    #expect(
      try run(x.cumulativeMin(axis: 1, exclusive: true)) == [.max, 1, 1, .max, 4, 4])
    let y = Tensor([0.5, -1, .init(floatLiteral: .nan), 2])
    let sums = try doubles(interpreted(y.cumulativeMax(axis: 0), y))
    #expect(sums[0] == 0.5 && sums[1] == 0.5 && sums[2].isNaN && sums[3].isNaN)
  }
}
