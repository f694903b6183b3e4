// `lathe train` killed and resumed, and without room for its checkpoint.

import Foundation
import Testing

@Suite(.serialized) struct KilledTrainingTests {
  private static let command = URL(filePath: CommandLine.arguments[0])
    .deletingLastPathComponent().appending(path: "lathe")

  /// What changes whenever the file is written.
  private func version(_ path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return "none" }
    return "\(status.st_ino) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)"
  }

  /// Runs the command and kills it so many microseconds after it wrote the file so often, unless it
  /// ends before; whether it was killed.
  private func runAndKill(
    _ arguments: [String], after writes: Int, of file: String, _ delay: UInt32
  ) throws -> Bool {
    let process = Process()
    process.executableURL = Self.command
    process.arguments = arguments + ["--no-cache"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    var last = version(file)
    var left = writes
    try process.run()
    while left > 0, process.isRunning {
      let now = version(file)
      if now != last { left -= 1 }
      last = now
      usleep(100)
    }
    usleep(delay)
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    if process.terminationReason == .uncaughtSignal { return true }
    #expect(process.terminationStatus == 0)
    return false
  }

  /// A run that was killed at twenty moments, and resumed each time, ends with the file of one that
  /// was never stopped. A moment may come before the first step, or within a checkpoint.
  @Test func twentyKills() throws {
    let folder = try Folder()
    let (whole, killed) = (folder.path(of: "whole"), folder.path(of: "killed"))
    let common = ["train", "--model", "mlp", "--epochs", "60", "--threads", "2"]
    #expect(try run(common + ["--save", whole]).code == 0)
    var moments: [(writes: Int, delay: UInt32)] = []
    for number in 0..<20 {
      // Now and then before anything was written.
      let isEarly = number % 5 == 3
      let moment = (
        writes: isEarly ? 0 : Int.random(in: 1...8),
        delay: UInt32.random(in: isEarly ? 0...400_000 : 0...4_000)
      )
      moments.append(moment)
      let isBegun = FileManager.default.fileExists(atPath: killed)
      let arguments = isBegun ? ["train", "--resume", killed] : common + ["--save", killed]
      #expect(
        try runAndKill(
          arguments + ["--save-every", "1"], after: moment.writes, of: killed, moment.delay),
        "done before it was killed: \(moments)")
    }
    let ended = try run("train", "--resume", killed)
    #expect(ended.code == 0, "\(ended) after \(moments)")
    let (a, b) = (
      FileManager.default.contents(atPath: whole), FileManager.default.contents(atPath: killed)
    )
    #expect(a != nil && a == b, "killed after \(moments)")
  }

  /// Where a checkpoint has no room, the run ends with a line, and the file of before is whole.
  @Test func noRoomForACheckpoint() throws {
    let folder = try Folder()
    let file = folder.path(of: "model")
    #expect(try run("train", "--epochs", "1", "--save", file).code == 0)
    let before = FileManager.default.contents(atPath: file)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    // What is ignored stays so in the command: writing too much is an error, as on a full disk.
    process.arguments = [
      "-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" train --no-cache --epochs 2 --resume \"$1\"",
      Self.command.path(), file,
    ]
    let errors = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 1)
    #expect(text.contains("\(file): File too large"), "\(text)")
    #expect(before != nil && FileManager.default.contents(atPath: file) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path(of: "")) == ["model"])
  }
}
