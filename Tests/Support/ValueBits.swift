// Equality of values as the tests mean it.

public import IRCore

extension DType {
  /// Holds when two values have the same bits, or are both NaN: payload and sign of a NaN are not
  /// promised.
  public func agree(_ a: UInt64, _ b: UInt64) -> Bool {
    a == b || isFloat && Literal(self, bits: a).isNaN && Literal(self, bits: b).isNaN
  }
}

/// Reads element number `index` of dense memory.
public func bits(_ bytes: UnsafeRawBufferPointer, _ type: DType, at index: Int) -> UInt64 {
  let offset = index * type.byteSize
  return switch type.byteSize {
  case 8: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  case 4: UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  case 2: UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  default: UInt64(bytes[offset])
  }
}

/// Packs values' bits into dense memory.
public func pack(_ values: [UInt64], as type: DType) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(values.count * type.byteSize)
  for value in values {
    for k in 0..<type.byteSize { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * k))) }
  }
  return bytes
}

/// The place of the first element in which two dense tensors of one type differ, with both
/// elements; a missing element differs too.
public func firstDifference(
  _ a: [UInt8], _ b: [UInt8], _ type: DType
) -> (index: Int, a: Literal, b: Literal)? {
  if a == b { return nil }
  return a.withUnsafeBytes { x in
    b.withUnsafeBytes { y in
      for index in 0..<min(x.count, y.count) / type.byteSize {
        let (p, q) = (bits(x, type, at: index), bits(y, type, at: index))
        if !type.agree(p, q) {
          return (index, Literal(type, bits: p), Literal(type, bits: q))
        }
      }
      return x.count == y.count ? nil : (min(x.count, y.count), .zero(type), .zero(type))
    }
  }
}
