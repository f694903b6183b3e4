// The header of a safetensors file.

import CZlib
import Lathe

/// What the header of a safetensors file says, found to be consistent with the file's length.
struct SafetensorsHeader {
  /// A tensor's type and shape, and where in the file its bytes are.
  struct Place {
    let name: String
    let dtype: DType
    let shape: [Int]
    let range: Range<Int>
  }

  private(set) var places: [Place] = []
  private(set) var metadata: [String: String] = [:]
  private let file: String

  /// What a file begins with whose checksum follows: eight digits, base 16, of the CRC-32 of the
  /// whole file with zeros in their place. Behind the length of the header.
  private static let checksumStart = "{\"__metadata__\":{\"lathe.crc32\":\""
  private static let checksumRange = 8 + checksumStart.utf8.count..<16 + checksumStart.utf8.count
  private static let checksumKey = "lathe.crc32"

  /// Reads the header of a file's contents, and checks every length.
  init(contents: [UInt8], file: String) throws(SafetensorsError) {
    self.file = file
    guard contents.count >= 8 else {
      throw .truncated(file: file, found: contents.count, expected: 8)
    }
    let length = contents[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(Safetensors.largestHeader) else {
      throw .headerTooLarge(file: file, found: length)
    }
    let start = 8 + Int(length)
    guard contents.count >= start else {
      throw .truncated(file: file, found: contents.count, expected: start)
    }
    try read(Self.json(contents[8..<start], file: file))
    try layOut(from: start, to: contents.count)
  }

  private static func json(
    _ text: ArraySlice<UInt8>, file: String
  ) throws(SafetensorsError) -> [JSONValue.Member] {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(text)
    } catch {
      throw .badJSON(file: file, offset: 8 + error.offset, expected: error.expected.rawValue)
    }
    guard let members = value.members else { throw .badHeader(file: file, name: "the header") }
    return members
  }

  /// Reads entries, with places relative to the data.
  private mutating func read(_ members: [JSONValue.Member]) throws(SafetensorsError) {
    for member in members {
      if member.name == "__metadata__" {
        try readMetadata(member.value)
      } else {
        places.append(try place(member))
      }
    }
  }

  private mutating func readMetadata(_ value: JSONValue) throws(SafetensorsError) {
    guard let members = value.members else { throw .badHeader(file: file, name: "__metadata__") }
    for member in members {
      guard let text = member.value.text else {
        throw .badEntry(file: file, tensor: "__metadata__", field: member.name)
      }
      metadata[member.name] = text
    }
  }

  private func place(_ member: JSONValue.Member) throws(SafetensorsError) -> Place {
    let name = member.name
    func field(_ field: String) -> JSONValue? {
      member.value.members?.first { $0.name == field }?.value
    }
    guard let type = field("dtype")?.text else {
      throw .badEntry(file: file, tensor: name, field: "dtype")
    }
    guard let dtype = DType.allCases.first(where: { $0.safetensorsName == type }) else {
      throw .unknownType(file: file, tensor: name, found: type)
    }
    guard let shape = field("shape")?.counts else {
      throw .badEntry(file: file, tensor: name, field: "shape")
    }
    guard let ends = field("data_offsets")?.counts, ends.count == 2, ends[0] <= ends[1] else {
      throw .badEntry(file: file, tensor: name, field: "data_offsets")
    }
    guard ends[1] - ends[0] == byteCount(of: shape, elementSize: dtype.byteSize) else {
      throw .wrongSize(
        file: file, tensor: name, found: ends[1] - ends[0], dtype: dtype, shape: shape)
    }
    return Place(name: name, dtype: dtype, shape: shape, range: ends[0]..<ends[1])
  }

  /// Orders the tensors by place, checks that they fill the file, and makes places those in it.
  private mutating func layOut(from start: Int, to end: Int) throws(SafetensorsError) {
    // Those without elements first where places are equal; else as they stand.
    places.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var expected = 0
    for index in places.indices {
      let place = places[index]
      guard place.range.lowerBound == expected else {
        throw .gap(
          file: file, tensor: place.name, found: place.range.lowerBound, expected: expected)
      }
      expected = place.range.upperBound
      // Compared before it is added to, as it may be anything up to `Int.max`.
      guard expected <= end - start else {
        let (total, overflow) = start.addingReportingOverflow(expected)
        throw .truncated(file: file, found: end, expected: overflow ? .max : total)
      }
      places[index] = Place(
        name: place.name, dtype: place.dtype, shape: place.shape,
        range: start + place.range.lowerBound..<start + expected)
    }
    guard start + expected == end else {
      throw .trailingBytes(file: file, expected: start + expected)
    }
  }

  /// Compares the checksum where there is one; false where there is none.
  mutating func check(_ contents: [UInt8]) throws(SafetensorsError) -> Bool {
    guard let stated = metadata.removeValue(forKey: Self.checksumKey) else { return false }
    guard contents[8...].starts(with: Self.checksumStart.utf8), stated.utf8.count == 8
    else { return false }
    let header = Self.replacingChecksum(
      of: Array(contents[..<Self.checksumRange.upperBound]), with: "00000000")
    let found = Self.digits(
      Self.crc(contents[Self.checksumRange.upperBound...], after: Self.crc(header[...])))
    guard found == stated else { throw .checksum(file: file, found: found, expected: stated) }
    return true
  }

  /// The length and the header of a file to be written.
  static func text(of file: Safetensors, file path: String) throws(SafetensorsError) -> [UInt8] {
    var parts = ["\(checksumStart)00000000\""]
    for key in file.metadata.keys.sorted() where key != checksumKey {
      parts[0] += ",\(JSONValue.quoted(key)):\(JSONValue.quoted(file.metadata[key]!))"
    }
    parts[0] += "}"
    var names: Set = ["__metadata__"]
    var start = 0
    for entry in file.entries {
      guard names.insert(entry.name).inserted else {
        throw .badName(file: path, found: entry.name)
      }
      let end = start + entry.bytes.count
      let shape = entry.shape.map(String.init).joined(separator: ",")
      parts.append(
        "\(JSONValue.quoted(entry.name)):{\"dtype\":\"\(entry.dtype.safetensorsName)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(start),\(end)]}")
      start = end
    }
    var text = Array((parts.joined(separator: ",") + "}").utf8)
    // Blanks until the data is aligned for every type.
    while text.count % 8 != 0 { text.append(0x20) }
    let length = UInt64(text.count)
    let header = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + text
    let sum = file.entries.reduce(crc(header[...])) { crc($1.bytes[...], after: $0) }
    return replacingChecksum(of: header, with: digits(sum))
  }

  private static func replacingChecksum(of header: [UInt8], with digits: String) -> [UInt8] {
    var header = header
    header.replaceSubrange(checksumRange, with: Array(digits.utf8))
    return header
  }

  /// A checksum as eight digits.
  private static func digits(_ sum: UInt32) -> String {
    let digits = String(sum, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// The CRC-32 of bytes behind those of `start`.
  private static func crc(_ bytes: ArraySlice<UInt8>, after start: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { bytes in
      var sum = UInt(start)
      // zlib counts by 32 bits.
      for begin in stride(from: 0, to: bytes.count, by: 1 << 30) {
        let piece = bytes[begin..<min(begin + (1 << 30), bytes.count)]
        let rebased = UnsafeRawBufferPointer(rebasing: piece)
        sum = crc32(
          sum, rebased.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(rebased.count))
      }
      return UInt32(truncatingIfNeeded: sum)
    }
  }
}
