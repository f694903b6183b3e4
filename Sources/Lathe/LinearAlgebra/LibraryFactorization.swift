// Which factorizations LAPACK computes: large matrices whose values stand outside of traces.

import Driver
import IRCore

/// Factorizations by OpenBLAS's LAPACK of batches `[batch, rows, columns]`; `nil` in traces, for
/// small matrices, where the library is absent, and where generated kernels are asked for. Where it
/// serves, the operands are computed first.
enum LibraryFactorization {
  /// Rows or columns from which a matrix is large: the library is faster from there on.
  static let fewestRows = 96

  /// LAPACK's matrices of a tensor and their memory as it lies: row-major, so that LAPACK sees them
  /// transposed.
  private static func operand(
    _ a: Tensor, rows: Int, columns: Int
  ) -> (MatrixFactorization, Storage)? {
    guard Evaluation.eagerContraction == .library, Swift.min(rows, columns) >= fewestRows,
      !a.node.isTraced, OpenLoops.currentStep == nil,
      let call = MatrixFactorization(
        a.dtype, count: a.shape[0], rows: rows, columns: columns,
        threads: Compiler.current.options.threads)
    else { return nil }
    return (call, a.storage(at: .unknown))
  }

  private static func call<Result>(
    _ body: () throws(AllocationFailure) -> Result
  ) -> Result {
    do { return try body() } catch { misuse("factorization: \(error)", at: .unknown) }
  }

  static func cholesky(_ a: Tensor) -> Tensor? {
    guard let (factorization, storage) = operand(a, rows: a.shape[1], columns: a.shape[2]) else {
      return nil
    }
    // The lower triangle, row by row, is the upper one, column by column.
    return Tensor(
      call { () throws(AllocationFailure) in try factorization.cholesky(storage) },
      dtype: a.dtype, shape: a.shape)
  }

  static func triangularSolution(_ t: Tensor, _ b: Tensor, isLower: Bool) -> Tensor? {
    guard let (factorization, triangles) = operand(t, rows: t.shape[1], columns: t.shape[2]),
      !b.node.isTraced, b.shape[2] > 0
    else { return nil }
    let right = b.storage(at: .unknown)
    let x = call { () throws(AllocationFailure) in
      try factorization.triangularSolution(
        triangles, right, width: b.shape[2], isLower: isLower)
    }
    return Tensor(x, dtype: b.dtype, shape: b.shape)
  }

  static func lu(_ a: Tensor) -> LUFactors? {
    guard
      let (factorization, storage) = operand(
        a.matrixTransposed, rows: a.shape[1], columns: a.shape[2])
    else { return nil }
    let (both, pivots) = call { () throws(AllocationFailure) in try factorization.lu(storage) }
    var orders: [Int] = []
    var signs: [Double] = []
    for exchanges in pivots {
      var order = Array(exchanges.indices)
      for (row, other) in exchanges.enumerated() { order.swapAt(row, other) }
      orders += order
      let isOdd = exchanges.enumerated().count { $0.offset != $0.element } % 2 == 1
      signs.append(isOdd ? -1 : 1)
    }
    return LUFactors(
      both: Tensor(both, dtype: a.dtype, shape: a.shape).matrixTransposed,
      order: Tensor(scalars: orders, shape: [a.shape[0], a.shape[1]]),
      sign: Tensor(signs).cast(to: a.dtype))
  }

  static func qr(_ a: Tensor, columns: Int) -> QRFactors? {
    let (rows, width) = (a.shape[1], a.shape[2])
    guard let (factorization, storage) = operand(a.matrixTransposed, rows: rows, columns: width)
    else { return nil }
    let (q, r) = call { () throws(AllocationFailure) in
      try factorization.qr(storage, width: columns)
    }
    let whole = Tensor(r, dtype: a.dtype, shape: [a.shape[0], width, rows]).matrixTransposed
    return QRFactors(
      q: Tensor(q, dtype: a.dtype, shape: [a.shape[0], columns, rows]).matrixTransposed,
      r: whole[.all, 0..<Swift.min(columns, rows)].triangle(isLower: false))
  }
}
