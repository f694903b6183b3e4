// Lists folders without Foundation.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file or folder in a folder.
struct FolderEntry: Equatable {
  let name: String
  let isFolder: Bool
}

/// The files and folders in a folder, those whose names begin with a dot left out, in the order of
/// their names' bytes.
func readFolder(_ path: String) throws(FileError) -> [FolderEntry] {
  var entries: [FolderEntry] = []
  for name in try readNames(path) where !name.hasPrefix(".") {
    var status = stat()
    guard stat("\(path)/\(name)", &status) == 0 else {
      throw FileError(path: "\(path)/\(name)", code: errno)
    }
    entries.append(FolderEntry(name: name, isFolder: status.st_mode & S_IFMT == S_IFDIR))
  }
  return entries
}

/// All names in a folder, in the order of their bytes.
func readNames(_ path: String) throws(FileError) -> [String] {
  guard let folder = opendir(path) else { throw FileError(path: path, code: errno) }
  defer { closedir(folder) }
  var names: [String] = []
  while true {
    // Null is the end where errno stays 0, and an error where it does not.
    errno = 0
    guard let entry = readdir(folder) else { break }
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    names.append(name)
  }
  guard errno == 0 else { throw FileError(path: path, code: errno) }
  return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}
