// Tensors from and to memory of other owners, and nested arrays.

import Driver
public import IRCore

extension Tensor {
  /// A tensor in memory that `owner` keeps, and that nothing changes, as long as a tensor refers to
  /// it: row-major, little-endian, `bool` as 0 and 1.
  ///
  /// Nothing is copied where the memory starts at a multiple of 64 bytes, as pages do; else the
  /// elements are.
  ///
  /// ```swift
  /// let weights = Tensor(sharing: file.bytes, shape: [4096, 4096], dtype: .f32, owner: file)
  /// ```
  public init(
    sharing bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType,
    owner: any AnyObject & Sendable, file: String = #fileID, line: Int = #line
  ) {
    let location = SourceLocation.line(file: file, line: line)
    Self.require(bytes, shape, dtype, at: location)
    let shared = Storage(bytes, keeping: owner)
    self.init(
      shared ?? Self.copy(of: bytes, at: location), dtype: dtype, shape: shape, at: location)
  }

  /// A tensor of `shape`, by default a vector, with copies of elements in row-major order.
  public init<Scalar: TensorScalar>(
    copying elements: UnsafeBufferPointer<Scalar>, shape: [Int]? = nil, file: String = #fileID,
    line: Int = #line
  ) {
    let location = SourceLocation.line(file: file, line: line)
    let bytes = UnsafeRawBufferPointer(elements)
    let shape = shape ?? [elements.count]
    Self.require(bytes, shape, Scalar.dtype, at: location)
    self.init(
      Self.copy(of: bytes, at: location), dtype: Scalar.dtype, shape: shape, at: location)
  }

  /// A matrix of rows, which are of one length: `[[Float]]` becomes f32, and so on.
  public init<Scalar: TensorScalar>(
    rows: [[Scalar]], file: String = #fileID, line: Int = #line
  ) {
    let width = rows.first?.count ?? 0
    if let other = rows.firstIndex(where: { $0.count != width }) {
      misuse(
        "Tensor(rows:): row \(other) has \(rows[other].count) elements, the first has \(width)",
        file: file, line: line)
    }
    self.init(
      scalars: Array(rows.joined()), shape: [rows.count, width], file: file, line: line)
  }

  /// The rows of a matrix; see `scalars(as:)`.
  public func rows<Scalar: TensorScalar>(
    as type: Scalar.Type, file: String = #fileID, line: Int = #line
  ) -> [[Scalar]] {
    guard rank == 2 else {
      misuse("rows: \(typeText): a matrix expected", file: file, line: line)
    }
    let all = scalars(as: type, file: file, line: line)
    return (0..<shape[0]).map { Array(all[$0 * shape[1]..<($0 + 1) * shape[1]]) }
  }

  /// Calls `body` with the elements' bytes in row-major order, little-endian, without copying them.
  public func withUnsafeBytes<Result>(
    file: String = #fileID, line: Int = #line, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try storage(at: .line(file: file, line: line)).withUnsafeBytes(body)
  }

  static func copy(of bytes: UnsafeRawBufferPointer, at location: SourceLocation) -> Storage {
    do {
      let storage = try Storage(byteCount: bytes.count)
      storage.withUnsafeMutableBytes { $0.copyMemory(from: bytes) }
      return storage
    } catch { misuse("\(error)", at: location) }
  }

  /// Ends with a message unless the bytes are those of a tensor.
  static func require(
    _ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ dtype: DType, at location: SourceLocation
  ) {
    requireShape(shape, dtype, "Tensor", at: location)
    let expected = shape.reduce(dtype.byteSize, *)
    guard bytes.count == expected else {
      misuse(
        "Tensor: \(bytes.count) bytes, expected \(expected) for \(dtype) of shape \(shape)",
        at: location)
    }
    guard dtype != .bool || bytes.allSatisfy({ $0 <= 1 }) else {
      misuse("Tensor(bytes:): a bool is a byte 0 or 1", at: location)
    }
  }
}
