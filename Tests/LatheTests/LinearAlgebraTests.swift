// Factorizations against what they are defined by, in traces, outside of them and by LAPACK.

import Lathe
import Testing

private func draw(_ shape: [Int], _ seed: Int, _ dtype: DType = .f64) -> Tensor {
  Tensor.randomNormal(shape, key: RandomKey(seed)).cast(to: dtype)
}

/// Symmetric positive definite matrices.
private func definite(_ shape: [Int], _ seed: Int, _ dtype: DType = .f64) -> Tensor {
  let x = draw(shape, seed, dtype)
  let n = shape[shape.count - 1]
  return x.matmul(x.transposed(-2, -1)) * Tensor(1 / Double(n)).cast(to: dtype)
    + Tensor.eye(n, nil, dtype)
}

private func distance(_ a: Tensor, _ b: Tensor) -> Double {
  a.count == 0 ? 0 : abs(a - b).max().cast(to: .f64).item()
}

/// Where a function runs.
private enum Place: String, CaseIterable, Sendable {
  case eagerly, compiled

  func callAsFunction(_ x: Tensor, _ body: @escaping @Sendable (Tensor) -> Tensor) -> Tensor {
    switch self {
    case .eagerly: body(x)
    case .compiled: compile(body)(x)
    }
  }
}

@Suite struct LinearAlgebraTests {
  /// Shapes of matrices: none, one element, odd, batches, and those that LAPACK takes.
  static let squares: [[Int]] = [
    [0, 0], [1, 1], [2, 2], [5, 5], [17, 17], [3, 4, 4], [2, 1, 6, 6], [0, 3, 3], [96, 96],
    [2, 130, 130],
  ]
  static let oblongs: [[Int]] = [
    [1, 1], [5, 3], [3, 5], [16, 7], [2, 6, 4], [120, 100], [100, 120], [2, 100, 100],
  ]
  static let types: [(type: DType, bound: Double)] = [(.f64, 1e-12), (.f32, 3e-4)]

  private func forEach(
    _ shapes: [[Int]], _ body: (_ shape: [Int], DType, _ bound: Double, Place) -> Void
  ) {
    for shape in shapes {
      for (type, bound) in Self.types {
        for place in Place.allCases { body(shape, type, bound, place) }
      }
    }
  }

  @Test func cholesky() {
    forEach(Self.squares) { shape, type, bound, place in
      let a = definite(shape, 1, type)
      let l = place(a) { $0.cholesky() }
      #expect(l.shape == shape && l.dtype == type)
      #expect(distance(l.matmul(l.transposed(-2, -1)), a) <= bound, "\(shape) \(type) \(place)")
      let above = Tensor.iota(shape, axis: -1) .> Tensor.iota(shape, axis: -2)
      #expect(distance(above.select(l, 0), Tensor.zeros(shape, type)) == 0)
    }
  }

  /// From the first pivot that is not positive on, here and in LAPACK.
  @Test(arguments: [5, 100]) func choleskyOfAnIndefiniteMatrix(n: Int) {
    var a = definite([n, n], 2)
    a[3, 3] = Tensor(-1.0).cast(to: .f64)
    let l = a.cholesky()
    #expect(!l[0..<n, 0..<3].isNaN().any().cast(to: .i32).item().isEqual(to: 1))
    let pivot = l[3, 3].item()
    let last = l[n - 1, n - 1].item()
    #expect(pivot.isNaN && last.isNaN)
  }

  @Test(arguments: [(true, false), (false, false), (true, true), (false, true)])
  func triangularSystems(lower: Bool, transposed: Bool) {
    for (shape, right) in [
      ([1, 1], [1, 1]), ([4, 4], [4, 3]), ([3, 5, 5], [5, 2]), ([5, 5], [3, 5, 2]),
      ([100, 100], [100, 7]), ([6, 6], [6]),
    ] {
      for isUnit in [false, true] {
        let t = definite(shape, 3)
        let b = draw(right, 4)
        for place in Place.allCases {
          let x = place(t) {
            $0.solveTriangular(b, lower: lower, transposed: transposed, unitDiagonal: isUnit)
          }
          let (row, column) = (Tensor.iota(shape, axis: -2), Tensor.iota(shape, axis: -1))
          var whole = (lower ? column .<= row : column .>= row).select(t, 0)
          if isUnit { whole = (row .== column).select(1, whole) }
          if transposed { whole = whole.transposed(-2, -1) }
          #expect(distance(whole.matmul(x), b) <= 1e-8, "\(shape) \(place)")
        }
      }
    }
  }

