// Running the command that was built beside the tests.

import Foundation

/// What a run of the command printed.
struct CommandResult {
  let code: Int32
  let output: String
  let errors: String
}

func run(_ arguments: String...) throws -> CommandResult { try run(arguments) }

/// Runs the command, without the user's cache; `input` must fit a pipe.
func run(_ arguments: [String], input: String = "") throws -> CommandResult {
  let process = Process()
  process.executableURL = URL(filePath: CommandLine.arguments[0])
    .deletingLastPathComponent().appending(path: "lathe")
  process.arguments = arguments
  process.environment = ProcessInfo.processInfo.environment.merging(["LATHE_CACHE": "off"]) { $1 }
  let (output, errors, source) = (Pipe(), Pipe(), Pipe())
  process.standardOutput = output
  process.standardError = errors
  process.standardInput = source
  source.fileHandleForWriting.write(Data(input.utf8))
  try source.fileHandleForWriting.close()
  try process.run()
  let text = output.fileHandleForReading.readDataToEndOfFile()
  let complaint = errors.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return CommandResult(
    code: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
    errors: String(decoding: complaint, as: UTF8.self))
}

/// Temporary folder that lives as long as this.
final class Folder {
  private let url = FileManager.default.temporaryDirectory
    .appending(path: "lathe-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  func path(of name: String) -> String { url.appending(path: name).path() }

  func write(_ data: Data, as name: String) throws -> String {
    try data.write(to: url.appending(path: name))
    return path(of: name)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}
