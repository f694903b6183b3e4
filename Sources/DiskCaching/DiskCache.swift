// A cache of bytes by key in a folder, shared by all processes of a user.

import Synchronization

/// Bytes by key in a private folder: written in one step, checked when read, the least recently used
/// given up where there are too many.
///
/// What goes wrong costs time, never a result: a damaged file is removed and counts as none, and
/// after a write that failed there are no more of them. The first thing that goes wrong is told,
/// once.
public final class DiskCache: Sendable {
  /// The folder of the entries.
  public let folder: String
  /// The most bytes that entries may take together.
  public let byteLimit: Int
  private let files: any CacheFiles
  private let warn: @Sendable (String) -> Void
  private let hasWarned = Atomic(false)
  private let canWrite = Atomic(true)
  private let isOpen = Atomic(false)
  private let count = Atomic(0)
  /// Bytes of all entries when they were last counted, and of those written since.
  private let byteCount = Atomic(-1)

  /// The bytes that entries may take unless told otherwise: 1 GiB.
  public static let standardByteLimit = 1 << 30
  /// After so many writes the entries are counted again: other processes write, too.
  private static let writesPerCount = 64
  /// Seconds after which a file that was never finished belongs to nobody.
  private static let patience = 3600

  /// Uses a folder, which the first write makes.
  ///
  /// - Parameter warn: told the first thing that goes wrong.
  public init(
    folder: String, byteLimit: Int = standardByteLimit, files: any CacheFiles = SystemFiles(),
    warn: @escaping @Sendable (String) -> Void
  ) {
    self.folder = folder
    self.byteLimit = byteLimit
    self.files = files
    self.warn = warn
  }

  private func path(_ key: String) -> String { "\(folder)/\(key)" }

  private func report(_ message: String) {
    if !hasWarned.exchange(true, ordering: .relaxed) { warn("cache: \(message)") }
  }

  /// The bytes under a key of 64 hexadecimal digits; `nil` where there are none that are whole.
  public func bytes(for key: String) -> [UInt8]? {
    let file: [UInt8]
    do {
      if !isOpen.load(ordering: .relaxed) {
        guard try files.isPrivateFolder(folder) else { return nil }
        isOpen.store(true, ordering: .relaxed)
      }
      guard let found = try files.read(path(key)) else { return nil }
      file = found
    } catch {
      report("\(error)")
      return nil
    }
    switch CacheEntry.decoded(file, key: key) {
    case .success(let bytes): return bytes
    case .failure(let damage):
      report("\(path(key)) is not used: \(damage.reason)")
      remove(key)
      return nil
    }
  }

  /// Gives up an entry that turned out to be of no use.
  public func remove(_ key: String) {
    do { try files.remove(path(key)) } catch { report("\(error)") }
  }

  /// Keeps bytes under a key of 64 hexadecimal digits.
  public func store(_ bytes: [UInt8], for key: String) {
    guard canWrite.load(ordering: .relaxed) else { return }
    let entry = CacheEntry.encoded(bytes, key: key)
    if entry.count > byteLimit { return }
    do {
      if !isOpen.load(ordering: .relaxed) {
        try files.makeFolder(folder)
        isOpen.store(true, ordering: .relaxed)
      }
      try makeRoom(for: entry.count)
      try write(entry, key)
    } catch {
      canWrite.store(false, ordering: .relaxed)
      report("\(error); nothing more is kept")
    }
  }

  private func write(_ entry: [UInt8], _ key: String) throws(FileFailure) {
    count.add(1, ordering: .relaxed)
    let draft = "\(folder)/\(Self.draftMark)\(String(UInt64.random(in: 0 ... .max), radix: 16))"
    do {
      try files.write(entry, to: draft)
      try files.rename(draft, to: path(key))
    } catch {
      // What failed to be written fails to be removed at times; the next count finds it.
      try? files.remove(draft)
      throw error
    }
    byteCount.add(entry.count, ordering: .relaxed)
  }

  /// Begins the names of files that are being written.
  fileprivate static let draftMark = ".draft-"

  // MARK: Room

  /// Gives up the least recently used entries where `bytes` more would be too many, a fourth of all
  /// at once.
  private func makeRoom(for bytes: Int) throws(FileFailure) {
    let isDue = count.load(ordering: .relaxed) % Self.writesPerCount == 0
    let known = byteCount.load(ordering: .relaxed)
    if known >= 0, !isDue, known + bytes <= byteLimit { return }
    var found = try files.list(folder).filter { $0.isEntry || $0.isDraft }
    let now = Clock.seconds
    for draft in found where draft.isDraft && draft.lastUse < now - Self.patience {
      try files.remove("\(folder)/\(draft.name)")
    }
    found.removeAll { $0.isDraft }
    var total = found.reduce(0) { $0 + $1.byteCount }
    if total + bytes > byteLimit {
      let most = byteLimit - byteLimit / 4
      for entry in found.sorted(by: { ($0.lastUse, $0.name) < ($1.lastUse, $1.name) })
      where total + bytes > most {
        try files.remove("\(folder)/\(entry.name)")
        total -= entry.byteCount
      }
    }
    byteCount.store(total, ordering: .relaxed)
  }

  // MARK: Looking after it

  /// How much there is.
  public struct Summary: Hashable, Sendable {
    /// Number of entries.
    public var entries = 0
    /// Bytes of the entries, and of files that are being written.
    public var bytes = 0
    /// Entries that were damaged; only `verify` counts them.
    public var damaged = 0

    /// Nothing.
    public init() {}
  }

  /// Counts the entries.
  public func summary() throws(FileFailure) -> Summary {
    var summary = Summary()
    for file in try files.list(folder) where file.isEntry || file.isDraft {
      summary.entries += file.isEntry ? 1 : 0
      summary.bytes += file.byteCount
    }
    return summary
  }

  /// Removes every entry, and what was never finished; what was there.
  @discardableResult
  public func clear() throws(FileFailure) -> Summary {
    let summary = try summary()
    for file in try files.list(folder) where file.isEntry || file.isDraft {
      try files.remove("\(folder)/\(file.name)")
    }
    byteCount.store(-1, ordering: .relaxed)
    return summary
  }

  /// Reads every entry and removes the damaged ones; what was there.
  public func verify() throws(FileFailure) -> Summary {
    var summary = try summary()
    for file in try files.list(folder) where file.isEntry {
      guard let found = try files.read("\(folder)/\(file.name)") else { continue }
      guard case .failure = CacheEntry.decoded(found, key: file.name) else { continue }
      try files.remove("\(folder)/\(file.name)")
      summary.damaged += 1
    }
    return summary
  }
}

extension CacheFile {
  /// Whether the name is a key.
  fileprivate var isEntry: Bool {
    name.utf8.count == CacheEntry.keyLength
      && name.utf8.allSatisfy { 48...57 ~= $0 || 97...102 ~= $0 }
  }

  /// Whether it is being written, or was when its process ended.
  fileprivate var isDraft: Bool { name.hasPrefix(DiskCache.draftMark) }
}
