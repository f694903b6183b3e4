// Diagonals, triangles and grids.

import IRCore
import TensorIR

extension Tensor {
  /// The diagonals of matrices over the last two axes: `[…, rows, columns]` to `[…, n]`. `offset`
  /// above 0 names one above the main diagonal, below 0 one under it.
  public func diagonal(
    offset: Int = 0, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let (rows, columns) = matrixExtents("diagonal", at: location)
    let (row, column) = (Swift.max(0, -offset), Swift.max(0, offset))
    let count = Swift.max(0, Swift.min(rows - row, columns - column))
    let place = IndexExpression.variable(rank - 2)
    let batch = (0..<rank - 2).map { IndexExpression.variable($0) }
    return view(
      batch + [place + IndexExpression(row), place + IndexExpression(column)],
      shape.dropLast(2) + [count], at: location)
  }

  /// Square matrices with the vectors of the last axis on their diagonals, 0 elsewhere: `[…, n]` to
  /// `[…, n, n]`.
  public func diagonalMatrix(file: String = #fileID, line: Int = #line) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard let extent = shape.last else {
      misuse("diagonalMatrix: \(typeText): at least one axis expected", at: location)
    }
    let target = shape + [extent]
    Self.requireShape(target, dtype, "diagonalMatrix", at: location)
    let rows = view((0..<rank).map { .variable($0) }, target, at: location)
    return rows.keeping(.eq, offset: 0, at: location)
  }

  /// The elements on and under a diagonal of matrices over the last two axes, 0 above it; `offset`
  /// as in `diagonal(offset:)`.
  public func lowerTriangle(
    offset: Int = 0, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    _ = matrixExtents("lowerTriangle", at: location)
    return keeping(.le, offset: offset, at: location)
  }

  /// The elements on and above a diagonal of matrices over the last two axes, 0 under it; `offset`
  /// as in `diagonal(offset:)`.
  public func upperTriangle(
    offset: Int = 0, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    _ = matrixExtents("upperTriangle", at: location)
    return keeping(.ge, offset: offset, at: location)
  }

  /// Elements of matrices where the column compares so with the row and `offset`, 0 elsewhere.
  private func keeping(
    _ comparison: Elementwise, offset: Int, at location: SourceLocation
  ) -> Tensor {
    func numbers(_ axis: Int) -> Tensor {
      Tensor(.iota(axis: axis), [], dtype: .i64, shape: Array(shape.suffix(2)), at: location)
    }
    let row = Self.apply(.add, [numbers(0), Tensor(integerLiteral: offset)], at: location)
    let isKept = Self.apply(comparison, [numbers(1), row], at: location)
    return Self.apply(.select, [isKept, self, .zeros([], dtype)], at: location)
  }

  private func matrixExtents(
    _ function: String, at location: SourceLocation
  ) -> (rows: Int, columns: Int) {
    guard rank >= 2 else {
      misuse("\(function): \(typeText): matrices of at least 2 axes expected", at: location)
    }
    return (shape[rank - 2], shape[rank - 1])
  }

  /// The coordinates of a grid's points: for each of the vectors a tensor with one axis per vector,
  /// along whose own axis it runs. `swapsFirst` exchanges the first two axes, so that the first
  /// vector runs along the columns of a picture.
  public static func meshGrid(
    _ vectors: [Tensor], swapsFirst: Bool = false, file: String = #fileID, line: Int = #line
  ) -> [Tensor] {
    let location = SourceLocation.line(file: file, line: line)
    if let other = vectors.first(where: { $0.rank > 1 }) {
      misuse("meshGrid: \(other.typeText): vectors expected", at: location)
    }
    var order = Array(vectors.indices)
    if swapsFirst, order.count > 1 { order.swapAt(0, 1) }
    let shape = order.map { vectors[$0].count }
    return vectors.enumerated().map { number, vector in
      let axis = order.firstIndex(of: number) ?? number
      requireShape(shape, vector.dtype, "meshGrid", at: location)
      return vector.view(vector.shape.map { _ in .variable(axis) }, shape, at: location)
    }
  }
}
