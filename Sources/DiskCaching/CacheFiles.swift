// What the cache does to files: few operations, so that tests can let each of them fail.

/// Operations on the files of a cache. Paths are absolute.
public protocol CacheFiles: Sendable {
  /// Whether there is a folder; one that is not this user's alone is an error, for its files could
  /// be anyone's.
  func isPrivateFolder(_ path: String) throws(FileFailure) -> Bool
  /// Makes a folder that only its owner may enter, and the folders around it, unless it is there; the
  /// same errors.
  func makeFolder(_ path: String) throws(FileFailure)
  /// The bytes of a file, which counts as used now; `nil` where there is none.
  func read(_ path: String) throws(FileFailure) -> [UInt8]?
  /// Makes a new file that only its owner may read.
  func write(_ bytes: [UInt8], to path: String) throws(FileFailure)
  /// Gives a file another name, in place of one that has it, in one step.
  func rename(_ source: String, to target: String) throws(FileFailure)
  /// Removes a file; one that is gone already is none too many.
  func remove(_ path: String) throws(FileFailure)
  /// The files of a folder, in no order; empty where there is no folder.
  func list(_ folder: String) throws(FileFailure) -> [CacheFile]
}

/// A file of a cache.
public struct CacheFile: Hashable, Sendable {
  /// In its folder.
  public let name: String
  /// Its size.
  public let byteCount: Int
  /// When it was last written or read, in seconds since 1970.
  public let lastUse: Int

  /// Describes a file.
  public init(name: String, byteCount: Int, lastUse: Int) {
    self.name = name
    self.byteCount = byteCount
    self.lastUse = lastUse
  }
}

/// An operation on a file that the system refused.
public struct FileFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was to be done: `write`.
  public let operation: String
  /// To which file or folder.
  public let path: String
  /// Why not.
  public let reason: String

  /// Describes a failure.
  public init(_ operation: String, _ path: String, _ reason: String) {
    self.operation = operation
    self.path = path
    self.reason = reason
  }

  /// The failure in one line.
  public var description: String { "cannot \(operation) \(path): \(reason)" }
}
