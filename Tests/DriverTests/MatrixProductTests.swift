// Products of matrices by OpenBLAS, where it is installed.

import Driver
import IRCore
import TensorIR
import TestSupport
import Testing

@Suite struct MatrixProductTests {
  /// Every layout that it takes gives the sums of plain Swift, exactly for small integers; others
  /// are left to generated kernels.
  @Test(arguments: [DType.f32, .f64]) func layouts(dtype: DType) throws {
    guard MatrixProduct.isLibraryPresent else {
      print("skipped: OpenBLAS is not installed")
      return
    }
    let numbers = (0..<400).map { Double($0 * 37 % 23 - 11) }
    let value = TensorValue(dtype, [400], numbers.map { Literal(dtype, $0) })
    let storage = try Storage(value.bytes)
    typealias Layout = MatrixProduct.Layout
    let layouts: [(m: Int, n: Int, k: Int, a: Layout, b: Layout)] = [
      (3, 4, 5, Layout(row: 5, column: 1), Layout(row: 4, column: 1)),
      (3, 4, 5, Layout(row: 1, column: 3), Layout(row: 4, column: 1)),
      (3, 4, 5, Layout(row: 7, column: 1), Layout(row: 1, column: 9)),
      (1, 4, 5, Layout(row: 0, column: 1), Layout(row: 6, column: 1)),
      (1, 4, 5, Layout(row: 0, column: 3), Layout(row: 1, column: 5)),
      (6, 1, 5, Layout(row: 5, column: 1), Layout(row: 4, column: 0)),
      (1, 1, 9, Layout(row: 0, column: 2), Layout(row: 3, column: 0)),
      (5, 6, 1, Layout(row: 3, column: 0), Layout(row: 0, column: 1)),
    ]
    for (m, n, k, a, b) in layouts {
      let starts = [MatrixProduct.Start(a: 0, b: 7), MatrixProduct.Start(a: 100, b: 2)]
      let product = MatrixProduct(dtype, m: m, n: n, k: k, a: a, b: b, starts: starts)
      let result = try #require(try product(storage, storage, threads: 2), "\(a) \(b)")
      let found = TensorValue(
        dtype, [2, m, n], bytes: result.withUnsafeBytes { Array($0) })
      let expected = starts.flatMap { start in
        (0..<m * n).map { element -> Double in
          let (i, j) = (element / n, element % n)
          return (0..<k).reduce(0.0) { sum, p in
            let x = numbers[start.a + i * a.row + p * a.column]
            return sum + x * numbers[start.b + p * b.row + j * b.column]
          }
        }
      }
      #expect(found.elements.map(\.doubleValue) == expected, "\(m) \(n) \(k) \(a) \(b)")
    }
  }

  @Test func leavesTheRest() throws {
    let storage = try Storage([UInt8](repeating: 0, count: 4096))
    let start = MatrixProduct.Start(a: 0, b: 0)
    let dense = MatrixProduct.Layout(row: 4, column: 1)
    func result(_ product: MatrixProduct) throws -> Storage? {
      try product(storage, storage, threads: 1)
    }
    // Elements that are apart in both directions, rows that repeat, nothing to sum, other types.
    let apart = MatrixProduct.Layout(row: 8, column: 2)
    let repeated = MatrixProduct.Layout(row: 0, column: 1)
    let products = [
      MatrixProduct(.f32, m: 4, n: 4, k: 4, a: apart, b: dense, starts: [start]),
      MatrixProduct(.f32, m: 4, n: 4, k: 4, a: repeated, b: dense, starts: [start]),
      MatrixProduct(.f32, m: 4, n: 4, k: 0, a: dense, b: dense, starts: [start]),
      MatrixProduct(.f32, m: 4, n: 4, k: 4, a: dense, b: dense, starts: []),
      MatrixProduct(.i32, m: 4, n: 4, k: 4, a: dense, b: dense, starts: [start]),
    ]
    for product in products { #expect(try result(product) == nil) }
  }
}
