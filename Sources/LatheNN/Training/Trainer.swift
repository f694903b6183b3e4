// Training steps and evaluation of a model that labels.

public import Lathe

/// What a training step changes, and a checkpoint holds.
public struct TrainingState<Model: Layer>: Sendable {
  /// The model.
  public var model: Model
  /// The optimizer with what it keeps.
  public var optimizer: Adam
  /// Steps done, rank 0, i64: random numbers of a step come of the seed and this.
  public var count: Tensor

  /// Begins.
  public init(model: Model, optimizer: Adam) {
    self.model = model
    self.optimizer = optimizer
    count = Tensor(0)
  }
}

/// How a trainer runs a step.
public enum TrainingMode: String, Sendable, CaseIterable {
  /// Forward, backward and update as one compiled program.
  case jit
  /// Operation by operation.
  case eager
}

/// Trains a model by AdamW on the cross-entropy of its logits.
///
/// ```swift
/// var trainer = Trainer(model, mode: .jit, seed: 1)
/// while let next = try batches.next() { loss = trainer.step(next.batch, learningRate: 1e-3) }
/// ```
///
/// Same seed and batches, same bits, at any number of threads, in one run or in several.
public struct Trainer<Model: Layer, Batch: LabeledBatch> {
  /// Model, optimizer, and steps done.
  public var state: TrainingState<Model>
  /// How steps run.
  public let mode: TrainingMode
  private let body: @Sendable (inout TrainingState<Model>, Batch) -> Tensor
  private let program: Compiled<TrainingState<Model>, Batch, Tensor, Never>
  private let judge: @Sendable (Model, Batch) -> (Tensor, Tensor)
  private let evaluation: Compiled<Void, (Model, Batch), (Tensor, Tensor), Never>

  /// Begins with a model; gradients longer than `clipping` are shortened.
  public init(
    _ model: Model, mode: TrainingMode = .jit, seed: Int = 0, weightDecay: Double = 0.01,
    clipping: Double? = nil
  ) {
    let optimizer = Adam(for: model, decays: (0.9, 0.99), weightDecay: weightDecay)
    state = TrainingState(model: model, optimizer: optimizer)
    self.mode = mode
    let body: @Sendable (inout TrainingState<Model>, Batch) -> Tensor = { state, batch in
      let key = RandomKey(seed).folding(in: state.count)
      var (loss, slope) = lossAndGradient(of: &state.model, key: key) { model, context in
        model.forward(batch.inputs, &context).crossEntropy(batch.labels)
      }
      if let clipping { slope = clipped(slope, norm: clipping) }
      state.optimizer.update(&state.model, along: slope)
      state.count += 1
      return loss
    }
    self.body = body
    program = compile { (state: inout TrainingState<Model>, batch: Batch) in body(&state, batch) }
    let judge: @Sendable (Model, Batch) -> (Tensor, Tensor) = { model, batch in
      let logits = model(batch.inputs)
      return (logits.crossEntropy(batch.labels), logits)
    }
    self.judge = judge
    evaluation = compile { (model: Model, batch: Batch) in judge(model, batch) }
  }

  /// Makes the program of a step for batches like this one; nothing to do in eager mode.
  public func prepare(for batch: Batch) {
    if mode == .jit { _ = try? program.prepared(state, batch) }
  }

  /// One step; the batch's loss before it.
  public mutating func step(_ batch: Batch, learningRate: Double) -> Tensor {
    state.optimizer.learningRate = Tensor(Float(learningRate))
    switch mode {
    case .jit: return program(&state, batch)
    case .eager: return withExecution(.eager) { body(&state, batch) }
    }
  }

  /// Loss and logits of a batch at inference.
  public func evaluate(_ batch: Batch) -> (loss: Tensor, logits: Tensor) {
    switch mode {
    case .jit: return evaluation(state.model, batch)
    case .eager: return withExecution(.eager) { judge(state.model, batch) }
    }
  }

  /// What a checkpoint holds.
  public var tensors: Checkpoint.Tensors {
    namedTensors(of: state).map { (name: $0.path, value: $0.tensor) }
  }

  /// Goes on from a checkpoint of the same model.
  public mutating func restore(_ checkpoint: Checkpoint) throws(CheckpointError) {
    var next = try checkpoint.tensors(like: tensors)[...]
    updateTensors(of: &state) { tensor in
      if let value = next.popFirst() { tensor = value }
    }
  }
}
