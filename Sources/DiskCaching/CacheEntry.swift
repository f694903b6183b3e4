// The form of a file: a head that tells what it is, and bytes that a checksum holds together.

/// One entry as a file: mark, key, length and checksum, then the bytes.
enum CacheEntry {
  /// Changes with the form.
  private static let mark = Array("lathe-1\n".utf8)
  /// Hexadecimal digits of a key.
  static let keyLength = 64
  private static let headLength = mark.count + keyLength + 16

  /// The file of an entry.
  static func encoded(_ bytes: [UInt8], key: String) -> [UInt8] {
    var file = mark
    file.reserveCapacity(headLength + bytes.count)
    file += key.utf8
    append(UInt64(bytes.count), to: &file)
    append(checksum(key, bytes[...]), to: &file)
    return file + bytes
  }

  /// The bytes of an entry, or what is wrong with its file.
  static func decoded(_ file: [UInt8], key: String) -> Result<[UInt8], Damage> {
    guard file.count >= headLength else { return .failure(.truncated) }
    guard file.prefix(mark.count).elementsEqual(mark) else { return .failure(.foreign) }
    guard file[mark.count..<mark.count + keyLength].elementsEqual(key.utf8) else {
      return .failure(.foreign)
    }
    let bytes = file[headLength...]
    guard number(in: file, at: headLength - 16) == UInt64(bytes.count) else {
      return .failure(.truncated)
    }
    guard number(in: file, at: headLength - 8) == checksum(key, bytes) else {
      return .failure(.changed)
    }
    return .success(Array(bytes))
  }

  /// What is wrong with a file.
  enum Damage: Error {
    case truncated, foreign, changed

    var reason: String {
      switch self {
      case .truncated: "it is not whole"
      case .foreign: "it is no entry of this name"
      case .changed: "its bytes were changed"
      }
    }
  }

  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  private static func number(in bytes: [UInt8], at offset: Int) -> UInt64 {
    bytes.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
  }

  /// A checksum of eight bytes at a time. Each step is one to one in the sum so far and in the word,
  /// so what changes within one word, as a flipped bit does, always changes the result.
  private static func checksum(_ key: String, _ bytes: ArraySlice<UInt8>) -> UInt64 {
    var sum: UInt64 = 0x9e37_79b9_7f4a_7c15
    func add(_ word: UInt64) {
      sum = (sum ^ word) &* 0xff51_afd7_ed55_8ccd
      sum ^= sum >> 32
    }
    for byte in key.utf8 { add(UInt64(byte)) }
    bytes.withUnsafeBytes { memory in
      let whole = memory.count & ~7
      for offset in stride(from: 0, to: whole, by: 8) {
        add(UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      }
      for offset in whole..<memory.count { add(UInt64(memory[offset])) }
    }
    add(UInt64(bytes.count))
    return sum
  }
}
