// IDX files as tensors.

public import Lathe

extension IDXFile {
  /// The elements as f32 of the file's shape, each times `scale`.
  ///
  /// Integers below 2²⁴ are exact; `scale: 1 / 255` brings pixels to 0...1.
  public func tensor(scale: Float = 1) -> Tensor {
    let size = elementType.byteCount
    let scalars = (0..<bytes.count / size).map { index -> Float in
      var bits: UInt64 = 0
      for byte in bytes[index * size..<(index + 1) * size] { bits = bits << 8 | UInt64(byte) }
      return elementType.value(bits) * scale
    }
    return Tensor(scalars: scalars, shape: shape)
  }
}

extension IDXFile.ElementType {
  /// The number whose bits stand in the low end of `bits`.
  fileprivate func value(_ bits: UInt64) -> Float {
    switch self {
    case .uint8: Float(bits)
    case .int8: Float(Int8(truncatingIfNeeded: bits))
    case .int16: Float(Int16(truncatingIfNeeded: bits))
    case .int32: Float(Int32(truncatingIfNeeded: bits))
    case .float32: Float(bitPattern: UInt32(truncatingIfNeeded: bits))
    case .float64: Float(Double(bitPattern: bits))
    }
  }
}
