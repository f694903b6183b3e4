// `lathe generate`.

import ArgumentParser
import Lathe
import LatheNN

/// Continues text with a saved model.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Continue text with a trained model.",
    discussion: """
      Each character is drawn from the model's probabilities; a lower temperature
      prefers the likely ones, 0 takes the likeliest. Same seed, same text.

      Example:
        lathe generate gpt.safetensors --prompt "The Rays of Light" --count 300
      """)

  @Argument(help: "A checkpoint of a text model that lathe train wrote.")
  var checkpoint: String

  @Option(help: "What to continue.")
  var prompt = "The "

  @Option(help: "Characters to write.")
  var count = 400

  @Option(help: "Spread of the choice.")
  var temperature = 0.8

  @Option(help: "Of the choices.")
  var seed = 0

  @OptionGroup var cache: CacheOption

  func validate() throws {
    if count < 0 { throw ValidationError("--count: a number from 0 on expected") }
    if !(temperature >= 0 && temperature.isFinite) {
      throw ValidationError("--temperature: a number from 0 on expected")
    }
    if prompt.isEmpty { throw ValidationError("--prompt: a character or more expected") }
  }

  func run() throws { try CommandFailure.wrapping { try withCompiler(cache, generate) } }

  private func generate() throws {
    let checkpoint = try Checkpoint.load(from: self.checkpoint)
    guard let settings = TrainingSettings(checkpoint, file: self.checkpoint) else { return }
    switch try settings.model {
    case .lstm: try write(try SavedTextModel<LSTMTextModel>(checkpoint, settings))
    case .gpt: try write(try SavedTextModel<GPT>(checkpoint, settings))
    case .mlp, .cnn, .resnet:
      throw CommandFailure(
        "\(self.checkpoint): \(try settings.model.rawValue) is a model of images, not of text")
    }
  }

  private func write<Model: TextModel>(_ saved: SavedTextModel<Model>) throws {
    var tokens = try saved.vocabulary.encode(prompt)
    Terminal.write(prompt)
    for number in 0..<count {
      let logits = saved.logits(after: tokens)
      let chosen = choice(logits, number)
      tokens.append(chosen)
      Terminal.write(try saved.vocabulary.decode([chosen]))
    }
    Terminal.writeLine("")
  }

  /// A token by the probabilities of the logits.
  private func choice(_ logits: [Float], _ number: Int) -> Int32 {
    let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
    guard temperature > 0 else { return Int32(best) }
    let scaled = Tensor(logits.map { ($0 - logits[best]) / Float(temperature) })
    let weights = exp(scaled).scalars(as: Float.self)
    let share = Double(HostKey(seed).word(number) >> 11) * 0x1p-53
    var left = share * weights.reduce(0) { $0 + Double($1) }
    for (token, weight) in weights.enumerated() {
      left -= Double(weight)
      if left < 0 { return Int32(token) }
    }
    return Int32(best)
  }
}

/// A text model with what belongs to it.
struct SavedTextModel<Model: TextModel> {
  let trainer: Trainer<Model, TextBatch>
  let vocabulary: Vocabulary
  let length: Int
  private let program: Compiled<Void, (Model, Tensor), Tensor, Never>

  init(_ checkpoint: Checkpoint, _ settings: TrainingSettings) throws {
    vocabulary = try Vocabulary(characters: try settings.text("characters"))
    length = try settings.integer("length")
    var trainer = Trainer<Model, TextBatch>(
      Model(vocabulary: vocabulary.count, length: length, key: RandomKey(0)))
    try trainer.restore(checkpoint)
    self.trainer = trainer
    program = compile { (model: Model, tokens: Tensor) in model(tokens) }
  }

  /// The logits of what follows the last of the tokens, which a window of `length` holds.
  func logits(after tokens: [Int32]) -> [Float] {
    let shown = Array(tokens.suffix(length))
    let padded = shown + [Int32](repeating: 0, count: length - shown.count)
    let window = Tensor(scalars: padded, shape: [1, length])
    return program(trainer.state.model, window)[0, shown.count - 1].scalars(as: Float.self)
  }
}
