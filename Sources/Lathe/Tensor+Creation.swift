// Making tensors.

import Driver
public import IRCore
import TensorIR

extension Tensor {
  /// A vector of Swift numbers: `[Float]` becomes f32, `[Double]` f64, `[Int32]` i32, `[Int]` and
  /// `[Int64]` i64, `[Bool]` bool.
  @_disfavoredOverload
  public init<Scalar: TensorScalar>(
    _ scalars: [Scalar], file: String = #fileID, line: Int = #line
  ) {
    self.init(
      scalars: scalars, shape: [scalars.count], at: .line(file: file, line: line))
  }

  /// A scalar of a Swift number's type.
  @_disfavoredOverload
  public init<Scalar: TensorScalar>(
    _ scalar: Scalar, file: String = #fileID, line: Int = #line
  ) {
    self.init(scalars: [scalar], shape: [], at: .line(file: file, line: line))
  }

  /// A tensor of `shape` from its elements in row-major order, converted to `dtype` where one is
  /// stated.
  public init<Scalar: TensorScalar>(
    scalars: [Scalar], shape: [Int], dtype: DType? = nil, file: String = #fileID,
    line: Int = #line
  ) {
    let location = SourceLocation.line(file: file, line: line)
    let tensor = Tensor(scalars: scalars, shape: shape, at: location)
    self = dtype.map { tensor.cast(to: $0, file: file, line: line) } ?? tensor
  }

  /// A tensor of nested literals: `Tensor([[1, 2], [3, 4.5]])`. Its element type is `dtype`, or
  /// else f32 when any number has a fraction part written, i64 when none has, bool for truth
  /// values.
  public init(
    _ literal: TensorLiteral, _ dtype: DType? = nil, file: String = #fileID, line: Int = #line
  ) {
    let location = SourceLocation.line(file: file, line: line)
    guard let (values, shape) = literal.flattened else {
      misuse("Tensor: the nested arrays are not all of one length", at: location)
    }
    let type = dtype ?? literal.defaultType(of: values)
    let elements = values.map { value -> Literal in
      guard let element = value.literal(type) else {
        misuse("Tensor: \(value) is no \(type)", at: location)
      }
      return element
    }
    self.init(
      bytes: TensorData(type, elements).bytes, shape: shape, dtype: type, file: file, line: line)
  }

  /// A tensor of `shape` from its elements' bytes: row-major, little-endian, `bool` as 0 and 1.
  public init(
    bytes: [UInt8], shape: [Int], dtype: DType, file: String = #fileID, line: Int = #line
  ) {
    let location = SourceLocation.line(file: file, line: line)
    let storage = bytes.withUnsafeBytes { bytes in
      Self.require(bytes, shape, dtype, at: location)
      return Self.copy(of: bytes, at: location)
    }
    self.init(storage, dtype: dtype, shape: shape, at: location)
  }

  /// Zeros.
  public static func zeros(
    _ shape: [Int], _ dtype: DType = .f32, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    filled(.zero(dtype), shape, "zeros", at: .line(file: file, line: line))
  }

  /// Ones.
  public static func ones(
    _ shape: [Int], _ dtype: DType = .f32, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    filled(.one(dtype), shape, "ones", at: .line(file: file, line: line))
  }

  /// `value` everywhere.
  public static func full(
    _ shape: [Int], _ value: some TensorScalar, _ dtype: DType? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let scalar = value.scalarValue
    let type = dtype ?? scalar.defaultType
    guard let literal = scalar.literal(type) else {
      misuse("full: \(scalar) is no \(type)", at: location)
    }
    return filled(literal, shape, "full", at: location)
  }

  /// Zeros in the shape of another tensor, and of its element type or `dtype`.
  public static func zeros(
    like other: Tensor, _ dtype: DType? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    zeros(other.shape, dtype ?? other.dtype, file: file, line: line)
  }

  /// Ones in the shape of another tensor, and of its element type or `dtype`.
  public static func ones(
    like other: Tensor, _ dtype: DType? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    ones(other.shape, dtype ?? other.dtype, file: file, line: line)
  }

  /// `value` in the shape of another tensor, and of its element type or `dtype`.
  public static func full(
    like other: Tensor, _ value: some TensorScalar, _ dtype: DType? = nil,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    full(other.shape, value, dtype ?? other.dtype, file: file, line: line)
  }

  /// The index along `axis`: `iota([2, 3], axis: 1)` is `[[0, 1, 2], [0, 1, 2]]`.
  public static func iota(
    _ shape: [Int], axis: Int = 0, _ dtype: DType = .i64, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    requireShape(shape, dtype, "iota", at: location)
    guard dtype.isNumeric else { misuse("iota: a numeric type expected, found bool", at: location) }
    let axis = resolve(axis: axis, rank: shape.count, "iota", at: location)
    return Tensor(.iota(axis: axis), [], dtype: dtype, shape: shape, at: location)
  }

  /// The integers from 0 up to but not including `end`, in steps of 1.
  public static func arange(
    _ end: Int, _ dtype: DType = .i64, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    arange(0, end, dtype, file: file, line: line)
  }

  /// The integers from `start` up to (down to, for a negative `step`) but not including `end`.
  public static func arange(
    _ start: Int, _ end: Int, step: Int = 1, _ dtype: DType = .i64, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard step != 0 else { misuse("arange: the step is 0", at: location) }
    let count = Swift.stride(from: start, to: end, by: step).underestimatedCount
    let index = iota([count], dtype, file: file, line: line)
    if start == 0, step == 1 { return index }
    let scaled = apply(.mul, [index, Tensor(scalar: .integer(step))], at: location)
    return apply(.add, [scaled, Tensor(scalar: .integer(start))], at: location)
  }
}

extension Tensor {
  fileprivate init<Scalar: TensorScalar>(
    scalars: [Scalar], shape: [Int], at location: SourceLocation
  ) {
    Self.requireShape(shape, Scalar.dtype, "Tensor", at: location)
    let expected = shape.reduce(1, *)
    guard scalars.count == expected else {
      misuse(
        "Tensor: \(scalars.count) scalars, expected \(expected) for shape \(shape)", at: location)
    }
    let storage = scalars.withUnsafeBytes { Self.copy(of: $0, at: location) }
    self.init(storage, dtype: Scalar.dtype, shape: shape, at: location)
  }

  /// `literal` everywhere: a scalar constant, viewed.
  fileprivate static func filled(
    _ literal: Literal, _ shape: [Int], _ function: String, at location: SourceLocation
  ) -> Tensor {
    requireShape(shape, literal.type, function, at: location)
    let scalar = Tensor(
      .constant(TensorData(literal.type, [literal])), [], dtype: literal.type, shape: [],
      at: location)
    return shape.isEmpty ? scalar : scalar.broadcast(to: shape, function, at: location)
  }

  /// Ends with a message for negative extents and more elements than memory has addresses.
  static func requireShape(
    _ shape: [Int], _ dtype: DType, _ function: String, at location: SourceLocation
  ) {
    var bytes = dtype.byteSize
    for extent in shape {
      guard extent >= 0 else { misuse("\(function): negative extent in \(shape)", at: location) }
      let (product, overflow) = bytes.multipliedReportingOverflow(by: Swift.max(extent, 1))
      guard !overflow else { misuse("\(function): \(shape) is too large", at: location) }
      bytes = product
    }
  }
}
