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

  @OptionGroup var cache: CacheOption

  func run() throws { try CommandFailure.wrapping { try withCompiler(cache, evaluate) } }

  private func evaluate() throws {
    let checkpoint = try Checkpoint.load(from: self.checkpoint)
    guard let settings = TrainingSettings(checkpoint, file: self.checkpoint) else { return }
    let name = try data ?? settings.text("data")
    switch try settings.model {
    case .mlp: try reportImages(PerceptronClassifier.self, checkpoint, name)
    case .cnn: try reportImages(ConvolutionClassifier.self, checkpoint, name)
    case .resnet: try reportImages(ResidualClassifier.self, checkpoint, name)
    case .lstm: try reportText(LSTMTextModel.self, checkpoint, settings, name)
    case .gpt: try reportText(GPT.self, checkpoint, settings, name)
    }
  }

  private func reportImages<Model: ImageClassifier>(
    _ type: Model.Type, _ checkpoint: Checkpoint, _ name: String
  ) throws {
    let data = try TrainingPlan.images(name).test
    let model = Model(image: data.shape, classes: data.classes.count, key: RandomKey(0))
    var trainer = Trainer<Model, ImageBatch>(model)
    try trainer.restore(checkpoint)
    var (matrix, mean) = (ConfusionMatrix(classes: data.classes), Mean())
    try trainer.evaluate(on: ImageSource(data)) { logits, labels, loss in
      matrix.add(logits: logits, labels: labels)
      mean.add(loss, count: labels.count)
    }
    guard json else {
      print(matrix.description)
      print(
        "\naccuracy \(fixed(matrix.accuracy, 4)), loss \(significant(mean.value)) on "
          + "\(matrix.count) images")
      return
    }
    print(
      "{\"test_accuracy\":\(significant(matrix.accuracy, 6)),"
        + "\"test_loss\":\(significant(mean.value, 6)),"
        + "\"macro_f1\":\(significant(matrix.macroF1, 6)),\"examples\":\(matrix.count)}")
  }

  private func reportText<Model: TextModel>(
    _ type: Model.Type, _ checkpoint: Checkpoint, _ settings: TrainingSettings, _ name: String
  ) throws {
    let saved = try SavedTextModel<Model>(checkpoint, settings)
    let text = try TrainingPlan.text(name, vocabulary: saved.vocabulary).validation
    let windows = try TextWindows(text, length: saved.length)
    let found = try saved.trainer.judgement(on: windows)
    if json {
      print(
        "{\"test_accuracy\":\(significant(found.accuracy, 6)),"
          + "\"test_loss\":\(significant(found.loss, 6)),\"examples\":\(found.count)}")
    } else {
      print(
        "loss \(significant(found.loss)) nats a character, accuracy "
          + "\(fixed(found.accuracy, 4)) on \(found.count) characters")
    }
  }
}
