// Reads a whole file without Foundation.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Reads a regular file whole; throws `.unreadable` with the system's reason.
func readFile(_ path: String) throws(IDXError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw .unreadable(file: path, code: errno) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw .unreadable(file: path, code: errno) }
  let kind = status.st_mode & S_IFMT
  guard kind == S_IFREG else {
    throw .unreadable(file: path, code: kind == S_IFDIR ? EISDIR : EINVAL)
  }
  var contents: [UInt8] = []
  contents.reserveCapacity(Int(status.st_size))
  var piece = [UInt8](repeating: 0, count: 1 << 18)
  while true {
    let count = read(descriptor, &piece, piece.count)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw .unreadable(file: path, code: errno) }
    if count == 0 { return contents }
    contents.append(contentsOf: piece[..<count])
  }
}
