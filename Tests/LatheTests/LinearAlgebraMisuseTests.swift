// Matrices and signals that cannot be: one line that names the caller's line, the function and the
// types.

import Lathe

private enum Mistake: CaseIterable {
  case vector, integers, oblong, oblongInverse, oblongPower, sides, types, batches, vectorQR
  case boolTrace, crossLengths, crossTypes
  case realAsComplex, parts, complexIntegers, empty, count, noFrequencies

  /// The message behind the place.
  var message: String {
    switch self {
    case .vector: "cholesky: f32[3]: a float matrix, or a batch of them, expected"
    case .integers: "determinant: i64[2,2]: a float matrix, or a batch of them, expected"
    case .oblong: "lu: f32[2,3]: a square matrix, or a batch of them, expected"
    case .oblongInverse: "inverse: f32[2,3]: a square matrix, or a batch of them, expected"
    case .oblongPower: "matrixPower: f32[2,3]: a square matrix, or a batch of them, expected"
    case .sides:
      "solve: f32[2,2] and f32[3]: as many rows on the right side expected as the matrix has"
    case .types: "solveTriangular: f32[2,2] and f64[2] are of different types"
    case .batches:
      "solve: f32[2,2,2] and f32[3,2,1]: batches broadcast by NumPy's rule"
    case .vectorQR: "qr: f32[3]: a float matrix, or a batch of them, expected"
    case .boolTrace: "trace: bool[2,2]: a numeric matrix, or a batch of them, expected"
    case .crossLengths: "cross: axis -1 of f32[2]: 3 elements expected, found 2"
    case .crossTypes:
      "cross: f32[3] and i64[3]: tensors of one numeric type that broadcast expected"
    case .realAsComplex:
      "fft: f32[2,3]: complex numbers expected, real and imaginary parts along the last axis"
    case .parts: "inverseFFT: f32[4,2]: axis -1 holds the parts of numbers"
    case .complexIntegers: "fft: i64[3,2]: a float type expected"
    case .empty: "realFFT: f32[0]: axis -1 has no elements"
    case .count:
      "inverseRealFFT: f32[4,2]: 4 results along axis -2 are those of 6 or 7 numbers, found 8"
    case .noFrequencies: "fftFrequencies: a count from 1 on expected, found 0"
    }
  }

  func make() {
    let (square, oblong) = (Tensor.eye(2), Tensor.zeros([2, 3]))
    switch self {
    case .vector: _ = Tensor.zeros([3]).cholesky()
    case .integers: _ = Tensor([[1, 2], [3, 4]]).determinant()
    case .oblong: _ = oblong.lu()
    case .oblongInverse: _ = oblong.inverse()
    case .oblongPower: _ = oblong.matrixPower(2)
    case .sides: _ = square.solve(Tensor.zeros([3]))
    case .types: _ = square.solveTriangular(Tensor.zeros([2], .f64))
    case .batches: _ = Tensor.zeros([2, 2, 2]).solve(Tensor.zeros([3, 2, 1]))
    case .vectorQR: _ = Tensor.zeros([3]).qr()
    case .boolTrace: _ = (square .> 0).trace()
    case .crossLengths: _ = Tensor.zeros([2]).cross(Tensor.zeros([2]))
    case .crossTypes: _ = Tensor.zeros([3]).cross(Tensor([1, 2, 3]))
    case .realAsComplex: _ = oblong.fft()
    case .parts: _ = Tensor.zeros([4, 2]).inverseFFT(axis: -1)
    case .complexIntegers: _ = Tensor.zeros([3, 2], .i64).fft()
    case .empty: _ = Tensor.zeros([0]).realFFT()
    case .count: _ = Tensor.zeros([4, 2]).inverseRealFFT(count: 8)
    case .noFrequencies: _ = Tensor.fftFrequencies(0)
    }
  }
}

extension MisuseTable {
  static let linearAlgebra = MisuseTable(
    "LinearAlgebraMisuseTests.swift",
    Mistake.allCases.map { mistake in (mistake.message, { mistake.make() }) })
}
