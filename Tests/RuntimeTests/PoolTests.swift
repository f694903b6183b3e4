// The pool: alignment, reuse, statistics, the cap, failure, and many threads at once.
import CLatheRuntime
import Testing

/// What is counted or kept for reuse is tested in a process of its own: the pool serves the whole
/// process, and other tests allocate meanwhile.
@Suite struct PoolTests {
  @Test(arguments: [0, 1, 63, 64, 65, 1000, 4096, 100_000, 4 << 20, 5_000_001, 40 << 20])
  func alignsAndHoldsWhatWasAsked(bytes: Int) throws {
    let memory = try #require(lathe_alloc(bytes))
    defer { lathe_free(memory, bytes) }
    #expect(UInt(bitPattern: memory) % 64 == 0)
    if bytes >= 4 << 20 { #expect(UInt(bitPattern: memory) % (2 << 20) == 0) }
    let buffer = UnsafeMutableRawBufferPointer(start: memory, count: bytes)
    if let last = buffer.indices.last {
      buffer[0] = 1
      buffer[last] = 2
      #expect(buffer[last] == 2)
    }
  }

  @Test func roundsByAtMostAFifth() async {
    await #expect(processExitsWith: .success) {
      for bytes in [257, 1000, 1025, 5000, 65537, 1 << 20, (1 << 20) + 1] {
        let before = lathe_pool_stats().live
        let memory = try #require(lathe_alloc(bytes))
        let size = Int(lathe_pool_stats().live - before)
        lathe_free(memory, bytes)
        #expect(size >= bytes && size - (bytes + 63) / 64 * 64 <= size / 5)
      }
    }
  }

  @Test func reusesTheLatestOfItsSize() async {
    await #expect(processExitsWith: .success) {
      let first = try #require(lathe_alloc(777_777))
      let second = try #require(lathe_alloc(777_777))
      #expect(first != second)
      lathe_free(second, 777_777)
      lathe_free(first, 777_777)
      #expect(lathe_alloc(777_000) == first)
      #expect(lathe_alloc(777_777) == second)
    }
  }

  @Test func countsAndTrims() async {
    await #expect(processExitsWith: .success) {
      lathe_pool_set_cap(3 << 20)
      let blocks = try (0..<4).map { _ in try #require(lathe_alloc(1 << 20)) }
      #expect(lathe_pool_stats().live == 4 << 20)
      for block in blocks { lathe_free(block, 1 << 20) }
      // The first block is the longest unused: it went.
      #expect(lathe_pool_stats().cached == 3 << 20)
      #expect(lathe_alloc(1 << 20) == blocks[3])
      lathe_free(blocks[3], 1 << 20)
      lathe_pool_set_cap(1 << 20)
      let end = lathe_pool_stats()
      #expect(end.live == 0 && end.cached == 1 << 20 && end.peak == 4 << 20 && end.cap == 1 << 20)
    }
  }

  @Test func failsWithoutMemory() async {
    await #expect(processExitsWith: .success) {
      for bytes in [Int.max, 1 << 46 + 1, 1 << 46] {
        #expect(lathe_alloc(bytes) == nil)
        #expect(lathe_pool_stats().live == 0)
      }
    }
  }

  @Test func freesNothing() {
    lathe_free(nil, 100)
  }

  @Test func servesManyThreads() async {
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<6 {
        group.addTask {
          for turn in 0..<2000 {
            let bytes = 300_000 + (turn * 7919 + task) % 5 * 100_000
            guard let memory = lathe_alloc(bytes) else { return false }
            let mark = memory.bindMemory(to: Int.self, capacity: 1)
            mark.pointee = task << 32 | turn
            if mark.pointee != task << 32 | turn { return false }
            lathe_free(memory, bytes)
          }
          return true
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
