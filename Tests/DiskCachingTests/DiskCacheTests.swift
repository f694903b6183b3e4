// The cache on disk, whole and under fire.

import DiskCaching
import Foundation
import Synchronization
import TestSupport
import Testing

/// Temporary folder, and what the caches in it warned of.
private final class Place: Sendable {
  let parent: String
  let folder: String
  private let warned = Mutex<[String]>([])

  init() {
    parent = FileManager.default.temporaryDirectory.appending(path: "lathe-\(UUID().uuidString)")
      .path()
    folder = parent + "/a/cache"
  }

  deinit { try? FileManager.default.removeItem(atPath: parent) }

  var warnings: [String] { warned.withLock { $0 } }

  func cache(_ files: any CacheFiles = SystemFiles(), limit: Int = 1 << 20) -> DiskCache {
    DiskCache(folder: folder, byteLimit: limit, files: files) { line in
      self.warned.withLock { $0.append(line) }
    }
  }

  func path(_ key: String) -> String { "\(folder)/\(key)" }

  var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
  }
}

private func key(_ number: Int) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: 64 - digits.count) + digits
}

/// Bytes that tell which key they belong to.
private func bytes(_ number: Int, _ count: Int = 1000) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
}

@Suite struct DiskCacheTests {
  @Test func keepsAndForgets() throws {
    let place = Place()
    let cache = place.cache()
    #expect(cache.bytes(for: key(1)) == nil)
    #expect(try cache.summary() == DiskCache.Summary())
    for number in 1...5 { cache.store(bytes(number, number * 7), for: key(number)) }
    for number in 1...5 { #expect(cache.bytes(for: key(number)) == bytes(number, number * 7)) }
    cache.store([], for: key(1))
    #expect(place.cache().bytes(for: key(1)) == [])
    let attributes = try FileManager.default.attributesOfItem(atPath: place.folder)
    #expect(attributes[.posixPermissions] as? Int == 0o700)
    #expect(try cache.summary().entries == 5)
    cache.remove(key(2))
    #expect(cache.bytes(for: key(2)) == nil && place.names.count == 4)
    #expect(try cache.clear().entries == 4)
    #expect(place.names == [] && place.warnings == [])
  }

  /// The least recently used entries go, and a read is a use.
  @Test func staysBelowItsLimit() throws {
    let place = Place()
    let cache = place.cache(limit: 12_000)
    for number in 1...11 {
      cache.store(bytes(number), for: key(number))
      let age = Date().addingTimeInterval(Double(number) * 60 - 6000)
      try FileManager.default.setAttributes(
        [.modificationDate: age], ofItemAtPath: place.path(key(number)))
    }
    #expect(cache.bytes(for: key(1)) == bytes(1))
    cache.store(bytes(12), for: key(12))
    #expect(cache.bytes(for: key(1)) == bytes(1) && cache.bytes(for: key(12)) == bytes(12))
    #expect(cache.bytes(for: key(2)) == nil && cache.bytes(for: key(11)) == bytes(11))
    for number in 20..<200 { cache.store(bytes(number), for: key(number)) }
    #expect(try cache.summary().bytes <= 12_000)
    cache.store(bytes(300, 20_000), for: key(300))
    #expect(cache.bytes(for: key(300)) == nil && place.warnings == [])
  }

  private func damaged(_ file: [UInt8]) throws {
    let place = Place()
    let cache = place.cache()
    cache.store(bytes(1, 50), for: key(1))
    try Data(file).write(to: URL(filePath: place.path(key(1))))
    #expect(cache.bytes(for: key(1)) == nil)
    #expect(place.warnings.count == 1 && place.names == [], "\(place.warnings)")
    cache.store(bytes(1, 50), for: key(1))
    #expect(cache.bytes(for: key(1)) == bytes(1, 50))
  }

  private func entry() throws -> [UInt8] {
    let place = Place()
    place.cache().store(bytes(1, 50), for: key(1))
    return Array(try Data(contentsOf: URL(filePath: place.path(key(1)))))
  }

  @Test func truncated() throws {
    let file = try entry()
    for count in 0..<file.count { try damaged(Array(file[..<count])) }
    try damaged(file + [0])
  }

  @Test func flipped() throws {
    let file = try entry()
    for bit in 0..<8 * file.count {
      var flipped = file
      flipped[bit / 8] ^= 1 << (bit % 8)
      try damaged(flipped)
    }
  }

  /// An entry under the name of another, and something else altogether.
  @Test func foreign() throws {
    let place = Place()
    let cache = place.cache()
    cache.store(bytes(1), for: key(1))
    try FileManager.default.copyItem(atPath: place.path(key(1)), toPath: place.path(key(2)))
    #expect(cache.bytes(for: key(2)) == nil && cache.bytes(for: key(1)) == bytes(1))
    try FileManager.default.createDirectory(
      atPath: place.path(key(3)), withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: place.path(key(4)), withDestinationPath: place.path(key(1)))
    #expect(cache.bytes(for: key(3)) == nil && cache.bytes(for: key(4)) == nil)
    #expect(place.warnings.count == 1)
  }

  /// Every operation failing in turn, once and from then on.
  @Test(arguments: [false, true]) func failures(lasting: Bool) throws {
    func use(_ cache: DiskCache) {
      for number in 1...4 {
        if let found = cache.bytes(for: key(number)) { #expect(found == bytes(number)) }
        cache.store(bytes(number), for: key(number))
        let found = cache.bytes(for: key(number))
        #expect(found == nil || found == bytes(number))
      }
    }
    let counting = FailingFiles(failing: 0)
    use(Place().cache(counting, limit: 3000))
    #expect(counting.count > 20)
    for failing in 1...counting.count {
      let place = Place()
      use(place.cache(FailingFiles(failing: failing, lasting: lasting), limit: 3000))
      #expect(place.warnings.count == 1, "operation \(failing): \(place.warnings)")
      // What is there is whole.
      let cache = place.cache()
      for number in 1...4 {
        let found = cache.bytes(for: key(number))
        #expect(found == nil || found == bytes(number))
      }
      #expect(place.warnings.count == 1)
    }
  }

  /// A folder that others may enter, or that is none, is not used.
  @Test func refusesFoldersOfOthers() throws {
    let place = Place()
    try FileManager.default.createDirectory(
      atPath: place.folder, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o755])
    let planted = Place()
    planted.cache().store(bytes(1), for: key(1))
    try FileManager.default.copyItem(atPath: planted.path(key(1)), toPath: place.path(key(1)))
    let open = place.cache()
    #expect(open.bytes(for: key(1)) == nil)
    open.store(bytes(2), for: key(2))
    #expect(place.names == [key(1)] && place.warnings.count == 1)
    #expect(place.warnings.first?.contains("make it private") == true, "\(place.warnings)")
    try FileManager.default.removeItem(atPath: place.folder)
    try Data().write(to: URL(filePath: place.folder))
    let cache = place.cache()
    #expect(cache.bytes(for: key(1)) == nil)
    cache.store(bytes(1), for: key(1))
    #expect(place.warnings.count == 2)
  }

  /// Files that may not grow are what a full disk is.
  @Test func fullDisk() async {
    await #expect(processExitsWith: .success) {
      let place = Place()
      signal(SIGXFSZ, SIG_IGN)
      let largest = Int32(RLIMIT_FSIZE.rawValue)
      var limit = rlimit()
      getrlimit(largest, &limit)
      let before = limit.rlim_cur
      limit.rlim_cur = 4096
      setrlimit(largest, &limit)
      let cache = place.cache()
      cache.store(bytes(1), for: key(1))
      cache.store(bytes(2, 100_000), for: key(2))
      cache.store(bytes(3), for: key(3))
      limit.rlim_cur = before
      setrlimit(largest, &limit)
      guard place.names == [key(1)], place.warnings.count == 1,
        cache.bytes(for: key(1)) == bytes(1)
      else { exit(1) }
    }
  }

  @Test func unfinishedFilesGo() throws {
    let place = Place()
    place.cache().store(bytes(1), for: key(1))
    let (old, new) = (place.path(".draft-1"), place.path(".draft-2"))
    for path in [old, new] { try Data(bytes(9)).write(to: URL(filePath: path)) }
    try FileManager.default.setAttributes(
      [.modificationDate: Date().addingTimeInterval(-7200)], ofItemAtPath: old)
    place.cache().store(bytes(2), for: key(2))
    #expect(place.names == [".draft-2", key(1), key(2)])
    #expect(try place.cache().verify().damaged == 0)
    try Data(bytes(9)).write(to: URL(filePath: place.path(key(1))))
    #expect(try place.cache().verify().damaged == 1 && place.warnings == [])
  }
}
