// Factorizations of matrices by OpenBLAS's LAPACK, for operations that run one by one.

import COpenBLAS
public import IRCore

/// Batches of matrices that LAPACK takes apart, each column-major and dense, one after the other.
///
/// Functions return `nil` where LAPACK is absent or an extent is none of its integers. Compiled
/// programs never use them.
public struct MatrixFactorization: Hashable, Sendable {
  /// Element type: f32 or f64.
  public let dtype: DType
  /// Number of matrices.
  public let count: Int
  /// Rows of each.
  public let rows: Int
  /// Columns of each.
  public let columns: Int
  /// Threads that the library may use; 0 is its own choice.
  public let threads: Int

  /// Describes matrices; `nil` where LAPACK takes none such.
  public init?(_ dtype: DType, count: Int, rows: Int, columns: Int, threads: Int) {
    let limit = 1...(1 << 15)
    guard dtype == .f32 || dtype == .f64, count > 0, limit.contains(rows), limit.contains(columns),
      lathe_lapack_open()
    else { return nil }
    self.dtype = dtype
    self.count = count
    self.rows = rows
    self.columns = columns
    self.threads = threads
  }

  private var isDouble: Bool { dtype == .f64 }
  private var elements: Int { rows * columns }

  private func matrix(_ storage: Storage, _ batch: Int, elements: Int? = nil)
    -> UnsafeMutableRawPointer
  { storage.address + batch * (elements ?? self.elements) * dtype.byteSize }

  private func copy(of storage: Storage) throws(AllocationFailure) -> Storage {
    lathe_blas_use_threads(Int32(clamping: threads))
    return try Storage(copying: storage)
  }

  /// The upper factor U of each symmetric `A = Uᵀ U`, zeros below; NaN from the first pivot on that
  /// is not positive. Reads the upper triangle.
  public func cholesky(_ matrices: Storage) throws(AllocationFailure) -> Storage {
    let result = try copy(of: matrices)
    for batch in 0..<count {
      let a = matrix(result, batch)
      let info = lathe_lapack_potrf(isDouble, Int32(rows), a)
      if isDouble {
        finish(a.assumingMemoryBound(to: Double.self), stoppedAt: info)
      } else {
        finish(a.assumingMemoryBound(to: Float.self), stoppedAt: info)
      }
    }
    return result
  }

  /// Zeros below the diagonal of a column-major factor; NaN in the rows from where it stopped.
  private func finish<Scalar: BinaryFloatingPoint>(
    _ a: UnsafeMutablePointer<Scalar>, stoppedAt info: Int32
  ) {
    for column in 0..<columns {
      let end = a + column * rows
      for row in column + 1..<max(rows, column + 1) { end[row] = 0 }
      guard info > 0, column >= Int(info) - 1 else { continue }
      for row in Int(info) - 1...column { end[row] = .nan }
    }
  }

  /// L and U of each, and the rows exchanged, from 0: `pivots[i]` with i, in order.
  public func lu(
    _ matrices: Storage
  ) throws(AllocationFailure) -> (factors: Storage, pivots: [[Int]]) {
    let result = try copy(of: matrices)
    var all: [[Int]] = []
    for batch in 0..<count {
      var pivots = [Int32](repeating: 0, count: rows)
      _ = lathe_lapack_getrf(isDouble, Int32(rows), matrix(result, batch), &pivots)
      all.append(pivots.map { Int($0) - 1 })
    }
    return (result, all)
  }

  /// R of each in the upper triangle, and Q with `width` columns, from as many as there are rows at
  /// most.
  public func qr(
    _ matrices: Storage, width: Int
  ) throws(AllocationFailure) -> (q: Storage, r: Storage) {
    let reflections = Swift.min(rows, columns)
    let r = try copy(of: matrices)
    let factors = try Storage(byteCount: Swift.max(1, reflections) * dtype.byteSize)
    let q = try Storage(byteCount: count * rows * width * dtype.byteSize)
    for batch in 0..<count {
      let a = matrix(r, batch)
      let info = lathe_lapack_geqrf(isDouble, Int32(rows), Int32(columns), a, factors.address)
      let target = matrix(q, batch, elements: rows * width)
      let kept = Swift.min(columns, width) * rows * dtype.byteSize
      target.copyMemory(from: a, byteCount: kept)
      let formed = lathe_lapack_orgqr(
        isDouble, Int32(rows), Int32(width), Int32(Swift.min(reflections, width)), target,
        factors.address)
      if min(info, formed) < 0 { throw AllocationFailure(byteCount: rows * dtype.byteSize) }
    }
    return (q, r)
  }

  /// X of `T X = B` for triangles and right sides that lie row-major, rows of B of `width` elements.
  public func triangularSolution(
    _ triangles: Storage, _ right: Storage, width: Int, isLower: Bool
  ) throws(AllocationFailure) -> Storage {
    let result = try copy(of: right)
    for batch in 0..<count {
      lathe_blas_trsm(
        isDouble, isLower, Int32(rows), Int32(width), matrix(triangles, batch),
        matrix(result, batch, elements: rows * width))
    }
    return result
  }
}
