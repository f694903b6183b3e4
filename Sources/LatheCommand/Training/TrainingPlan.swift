// What a run of training is to do: from the command line, or from a checkpoint.

import Lathe
import LatheNN

/// All that a run needs to know, checkpoint included.
struct TrainingPlan {
  let model: ModelName
  /// As the command line names the data.
  let dataName: String
  let mode: TrainingMode
  let epochs: Int
  /// Most steps.
  let steps: Int?
  let batch: Int
  /// Tokens of a window of text.
  let length: Int
  let learningRate: Double
  let seed: Int
  let isAugmented: Bool
  let patience: Int?
  let saveFile: String?
  let saveEvery: Int?
  let logFile: String?
  let curveFile: String?
  let isJSON: Bool
  let checkpoint: Checkpoint?

  init(_ command: TrainCommand) throws {
    let checkpoint = try command.resume.map { path throws(CheckpointError) in
      try Checkpoint.load(from: path)
    }
    let settings = TrainingSettings(checkpoint, file: command.resume ?? "")
    self.checkpoint = checkpoint
    model = try settings?.model ?? command.model ?? .mlp
    dataName =
      try settings?.text("data") ?? command.data ?? (model.isOfText ? "opticks" : "digits")
    mode = command.mode == .jit ? .jit : .eager
    epochs = try command.epochs ?? settings?.integer("epochs") ?? 5
    steps = command.steps
    batch = try settings?.integer("batch") ?? command.batch ?? (model.isOfText ? 16 : 64)
    length = try settings?.integer("length") ?? command.length ?? 128
    learningRate = try command.learningRate ?? settings?.number("learning rate") ?? 2e-3
    seed = try settings?.integer("seed") ?? command.seed ?? 0
    isAugmented = try settings.map { try $0.text("augment") == "true" } ?? command.augment
    patience = command.patience
    saveFile = command.save ?? command.resume
    saveEvery = command.saveEvery
    logFile = command.log
    curveFile = command.curves
    isJSON = command.json
  }

  /// What a checkpoint says beside its tensors, but for what the data tell.
  var metadata: [String: String] {
    [
      "model": model.rawValue, "data": dataName, "epochs": "\(epochs)", "batch": "\(batch)",
      "learning rate": "\(learningRate)", "seed": "\(seed)", "augment": "\(isAugmented)",
      "length": "\(length)",
    ]
  }

  /// Longest gradient; `nil` is any.
  var clipping: Double? { model.isOfText ? 1 : nil }

  /// Images to learn from and to be judged by.
  var images: DatasetSplit { get throws { try Self.images(dataName) } }

  /// Text to learn from and to be judged by.
  var text: (training: TextDataset, validation: TextDataset) {
    get throws { try Self.text(dataName) }
  }

  /// The text of a name: the shipped one, or a file's, read by a vocabulary or its own; a tenth is
  /// held back.
  static func text(
    _ name: String, vocabulary: Vocabulary? = nil
  ) throws -> (training: TextDataset, validation: TextDataset) {
    let all =
      name == "opticks"
      ? TextDataset.opticks() : try TextDataset(path: name, vocabulary: vocabulary)
    return all.split(holdingBack: 0.1)
  }

  /// The data of a name: a shipped or installed set, a folder, or a CSV file; of the last two, one
  /// example in five is held back.
  static func images(_ name: String) throws -> DatasetSplit {
    switch name {
    case "digits": return Dataset.digits()
    case "fashion-mnist": return try Dataset.fashionMNIST()
    default: break
    }
    let all =
      name.hasSuffix(".csv")
      ? try Dataset(try CSVTable(path: name)) : try Dataset(imageFolder: name)
    return all.split(holdingBack: max(1, all.count / 5), by: HostKey(0))
  }
}

/// What a checkpoint says of the run that wrote it.
struct TrainingSettings {
  private let metadata: [String: String]
  private let file: String

  init?(_ checkpoint: Checkpoint?, file: String) {
    guard let checkpoint else { return nil }
    metadata = checkpoint.metadata
    self.file = file
  }

  func text(_ key: String) throws(CommandFailure) -> String {
    guard let text = metadata[key] else {
      throw CommandFailure("\(file): no \(key): not written by lathe train")
    }
    return text
  }

  func integer(_ key: String) throws(CommandFailure) -> Int {
    let text = try text(key)
    guard let value = Int(text) else {
      throw CommandFailure("\(file): \(key): \(text) is no number")
    }
    return value
  }

  func number(_ key: String) throws(CommandFailure) -> Double {
    let text = try text(key)
    guard let value = Double(text) else {
      throw CommandFailure("\(file): \(key): \(text) is no number")
    }
    return value
  }

  var model: ModelName {
    get throws(CommandFailure) {
      let text = try text("model")
      guard let model = ModelName(rawValue: text) else {
        throw CommandFailure("\(file): no model \(text)")
      }
      return model
    }
  }
}
