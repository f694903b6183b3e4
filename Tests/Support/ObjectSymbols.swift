// What an object leaves undefined.
import Foundation
import ObjectLinking

/// The bytes of a file as text, also where the file reports no size.
public func text(of path: String) throws -> String {
  let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
  return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
}

/// The names that an ELF object refers to and does not define, in table order.
public func undefinedSymbols(of object: [UInt8]) throws -> [String] {
  try RelocatableObject(object).undefinedSymbols
}

/// The undefined symbols of an object that compiled programs may not refer to: all but `lathe_*`,
/// `memcpy` and `memset`.
public func forbiddenSymbols(of object: [UInt8]) throws -> [String] {
  try undefinedSymbols(of: object).filter {
    !$0.hasPrefix("lathe_") && $0 != "memcpy" && $0 != "memset"
  }
}
