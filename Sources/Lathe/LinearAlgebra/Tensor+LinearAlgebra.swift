// Linear algebra of matrices and batches of them.
//
// Axes before the last two are batches. f16 and bf16 compute in f32 and round once.

import IRCore

extension Tensor {
  /// Cholesky's factor L of a symmetric positive definite matrix `A = L Lᵀ`, with zeros above its
  /// diagonal. `[…, n, n]`, float; reads the lower triangle. NaN from the first pivot on that is not
  /// positive. The derivative is that of a function of symmetric matrices.
  ///
  /// Matrices of 96 rows or more that stand outside of compiled functions go to LAPACK, whose sums
  /// have an order of their own; all others run as generated loops.
  public func cholesky(file: String = #fileID, line: Int = #line) -> Tensor {
    let call = MatrixCall("cholesky", at: .line(file: file, line: line))
    let a = materialized
    call.requireSquare(a)
    return call.computing(a) { Factorization.cholesky($0.matrices).inBatches(of: a) }
  }

  /// X of `T X = B` for a triangular matrix, whose other triangle is not read.
  ///
  /// - Parameters:
  ///   - right: `[…, n, m]`, or one vector `[n]`; batches broadcast.
  ///   - lower: whether the triangle below the diagonal is read, or the one above.
  ///   - transposed: solves `Tᵀ X = B` instead.
  ///   - unitDiagonal: takes the diagonal as ones, and does not read it.
  public func solveTriangular(
    _ right: Tensor, lower: Bool = true, transposed: Bool = false, unitDiagonal: Bool = false,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let call = MatrixCall("solveTriangular", at: .line(file: file, line: line))
    return call.solving(self, right) { t, b in
      var t = transposed ? t.matrixTransposed : t
      if unitDiagonal { t = t.unitMatrices.cast(to: .bool).select(1, t) }
      return Factorization.triangularSolution(
        t.matrices, b.matrices, isLower: lower != transposed
      ).inBatches(of: b)
    }
  }

  /// X of `A X = B`, by elimination with row exchanges. Infinite or NaN where A is singular.
  ///
  /// - Parameter right: `[…, n, m]`, or one vector `[n]`; batches broadcast.
  public func solve(_ right: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    let call = MatrixCall("solve", at: .line(file: file, line: line))
    return call.solving(self, right) { a, b in
      Factorization.solution(a.matrices, b.matrices).inBatches(of: b)
    }
  }

  /// `A⁻¹`, `[…, n, n]`. Infinite or NaN where A is singular; `solve` is more accurate where a system is
  /// what is asked for.
  public func inverse(file: String = #fileID, line: Int = #line) -> Tensor {
    let call = MatrixCall("inverse", at: .line(file: file, line: line))
    let a = materialized
    call.requireSquare(a)
    return call.computing(a) { Factorization.inverse($0.matrices).inBatches(of: a) }
  }

  /// `det A`, `[…]`; 1 for matrices without rows. The derivative is NaN where A is singular.
  public func determinant(file: String = #fileID, line: Int = #line) -> Tensor {
    let call = MatrixCall("determinant", at: .line(file: file, line: line))
    let a = materialized
    call.requireSquare(a)
    return call.computing(a) {
      Factorization.determinant($0.matrices).inBatches(of: a)
    }
  }

  /// The sign of `det A` (0 for a singular matrix) and `ln |det A|`, which neither overflows nor
  /// vanishes; both `[…]`.
  public func logDeterminant(
    file: String = #fileID, line: Int = #line
  ) -> (sign: Tensor, logarithm: Tensor) {
    let call = MatrixCall("logDeterminant", at: .line(file: file, line: line))
    let a = materialized
    call.requireSquare(a)
    let found = Factorization.logDeterminant(a.arithmetic.matrices)
    return (
      sign: found.sign.inBatches(of: a).cast(to: dtype),
      logarithm: found.logarithm.inBatches(of: a).cast(to: dtype)
    )
  }

