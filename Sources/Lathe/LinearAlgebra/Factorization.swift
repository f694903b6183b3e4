// Factorizations with their derivatives, on batches `[batch, rows, columns]` of f32 or f64.

import IRCore

/// Factors of `P A = L U`.
struct LUFactors {
  /// Both triangles in one matrix, the ones on L's diagonal left out.
  var both: Tensor
  /// By row of the factors: which row of A it is, `[batch, rows]`, i64.
  var order: Tensor
  /// 1 or -1 by whether the order is even, `[batch]`.
  var sign: Tensor
}

/// Factors of `A = Q R`.
struct QRFactors {
  var q: Tensor
  var r: Tensor
}

/// `det A` as a sign and the logarithm of its size.
struct LogDeterminant {
  var sign: Tensor
  var logarithm: Tensor
}

/// The functions, each with its rule. Rules come from A. Griewank's and M. Giles's collections (Giles,
/// *An extended collection of matrix derivative results*, 2008).
enum Factorization {
  /// L of `A = L Lᵀ`. `dL = L Φ(L⁻¹ dA L⁻ᵀ)`, where Φ is the lower triangle with half the diagonal.
  static func cholesky(_ a: Tensor) -> Tensor {
    let factor = differentiable { (a: Tensor) in
      FactorizationKernels.of(a).cholesky(a).matrixTransposed
    } pushforward: { _, l, slope in
      let inverse = triangularInverse(l, isLower: true)
      let symmetric = (slope + slope.matrixTransposed) * 0.5
      let inner = inverse.matmul(symmetric).matmul(inverse.matrixTransposed)
      let half = inner.triangle(isLower: true) - inner * inner.unitMatrices * 0.5
      return l.matmul(half)
    }
    return LibraryFactorization.cholesky(a) ?? factor(a)
  }

  /// `T⁻¹`. `d(T⁻¹) = -T⁻¹ dT T⁻¹`.
  static func triangularInverse(_ t: Tensor, isLower: Bool) -> Tensor {
    let inverse = differentiable { (t: Tensor) in
      substituted(t, t.unitMatrices, isLower: isLower)
    } pushforward: { _, inverse, slope in
      -inverse.matmul(slope.triangle(isLower: isLower)).matmul(inverse)
    }
    return inverse(t)
  }

  /// X of `T X = B`. `dX = T⁻¹ (dB - dT X)`.
  static func triangularSolution(_ t: Tensor, _ b: Tensor, isLower: Bool) -> Tensor {
    if let x = LibraryFactorization.triangularSolution(t, b, isLower: isLower) { return x }
    let solve = differentiable { (t: Tensor, b: Tensor) in
      substituted(t, b, isLower: isLower)
    } pushforward: { t, _, x, slope, other in
      triangularInverse(t, isLower: isLower)
        .matmul(other - slope.triangle(isLower: isLower).matmul(x))
    }
    return solve(t, b)
  }

  fileprivate static func substituted(_ t: Tensor, _ b: Tensor, isLower: Bool) -> Tensor {
    let kernels = FactorizationKernels.of(t)
    return isLower ? kernels.lowerSolve(t, b) : kernels.upperSolve(t, b)
  }

  /// `P A = L U`. `dL = L low(F)` and `dU = up(F) U` with `F = L⁻¹ P dA U⁻¹`.
  static func lu(_ a: Tensor) -> LUFactors {
    if let factors = LibraryFactorization.lu(a) { return factors }
    let factors = differentiable { (a: Tensor) in
      plainLU(a)
    } pushforward: { _, factors, slope in
      let (lower, upper) = (factors.lower, factors.upper)
      let inner = triangularInverse(lower, isLower: true)
        .matmul(factors.ordered(slope)).matmul(triangularInverse(upper, isLower: false))
      let dLower = lower.matmul(inner.triangle(isLower: true, offset: -1))
      let dUpper = inner.triangle(isLower: false).matmul(upper)
      return LUFactors(
        both: dLower + dUpper, order: factors.order, sign: factors.sign * 0)
    }
    return factors(a)
  }

  private static func plainLU(_ a: Tensor) -> LUFactors {
    let found = FactorizationKernels.of(a).lu.outputs(of: a)
    return LUFactors(both: found[0], order: found[1], sign: found[2])
  }

  /// X of `A X = B`. `dX = A⁻¹ (dB - dA X)`.
  static func solution(_ a: Tensor, _ b: Tensor) -> Tensor {
    if let factors = LibraryFactorization.lu(a) { return factors.solution(b) }
    let solve = differentiable { (a: Tensor, b: Tensor) in
      plainLU(a).plainSolution(b)
    } pushforward: { a, _, x, slope, other in
      inverse(a).matmul(other - slope.matmul(x))
    }
    return solve(a, b)
  }

