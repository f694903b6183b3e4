// Files that are replaced whole or not at all.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file that takes another's place once it is complete.
///
/// What is written goes to a file beside it, which is flushed to the disk and then renamed: whatever
/// ends the process, and whenever, the path has the old contents or the new ones. A file that a
/// killed process left beside it is removed by the next writer.
struct AtomicFile: ~Copyable {
  private let path: String
  private let temporary: String
  private let descriptor: Int32
  private var isCommitted = false

  /// Begins the contents that `path` shall have.
  init(replacing path: String) throws(FileError) {
    self.path = path
    let (folder, name) = Self.split(path)
    Self.sweep(folder, name)
    temporary = "\(folder)/.\(name).\(getpid())-\(Self.threadNumber()).tmp"
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
  }

  deinit {
    close(descriptor)
    if !isCommitted { unlink(temporary) }
  }

  /// Appends bytes to the new contents.
  borrowing func append(_ bytes: [UInt8]) throws(FileError) {
    let code = writeAll(bytes, to: descriptor)
    guard code == 0 else { throw FileError(path: path, code: code) }
  }

  /// Puts the new contents in place.
  consuming func commit() throws(FileError) {
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
      throw FileError(path: path, code: errno)
    }
    isCommitted = true
    try Self.flushFolder(of: path)
  }

  /// Makes the new name itself last.
  private static func flushFolder(of path: String) throws(FileError) {
    let folder = open(split(path).folder, O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { throw FileError(path: path, code: errno) }
    defer { close(folder) }
    // Some file systems flush no folders, and say so by EINVAL.
    guard fsync(folder) == 0 || errno == EINVAL else { throw FileError(path: path, code: errno) }
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = slash == path.startIndex ? "/" : String(path[..<slash])
    return (folder, String(path[path.index(after: slash)...]))
  }

  /// Removes what processes that are no more left of this file.
  private static func sweep(_ folder: String, _ name: String) {
    let prefix = ".\(name)."
    let names = (try? readNames(folder)) ?? []
    for found in names where found.hasPrefix(prefix) && found.hasSuffix(".tmp") {
      let writer = found.dropFirst(prefix.count).prefix { $0 != "-" }
      guard let process = Int32(writer), kill(process, 0) != 0, errno == ESRCH else { continue }
      unlink("\(folder)/\(found)")
    }
  }

  /// A number that no two threads of this process share at one time.
  private static func threadNumber() -> UInt {
    #if canImport(Glibc)
      pthread_self()
    #else
      UInt(bitPattern: pthread_self())
    #endif
  }
}

/// Writes all bytes to an open file; returns 0, or the `errno` of what stopped it.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
  bytes.withUnsafeBytes { bytes in
    var done = 0
    while done < bytes.count {
      let count = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return count < 0 ? errno : EIO }
      done += count
    }
    return 0
  }
}
