// `lathe evaluate`.

import ArgumentParser
import Lathe
import LatheNN

/// Judges a saved model on its test set.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Judge a trained model on the test set.",
    discussion: """
      Prints accuracy, F1 of each class, and how often classes are taken for each other.

      Example:
        lathe evaluate cnn.safetensors
      """)

  @Argument(help: "A checkpoint that lathe train wrote.")
  var checkpoint: String

  @Option(help: ArgumentHelp("Other data of the same classes.", valueName: "name"))
  var data: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    try CommandFailure.wrapping {
      let checkpoint = try Checkpoint.load(from: self.checkpoint)
      guard let settings = TrainingSettings(checkpoint, file: self.checkpoint) else { return }
      let name = try data ?? settings.text("data")
      let test = try TrainingPlan.load(name).test
      switch try settings.model {
      case .mlp: try report(PerceptronClassifier.self, checkpoint, test)
      case .cnn: try report(ConvolutionClassifier.self, checkpoint, test)
      case .resnet: try report(ResidualClassifier.self, checkpoint, test)
      }
    }
  }

  private func report<Model: ImageClassifier>(
    _ type: Model.Type, _ checkpoint: Checkpoint, _ data: Dataset
  ) throws {
    let model = Model(image: data.shape, classes: data.classes.count, key: RandomKey(0))
    var trainer = Trainer<Model, ImageBatch>(model)
    try trainer.restore(checkpoint)
    let matrix = try trainer.matrix(on: data)
    guard json else {
      print(matrix.description)
      return
    }
    print(
      "{\"test_accuracy\":\(significant(matrix.accuracy, 6)),"
        + "\"macro_f1\":\(significant(matrix.macroF1, 6)),\"examples\":\(matrix.count)}")
  }
}
