// Reading numbers out of bytes that may be anything.

/// Little-endian numbers of a file; a read that leaves it throws.
struct ObjectBytes {
  let bytes: [UInt8]

  /// The number of type `type` at `offset`; `what` names it in the error.
  func load<Number: FixedWidthInteger>(
    _ type: Number.Type, at offset: UInt64, _ what: String
  ) throws(ObjectFailure) -> Number {
    let size = UInt64(MemoryLayout<Number>.size)
    guard offset <= UInt64(bytes.count), size <= UInt64(bytes.count) - offset else {
      throw .outside(what)
    }
    return bytes.withUnsafeBytes {
      Number(littleEndian: $0.loadUnaligned(fromByteOffset: Int(offset), as: Number.self))
    }
  }

  /// The text that ends with a zero.
  func text(at offset: UInt64, before end: UInt64, _ what: String) throws(ObjectFailure) -> String {
    guard offset < end, end <= UInt64(bytes.count) else { throw .outside(what) }
    let rest = bytes[Int(offset)..<Int(end)]
    guard let stop = rest.firstIndex(of: 0) else { throw .outside(what) }
    return String(decoding: rest[..<stop], as: UTF8.self)
  }

  /// Checks that a range lies in the file.
  func range(_ offset: UInt64, _ size: UInt64, _ what: String) throws(ObjectFailure) -> Range<Int> {
    let count = UInt64(bytes.count)
    guard offset <= count, size <= count - offset else { throw .outside(what) }
    return Int(offset)..<Int(offset + size)
  }
}
