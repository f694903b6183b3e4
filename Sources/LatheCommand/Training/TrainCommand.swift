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
      Data: digits (shipped, 8x8 images), fashion-mnist (Debian's package
      dataset-fashion-mnist), a folder of images with one folder per class, or a CSV
      file with the class in its last column.
      Models: \(ModelName.allCases.map(\.rawValue).joined(separator: ", ")).

      Progress goes to standard error, one line per epoch and the result to standard
      output. Same seed, same bits, on any number of threads; a run that was saved goes
      on with --resume as if it had not stopped.

      Example:
        lathe train --data fashion-mnist --model cnn --epochs 3 --save cnn.safetensors
        lathe train --resume cnn.safetensors --epochs 5
      """)

  @Option(help: ArgumentHelp("What to learn from. Default: digits.", valueName: "name"))
  var data: String?

  @Option(help: "The model. Default: mlp.")
  var model: ModelName?

  @Option(help: "One compiled program per step, or operation by operation.")
  var mode = BenchmarkMode.jit

  @Option(help: "Passes over the data. Default: 5.")
  var epochs: Int?

  @Option(help: "Stop after so many steps.")
  var steps: Int?

  @Option(help: "Examples in a step. Default: 64.")
  var batch: Int?

  @Option(help: ArgumentHelp("Highest learning rate. Default: 0.002.", valueName: "rate"))
  var learningRate: Double?

  @Option(help: "Of parameters, order and augmentation. Default: 0.")
  var seed: Int?

  @Flag(help: "Flip and shift images at random.")
  var augment = false

  @Option(help: "Stop when accuracy has not grown for so many epochs.")
  var patience: Int?

  @Option(help: ArgumentHelp("Write a checkpoint here after every epoch.", valueName: "file"))
  var save: String?

  @Option(help: "Besides, write it after every so many steps.")
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

  func validate() throws {
    func require(_ value: Int?, _ name: String) throws {
      if let value, value < 1 { throw ValidationError("\(name): a number from 1 on expected") }
    }
    try require(epochs, "--epochs")
    try require(steps, "--steps")
    try require(batch, "--batch")
    try require(patience, "--patience")
    try require(saveEvery, "--save-every")
    if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
      throw ValidationError("--learning-rate: a number above 0 expected")
    }
    if resume != nil, model != nil || data != nil || batch != nil || seed != nil {
      throw ValidationError("--resume takes model, data, batch and seed from the checkpoint")
    }
  }

  func run() throws {
    let plan = try CommandFailure.wrapping { try TrainingPlan(self) }
    try CommandFailure.wrapping {
      try withThreads(threads) {
        switch plan.model {
        case .mlp: try train(PerceptronClassifier.self, plan)
        case .cnn: try train(ConvolutionClassifier.self, plan)
        case .resnet: try train(ResidualClassifier.self, plan)
        }
      }
    }
  }
}

/// One run.
private func train<Model: ImageClassifier>(_ type: Model.Type, _ plan: TrainingPlan) throws {
  var run = try TrainingRun<Model>(plan)
  try run.run()
}

/// Runs with so many threads.
func withThreads<Result>(_ threads: Int, _ body: () throws -> Result) rethrows -> Result {
  guard threads > 0 else { return try body() }
  return try withCompiler(Compiler(CompilerOptions(threads: threads, verifiesPasses: false)), body)
}

/// Models that the command trains.
enum ModelName: String, CaseIterable, ExpressibleByArgument {
  case mlp, cnn, resnet
}


extension BenchmarkMode: ExpressibleByArgument {}
