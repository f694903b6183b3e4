// What can be wrong with an IDX file.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Why an IDX file was not read. Every case names the file; nothing is returned of a bad file.
public enum IDXError: Error, Equatable, Sendable {
  /// The system refused to open or read the file, for the reason `code` (an `errno`).
  case unreadable(file: String, code: Int32)
  /// The first two bytes, which are zero in an IDX file, are others, or are not there.
  case badMagic(file: String, found: [UInt8])
  /// The third byte names no element type.
  case unknownElementType(file: String, found: UInt8)
  /// The shape asks for more than `IDXFile.largestByteCount`.
  case tooLarge(file: String, shape: [Int])
  /// The file, decompressed, holds fewer bytes than its header asks for.
  case truncated(file: String, found: Int, expected: Int)
  /// The file, decompressed, goes on after the bytes that its header asks for.
  case trailingBytes(file: String, expected: Int)
  /// zlib refuses the compressed bytes at or before `offset`.
  case corruptGzip(file: String, offset: Int)
  /// The compressed bytes end at `offset`, before the gzip data does.
  case incompleteGzip(file: String, offset: Int)

  init(_ error: GzipError, file: String) {
    switch error {
    case .corrupt(let offset): self = .corruptGzip(file: file, offset: offset)
    case .incomplete(let offset): self = .incompleteGzip(file: file, offset: offset)
    }
  }
}

extension IDXError: CustomStringConvertible {
  /// One line: the file, what was found, and what was expected.
  public var description: String {
    switch self {
    case .unreadable(let file, let code):
      return "\(file): \(String(cString: strerror(code)))"
    case .badMagic(let file, let found):
      return "\(file): begins with \(found), expected an IDX file, which begins with [0, 0]"
    case .unknownElementType(let file, let found):
      return "\(file): element type \(found), expected one of 8, 9, 11, 12, 13, 14"
    case .tooLarge(let file, let shape):
      return "\(file): shape \(shape), expected at most \(IDXFile.largestByteCount) bytes"
    case .truncated(let file, let found, let expected):
      return "\(file): \(found) bytes, expected \(expected)"
    case .trailingBytes(let file, let expected):
      return "\(file): goes on after the \(expected) bytes that its header asks for"
    case .corruptGzip(let file, let offset):
      return "\(file): gzip data is corrupt at or before byte \(offset)"
    case .incompleteGzip(let file, let offset):
      return "\(file): gzip data is cut short at byte \(offset)"
    }
  }
}
