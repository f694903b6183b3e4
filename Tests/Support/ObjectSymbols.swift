// A reader of ELF symbol tables, just enough to find what an object leaves undefined.
import Foundation

/// The bytes of a file as text, also where the file reports no size.
public func text(of path: String) throws -> String {
  let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
  return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
}

/// What was found instead of a 64-bit little-endian ELF object.
public struct NotELF: Error {}

/// The names that a 64-bit ELF object refers to and does not define, in table order.
public func undefinedSymbols(of object: [UInt8]) throws -> [String] {
  guard object.count > 64, Array(object[0..<6]) == [0x7f, 0x45, 0x4c, 0x46, 2, 1] else {
    throw NotELF()
  }
  func field<T: FixedWidthInteger>(_ type: T.Type, _ offset: Int) -> Int {
    object.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
  }
  let sections = field(UInt64.self, 0x28)
  func section(_ index: Int) -> Int { sections + index * 64 }
  let symbolTables = (0..<field(UInt16.self, 0x3c)).filter {
    field(UInt32.self, section($0) + 4) == 2
  }
  return symbolTables.flatMap { table in
    let start = field(UInt64.self, section(table) + 0x18)
    let count = field(UInt64.self, section(table) + 0x20) / 24
    let strings = field(UInt64.self, section(field(UInt32.self, section(table) + 0x28)) + 0x18)
    return (1..<count).compactMap { index -> String? in
      let symbol = start + index * 24
      guard field(UInt16.self, symbol + 6) == 0 else { return nil }
      let name = object[(strings + field(UInt32.self, symbol))...].prefix { $0 != 0 }
      return String(decoding: name, as: UTF8.self)
    }
  }
}

/// The undefined symbols of an object that compiled programs may not refer to: all but `lathe_*`,
/// `memcpy` and `memset`.
public func forbiddenSymbols(of object: [UInt8]) throws -> [String] {
  try undefinedSymbols(of: object).filter {
    !$0.hasPrefix("lathe_") && $0 != "memcpy" && $0 != "memset"
  }
}