  /// Factors of `P A = L U`: L with ones on its diagonal, U, and the rows of A in the order in which
  /// the factors have them, `[…, n]`, i64. The pivot is the first largest element of its column.
  public func lu(
    file: String = #fileID, line: Int = #line
  ) -> (lower: Tensor, upper: Tensor, order: Tensor) {
    let call = MatrixCall("lu", at: .line(file: file, line: line))
    let a = materialized
    call.requireSquare(a)
    let factors = Factorization.lu(a.arithmetic.matrices)
    return (
      lower: factors.lower.inBatches(of: a).cast(to: dtype),
      upper: factors.upper.inBatches(of: a).cast(to: dtype),
      order: factors.order.inBatches(of: a)
    )
  }

  /// Factors of `A = Q R`: Q with orthonormal columns and R with zeros below its diagonal, by
  /// Householder's reflections with LAPACK's signs.
  ///
  /// For `[…, m, n]` Q is `[…, m, k]` and R `[…, k, n]` with k the smaller of m and n, or m where
  /// `complete`. Has a derivative where m ≥ n and Q has n columns, if the columns are independent.
  public func qr(
    complete: Bool = false, file: String = #fileID, line: Int = #line
  ) -> (q: Tensor, r: Tensor) {
    let call = MatrixCall("qr", at: .line(file: file, line: line))
    let a = materialized
    call.requireMatrix(a)
    let (rows, columns) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    let factors = Factorization.qr(
      a.arithmetic.matrices, columns: complete ? rows : Swift.min(rows, columns))
    return (
      q: factors.q.inBatches(of: a).cast(to: dtype), r: factors.r.inBatches(of: a).cast(to: dtype)
    )
  }

  /// The sum of the diagonal of each matrix, `[…, m, n]` to `[…]`, of numeric tensors.
  public func trace(
    offset: Int = 0, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard dtype.isNumeric, rank >= 2 else {
      misuse("trace: \(typeText): a numeric matrix, or a batch of them, expected", at: location)
    }
    return diagonal(offset: offset, file: file, line: line).sum(axis: -1, file: file, line: line)
  }

  /// `A` times itself, `power` times in all, `[…, n, n]`; 0 gives the unit matrix, negative powers
  /// those of the inverse. By repeated squares.
  public func matrixPower(
    _ power: Int, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let call = MatrixCall("matrixPower", at: .line(file: file, line: line))
    let a = materialized
    call.requireSquare(a)
    if power == 0 { return a.unitMatrices }
    var base = power < 0 ? a.inverse(file: file, line: line) : a
    var result: Tensor?
    var rest = power.magnitude
    while true {
      if rest & 1 == 1 { result = result.map { $0.matmul(base) } ?? base }
      rest >>= 1
      if rest == 0 { break }
      base = base.matmul(base)
    }
    return result ?? a
  }

  /// The vector product along an axis of three elements, of numeric tensors whose other axes
  /// broadcast.
  public func cross(
    _ other: Tensor, axis: Int = -1, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard let joined = Tensor.join(shape, other.shape), dtype == other.dtype, dtype.isNumeric else {
      misuse(
        "cross: \(typeText) and \(other.typeText): tensors of one numeric type that broadcast "
          + "expected", at: location)
    }
    let place = Self.resolve(axis: axis, rank: joined.count, "cross", at: location)
    let (a, b) = (broadcast(to: joined), other.broadcast(to: joined))
    guard joined[place] == 3 else {
      misuse(
        "cross: axis \(axis) of \(a.typeText): 3 elements expected, found \(joined[place])",
        at: location)
    }
    let (x, y) = (a.split([1, 1, 1], axis: place), b.split([1, 1, 1], axis: place))
    let parts = (0..<3).map { number in
      let (next, last) = ((number + 1) % 3, (number + 2) % 3)
      return x[next] * y[last] - x[last] * y[next]
    }
    return Tensor.concatenated(parts, axis: place)
  }
}
