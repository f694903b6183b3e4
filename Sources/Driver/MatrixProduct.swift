// Products of matrices by OpenBLAS, for operations that run one by one.

import COpenBLAS
public import IRCore

/// Batches of products of dense matrices: where the operands' elements lie.
///
/// The result is row-major, one m×n matrix after the other. Compiled programs never use this.
public struct MatrixProduct: Hashable, Sendable {
  /// Where a matrix lies: distances in elements of its rows and of its columns.
  public struct Layout: Hashable, Sendable {
    /// From a row to the next.
    public var row: Int
    /// From a column to the next.
    public var column: Int

    /// States the distances.
    public init(row: Int, column: Int) {
      self.row = row
      self.column = column
    }

    /// The distance of dense rows, or else of dense columns; `nil` when neither are dense.
    fileprivate func lines(rows: Int, columns: Int) -> (distance: Int, isTransposed: Bool)? {
      let limit = Int(Int32.max)
      if column == 1 || columns == 1 {
        let distance = rows == 1 ? columns : row
        if distance >= columns, distance <= limit { return (distance, false) }
      }
      if row == 1 || rows == 1 {
        let distance = columns == 1 ? rows : column
        if distance >= rows, distance <= limit { return (distance, true) }
      }
      return nil
    }
  }

  /// Where the operands of one batch begin, in elements.
  public struct Start: Hashable, Sendable {
    /// In the first operand.
    public let a: Int
    /// In the second operand.
    public let b: Int

    /// States the places.
    public init(a: Int, b: Int) {
      self.a = a
      self.b = b
    }
  }

  /// Element type: f32 or f64.
  public var dtype: DType
  /// Extents: a is m×k, b is k×n.
  public var m: Int
  /// See `m`.
  public var n: Int
  /// See `m`.
  public var k: Int
  /// The first operand's layout.
  public var a: Layout
  /// The second operand's layout.
  public var b: Layout
  /// One for each batch.
  public var starts: [Start]

  /// Describes products.
  public init(
    _ dtype: DType, m: Int, n: Int, k: Int, a: Layout, b: Layout, starts: [Start]
  ) {
    self.dtype = dtype
    self.m = m
    self.n = n
    self.k = k
    self.a = a
    self.b = b
    self.starts = starts
  }

  /// The products of what stands in two tensors; `nil` when OpenBLAS is absent or takes no such
  /// matrices.
  ///
  /// - Parameter threads: as many threads as it may use; 0 is its own choice.
  public func callAsFunction(
    _ first: Storage, _ second: Storage, threads: Int
  ) throws(AllocationFailure) -> Storage? {
    let limit = 1...Int(Int32.max)
    guard dtype == .f32 || dtype == .f64, [m, n, k].allSatisfy(limit.contains), !starts.isEmpty,
      let a = a.lines(rows: m, columns: k), let b = b.lines(rows: k, columns: n),
      lathe_blas_open()
    else { return nil }
    lathe_blas_use_threads(Int32(clamping: threads))
    let result = try Storage(byteCount: starts.count * m * n * dtype.byteSize)
    for (batch, start) in starts.enumerated() {
      let x = first.address + start.a * dtype.byteSize
      let y = second.address + start.b * dtype.byteSize
      let z = result.address + batch * m * n * dtype.byteSize
      if dtype == .f32 {
        lathe_blas_sgemm(
          a.isTransposed, b.isTransposed, Int64(m), Int64(n), Int64(k),
          x.assumingMemoryBound(to: Float.self), Int64(a.distance),
          y.assumingMemoryBound(to: Float.self), Int64(b.distance),
          z.assumingMemoryBound(to: Float.self))
      } else {
        lathe_blas_dgemm(
          a.isTransposed, b.isTransposed, Int64(m), Int64(n), Int64(k),
          x.assumingMemoryBound(to: Double.self), Int64(a.distance),
          y.assumingMemoryBound(to: Double.self), Int64(b.distance),
          z.assumingMemoryBound(to: Double.self))
      }
    }
    return result
  }

  /// Whether OpenBLAS is installed; opens it.
  public static var isLibraryPresent: Bool { lathe_blas_open() }

  /// The kernels that OpenBLAS chose for this CPU; opens it.
  public static var libraryKernels: String? {
    lathe_blas_open() ? lathe_blas_kernels().map { String(cString: $0) } : nil
  }
}
