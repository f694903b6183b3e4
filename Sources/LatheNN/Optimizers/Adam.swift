// Adam and its kin.

public import Lathe

/// Steps by running means of the gradient and of its square, each freed of its bias (Diederik Kingma
/// and Jimmy Ba, *Adam*, 2014); `weightDecay` shrinks the parameters beside the step (Ilya Loshchilov
/// and Frank Hutter, *Decoupled weight decay regularization*, 2017), which makes it AdamW.
public struct Adam: Optimizer {
  /// Rank 0.
  public var learningRate: Tensor
  /// Rank 0; `nil` is none.
  public var weightDecay: Tensor?
  /// Shares of the past in the two means.
  public let decays: (mean: Double, square: Double)
  /// Added to the root of the mean square.
  public let epsilon: Double
  private let parameters: TrainedParameters
  private var means: [Tensor]
  private var squares: [Tensor]
  /// The decays to the power of the number of steps, rank 0.
  private var powers: (mean: Tensor, square: Tensor)

  /// Keeps two means for each trained tensor.
  public init<Model>(
    for model: Model, learningRate: Double = 1e-3,
    decays: (mean: Double, square: Double) = (0.9, 0.999), epsilon: Double = 1e-8,
    weightDecay: Double = 0, frozen: [String] = [], file: String = #fileID, line: Int = #line
  ) {
    self.learningRate = hyperparameter(learningRate)
    self.weightDecay = weightDecay == 0 ? nil : hyperparameter(weightDecay)
    self.decays = decays
    self.epsilon = epsilon
    parameters = TrainedParameters(of: model, frozen: frozen, file: file, line: line)
    means = parameters.zeros(like: model)
    squares = means
    powers = (hyperparameter(1), hyperparameter(1))
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
    powers = (powers.mean * decays.mean, powers.square * decays.square)
    let rate = learningRate / (1 - powers.mean)
    let correction = rsqrt(1 - powers.square)
    parameters.update(&model, along: gradient) { parameter, slope, number in
      means[number] = means[number] * decays.mean + slope * (1 - decays.mean)
      squares[number] = squares[number] * decays.square + slope * slope * (1 - decays.square)
      let step = rate * means[number] / (sqrt(squares[number]) * correction + epsilon)
      parameter = weightDecay.map { parameter - learningRate * $0 * parameter } ?? parameter
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
  /// Shares of the past in the two means.
  public let decays: (mean: Double, square: Double)
  /// Added to the root of the mean square.
  public let epsilon: Double
  private let parameters: TrainedParameters
  private var means: [Tensor]
  private var squares: [Tensor]
  private var powers: (mean: Tensor, square: Tensor)

  /// Keeps two means for each trained tensor.
  public init<Model>(
    for model: Model, learningRate: Double = 1e-3,
    decays: (mean: Double, square: Double) = (0.9, 0.999), epsilon: Double = 1e-6,
    weightDecay: Double = 0.01, frozen: [String] = [], file: String = #fileID, line: Int = #line
  ) {
    self.learningRate = hyperparameter(learningRate)
    self.weightDecay = hyperparameter(weightDecay)
    self.decays = decays
    self.epsilon = epsilon
    parameters = TrainedParameters(of: model, frozen: frozen, file: file, line: line)
    means = parameters.zeros(like: model)
    squares = means
    powers = (hyperparameter(1), hyperparameter(1))
  }

  /// One step.
  public mutating func update<Model>(_ model: inout Model, along gradient: Model) {
    powers = (powers.mean * decays.mean, powers.square * decays.square)
    let (first, second) = (1 / (1 - powers.mean), rsqrt(1 - powers.square))
    parameters.update(&model, along: gradient) { parameter, slope, number in
      means[number] = means[number] * decays.mean + slope * (1 - decays.mean)
      squares[number] = squares[number] * decays.square + slope * slope * (1 - decays.square)
      let step =
        means[number] * first / (sqrt(squares[number]) * second + epsilon)
        + weightDecay * parameter
      let (length, stepLength) = (parameter.norm(), step.norm())
      let zero = Tensor.zeros([])
      let isMeasured = (length .> zero) & (stepLength .> zero)
      let ratio = select(isMeasured, length / stepLength, Tensor.ones([]))
      parameter -= learningRate * ratio * step
    }
  }
}
