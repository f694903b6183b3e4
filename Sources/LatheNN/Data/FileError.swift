// Reads whole files without Foundation, and what can go wrong.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Why the system refused a file or folder.
public struct FileError: Error, Equatable, Sendable {
  /// The file or folder.
  public let path: String
  /// The reason, an `errno`.
  public let code: Int32

  /// The refusal of `path` for the reason `code`, an `errno`.
  public init(path: String, code: Int32) {
    self.path = path
    self.code = code
  }
}

extension FileError: CustomStringConvertible {
  /// One line: the file and the system's reason.
  public var description: String { "\(path): \(String(cString: strerror(code)))" }
}

/// Reads a regular file whole.
func readFile(_ path: String) throws(FileError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw FileError(path: path, code: errno) }
  let kind = status.st_mode & S_IFMT
  guard kind == S_IFREG else {
    throw FileError(path: path, code: kind == S_IFDIR ? EISDIR : EINVAL)
  }
  var contents: [UInt8] = []
  contents.reserveCapacity(Int(status.st_size))
  var piece = [UInt8](repeating: 0, count: 1 << 18)
  while true {
    let count = read(descriptor, &piece, piece.count)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw FileError(path: path, code: errno) }
    if count == 0 { return contents }
    contents.append(contentsOf: piece[..<count])
  }
}
