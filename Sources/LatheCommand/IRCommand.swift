// `lathe ir`: prints a level.

import ArgumentParser
import Driver
import IRCore
import Lathe
import LoopIR
import TensorIR

/// Prints what a program is at one level.
struct IRCommand: ParsableCommand {
  /// Levels by their names on the command line.
  enum Stage: String, CaseIterable, ExpressibleByArgument {
    case graph, fused, kernel, scheduled, llvm, asm

    var stage: IRStage {
      switch self {
      case .graph: .graph
      case .fused: .fused
      case .kernel: .kernel
      case .scheduled: .scheduled
      case .llvm: .llvm
      case .asm: .assembly
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "ir", abstract: "Print a program at one level.",
    discussion: """
      TARGET is a workload (\(Workload.names)), a file of IR text, or - for standard input.

      Example:
        lathe ir ew_chain --stage llvm --cpu avx2
      """)

  @Argument(help: "A workload or a file of IR text.") var target: String
  @Option(help: "The level to print.") var stage = Stage.graph
  @OptionGroup var cpu: CPUOption
  @Flag(help: "End lines of graphs with where they were made.") var locations = false

  func validate() throws {
    if locations, stage != .graph, stage != .fused {
      throw ValidationError("--locations goes with --stage graph and --stage fused")
    }
  }

  func run() throws {
    let program = try Program(target)
    let compiler = Compiler(CompilerOptions(row: cpu.row))
    let text = try CommandFailure.wrapping(target) {
      if stage == .graph { return printed(program.module.normalized()) }
      let stages = try compiler.stages(of: program.module, kept: program.kept)
      return stage == .fused ? printed(stages.fused) : try stages.text(of: stage.stage)
    }
    print(text, terminator: text.hasSuffix("\n") ? "" : "\n")
  }

  private func printed(_ module: Module) -> String {
    module.text(locations: locations ? { location in location.known } : nil)
  }
}