  @Test func factorsOfGauss() {
    forEach(Self.squares) { shape, type, bound, place in
      let a = draw(shape, 5, type)
      let n = shape[shape.count - 1]
      let parts = place(a) { a in
        let (lower, upper, order) = a.lu()
        return Tensor.concatenated(
          [lower, upper, order.cast(to: type).expandedDimensions(at: -2)], axis: -2)
      }.split([n, n, 1], axis: -2)
      let order = parts[2].cast(to: .i64).squeezed(at: -2).expandedDimensions(at: -1)
      let ordered = a.takeAlong(order.broadcast(to: shape), axis: -2)
      #expect(distance(parts[0].matmul(parts[1]), ordered) <= bound * 10, "\(shape) \(type)")
      #expect(distance(abs(parts[0]), minimum(abs(parts[0]), 1)) == 0)
    }
  }

  @Test func inversesAndSystems() {
    forEach(Self.squares) { shape, type, bound, place in
      let a = definite(shape, 6, type)
      let n = shape[shape.count - 1]
      let b = draw(Array(shape.dropLast()) + [3], 7, type)
      let x = place(a) { $0.solve(b) }
      #expect(distance(a.matmul(x), b) <= bound * 10, "\(shape) \(type) \(place)")
      let inverse = place(a) { $0.inverse() }
      let unit = Tensor.eye(n, nil, type).broadcast(to: shape)
      #expect(distance(a.matmul(inverse), unit) <= bound * 10, "\(shape) \(type) \(place)")
    }
    let x = Tensor([[2.0, 1], [1, 3]]).solve(Tensor([3.0, 5]))
    #expect(distance(x, Tensor([0.8, 1.4])) <= 1e-6)
  }

  @Test func determinants() {
    forEach(Self.squares) { shape, type, bound, place in
      let a = definite(shape, 8, type)
      let l = a.cholesky()
      let n = shape[shape.count - 1]
      let diagonal = (l * Tensor.eye(n, nil, type)).sum(axis: -1)
      let expected = (log(diagonal) * 2).sum(axis: -1)
      let found = place(a) { $0.logDeterminant().logarithm }
      #expect(found.shape == Array(shape.dropLast(2)))
      #expect(distance(found, expected) <= bound * Double(n + 1), "\(shape) \(type) \(place)")
      if n < 20 {
        let determinant = place(a) { $0.determinant() }
        let relative = determinant / exp(expected)
        #expect(distance(relative, Tensor.ones(found.shape, type)) <= bound * 10)
      }
    }
    #expect(Tensor([[0.0, 1], [1, 0]]).determinant().item() == -1)
    #expect(Tensor([[1.0, 2], [2, 4]]).determinant().item() == 0)
    #expect(Tensor([[0.0, 2], [-3, 0]]).logDeterminant().sign.item() == 1)
  }

