// What functions of matrices have in common: checks, batches, element types.

import IRCore

/// A call of a function of matrices.
struct MatrixCall {
  let name: String
  let location: SourceLocation

  init(_ name: String, at location: SourceLocation) {
    self.name = name
    self.location = location
  }

  /// Ends the process unless the tensor is a float matrix, or a batch of them.
  func requireMatrix(_ a: Tensor) {
    guard a.dtype.isFloat, a.rank >= 2 else {
      misuse("\(name): \(a.typeText): a float matrix, or a batch of them, expected", at: location)
    }
  }

  /// Ends the process unless the tensor is a square float matrix, or a batch of them.
  func requireSquare(_ a: Tensor) {
    requireMatrix(a)
    guard a.shape[a.rank - 1] == a.shape[a.rank - 2] else {
      misuse("\(name): \(a.typeText): a square matrix, or a batch of them, expected", at: location)
    }
  }

  /// Ends the process unless a right side has the type and as many rows as a square matrix.
  func requireSystem(_ a: Tensor, _ b: Tensor) {
    requireSquare(a)
    guard b.dtype == a.dtype else {
      misuse("\(name): \(a.typeText) and \(b.typeText) are of different types", at: location)
    }
    guard b.rank >= 1, b.shape[Swift.max(0, b.rank - 2)] == a.shape[a.rank - 1] else {
      misuse(
        "\(name): \(a.typeText) and \(b.typeText): as many rows on the right side expected as the "
          + "matrix has", at: location)
    }
  }

  /// What `body` makes of a matrix; f16 and bf16 compute in f32.
  func computing(_ a: Tensor, _ body: (Tensor) -> Tensor) -> Tensor {
    body(a.arithmetic).cast(to: a.dtype)
  }

  /// The solution of a system: operands in the type of computation, with the same batches, a vector
  /// as one column.
  func solving(_ a: Tensor, _ b: Tensor, _ body: (Tensor, Tensor) -> Tensor) -> Tensor {
    let (a, b) = (a.materialized, b.materialized)
    requireSystem(a, b)
    let isVector = b.rank == 1
    let columns = isVector ? b.expandedDimensions(at: 1) : b
    guard let batch = Tensor.join(Array(a.shape.dropLast(2)), Array(columns.shape.dropLast(2)))
    else {
      misuse(
        "\(name): \(a.typeText) and \(b.typeText): batches broadcast by NumPy's rule", at: location)
    }
    let type = a.dtype
    let x = body(
      a.broadcast(to: batch + a.shape.suffix(2)).arithmetic,
      columns.broadcast(to: batch + columns.shape.suffix(2)).arithmetic)
    let result = isVector ? x.squeezed(at: -1) : x
    return result.cast(to: type)
  }
}

extension Tensor {
  /// f32 for f16 and bf16.
  var arithmetic: Tensor { dtype.isShortFloat ? cast(to: .f32) : self }

  /// Matrices in one batch axis, `[batch, rows, columns]`.
  var matrices: Tensor {
    reshaped(to: [shape.dropLast(2).reduce(1, *)] + Array(shape.suffix(2)))
  }

  /// Matrices, or what else there is one of for each, in the batches of another tensor.
  func inBatches(of other: Tensor) -> Tensor {
    reshaped(to: Array(other.shape.dropLast(2)) + Array(shape.dropFirst()))
  }

  /// The matrix with rows and columns in each other's place.
  var matrixTransposed: Tensor { transposed(-2, -1) }

  /// Unit matrices of the type and shape of these.
  var unitMatrices: Tensor {
    Tensor.eye(shape[rank - 2], shape[rank - 1], dtype).broadcast(to: shape)
  }

  /// The elements on one side of the diagonal, and zeros elsewhere; `offset` moves the border to
  /// the right.
  func triangle(isLower: Bool, offset: Int = 0) -> Tensor {
    isLower ? lowerTriangle(offset: offset) : upperTriangle(offset: offset)
  }
}
