// The `lathe` command.

import ArgumentParser

/// Root of the command tree.
struct LatheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lathe",
    abstract: "Compiles tensor programs to vector code, and shows every step.",
    discussion: """
      Begin with:
        lathe quickstart                   a small net trained on images
        lathe ir train_cnn --stage fused   what a training step became
        lathe doctor                       what this machine offers
      """,
    version: "0.1.0",
    subcommands: [
      IRCommand.self, OptCommand.self, RunCommand.self, BenchCommand.self, DoctorCommand.self,
      CacheCommand.self,
      TrainCommand.self, EvaluateCommand.self, GenerateCommand.self,
      QuickstartCommand.self,
    ])
}

/// Why a command's work failed: one line, exit code 1.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// Runs `body` and turns any error into one line, prefixed by what it concerns.
  static func wrapping<Result>(
    _ subject: String? = nil, _ body: () throws -> Result
  ) throws(CommandFailure) -> Result {
    do { return try body() } catch let failure as CommandFailure { throw failure } catch {
      throw CommandFailure((subject.map { "\($0): " } ?? "") + "\(error)")
    }
  }
}
