// Factorizations of matrices as plain loops, a matrix of a batch after the other.

import IRCore

/// Kernels of one element type; each takes batches of matrices, `[batch, rows, columns]`.
struct FactorizationKernels: Sendable {
  /// From a symmetric matrix, of which the lower triangle is read, to the upper factor U of
  /// `Uᵀ U`; NaN from the first pivot on that is not positive.
  let cholesky: TensorKernel
  /// The solution of `L X = B` for a lower triangle, whose other elements are not read.
  let lowerSolve: TensorKernel
  /// The solution of `U X = B` for an upper triangle.
  let upperSolve: TensorKernel
  /// From a square matrix to L (ones on its diagonal are left out) and U in one, the rows of the
  /// matrix in the order of the factors, and the sign of that order.
  let lu: TensorKernel
  /// From a matrix to R in its upper triangle, with Householder's vectors below it, and their
  /// factors.
  let householder: TensorKernel
  /// From Householder's vectors, their factors and the first columns of the unit matrix to Q.
  let reflections: TensorKernel

  private static let f32 = FactorizationKernels(.f32)
  private static let f64 = FactorizationKernels(.f64)

  /// Those of a matrix's type, f32 or f64.
  static func of(_ a: Tensor) -> FactorizationKernels { a.dtype == .f64 ? f64 : f32 }

  private init(_ dtype: DType) {
    cholesky = Self.cholesky(dtype)
    lowerSolve = Self.solve(dtype, isLower: true)
    upperSolve = Self.solve(dtype, isLower: false)
    lu = Self.lu(dtype)
    householder = Self.householder(dtype)
    reflections = Self.reflections(dtype)
  }

  /// Rows of the factor one after the other, each taken out of the rest at once: what is innermost
  /// runs along rows.
  private static func cholesky(_ dtype: DType) -> TensorKernel {
    kernel("cholesky") { k in
      let count = k.extent("count"), n = k.extent("n")
      let a = k.input(dtype, [count, n, n]), u = k.output(dtype, [count, n, n])
      for b in k.range(count, name: "b") {
        for i in k.range(n) {
          for j in k.range(i..<n) { u[b, i, j] = a[b, j, i] }
        }
        for p in k.range(n, name: "p") {
          let pivot = sqrt(u[b, p, p])
          for j in k.range(p..<n) { u[b, p, j] = u[b, p, j] / pivot }
          for i in k.range(p + 1..<n) {
            let factor = u[b, p, i]
            for j in k.range(i..<n) { u[b, i, j] -= factor * u[b, p, j] }
          }
        }
      }
    }
  }

  /// Rows of the solution in the order in which the triangle gives them, each less the known ones.
  private static func solve(_ dtype: DType, isLower: Bool) -> TensorKernel {
    kernel(isLower ? "solveLower" : "solveUpper") { k in
      let count = k.extent("count"), n = k.extent("n"), m = k.extent("m")
      let a = k.input(dtype, [count, n, n]), y = k.input(dtype, [count, n, m])
      let x = k.output(dtype, [count, n, m])
      for b in k.range(count, name: "b") {
        let rows = k.range(n)
        for i in isLower ? rows : rows.reversed() {
          for j in k.range(m) { x[b, i, j] = y[b, i, j] }
          let known = isLower ? k.range(0..<i, name: "p") : k.range(i + 1..<n, name: "p")
          for p in known {
            let factor = a[b, i, p]
            for j in k.range(m) { x[b, i, j] -= factor * x[b, p, j] }
          }
          let pivot = a[b, i, i]
          for j in k.range(m) { x[b, i, j] = x[b, i, j] / pivot }
        }
      }
    }
  }

