// What optimizers share.

public import Lathe

/// Changes a model along its gradient; what it keeps between steps is part of the training state.
///
/// ```swift
/// var optimizer = Adam(for: model, learningRate: 1e-3)
/// optimizer.update(&model, along: gradient)
/// ```
///
/// Learning rate and weight decay are tensors, so that a schedule changes them without another
/// compilation. Statistics, integers, and the parts that `frozen` names stay as they are.
public protocol Optimizer: Sendable {
  /// Rank 0.
  var learningRate: Tensor { get set }

  /// One step.
  mutating func update<Model>(_ model: inout Model, along gradient: Model)
}

/// Which tensors of a model an optimizer changes.
public struct TrainedParameters: Sendable {
  /// One per tensor of the model, in the order of `namedTensors(of:)`.
  let flags: [Bool]

  /// All float tensors that are no statistics, but those whose path is, or goes on from, one of
  /// `frozen`; a path that names nothing is an error.
  public init<Model>(
    of model: Model, frozen: [String] = [], file: String = #fileID, line: Int = #line
  ) {
    let tensors = namedTensors(of: model)
    for path in frozen where !tensors.contains(where: { Self.covers(path, $0.path) }) {
      misuse("nothing to freeze at \(path)", file: file, line: line)
    }
    flags = tensors.map { entry in
      entry.tensor.dtype.isFloat && !entry.isStatistic
        && !frozen.contains { Self.covers($0, entry.path) }
    }
  }

  private static func covers(_ part: String, _ path: String) -> Bool {
    guard path.hasPrefix(part) else { return false }
    let rest = path.dropFirst(part.count)
    return rest.isEmpty || rest.hasPrefix(".") || rest.hasPrefix("[")
  }

  /// Zeros of the shapes of the trained tensors.
  func zeros<Model>(like model: Model) -> [Tensor] {
    tensors(of: model).map { Tensor.zeros($0.shape, $0.dtype) }
  }

  /// The trained tensors.
  func tensors<Model>(of model: Model) -> [Tensor] {
    zip(namedTensors(of: model), flags).compactMap { $1 ? $0.tensor : nil }
  }

  /// Calls `body` with each trained tensor, the tensor of the gradient beside it, and its number.
  func update<Model>(
    _ model: inout Model, along gradient: Model, _ body: (inout Tensor, Tensor, Int) -> Void
  ) {
    let slopes = tensors(of: gradient)
    var (place, number) = (0, 0)
    updateTensors(of: &model) { tensor in
      if flags[place] {
        body(&tensor, slopes[number], number)
        number += 1
      }
      place += 1
    }
  }
}

/// A rank-0 tensor in memory: a value that a step takes and that no program is compiled for.
func hyperparameter(_ value: Double) -> Tensor { Tensor(Float(value)) }
