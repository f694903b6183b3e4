// Reading values: evaluates what is asked for.

package import Driver
import IRCore

extension Tensor {
  /// Computes the value now, and in the same program every other tensor in use that shares part of
  /// the computation.
  ///
  /// - Throws: why the program was not compiled or did not run. The other readers end the process
  ///   with that message instead.
  public func evaluate(file: String = #fileID, line: Int = #line) throws(EvaluationFailure) {
    guard case .handle(let handle) = representation else { return }
    handle.node.requireUntraced(at: .line(file: file, line: line))
    try Evaluation.evaluate([handle.node])
  }

  /// Computes several values in one program.
  public static func evaluate(
    _ tensors: Tensor..., file: String = #fileID, line: Int = #line
  ) throws(EvaluationFailure) {
    var nodes: [TraceNode] = []
    for case .handle(let handle) in tensors.map(\.representation) {
      handle.node.requireUntraced(at: .line(file: file, line: line))
      nodes.append(handle.node)
    }
    try Evaluation.evaluate(nodes)
  }

  /// The elements in row-major order. `type` must have the memory of this tensor's elements:
  /// `Float` for f32, `Double` for f64, `Float16` and `BFloat16` for f16 and bf16, `Int32` for i32,
  /// `Int` or `Int64` for i64, `Bool` for bool.
  public func scalars<Scalar: TensorScalar>(
    as type: Scalar.Type, file: String = #fileID, line: Int = #line
  ) -> [Scalar] {
    withScalars(as: type, file: file, line: line) { span in
      // The array without elements is one object of all threads, whose count is not to be set.
      if span.count == 0 { return [] }
      return [Scalar](unsafeUninitializedCapacity: span.count) { buffer, count in
        for index in span.indices { buffer.initializeElement(at: index, to: span[index]) }
        count = span.count
      }
    }
  }

  /// Calls `body` with the elements in row-major order, without copying them.
  public func withScalars<Scalar: TensorScalar, Result>(
    as type: Scalar.Type, file: String = #fileID, line: Int = #line,
    _ body: (Span<Scalar>) throws -> Result
  ) rethrows -> Result {
    let location = SourceLocation.line(file: file, line: line)
    guard Scalar.dtype == dtype else {
      misuse("scalars: \(typeText) read as \(Scalar.self), which is \(Scalar.dtype)", at: location)
    }
    return try storage(at: location).withUnsafeBytes { bytes in
      try body(Span(_unsafeElements: bytes.assumingMemoryBound(to: Scalar.self)))
    }
  }

  /// The only element; a tensor of more elements has none.
  public func scalar<Scalar: TensorScalar>(
    as type: Scalar.Type, file: String = #fileID, line: Int = #line
  ) -> Scalar {
    guard count == 1 else {
      misuse("scalar: \(typeText) has \(count) elements", file: file, line: line)
    }
    return withScalars(as: type, file: file, line: line) { $0[0] }
  }

  /// The only element as a Double; integers of 64 bits round, truth values are 0 and 1.
  public func item(file: String = #fileID, line: Int = #line) -> Double {
    guard count == 1 else {
      misuse("item: \(typeText) has \(count) elements", file: file, line: line)
    }
    return literals(at: .line(file: file, line: line))[0].doubleValue
  }

  /// Memory of the value, evaluated where it is pending.
  package func storage(at location: SourceLocation) -> Storage {
    let node = node
    if let storage = node.storage { return storage }
    node.requireUntraced(at: location)
    evaluate(node, at: location)
    guard let storage = node.storage else { misuse("the value was lost", at: location) }
    return storage
  }

  /// Memory of the value where it stands in memory already.
  var readyStorage: Storage? {
    guard case .handle(let handle) = representation else { return nil }
    return handle.node.storage
  }

  /// Evaluates for callers that do not throw.
  func evaluate(at location: SourceLocation) { evaluate(node, at: location) }

  private func evaluate(_ node: TraceNode, at location: SourceLocation) {
    do { try Evaluation.evaluate([node]) } catch { misuse("\(error)", at: location) }
  }

  /// The elements with their type.
  func literals(at location: SourceLocation) -> [Literal] {
    let dtype = dtype
    let size = dtype.byteSize
    return storage(at: location).withUnsafeBytes { bytes in
      (0..<count).map { Literal(dtype, bits: Self.bits(bytes, at: $0 * size, size: size)) }
    }
  }

  /// `size` bytes at `offset`, little-endian.
  static func bits(_ bytes: UnsafeRawBufferPointer, at offset: Int, size: Int) -> UInt64 {
    var bits: UInt64 = 0
    for index in 0..<size { bits |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
    return bits
  }
}

extension TraceNode {
  /// Ends with a message for a value that exists only inside a compiled function.
  func requireUntraced(at location: SourceLocation) {
    guard isTraced else { return }
    step?.requireReadable(self, at: location)
    misuse(
      "a value is read while compile { … } traces it: return it from the function and read it there",
      at: location)
  }
}
