// Vectors at equal distances, and the identity.

public import IRCore
import TensorIR

extension Tensor {
  /// `count` values from `start` to `end` at equal distances; the end is the last of them, or would
  /// be the next for `includesEnd: false`.
  public static func linspace(
    _ start: Double, _ end: Double, count: Int, includesEnd: Bool = true, _ dtype: DType = .f32,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    requireFloat(dtype, "linspace", at: location)
    requireShape([count], dtype, "linspace", at: location)
    let gaps = includesEnd ? count - 1 : count
    let distance = gaps > 0 ? (end - start) / Double(gaps) : 0
    let values = (0..<count).map { $0 > 0 && $0 == gaps ? end : start + Double($0) * distance }
    return vector(values, dtype, file: file, line: line)
  }

  /// The floats from `start` up to (down to, for a negative `step`) but not including `end`; each is
  /// `start` and a multiple of `step`, rounded once.
  public static func arange(
    _ start: Double, _ end: Double, step: Double, _ dtype: DType = .f32, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    requireFloat(dtype, "arange", at: location)
    let count = ((end - start) / step).rounded(.up)
    guard step != 0, count < 1e15 else {
      misuse("arange: \(start) to \(end) by \(step) has no end", at: location)
    }
    let values = (0..<Swift.max(0, Int(count))).map { start + Double($0) * step }
    return vector(values, dtype, file: file, line: line)
  }

  private static func vector(
    _ values: [Double], _ dtype: DType, file: String, line: Int
  ) -> Tensor {
    let bytes = TensorData(dtype, values.map { Literal(dtype, $0) }).bytes
    return Tensor(bytes: bytes, shape: [values.count], dtype: dtype, file: file, line: line)
  }

  /// The matrix with ones on a diagonal, `rows` by `columns` (by default square), zeros elsewhere:
  /// on the main one, or for `offset` above 0 so far above it, below 0 under it.
  public static func eye(
    _ rows: Int, _ columns: Int? = nil, offset: Int = 0, _ dtype: DType = .f32,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let shape = [rows, columns ?? rows]
    let row = iota(shape, axis: 0, file: file, line: line)
    let column = iota(shape, axis: 1, file: file, line: line)
    let place =
      offset == 0 ? row : apply(.add, [row, Tensor(scalar: .integer(offset))], at: location)
    return apply(.eq, [place, column], at: location).cast(to: dtype, file: file, line: line)
  }
}
