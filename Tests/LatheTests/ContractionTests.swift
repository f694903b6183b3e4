// Matrix products and einsum against plain Swift in Double.

import Foundation
import IRCore
import Lathe
import Testing

/// Numbers between -1 and 1 that depend on a seed.
func contractionNumbers(_ count: Int, seed: Int) -> [Double] {
  (0..<count).map { index in
    let hash = ((index + 1) * 7919 + seed * 104_729) % 2003
    return Double(hash - 1001) / 1024
  }
}

/// Dense numbers with a shape, for reference computations.
struct PlainTensor {
  let shape: [Int]
  let numbers: [Double]

  init(_ shape: [Int], seed: Int) {
    self.shape = shape
    numbers = contractionNumbers(shape.reduce(1, *), seed: seed)
  }

  /// The element at a place.
  subscript(place: [Int]) -> Double {
    numbers[zip(place, shape).reduce(0) { $0 * $1.1 + $1.0 }]
  }

  /// The same numbers as a tensor.
  func tensor(_ dtype: DType = .f32) -> Tensor {
    Tensor(scalars: numbers, shape: shape).cast(to: dtype)
  }
}

/// Every place of a shape in row-major order.
func places(_ shape: [Int]) -> [[Int]] {
  shape.reduce([[]]) { places, extent in
    places.flatMap { place in (0..<extent).map { place + [$0] } }
  }
}

/// Holds a result to sums of products in Double: within n·eps·Σ|terms|.
func expectSums(
  _ found: Tensor, _ shape: [Int], terms: ([Int]) -> [Double],
  sourceLocation: Testing.SourceLocation = #_sourceLocation
) {
  #expect(found.shape == shape, sourceLocation: sourceLocation)
  let numbers = found.cast(to: .f64).scalars(as: Double.self)
  let eps = found.dtype == .f64 ? 0x1p-53 : 0x1p-24
  for (place, number) in zip(places(shape), numbers) {
    let list = terms(place)
    let bound = Double(list.count + 1) * eps * list.reduce(0) { $0 + abs($1) }
    let sum = list.reduce(0, +)
    guard abs(number - sum) <= bound * 1.01 else {
      Issue.record("\(place): \(number), not \(sum) ± \(bound)", sourceLocation: sourceLocation)
      return
    }
  }
}

@Suite struct MatrixProductTests {
  static let sizes = [0, 1, 2, 3, 5, 8, 17, 33]

  @Test(arguments: sizes, [false, true])
  func matricesOfEverySize(rows: Int, isTransposed: Bool) {
    for (inner, columns) in [(1, 1), (4, 7), (17, 16), (0, 3), (9, 0), (31, 33)] {
      let a = PlainTensor(isTransposed ? [inner, rows] : [rows, inner], seed: 1)
      let b = PlainTensor(isTransposed ? [columns, inner] : [inner, columns], seed: 2)
      let left = isTransposed ? a.tensor().transposed() : a.tensor()
      let right = isTransposed ? b.tensor().transposed() : b.tensor()
      expectSums(left.matmul(right), [rows, columns]) { place in
        (0..<inner).map { k -> Double in
          let (row, column) = (place[0], place[1])
          let x: Double = isTransposed ? a[[k, row]] : a[[row, k]]
          let y: Double = isTransposed ? b[[column, k]] : b[[k, column]]
          return x * y
        }
      }
    }
  }

  @Test func vectorsAndBatches() {
    let (m, v) = (PlainTensor([5, 7], seed: 1), PlainTensor([7], seed: 2))
    expectSums(m.tensor().matmul(v.tensor()), [5]) { p in (0..<7).map { m[[p[0], $0]] * v[[$0]] } }
    expectSums(matmul(v.tensor(), m.tensor().transposed()), [5]) { p in
      (0..<7).map { m[[p[0], $0]] * v[[$0]] }
    }
    expectSums(v.tensor().matmul(v.tensor()), []) { _ in (0..<7).map { v[[$0]] * v[[$0]] } }
    let (a, b) = (PlainTensor([4, 1, 3, 5], seed: 3), PlainTensor([2, 5, 6], seed: 4))
    expectSums(a.tensor().matmul(b.tensor()), [4, 2, 3, 6]) { p in
      (0..<5).map { a[[p[0], 0, p[2], $0]] * b[[p[1], $0, p[3]]] }
    }
    expectSums(a.tensor().matmul(v.tensor()[0..<5]), [4, 1, 3]) { p in
      (0..<5).map { a[[p[0], 0, p[2], $0]] * v[[$0]] }
    }
    #expect(Tensor.ones([0, 3, 4]).matmul(Tensor.ones([4, 2])).shape == [0, 3, 2])
  }

