// `lathe train`.

import ArgumentParser
import Driver
import Lathe
import LatheNN

/// Trains a built-in model on real data.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model on real data.",
    discussion: """
      Data of images: digits (shipped, 8x8), fashion-mnist (Debian's package
      dataset-fashion-mnist), a folder that holds a folder of PNG or JPEG
      files for each class, or a CSV file with the class in its last column.
      Data of text: opticks (shipped, 567 KB), or a file of UTF-8 text. Part
      of the data is held back to judge the model by.
      Models of images: mlp, cnn, resnet. Models of text: lstm, gpt.

      Progress goes to standard error, a line per epoch and the result to
      standard output. Same seed, same bits, on any number of threads; a run
      that was saved goes on with --resume as if it had not stopped.

      Example:
        lathe train --data fashion-mnist --model cnn --epochs 3 --save cnn.st
        lathe train --resume cnn.st
        lathe train --model gpt --epochs 8 --save gpt.st
      """)

  @Option(
    help: ArgumentHelp(
      "What to learn from. Default: digits, or opticks for text.", valueName: "name"))
  var data: String?

  @Option(help: "The model. Default: mlp.")
  var model: ModelName?

  @Option(help: "One compiled program per step, or operation by operation.")
  var mode = BenchmarkMode.jit

  @Option(help: "Passes over the data. Default: 5.")
  var epochs: Int?

  @Option(help: "Stop after so many steps.")
  var steps: Int?

  @Option(help: "Characters in an example of text. Default: 128.")
  var length: Int?

  @Option(help: "Examples in a step. Default: 64, or 16 of text.")
  var batch: Int?

  @Option(help: ArgumentHelp("Highest learning rate. Default: 0.002.", valueName: "rate"))
  var learningRate: Double?

  @Option(help: "Seed of parameters, order and chance. Default: 0.")
  var seed: Int?

  @Flag(help: "Flip and shift images at random.")
  var augment = false

  @Option(
    help: ArgumentHelp("Stop when accuracy has not grown for so long.", valueName: "epochs"))
  var patience: Int?

  @Option(help: ArgumentHelp("Write a checkpoint here after every epoch.", valueName: "file"))
  var save: String?

  @Option(help: ArgumentHelp("Write it after every so many steps too.", valueName: "steps"))
  var saveEvery: Int?

  @Option(help: ArgumentHelp("Go on from a checkpoint, and write it again.", valueName: "file"))
  var resume: String?

  @Option(help: ArgumentHelp("Append loss and accuracy: .csv or .jsonl.", valueName: "file"))
  var log: String?

  @Option(help: ArgumentHelp("Draw loss and accuracy: .svg.", valueName: "file"))
  var curves: String?

  @Option(help: "Threads; 0 is as many as there are.")
  var threads = 0

  @Flag(help: "Print one JSON object per epoch, and one at the end.")
  var json = false

  @OptionGroup var cache: CacheOption

  func validate() throws {
    func require(_ value: Int?, _ name: String) throws {
      if let value, value < 1 { throw ValidationError("\(name): a number from 1 on expected") }
    }
    try require(epochs, "--epochs")
    try require(steps, "--steps")
    try require(batch, "--batch")
    try require(length, "--length")
    try require(patience, "--patience")
    try require(saveEvery, "--save-every")
    if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
      throw ValidationError("--learning-rate: a number above 0 expected")
    }
    if resume != nil,
      model != nil || data != nil || batch != nil || length != nil
        || seed != nil
    {
      throw ValidationError(
        "--resume takes model, data, batch, length and seed from the checkpoint")
    }
  }

  func run() throws { _ = try train() }

  /// Trains; the examples per second.
  func train() throws -> Double {
    let plan = try CommandFailure.wrapping { try TrainingPlan(self) }
    return try CommandFailure.wrapping {
      try withCompiler(threads: threads, cache) {
        switch plan.model {
        case .mlp: try learn(PerceptronClassifier.self, plan)
        case .cnn: try learn(ConvolutionClassifier.self, plan)
        case .resnet: try learn(ResidualClassifier.self, plan)
        case .lstm: try learn(LSTMTextModel.self, plan)
        case .gpt: try learn(GPT.self, plan)
        }
      }
    }
  }
}

/// One run on images; the examples per second.
private func learn<Model: ImageClassifier>(
  _ type: Model.Type, _ plan: TrainingPlan
) throws -> Double {
  let data = try plan.images
  let model = Model(
    image: data.training.shape, classes: data.training.classes.count, key: RandomKey(plan.seed))
  let augmentation =
    plan.isAugmented ? Augmentation(flipsHorizontally: true, largestShift: 2) : .none
  var run = try TrainingRun(
    plan, model,
    training: ImageSource(data.training, augmentation: augmentation, key: HostKey(plan.seed)),
    test: ImageSource(data.test))
  return try run.run()
}

/// One run on text; the examples per second.
private func learn<Model: TextModel>(
  _ type: Model.Type, _ plan: TrainingPlan
) throws -> Double {
  let data = try plan.text
  let model = Model(
    vocabulary: data.training.vocabulary.count, length: plan.length, key: RandomKey(plan.seed))
  var run = try TrainingRun(
    plan, model,
    training: try TextWindows(data.training, length: plan.length, key: HostKey(plan.seed)),
    test: try TextWindows(data.validation, length: plan.length),
    notes: ["characters": data.training.vocabulary.characters])
  return try run.run()
}

/// Runs with so many threads and the chosen cache.
func withCompiler<Result>(
  threads: Int = 0, _ cache: CacheOption, _ body: () throws -> Result
) rethrows -> Result {
  let options = CompilerOptions(threads: threads, cacheFolder: cache.chosen)
  return try withCompiler(Compiler(options), body)
}

/// Models that the command trains.
enum ModelName: String, CaseIterable, ExpressibleByArgument {
  case mlp, cnn, resnet, lstm, gpt

  /// Whether it continues text.
  var isOfText: Bool { self == .lstm || self == .gpt }

  /// What its labels are of.
  var whatIsLabeled: String { isOfText ? "characters" : "images" }
}

extension BenchmarkMode: ExpressibleByArgument {}