  /// `A⁻¹`. `d(A⁻¹) = -A⁻¹ dA A⁻¹`.
  static func inverse(_ a: Tensor) -> Tensor {
    if let factors = LibraryFactorization.lu(a) { return factors.solution(a.unitMatrices) }
    let inverse = differentiable { (a: Tensor) in
      plainLU(a).plainSolution(a.unitMatrices)
    } pushforward: { _, inverse, slope in
      -inverse.matmul(slope).matmul(inverse)
    }
    return inverse(a)
  }

  /// `det A`, `[batch]`. `d det = det · tr(A⁻¹ dA)`.
  static func determinant(_ a: Tensor) -> Tensor {
    if let factors = LibraryFactorization.lu(a) { return factors.determinant }
    let determinant = differentiable { (a: Tensor) in
      plainLU(a).determinant
    } pushforward: { a, result, slope in
      result * einsum("bij, bji -> b", inverse(a), slope)
    }
    return determinant(a)
  }

  /// The sign of `det A` and `ln |det A|`, `[batch]`; the slope of the latter is `tr(A⁻¹ dA)`.
  static func logDeterminant(_ a: Tensor) -> LogDeterminant {
    if let factors = LibraryFactorization.lu(a) { return factors.logDeterminant }
    let logarithm = differentiable { (a: Tensor) in
      plainLU(a).logDeterminant
    } pushforward: { a, result, slope in
      LogDeterminant(
        sign: result.sign * 0, logarithm: einsum("bij, bji -> b", inverse(a), slope))
    }
    return logarithm(a)
  }

  /// `A = Q R` with `columns` columns of Q. With `C = Qᵀ dA R⁻¹` and Ω = low(C) - low(C)ᵀ:
  /// `dQ = dA R⁻¹ - Q (C - Ω)` and `dR = (C - Ω) R`, where A has as many rows as columns or more and
  /// Q as many columns as A.
  static func qr(_ a: Tensor, columns: Int) -> QRFactors {
    if let factors = LibraryFactorization.qr(a, columns: columns) { return factors }
    guard columns == a.shape[2], a.shape[1] >= columns else { return plainQR(a, columns: columns) }
    let factors = differentiable { (a: Tensor) in
      plainQR(a, columns: columns)
    } pushforward: { _, factors, slope in
      let outer = slope.matmul(triangularInverse(factors.r, isLower: false))
      let inner = factors.q.matrixTransposed.matmul(outer)
      let low = inner.triangle(isLower: true, offset: -1)
      let rest = inner - (low - low.matrixTransposed)
      return QRFactors(q: outer - factors.q.matmul(rest), r: rest.matmul(factors.r))
    }
    return factors(a)
  }

  private static func plainQR(_ a: Tensor, columns: Int) -> QRFactors {
    let found = FactorizationKernels.of(a).householder.outputs(of: a)
    let unit = Tensor.eye(a.shape[1], columns, a.dtype)
      .broadcast(to: [a.shape[0], a.shape[1], columns])
    let q = FactorizationKernels.of(a).reflections(found[0], found[1], unit)
    let r = found[0][.all, 0..<Swift.min(columns, a.shape[1])].triangle(isLower: false)
    return QRFactors(q: q, r: r)
  }
}

extension LUFactors {
  /// L, with ones on its diagonal.
  var lower: Tensor { both.triangle(isLower: true, offset: -1) + both.unitMatrices }
  /// U.
  var upper: Tensor { both.triangle(isLower: false) }

  /// Rows of other matrices in the order of the factors.
  func ordered(_ b: Tensor) -> Tensor {
    b.takeAlong(order.expandedDimensions(at: 2).broadcast(to: b.shape), axis: 1)
  }

  /// X of `A X = B`.
  func solution(_ b: Tensor) -> Tensor {
    let y = Factorization.triangularSolution(lower, ordered(b), isLower: true)
    return Factorization.triangularSolution(upper, y, isLower: false)
  }

  /// The same by the kernels of loops alone.
  func plainSolution(_ b: Tensor) -> Tensor {
    let y = Factorization.substituted(lower, ordered(b), isLower: true)
    return Factorization.substituted(upper, y, isLower: false)
  }

  /// `det A`.
  var determinant: Tensor { sign * both.diagonal().product(axis: -1) }
  /// The sign of `det A`, 0 for a singular matrix, and `ln |det A|`.
  var logDeterminant: LogDeterminant {
    let diagonal = both.diagonal()
    return LogDeterminant(
      sign: sign * diagonal.sign().product(axis: -1),
      logarithm: log(abs(diagonal)).sum(axis: -1))
  }
}
