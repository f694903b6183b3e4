// `lathe quickstart`: a net trained on real images, compiled and operation by operation.

import ArgumentParser
import Lathe
import LatheNN

/// Trains the small convolution net for one epoch.
struct QuickstartCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quickstart",
    abstract: "Train a small net on images, compiled and operation by operation.",
    discussion: """
      Uses Fashion-MNIST where Debian's package dataset-fashion-mnist is installed,
      else the digits that are part of the command.

      Example:
        lathe quickstart
      """,
    shouldDisplay: false)

  @Option(help: ArgumentHelp("Where the curves go.", valueName: "file"))
  var curves = "quickstart.svg"

  /// Steps that eager mode runs.
  private static let eagerSteps = "60"

  func run() throws {
    let hasFashion = (try? Dataset.fashionMNIST()) != nil
    let (data, what) =
      hasFashion
      ? ("fashion-mnist", "60,000 images of clothes, 28x28")
      : ("digits", "1,437 images of digits, 8x8; dataset-fashion-mnist is not installed")
    let common = ["--data", data, "--model", "cnn"]
    Terminal.writeLine(
      "Training a net of two convolutions and two dense layers on \(what).\n\n"
        + Terminal.bold("Forward, backward and update as one compiled program, one epoch"))
    let compiled = try train(
      common + ["--epochs", hasFashion ? "1" : "10", "--curves", curves])
    Terminal.writeLine(
      Terminal.bold("\nThe same operation by operation, \(Self.eagerSteps) steps"))
    let eager = try train(
      common + ["--epochs", "10", "--mode", "eager", "--steps", Self.eagerSteps])
    Terminal.writeLine(
      "\nCompiled: \(significant(compiled, 3)) examples/s, "
        + Terminal.bold("\(significant(compiled / eager, 2)) times") + " those of operation by "
        + "operation.\nCurves of loss and accuracy: \(curves)\nWhat the training step became: "
        + "lathe ir train_cnn --stage fused")
  }

  private func train(_ arguments: [String]) throws -> Double {
    try TrainCommand.parse(arguments).train()
  }
}
