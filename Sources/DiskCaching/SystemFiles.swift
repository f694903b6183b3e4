// The file system itself.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Files of the machine.
public struct SystemFiles: CacheFiles {
  /// The largest file that is read.
  private static let largestFile = 1 << 30

  /// The machine's file system.
  public init() {}

  private func failure(_ operation: String, _ path: String) -> FileFailure {
    FileFailure(operation, path, String(cString: strerror(errno)))
  }

  /// Refuses a folder of another user, or that others may enter.
  public func makeFolder(_ path: String) throws(FileFailure) {
    if mkdir(path, 0o700) != 0, errno == ENOENT, let parent = Self.parent(of: path) {
      try makeParents(parent)
      _ = mkdir(path, 0o700)
    }
    let reason = failure("make the folder", path)
    guard try isPrivateFolder(path) else { throw reason }
  }

  /// By its owner and its mode; a link is no folder.
  public func isPrivateFolder(_ path: String) throws(FileFailure) -> Bool {
    var status = stat()
    if lstat(path, &status) != 0 {
      if errno == ENOENT { return false }
      throw failure("use", path)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw FileFailure("use", path, "it is no folder")
    }
    guard status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
      throw FileFailure("use", path, "others may enter it; make it private: chmod 700")
    }
    return true
  }

  private func makeParents(_ path: String) throws(FileFailure) {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let parent = Self.parent(of: path) else {
      throw failure("make the folder", path)
    }
    try makeParents(parent)
    if mkdir(path, 0o755) != 0, errno != EEXIST { throw failure("make the folder", path) }
  }

  private static func parent(of path: String) -> String? {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return nil }
    return String(path[..<slash])
  }

  /// Follows no link.
  public func read(_ path: String) throws(FileFailure) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    if file < 0, errno == ENOENT { return nil }
    guard file >= 0 else { throw failure("read", path) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure("read", path) }
    guard status.st_mode & S_IFMT == S_IFREG, Int(status.st_size) <= Self.largestFile else {
      throw FileFailure("read", path, "it is no file of a cache")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        pread(file, $0.baseAddress.map { $0 + done }, $0.count - done, off_t(done))
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("read", path) }
      // It became shorter: what is missing shows in the checksum.
      if count == 0 { break }
      done += count
    }
    // Where this is not allowed, the file merely counts as older.
    futimens(file, nil)
    return bytes
  }

  /// Follows no link, and replaces no file.
  public func write(_ bytes: [UInt8], to path: String) throws(FileFailure) {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure("write", path) }
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        #if canImport(Darwin)
          Darwin.write(file, $0.baseAddress.map { $0 + done }, $0.count - done)
        #else
          Glibc.write(file, $0.baseAddress.map { $0 + done }, $0.count - done)
        #endif
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        let failure = failure("write", path)
        close(file)
        throw failure
      }
      done += count
    }
    // Some file systems tell only now that the disk is full.
    guard close(file) == 0 else { throw failure("write", path) }
  }

  /// In one step, within one file system.
  public func rename(_ source: String, to target: String) throws(FileFailure) {
    #if canImport(Darwin)
      let result = Darwin.rename(source, target)
    #else
      let result = Glibc.rename(source, target)
    #endif
    guard result == 0 else { throw failure("rename", source) }
  }

  /// Content with one that is gone.
  public func remove(_ path: String) throws(FileFailure) {
    guard unlink(path) == 0 || errno == ENOENT else { throw failure("remove", path) }
  }

  /// Without folders, links and what goes meanwhile.
  public func list(_ folder: String) throws(FileFailure) -> [CacheFile] {
    guard let stream = opendir(folder) else {
      if errno == ENOENT { return [] }
      throw failure("list", folder)
    }
    defer { closedir(stream) }
    var files: [CacheFile] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      var status = stat()
      // One that others remove meanwhile is none.
      guard lstat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        continue
      }
      #if canImport(Darwin)
        let time = status.st_mtimespec.tv_sec
      #else
        let time = status.st_mtim.tv_sec
      #endif
      files.append(CacheFile(name: name, byteCount: Int(status.st_size), lastUse: Int(time)))
    }
    return files
  }
}

/// What tells a file of this machine from every other one and from what it was before: a copy, a
/// rebuild and an upgrade are all different.
public struct FileIdentity: Hashable, Sendable {
  /// Number, size, and the times of the last change of content and of anything.
  public let text: String

  /// That of the file at a path; `nil` where there is none.
  public init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    #if canImport(Darwin)
      let (written, changed) = (status.st_mtimespec, status.st_ctimespec)
    #else
      let (written, changed) = (status.st_mtim, status.st_ctim)
    #endif
    text =
      "\(status.st_ino) \(status.st_size) \(written.tv_sec).\(written.tv_nsec) "
      + "\(changed.tv_sec).\(changed.tv_nsec)"
  }
}
