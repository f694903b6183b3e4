// What is done with gradients before a step.

public import Lathe

/// The Euclidean length of all float tensors of a gradient as one vector, statistics left out.
public func globalNorm<Model>(of gradient: Model) -> Tensor {
  let parts = TrainedParameters(of: gradient).tensors(of: gradient).map { ($0 * $0).sum() }
  return sqrt(parts.dropFirst().reduce(parts.first ?? Tensor.zeros([]), +))
}

/// The gradient, shortened to the length `maximum` where it is longer (Razvan Pascanu and others,
/// *On the difficulty of training recurrent neural networks*, 2012); NaN where the length is.
public func clipped<Model>(_ gradient: Model, norm maximum: Double) -> Model {
  let length = globalNorm(of: gradient)
  let factor = maximum / length.maximum(Tensor(Float(maximum)))
  return scaled(gradient, by: factor)
}

/// The gradient with each element held between `-limit` and `limit`.
public func clipped<Model>(_ gradient: Model, value limit: Double) -> Model {
  var result = gradient
  TrainedParameters(of: gradient).update(&result, along: gradient) { tensor, _, _ in
    tensor = tensor.clamp(
      Tensor.full([], -limit, tensor.dtype), Tensor.full([], limit, tensor.dtype))
  }
  return result
}

/// The gradient times a number.
public func scaled<Model>(_ gradient: Model, by factor: Tensor) -> Model {
  var result = gradient
  TrainedParameters(of: gradient).update(&result, along: gradient) { tensor, _, _ in
    tensor = tensor * factor
  }
  return result
}

/// Sum of gradients over several batches.
public struct GradientAccumulator<Model: Sendable>: Sendable {
  /// The sum so far.
  public private(set) var sum: Model
  /// Rank 0.
  private var count = Tensor(Float(0))

  /// Begins with nothing.
  public init(like model: Model) {
    sum = model
    let parameters = TrainedParameters(of: model)
    parameters.update(&sum, along: model) { tensor, _, _ in
      tensor = Tensor.zeros(tensor.shape, tensor.dtype)
    }
  }

  /// Adds a gradient.
  public mutating func add(_ gradient: Model) {
    TrainedParameters(of: gradient).update(&sum, along: gradient) { tensor, slope, _ in
      tensor += slope
    }
    count += 1
  }

  /// The mean of the gradients since the last call, and begins anew.
  public mutating func takeMean() -> Model {
    let mean = scaled(sum, by: 1 / count)
    self = GradientAccumulator(like: sum)
    return mean
  }
}

/// A model whose parameters are running means of another one's: often better to evaluate (Boris
/// Polyak and Anatoli Juditsky, *Acceleration of stochastic approximation by averaging*, 1992).
public struct MovingAverage<Model: Sendable>: Sendable {
  /// The means.
  public private(set) var model: Model
  /// Share of the past.
  public let decay: Double

  /// Begins as the model.
  public init(of model: Model, decay: Double = 0.999) {
    self.model = model
    self.decay = decay
  }

  /// Follows the model; statistics and integers are taken over.
  public mutating func follow(_ other: Model) {
    var next = namedTensors(of: other)[...]
    let decay = decay
    updateTensors(of: &model) { tensor in
      guard let entry = next.popFirst() else { return }
      guard entry.tensor.dtype.isFloat, !entry.isStatistic else {
        tensor = entry.tensor
        return
      }
      tensor = tensor * decay + entry.tensor * (1 - decay)
    }
  }
}