  @Test func innerAndOuterProducts() {
    let (v, w) = (PlainTensor([9], seed: 1), PlainTensor([4], seed: 2))
    expectSums(dot(v.tensor(), v.tensor()), []) { _ in (0..<9).map { v[[$0]] * v[[$0]] } }
    let rows = PlainTensor([2, 3, 9], seed: 5)
    expectSums(rows.tensor().dot(v.tensor()), [2, 3]) { p in
      (0..<9).map { rows[p + [$0]] * v[[$0]] }
    }
    expectSums(outer(v.tensor(), w.tensor()), [9, 4]) { p in [v[[p[0]]] * w[[p[1]]]] }
    #expect(outer(Tensor(2.0), Tensor([1, 2] as [Float])).shape == [2])
    let (a, b) = (PlainTensor([2, 3, 4], seed: 6), PlainTensor([4, 3, 5], seed: 7))
    expectSums(a.tensor().tensordot(b.tensor(), axes: [1, -1], [1, 0]), [2, 5]) { p in
      places([3, 4]).map { a[[p[0], $0[0], $0[1]]] * b[[$0[1], $0[0], p[1]]] }
    }
    expectSums(tensordot(a.tensor(), b.tensor(), axes: 1), [2, 3, 3, 5]) { p in
      (0..<4).map { a[[p[0], p[1], $0]] * b[[$0, p[2], p[3]]] }
    }
    #expect(tensordot(v.tensor(), w.tensor(), axes: 0).shape == [9, 4])
  }

  @Test func accumulatorsAndIntegers() {
    let small = Tensor([1, 1e-8, 1e-8] as [Float])
    #expect(small.dot(Tensor.ones([3])).scalars(as: Float.self) == [1])
    let big = Tensor([16_777_216, 1, 1] as [Float])
    #expect(big.dot(Tensor.ones([3])).scalars(as: Float.self) == [16_777_216])
    #expect(
      big.dot(Tensor.ones([3]), accumulator: .f64).scalars(as: Float.self) == [16_777_218])
    let integers = Tensor([1 << 62, 1, 3] as [Int])
    #expect(integers.dot(Tensor([4, 5, 6] as [Int])).scalars(as: Int.self) == [23])
  }

  /// Compiled, lazy and generated eager kernels give the same bits.
  @Test func everyExecutionGivesTheSameBits() {
    let (a, b) = (
      PlainTensor([33, 65], seed: 1).tensor(), PlainTensor([65, 17], seed: 2).tensor()
    )
    let compiled = compile { (a: Tensor, b: Tensor) in relu(a.matmul(b) + 0.5) }
    let lazy = relu(a.matmul(b) + 0.5).scalars(as: Float.self)
    #expect(compiled(a, b).scalars(as: Float.self) == lazy)
    let eager = withExecution(.eager(contraction: .generated)) {
      relu(a.matmul(b) + 0.5).scalars(as: Float.self)
    }
    #expect(eager == lazy)
  }

  /// Products that OpenBLAS takes where it is installed, and those that it does not take, are the
  /// same within the bound of sums.
  @Test(arguments: [DType.f32, .f64, .i32]) func eagerProducts(dtype: DType) {
    withExecution(.eager) {
      let (a, b) = (PlainTensor([3, 5, 7], seed: 1), PlainTensor([7, 4], seed: 2))
      func scaled(_ x: PlainTensor) -> Tensor {
        dtype.isFloat ? x.tensor(dtype) : (x.tensor() * 1024).cast(to: dtype)
      }
      func reading(_ x: Tensor) -> Tensor {
        dtype.isFloat ? x : x.cast(to: .f64) * 0x1p-20
      }
      let (x, y) = (scaled(a), scaled(b))
      expectSums(reading(x.matmul(y)), [3, 5, 4]) { p in
        (0..<7).map { a[[p[0], p[1], $0]] * b[[$0, p[2]]] }
      }
      let turned = x.transposed(-1, -2)
      expectSums(reading(y.transposed().matmul(turned)), [3, 4, 5]) { p in
        (0..<7).map { a[[p[0], p[2], $0]] * b[[$0, p[1]]] }
      }
      expectSums(reading(turned.matmul(x)), [3, 7, 7]) { p in
        (0..<5).map { a[[p[0], $0, p[1]]] * a[[p[0], $0, p[2]]] }
      }
      expectSums(reading(x[1].matmul(y[.all, 2])), [5]) { p in
        (0..<7).map { a[[1, p[0], $0]] * b[[$0, 2]] }
      }
      expectSums(reading(x[0..<2, .stride(by: 2)].matmul(y[.all, .stride(by: -1)])), [2, 3, 4]) {
        p in (0..<7).map { a[[p[0], 2 * p[1], $0]] * b[[$0, 3 - p[2]]] }
      }
      expectSums(reading(x[0, 0].dot(x[1, 1])), []) { _ in
        (0..<7).map { a[[0, 0, $0]] * a[[1, 1, $0]] }
      }
    }
  }
}

