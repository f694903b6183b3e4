// Adam and its kin.

public import Lathe

/// Running means of gradients and of their squares, each freed of its bias towards its beginning.
struct Moments: Sendable {
  /// Shares of the past in the two means.
  let decays: (mean: Double, square: Double)
  /// Added to the root of the mean square.
  let epsilon: Double
  private var means: [Tensor]
  private var squares: [Tensor]
  /// The decays to the power of the number of steps, rank 0.
  private var powers = (mean: hyperparameter(1), square: hyperparameter(1))

  /// Begins with zeros of the tensors' shapes.
  init(like zeros: [Tensor], _ decays: (mean: Double, square: Double), _ epsilon: Double) {
    self.decays = decays
    self.epsilon = epsilon
    means = zeros
    squares = zeros
  }

  /// Begins a step; the factors that free the two means of their bias.
  mutating func advance() -> (mean: Tensor, square: Tensor) {
    powers = (powers.mean * decays.mean, powers.square * decays.square)
    return (1 / (1 - powers.mean), rsqrt(1 - powers.square))
  }

  /// Takes in the gradient of tensor `number`; its mean times `factors.mean`, over its size.
  mutating func direction(
    _ slope: Tensor, _ number: Int, _ factors: (mean: Tensor, square: Tensor)
  ) -> Tensor {
    means[number] = means[number] * decays.mean + slope * (1 - decays.mean)
    squares[number] = squares[number] * decays.square + slope * slope * (1 - decays.square)
    return factors.mean * means[number] / (sqrt(squares[number]) * factors.square + epsilon)
  }
}

/// Steps by running means of the gradient and of its square, each freed of its bias (Diederik Kingma
/// and Jimmy Ba, *Adam*, 2014); `weightDecay` shrinks the parameters beside the step (Ilya Loshchilov
/// and Frank Hutter, *Decoupled weight decay regularization*, 2017), which makes it AdamW.
public struct Adam: Optimizer {
  /// Rank 0.
  public var learningRate: Tensor
  /// Rank 0; `nil` is none.
  public var weightDecay: Tensor?
  private let parameters: TrainedParameters
  private var moments: Moments

  /// Keeps two means for each trained tensor.
  public init<Model>(
    for model: Model, learningRate: Double = 1e-3,
    decays: (mean: Double, square: Double) = (0.9, 0.999), epsilon: Double = 1e-8,
    weightDecay: Double = 0, frozen: [String] = [], file: String = #fileID, line: Int = #line
  ) {
    self.learningRate = hyperparameter(learningRate)
    self.weightDecay = weightDecay == 0 ? nil : hyperparameter(weightDecay)
    parameters = TrainedParameters(of: model, frozen: frozen, file: file, line: line)
    moments = Moments(like: parameters.zeros(like: model), decays, epsilon)
  }

  /// AdamW: Adam with a weight decay, 0.01 where none is given.
  public static func decoupled<Model>(
    for model: Model, learningRate: Double = 1e-3,
    decays: (mean: Double, square: Double) = (0.9, 0.999), epsilon: Double = 1e-8,
    weightDecay: Double = 0.01, frozen: [String] = [], file: String = #fileID, line: Int = #line
  ) -> Adam {
    Adam(
      for: model, learningRate: learningRate, decays: decays, epsilon: epsilon,
      weightDecay: weightDecay, frozen: frozen, file: file, line: line)
  }

  /// One step.
  public mutating func update<Model>(_ model: inout Model, along gradient: Model) {
    var factors = moments.advance()
    factors.mean = factors.mean * learningRate
    parameters.update(&model, along: gradient) { parameter, slope, number in
      let step = moments.direction(slope, number, factors)
      if let weightDecay { parameter -= learningRate * weightDecay * parameter }
      parameter -= step
    }
  }
}

/// Steps by the sign of a mix of the gradient and its running mean (Xiangning Chen and others,
/// *Symbolic discovery of optimization algorithms*, 2023).
public struct Lion: Optimizer {
  /// Rank 0.
  public var learningRate: Tensor
  /// Rank 0; `nil` is none.
  public var weightDecay: Tensor?
  /// Shares of the past in the step and in the mean.
  public let decays: (step: Double, mean: Double)
  private let parameters: TrainedParameters
  private var means: [Tensor]

  /// Keeps a mean for each trained tensor.
  public init<Model>(
    for model: Model, learningRate: Double = 1e-4,
    decays: (step: Double, mean: Double) = (0.9, 0.99), weightDecay: Double = 0,
    frozen: [String] = [], file: String = #fileID, line: Int = #line
  ) {
    self.learningRate = hyperparameter(learningRate)
    self.weightDecay = weightDecay == 0 ? nil : hyperparameter(weightDecay)
    self.decays = decays
    parameters = TrainedParameters(of: model, frozen: frozen, file: file, line: line)
    means = parameters.zeros(like: model)
  }

  /// One step.
  public mutating func update<Model>(_ model: inout Model, along gradient: Model) {
    parameters.update(&model, along: gradient) { parameter, slope, number in
      let mix = means[number] * decays.step + slope * (1 - decays.step)
      var direction = mix.sign()
      if let weightDecay { direction += weightDecay * parameter }
      means[number] = means[number] * decays.mean + slope * (1 - decays.mean)
      parameter -= learningRate * direction
    }
  }
}

/// Adam's step with the length of each tensor's step tied to the tensor's own (Yang You and others,
/// *Large batch optimization for deep learning*, 2019).
public struct LAMB: Optimizer {
  /// Rank 0.
  public var learningRate: Tensor
  /// Rank 0.
  public var weightDecay: Tensor
  private let parameters: TrainedParameters
  private var moments: Moments

  /// Keeps two means for each trained tensor.
  public init<Model>(
    for model: Model, learningRate: Double = 1e-3,
    decays: (mean: Double, square: Double) = (0.9, 0.999), epsilon: Double = 1e-6,
    weightDecay: Double = 0.01, frozen: [String] = [], file: String = #fileID, line: Int = #line
  ) {
    self.learningRate = hyperparameter(learningRate)
    self.weightDecay = hyperparameter(weightDecay)
    parameters = TrainedParameters(of: model, frozen: frozen, file: file, line: line)
    moments = Moments(like: parameters.zeros(like: model), decays, epsilon)
  }

  /// One step.
  public mutating func update<Model>(_ model: inout Model, along gradient: Model) {
    let factors = moments.advance()
    parameters.update(&model, along: gradient) { parameter, slope, number in
      let step = moments.direction(slope, number, factors) + weightDecay * parameter
      let (length, stepLength) = (parameter.norm(), step.norm())
      let zero = Tensor.zeros([])
      let isMeasured = (length .> zero) & (stepLength .> zero)
      let ratio = select(isMeasured, length / stepLength, Tensor.ones([]))
      parameter -= learningRate * ratio * step
    }
  }
}