  /// Gauss's elimination; the pivot is the first largest of its column.
  private static func lu(_ dtype: DType) -> TensorKernel {
    kernel("lu") { k in
      let count = k.extent("count"), n = k.extent("n")
      let a = k.input(dtype, [count, n, n]), lu = k.output(copying: a)
      let order = k.output(.i64, [count, n]), sign = k.output(dtype, [count])
      for b in k.range(count, name: "b") {
        for i in k.range(n) { order[b, i] = i }
        sign[b] = 1
        for p in k.range(n, name: "p") {
          @Variable var row = p
          @Variable var largest = abs(lu[b, p, p])
          for i in k.range(p + 1..<n) {
            let size = abs(lu[b, i, p])
            k.when(size > largest) {
              largest = size
              row = i
            }
          }
          k.when(row != p) {
            let found = row
            for j in k.range(n) {
              let upper = lu[b, p, j]
              lu[b, p, j] = lu[b, found, j]
              lu[b, found, j] = upper
            }
            let first = order[b, p]
            order[b, p] = order[b, found]
            order[b, found] = first
            sign[b] = -sign[b]
          }
          let pivot = lu[b, p, p]
          for i in k.range(p + 1..<n) {
            let factor = lu[b, i, p] / pivot
            lu[b, i, p] = factor
            for j in k.range(p + 1..<n) { lu[b, i, j] -= factor * lu[b, p, j] }
          }
        }
      }
    }
  }

  /// Householder's reflections (Golub and Van Loan, *Matrix Computations*, algorithm 5.2.1), with
  /// LAPACK's signs: `I - τ v vᵀ`, v beginning with 1.
  private static func householder(_ dtype: DType) -> TensorKernel {
    kernel("householder") { k in
      let count = k.extent("count"), m = k.extent("m"), n = k.extent("n")
      let a = k.input(dtype, [count, m, n]), r = k.output(copying: a)
      let factors = k.output(dtype, [count, n])
      for b in k.range(count, name: "b") {
        for p in k.range(min(m, n), name: "p") {
          @Variable var squares = KernelValue(0).cast(to: dtype)
          for i in k.range(p + 1..<m) { squares += r[b, i, p] * r[b, i, p] }
          k.when(squares > 0) {
            let first = r[b, p, p]
            let length = sqrt(first * first + squares)
            let target = select(first > 0, -length, length)
            let factor = (target - first) / target
            factors[b, p] = factor
            r[b, p, p] = target
            for i in k.range(p + 1..<m) { r[b, i, p] = r[b, i, p] / (first - target) }
            let sums = k.local(dtype, [n])
            for j in k.range(p + 1..<n) { sums[j] = r[b, p, j] }
            for i in k.range(p + 1..<m) {
              let part = r[b, i, p]
              for j in k.range(p + 1..<n) { sums[j] += part * r[b, i, j] }
            }
            for j in k.range(p + 1..<n) { r[b, p, j] -= factor * sums[j] }
            for i in k.range(p + 1..<m) {
              let part = factor * r[b, i, p]
              for j in k.range(p + 1..<n) { r[b, i, j] -= part * sums[j] }
            }
          }
        }
      }
    }
  }

  private static func reflections(_ dtype: DType) -> TensorKernel {
    kernel("reflections") { k in
      let count = k.extent("count"), m = k.extent("m"), n = k.extent("n"), c = k.extent("c")
      let v = k.input(dtype, [count, m, n]), factors = k.input(dtype, [count, n])
      let unit = k.input(dtype, [count, m, c]), q = k.output(copying: unit)
      for b in k.range(count, name: "b") {
        for p in k.range(0..<min(m, n), name: "p").reversed() {
          let factor = factors[b, p]
          let sums = k.local(dtype, [c])
          for j in k.range(c) { sums[j] = q[b, p, j] }
          for i in k.range(p + 1..<m) {
            let part = v[b, i, p]
            for j in k.range(c) { sums[j] += part * q[b, i, j] }
          }
          for j in k.range(c) { q[b, p, j] -= factor * sums[j] }
          for i in k.range(p + 1..<m) {
            let part = factor * v[b, i, p]
            for j in k.range(c) { q[b, i, j] -= part * sums[j] }
          }
        }
      }
    }
  }
}
