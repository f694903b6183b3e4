// Products of matrices, vectors and batches of them.

public import IRCore
import TensorIR

extension Tensor {
  /// Matrix product, by NumPy's rules.
  ///
  /// `[m, k]` by `[k, n]` gives `[m, n]`: `Σ a[i, k] · b[k, j]` over k. Axes before the last two
  /// are batches, which broadcast: `[8, 1, m, k]` by `[4, k, n]` gives `[8, 4, m, n]`. A vector on
  /// the left is one row, on the right one column, and its axis is absent from the result.
  /// Transposed operands cost nothing: views become part of the product's indices.
  ///
  /// Products are added one after the other, so results do not depend on threads or blocks;
  /// integers wrap. For sums of floats the error is at most k·eps·Σ|a·b|.
  ///
  /// - Parameter accumulator: type in which products are added, f64 for f32 operands, say; the
  ///   operands' for `nil`.
  ///
  /// ```swift
  /// let hidden = relu(x.matmul(weights) + bias)  // one kernel
  /// ```
  public func matmul(
    _ other: Tensor, accumulator: DType? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let call = ContractionCall(
      "matmul", accumulator: accumulator, at: .line(file: file, line: line))
    let (a, b) = (materialized, other.materialized)
    guard a.rank > 0, b.rank > 0 else {
      call.fail([a, b], "are no matrices: 1 axis or more expected; multiply with * instead")
    }
    let inner = a.shape[a.rank - 1]
    let outer = b.shape[Swift.max(0, b.rank - 2)]
    guard inner == outer else {
      call.fail([a, b], "do not chain: \(inner) columns by \(outer) rows")
    }
    guard let batch = Tensor.join(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2))) else {
      call.fail([a, b], "do not match: batches broadcast by NumPy's rule")
    }
    // Labels: batches from the last as -1, -2, …; then rows 0, the summed axis 1, columns 2.
    func batches(_ tensor: Tensor) -> [Int] {
      (0..<Swift.max(0, tensor.rank - 2)).reversed().map { -1 - $0 }
    }
    let rows = a.rank > 1 ? [0] : []
    let columns = b.rank > 1 ? [2] : []
    let result = batch.indices.reversed().map { -1 - $0 } + rows + columns
    return call(
      Labeled(a, batches(a) + rows + [1]), Labeled(b, batches(b) + [1] + columns), to: result)
  }

  /// Inner product along the last axis of this and the only axis of a vector, or of two vectors:
  /// `Σ a[k] · b[k]`. `[…, k]` by `[k]` gives `[…]`.
  public func dot(
    _ other: Tensor, accumulator: DType? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let call = ContractionCall("dot", accumulator: accumulator, at: .line(file: file, line: line))
    let (a, b) = (materialized, other.materialized)
    guard a.rank > 0, b.rank == 1, a.shape[a.rank - 1] == b.shape[0] else {
      call.fail([a, b], "do not match: […, k] and [k] expected")
    }
    let kept = Array(0..<(a.rank - 1))
    return call(Labeled(a, kept + [-1]), Labeled(b, [-1]), to: kept)
  }

  /// Every product of an element of this and one of the other: `[…a]` by `[…b]` gives `[…a, …b]`.
  public func outer(
    _ other: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let call = ContractionCall("outer", at: .line(file: file, line: line))
    let (a, b) = (materialized, other.materialized)
    let labels = Array(0..<(a.rank + b.rank))
    return call(
      Labeled(a, Array(labels.prefix(a.rank))), Labeled(b, Array(labels.dropFirst(a.rank))),
      to: labels)
  }

  /// Sum of products along pairs of axes: axis `axes[p]` of this goes with axis `otherAxes[p]` of
  /// the other. The result has the other axes of this and then those of the other.
  ///
  /// `[a, b, c]` by `[c, b, d]` over axes `[1, 2]` and `[1, 0]` gives `[a, d]`. Sums run over the
  /// pairs in their order, the last fastest.
  public func tensordot(
    _ other: Tensor, axes: [Int], _ otherAxes: [Int], accumulator: DType? = nil,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let call = ContractionCall("tensordot", accumulator: accumulator, at: location)
    let (a, b) = (materialized, other.materialized)
    let first = axes.map { Self.resolve(axis: $0, rank: a.rank, "tensordot", at: location) }
    let second = otherAxes.map { Self.resolve(axis: $0, rank: b.rank, "tensordot", at: location) }
    guard first.count == second.count, Set(first).count == first.count,
      Set(second).count == second.count
    else { call.fail([a, b], "go together along pairs of axes, found \(axes) and \(otherAxes)") }
    for (x, y) in zip(first, second) where a.shape[x] != b.shape[y] {
      call.fail(
        [a, b], "do not match: axis \(x) has \(a.shape[x]) elements, axis \(y) \(b.shape[y])")
    }
    call.requireTypes([a, b])
    let kept = a.shape.indices.filter { !first.contains($0) }
    let otherKept = b.shape.indices.filter { !second.contains($0) }
    var maps = [a, b].map { [IndexExpression](repeating: 0, count: $0.rank) }
    for (place, axis) in kept.enumerated() { maps[0][axis] = .variable(place) }
    for (place, axis) in otherKept.enumerated() { maps[1][axis] = .variable(kept.count + place) }
    let shape = kept.map { a.shape[$0] } + otherKept.map { b.shape[$0] }
    for (pair, (x, y)) in zip(first, second).enumerated() {
      maps[0][x] = .variable(shape.count + pair)
      maps[1][y] = .variable(shape.count + pair)
    }
    if first.isEmpty { return a.outer(b, file: file, line: line) }
    return call.contract(
      a, b, maps: maps, shape: shape, summed: first.map { a.shape[$0] })
  }

  /// Sum of products along the last `axes` axes of this and the first ones of the other, in order.
  public func tensordot(
    _ other: Tensor, axes: Int = 2, accumulator: DType? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    guard axes >= 0, axes <= rank, axes <= other.rank else {
      misuse(
        "tensordot: \(Self.list([self, other])) have no \(axes) axes to sum over",
        file: file, line: line)
    }
    return tensordot(
      other, axes: Array((rank - axes)..<rank), Array(0..<axes), accumulator: accumulator,
      file: file, line: line)
  }
}
