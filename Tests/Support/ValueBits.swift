// Equality of values as the tests mean it.

public import IRCore
import TensorIR

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
  let values = [a, b].map { TensorValue(type, [$0.count / type.byteSize], bytes: $0) }
  return values[0].firstDifference(from: values[1]).map { ($0.index, $0.found, $0.expected) }
}
