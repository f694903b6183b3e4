// Files whose n-th operation fails.

public import DiskCaching
import Synchronization

/// The machine's files, of whose operations one fails, or all from one on.
public final class FailingFiles: CacheFiles {
  private let files = SystemFiles()
  private let failing: Int
  private let isLasting: Bool
  private let done = Atomic(0)

  /// - Parameter failing: number of the operation that fails, from 1.
  public init(failing: Int, lasting: Bool = false) {
    self.failing = failing
    isLasting = lasting
  }

  /// Number of operations so far.
  public var count: Int { done.load(ordering: .relaxed) }

  private func step(_ operation: String, _ path: String) throws(FileFailure) {
    let number = done.add(1, ordering: .relaxed).newValue
    if number == failing || isLasting && number > failing {
      throw FileFailure(operation, path, "made to fail")
    }
  }

  /// As the machine does, unless it is to fail.
  public func isPrivateFolder(_ path: String) throws(FileFailure) -> Bool {
    try step("use", path)
    return try files.isPrivateFolder(path)
  }

  /// As the machine does, unless it is to fail.
  public func makeFolder(_ path: String) throws(FileFailure) {
    try step("make the folder", path)
    try files.makeFolder(path)
  }

  /// As the machine does, unless it is to fail.
  public func read(_ path: String) throws(FileFailure) -> [UInt8]? {
    try step("read", path)
    return try files.read(path)
  }

  /// As the machine does; where it is to fail, leaves half of the bytes behind.
  public func write(_ bytes: [UInt8], to path: String) throws(FileFailure) {
    do { try step("write", path) } catch {
      try files.write(Array(bytes.prefix(bytes.count / 2)), to: path)
      throw error
    }
    try files.write(bytes, to: path)
  }

  /// As the machine does, unless it is to fail.
  public func rename(_ source: String, to target: String) throws(FileFailure) {
    try step("rename", source)
    try files.rename(source, to: target)
  }

  /// As the machine does, unless it is to fail.
  public func remove(_ path: String) throws(FileFailure) {
    try step("remove", path)
    try files.remove(path)
  }

  /// As the machine does, unless it is to fail.
  public func list(_ folder: String) throws(FileFailure) -> [CacheFile] {
    try step("list", folder)
    return try files.list(folder)
  }
}
