// Checkpoints: what they keep, and that nothing leaves a broken one.

import Foundation
import Lathe
import LatheNN
import Testing

@Suite struct CheckpointTests {
  private func message(_ body: () throws -> Void) -> String {
    do throws(any Error) {
      try body()
      return "nothing"
    } catch {
      return "\(error)"
    }
  }

  private func checkpoint(_ value: Float = 1, step: Int = 7) -> Checkpoint {
    Checkpoint(
      tensors: [("weight", Tensor([value, 2])), ("key", RandomKey(3).words)], step: step,
      position: BatchPosition(epoch: 2, example: 64), metadata: ["model": "mlp"])
  }

  @Test func keepsEverything() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a.safetensors"
    try checkpoint().save(to: path)
    try checkpoint(5, step: 8).save(to: path)
    let loaded = try Checkpoint.load(from: path)
    #expect(loaded.step == 8 && loaded.epoch == 2)
    #expect(loaded.position == BatchPosition(epoch: 2, example: 64))
    #expect(loaded.metadata == ["model": "mlp"] && loaded.names == ["weight", "key"])
    #expect(try loaded.tensor("weight").scalars(as: Float.self) == [5, 2])
    #expect(try loaded.tensor("key").scalars(as: UInt32.self) == [0, 3])
    let like: Checkpoint.Tensors = [("key", RandomKey(0).words), ("weight", Tensor.zeros([2]))]
    #expect(try loaded.tensors(like: like).map(\.dtype) == [.u32, .f32])
    #expect(folder.names == ["a.safetensors"])
    // Loaded and saved again it is the same file.
    let before = folder.contents("a.safetensors")
    try loaded.save(to: "\(folder.path)/b")
    #expect(folder.contents("b") == before)
  }

  @Test func refusesWhatIsNoCheckpointOfTheModel() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a"
    try checkpoint().save(to: path)
    let loaded = try Checkpoint.load(from: path)
    #expect(message { _ = try loaded.tensor("bias") } == "\(path): no tensor bias")
    #expect(
      message { _ = try loaded.tensor("weight", like: Tensor.zeros([3])) }
        == "\(path): weight: f32[2], expected f32[3]")
    #expect(
      message { _ = try loaded.tensors(like: [("weight", Tensor.zeros([2]))]) }
        == "\(path): the model has no tensor key")
    let foreign = try folder.write(
      "foreign", [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8))
    #expect(
      message { _ = try Checkpoint.load(from: foreign) }
        == "\(foreign): no checksum; no checkpoint, or one that another program wrote again")
    try Safetensors(entries: []).write(to: foreign)
    #expect(
      message { _ = try Checkpoint.load(from: foreign) }
        == "\(foreign): lathe.step: missing; no checkpoint of a run")
    try Safetensors(entries: [], metadata: ["lathe.step": "1", "lathe.position": "x"]).write(
      to: foreign)
    #expect(
      message { _ = try Checkpoint.load(from: foreign) }
        == "\(foreign): lathe.position: 'x'; no checkpoint of a run")
    #expect(
      message { try checkpoint().save(to: "/nowhere/a") }
        == "/nowhere/a: No such file or directory")
    #expect(
      message { _ = try Checkpoint.load(from: folder.path) } == "\(folder.path): Is a directory")
  }

  /// Every bit of a checkpoint counts.
  @Test func damageIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a"
    try checkpoint().save(to: path)
    let contents = try #require(folder.contents("a"))
    for byte in contents.indices {
      var flipped = contents
      flipped[byte] ^= UInt8(1 << (byte % 8))
      let damaged = try folder.write("damaged", flipped)
      #expect(throws: CheckpointError.self, "byte \(byte)") { try Checkpoint.load(from: damaged) }
    }
  }

  /// A file that may not grow is what a full disk is: the old checkpoint stays.
  @Test func fullDiskKeepsTheOldOne() async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a"
    try checkpoint().save(to: path)
    let old = folder.contents("a")
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) { [path = path as String] in
      let largest = Int32(RLIMIT_FSIZE.rawValue)
      var limit = rlimit()
      signal(SIGXFSZ, SIG_IGN)
      getrlimit(largest, &limit)
      let before = limit
      limit.rlim_cur = 4096
      setrlimit(largest, &limit)
      do throws(CheckpointError) {
        try Checkpoint(tensors: [("weight", Tensor.zeros([4096]))], step: 9).save(to: path)
      } catch {
        limit = before
        setrlimit(largest, &limit)
        print("\(error)")
      }
    }
    let text = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    #expect(text.contains("\(path): File too large"))
    #expect(folder.contents("a") == old && folder.names == ["a"])
  }

  /// A process that saves without end, killed at any moment, leaves a whole checkpoint, whose numbers
  /// are all of one step; the next save removes what else it left.
  @Test(arguments: 0..<12) func killedProcessLeavesAWholeFile(round: Int) async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a"
    try Checkpoint(tensors: [("weight", Tensor.full([50_000], Float(0)))], step: 0).save(to: path)
    let delay = 500 + 1_937 * UInt32(round)
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, delay = delay as UInt32] in
      for step in 1... {
        let weight = Tensor(Array(repeating: Float(step), count: 50_000))
        try Checkpoint(tensors: [("weight", weight)], step: step).save(to: path)
        guard step == 1 else { continue }
        Thread.detachNewThread {
          usleep(delay)
          kill(getpid(), SIGKILL)
        }
      }
    }
    let loaded = try Checkpoint.load(from: path)
    let weight = try loaded.tensor("weight").scalars(as: Float.self)
    #expect(weight.count == 50_000 && weight.allSatisfy { $0 == Float(loaded.step) })
    #expect(loaded.step > 0)
    try loaded.save(to: path)
    #expect(folder.names == ["a"])
  }

  /// Threads that save to one path leave the file of one of them.
  @Test func threadsDoNotMix() async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a"
    await withTaskGroup(of: Void.self) { group in
      for task in 1...4 {
        group.addTask {
          for _ in 0..<10 {
            let weight = Tensor(Array(repeating: Float(task), count: 5000))
            try? Checkpoint(tensors: [("weight", weight)], step: task).save(to: path)
          }
        }
      }
    }
    let loaded = try Checkpoint.load(from: path)
    let weight = try loaded.tensor("weight").scalars(as: Float.self)
    #expect(weight.allSatisfy { $0 == Float(loaded.step) } && folder.names == ["a"])
  }
}