  @Test(arguments: [false, true]) func orthogonalFactors(complete: Bool) {
    forEach(Self.oblongs) { shape, type, bound, place in
      let a = draw(shape, 9, type)
      let (m, n) = (shape[shape.count - 2], shape[shape.count - 1])
      let k = complete ? m : min(m, n)
      let both = place(a) { a in
        let (q, r) = a.qr(complete: complete)
        return Tensor.concatenated([q, r.transposed(-2, -1)], axis: -2)
      }
      let parts = both.split([m, n], axis: -2)
      let (q, r) = (parts[0], parts[1].transposed(-2, -1))
      #expect(distance(q.matmul(r), a) <= bound * 10, "\(shape) \(type) \(place)")
      let unit = Tensor.eye(k, nil, type)
      #expect(
        distance(
          q.transposed(-2, -1).matmul(q), unit.broadcast(to: Array(shape.dropLast(2)) + [k, k]))
          <= bound * 10)
      let size = Array(shape.dropLast(2)) + [k, n]
      let below = Tensor.iota(size, axis: -2) .> Tensor.iota(size, axis: -1)
      #expect(distance(below.select(r, 0), Tensor.zeros(size, type)) == 0)
    }
  }

  @Test func powersTracesAndVectorProducts() {
    let a = draw([2, 3, 3], 10)
    #expect(distance(a.matrixPower(5), a.matmul(a).matmul(a).matmul(a).matmul(a)) <= 1e-12)
    #expect(distance(a.matrixPower(0), Tensor.eye(3, nil, .f64)) == 0)
    #expect(distance(a.matrixPower(-2).matmul(a).matmul(a), Tensor.eye(3, nil, .f64)) <= 1e-8)
    let x = Tensor([[1, 2, 3], [4, 5, 6]])
    #expect(x.trace().item() == 6 && x.trace(offset: 1).item() == 8)
    #expect(x.trace(offset: -1).item() == 4 && x.trace(offset: 3).item() == 0)
    let (u, v) = (Tensor([1.0, 2, 3]), Tensor([[4.0, 5, 6], [0, 0, 1]]))
    #expect(u.cross(v).scalars(as: Float.self) == [-3, 6, -3, 2, -1, 0])
  }

  @Test func shortFloatsComputeInF32() {
    let a = definite([4, 4], 11, .f32)
    let found = a.cast(to: .bf16).inverse()
    let expected = a.cast(to: .bf16).cast(to: .f32).inverse().cast(to: .bf16)
    #expect(found.dtype == .bf16 && distance(found.cast(to: .f32), expected.cast(to: .f32)) == 0)
  }

  // MARK: Derivatives

  /// A function and where it is differentiated.
  private struct Slope: Sendable {
    let name: String
    let shape: [Int]
    let isSymmetric: Bool
    let function: @Sendable (Tensor) -> Tensor
  }

  private static let slopes: [Slope] = [
    Slope(name: "cholesky", shape: [4, 4], isSymmetric: true) { $0.cholesky() },
    Slope(name: "inverse", shape: [2, 3, 3], isSymmetric: false) { $0.inverse() },
    Slope(name: "solve", shape: [3, 3], isSymmetric: false) { $0.solve($0 * $0) },
    Slope(name: "lower", shape: [4, 4], isSymmetric: false) { $0.solveTriangular(sin($0)) },
    Slope(name: "upper", shape: [4, 4], isSymmetric: false) {
      $0.solveTriangular(sin($0), lower: false, unitDiagonal: true)
    },
    Slope(name: "determinant", shape: [2, 4, 4], isSymmetric: false) { $0.determinant() },
    Slope(name: "logDeterminant", shape: [3, 3], isSymmetric: false) {
      $0.logDeterminant().logarithm
    },
    Slope(name: "lu", shape: [4, 4], isSymmetric: false) { a in
      let (lower, upper, _) = a.lu()
      return Tensor.concatenated([lower, upper])
    },
    Slope(name: "qr", shape: [5, 3], isSymmetric: false) { a in
      let (q, r) = a.qr()
      return Tensor.concatenated([q, r])
    },
    Slope(name: "fft", shape: [2, 12, 2], isSymmetric: false) { $0.fft() },
    Slope(name: "realFFT", shape: [3, 10], isSymmetric: false) { $0.realFFT() },
    Slope(name: "inverseRealFFT", shape: [3, 6, 2], isSymmetric: false) {
      $0.inverseRealFFT(count: 11)
    },
  ]

  /// First and second slopes along a direction, in both modes, against central differences.
  @Test(arguments: slopes.indices) func slopesAgreeWithDifferences(number: Int) {
    let slope = Self.slopes[number]
    let isSquare =
      slope.shape.count >= 2 && slope.shape.suffix(2).reduce(1, *) > 1
      && slope.shape[slope.shape.count - 1] == slope.shape[slope.shape.count - 2]
    let x = isSquare ? definite(slope.shape, 12) : draw(slope.shape, 12)
    var direction = draw(slope.shape, 13)
    if slope.isSymmetric { direction = direction + direction.transposed(-2, -1) }
    let weights = draw(slope.function(x).shape, 14)
    let step = 1e-5
    func value(_ t: Double) -> Tensor {
      slope.function(x + direction * Tensor(t).cast(to: .f64))
    }
    let difference = (value(step) - value(-step)) * Tensor(0.5 / step).cast(to: .f64)
    let forward = jvp(of: x, along: direction, slope.function).tangent
    let scale = max(1, abs(difference).max().item())
    #expect(distance(forward, difference) <= 1e-6 * scale, "\(slope.name)")
    func weighted(_ x: Tensor) -> Tensor { (slope.function(x) * weights).sum() }
    let reverse = (gradient(of: x) { weighted($0) } * direction).sum().item()
    let expected = (forward * weights).sum().item()
    #expect(abs(reverse - expected) <= 1e-9 * max(1, abs(expected)), "\(slope.name)")
    func first(_ x: Tensor) -> Tensor {
      jvp(of: x, along: direction, weighted).tangent
    }
    let second = jvp(of: x, along: direction, first).tangent.item()
    let moved = direction * Tensor(step).cast(to: .f64)
    let change = (first(x + moved) - first(x - moved)).item() / (2 * step)
    #expect(abs(second - change) <= 1e-5 * max(1, abs(change)), "\(slope.name)")
  }
}
