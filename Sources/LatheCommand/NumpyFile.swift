// NumPy's array files, as the benchmark needs them: float32 (and bytes, to read) in C order.

/// Array of a `.npy` file (NumPy enhancement proposal 1, format version 1 to 3).
struct NumpyFile: Equatable {
  let shape: [Int]
  /// Row-major.
  let scalars: [Float]

  init(shape: [Int], scalars: [Float]) {
    self.shape = shape
    self.scalars = scalars
  }

  /// Reads the contents of the file that errors name.
  init(contents: [UInt8], file: String) throws(CommandFailure) {
    func fail(_ problem: String) -> CommandFailure { CommandFailure("\(file): \(problem)") }
    guard contents.count >= 12, contents.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw fail("not a .npy file")
    }
    let isShort = contents[6] == 1
    let start = isShort ? 10 : 12
    let length = contents[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard contents.count >= start + length else { throw fail("the header is cut short") }
    let header = String(decoding: contents[start..<start + length], as: UTF8.self)
    let type = Self.value(of: "descr", in: header) ?? "?"
    let size = type.hasPrefix("'<f4'") ? 4 : 1
    guard size == 4 || type.hasPrefix("'|u1'") else {
      throw fail("element type \(type), expected '<f4' or '|u1'")
    }
    guard Self.value(of: "fortran_order", in: header)?.hasPrefix("False") == true else {
      throw fail("Fortran order, expected C order")
    }
    guard let shape = Self.shape(in: header) else { throw fail("no shape in the header") }
    let data = contents[(start + length)...]
    var count = size
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw fail("shape \(shape) is too large") }
      count = product
    }
    guard data.count == count else {
      throw fail("\(data.count) bytes of data, expected \(count) for shape \(shape)")
    }
    self.shape = shape
    if size == 1 {
      scalars = data.map { Float($0) }
      return
    }
    scalars = data.withUnsafeBytes { bytes in
      (0..<count / 4).map { index in
        Float(
          bitPattern: UInt32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
      }
    }
  }

  /// The file's bytes; data begins at a multiple of 64.
  var contents: [UInt8] {
    let extents = shape.map { "\($0)," }.joined(separator: " ")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }"
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    let length = header.utf8.count
    var bytes = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
    bytes += Array(header.utf8)
    bytes.reserveCapacity(bytes.count + 4 * scalars.count)
    for scalar in scalars {
      withUnsafeBytes(of: scalar.bitPattern.littleEndian) { bytes += $0 }
    }
    return bytes
  }

  /// What follows a key of the header.
  private static func value(of key: String, in header: String) -> Substring? {
    let quoted = "'\(key)':"
    var rest = header[...]
    while !rest.isEmpty {
      if rest.hasPrefix(quoted) {
        return rest.dropFirst(quoted.count).drop { $0 == " " }
      }
      rest = rest.dropFirst()
    }
    return nil
  }

  private static func shape(in header: String) -> [Int]? {
    guard let text = value(of: "shape", in: header), text.first == "(",
      let end = text.firstIndex(of: ")")
    else { return nil }
    let parts = text[text.index(after: text.startIndex)..<end].split(separator: ",")
    let extents = parts.compactMap { Int($0.filter { $0 != " " }) }
    return extents.count == parts.filter({ !$0.allSatisfy { $0 == " " } }).count
      && extents.allSatisfy({ $0 >= 0 }) ? extents : nil
  }
}
