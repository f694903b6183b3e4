// Workloads that are steps of training: a state that every run updates.

import Driver
import Lathe
import LatheNN
import TensorIR

/// A training step with its state.
protocol TrainingSession: AnyObject {
  /// One step; the loss.
  func step() -> Tensor
  /// One step, operation by operation.
  func eagerStep() -> Tensor
  /// Makes the step's program.
  func prepare()
  /// A tensor of the state that tells whether a step is right.
  var result: Tensor { get }
  /// The step's program before any pass.
  var module: TensorIR.Module { get }
}

extension TrainingSession {
  /// One step in a mode; the loss.
  func step(in mode: BenchmarkMode) -> Tensor { mode == .jit ? step() : eagerStep() }
}

/// A model with its optimizer, and a batch that every step takes.
final class ModelSession<Model: Sendable, Steps: Optimizer>: TrainingSession {
  /// What a step updates.
  struct State: Sendable {
    var model: Model
    var optimizer: Steps
  }

  private var state: State
  private let batch: [Tensor]
  private let watched: KeyPath<Model, Tensor>
  private let body: @Sendable (inout State, [Tensor]) -> Tensor
  private let function: Compiled<State, [Tensor], Tensor, Never>

  /// Steps on one batch; `loss` takes the model and the batch.
  init(
    _ model: Model, _ optimizer: Steps, batch: [Tensor], watching: KeyPath<Model, Tensor>,
    loss: @escaping @Sendable (Model, [Tensor]) -> Tensor
  ) {
    state = State(model: model, optimizer: optimizer)
    self.batch = batch
    watched = watching
    let body: @Sendable (inout State, [Tensor]) -> Tensor = { state, batch in
      let (value, slope) = valueAndGradient(of: state.model) { loss($0, batch) }
      state.optimizer.update(&state.model, along: slope)
      return value
    }
    self.body = body
    function = compile { (state: inout State, batch: [Tensor]) in body(&state, batch) }
  }

  func step() -> Tensor { function(&state, batch) }

  func eagerStep() -> Tensor { withExecution(.eager) { body(&state, batch) } }

  func prepare() { _ = try? function.prepared(state, batch) }

  var result: Tensor { state.model[keyPath: watched] }

  var module: TensorIR.Module { function.tracedModule(state, batch) }
}
