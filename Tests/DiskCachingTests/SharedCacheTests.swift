// Many processes in one folder, some of them killed.

import DiskCaching
import Foundation
import Testing

private func key(_ number: Int) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: 64 - digits.count) + digits
}

/// Uses a folder until told to stop; ends the process where an entry is not what its key says, or
/// where something was warned of.
private func use(_ folder: String, _ seed: Int, rounds: Int) {
  let cache = DiskCache(folder: folder, byteLimit: 60_000) { line in
    FileHandle.standardError.write(Data(line.utf8))
    exit(3)
  }
  for round in 0..<rounds {
    let number = (round * 7 + seed * 13) % 40
    let expected = [UInt8](repeating: UInt8(number), count: 500 + 97 * number)
    if let found = cache.bytes(for: key(number)), found != expected { exit(4) }
    cache.store(expected, for: key(number))
  }
}

private final class Folder: Sendable {
  let path = FileManager.default.temporaryDirectory
    .appending(path: "lathe-\(UUID().uuidString)").path()
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct SharedCacheTests {
  /// Sixteen processes read, write and make room at once.
  @Test func sixteenProcesses() async throws {
    let folder = Folder()
    await withTaskGroup(of: Void.self) { group in
      for seed in 0..<16 {
        group.addTask { [path = folder.path] in
          await #expect(processExitsWith: .success) { [path = path as String, seed = seed as Int] in
            use(path, seed, rounds: 300)
          }
        }
      }
    }
    let cache = DiskCache(folder: folder.path) { _ in }
    #expect(try cache.verify().damaged == 0)
  }

  /// Processes that write without end, killed: what they leave is whole.
  @Test(arguments: 0..<10) func killedWriters(block: Int) async throws {
    let folder = Folder()
    for round in 0..<20 {
      let delay = 200 + 331 * UInt32(round) + 57 * UInt32(block)
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = folder.path as String, seed = round as Int, delay = delay as UInt32] in
        Thread.detachNewThread {
          usleep(delay)
          kill(getpid(), SIGKILL)
        }
        use(path, seed, rounds: .max)
      }
    }
    let cache = DiskCache(folder: folder.path) { _ in }
    let found = try cache.verify()
    #expect(found.damaged == 0 && found.entries > 0)
  }
}