@Suite struct EinsumTests {
  private let a = PlainTensor([2, 3, 4], seed: 1)
  private let b = PlainTensor([2, 4, 5], seed: 2)
  private let s = PlainTensor([3, 3], seed: 3)
  private let v = PlainTensor([4], seed: 4)

  @Test func pairs() {
    let (x, y) = (a.tensor(), b.tensor())
    expectSums(einsum("bij,bjk->bik", x, y), [2, 3, 5]) { p in
      (0..<4).map { a[[p[0], p[1], $0]] * b[[p[0], $0, p[2]]] }
    }
    expectSums(einsum(" b i j , b j k -> k i b ", x, y), [5, 3, 2]) { p in
      (0..<4).map { a[[p[2], p[1], $0]] * b[[p[2], $0, p[0]]] }
    }
    expectSums(einsum("bij,bjk", x, y), [3, 5]) { p in
      places([2, 4]).map { a[[$0[0], p[0], $0[1]]] * b[[$0[0], $0[1], p[1]]] }
    }
    expectSums(einsum("...ij,...jk->...ik", x, y), [2, 3, 5]) { p in
      (0..<4).map { a[[p[0], p[1], $0]] * b[[p[0], $0, p[2]]] }
    }
    expectSums(einsum("...j,j", x, v.tensor()), [2, 3]) { p in
      (0..<4).map { a[p + [$0]] * v[[$0]] }
    }
    expectSums(einsum("ij,ij->ij", s.tensor(), s.tensor()), [3, 3]) { p in [s[p] * s[p]] }
    expectSums(einsum("i,j->ij", v.tensor(), v.tensor()), [4, 4]) { p in
      [v[[p[0]]] * v[[p[1]]]]
    }
  }

  @Test func broadcastUnderAnEllipsis() {
    let one = PlainTensor([1, 4, 5], seed: 8)
    expectSums(einsum("...ij,...jk->...ik", a.tensor(), one.tensor()), [2, 3, 5]) { p in
      (0..<4).map { a[[p[0], p[1], $0]] * one[[0, $0, p[2]]] }
    }
    expectSums(einsum("...,...", one.tensor(), v.tensor()[0..<1]), [1, 4, 5]) { p in
      [one[p] * v[[0]]]
    }
  }

  @Test func diagonalsAndSumsOfOne() {
    expectSums(einsum("ii", s.tensor()), []) { _ in (0..<3).map { s[[$0, $0]] } }
    expectSums(einsum("ii->i", s.tensor()), [3]) { p in [s[[p[0], p[0]]]] }
    expectSums(einsum("ij->ji", s.tensor()), [3, 3]) { p in [s[[p[1], p[0]]]] }
    expectSums(einsum("ba", s.tensor()), [3, 3]) { p in [s[[p[1], p[0]]]] }
    expectSums(einsum("bij->b", a.tensor()), [2]) { p in
      places([3, 4]).map { a[[p[0], $0[0], $0[1]]] }
    }
    expectSums(einsum("ii,i->i", s.tensor(), s.tensor()[0]), [3]) { p in
      [s[[p[0], p[0]]] * s[[0, p[0]]]]
    }
    expectSums(einsum("ii,ij->j", s.tensor(), s.tensor()), [3]) { p in
      (0..<3).map { s[[$0, $0]] * s[[$0, p[0]]] }
    }
  }

  @Test func severalFromLeftToRight() {
    let c = PlainTensor([5, 3], seed: 5)
    expectSums(
      einsum("bij,bjk,ki->b", a.tensor(.f64), b.tensor(.f64), c.tensor(.f64), accumulator: .f64),
      [2]
    ) { p in
      places([3, 4, 5]).map { t -> Double in
        let x = a[[p[0], t[0], t[1]]]
        let y = b[[p[0], t[1], t[2]]]
        return x * y * c[[t[2], t[0]]]
      }
    }
    expectSums(einsum("a,b,c->cab", v.tensor(), v.tensor(), v.tensor()), [4, 4, 4]) { p in
      [v[[p[1]]] * v[[p[2]]] * v[[p[0]]]]
    }
  }
}
