// Stochastic gradient descent.

public import Lathe

/// `p ← p - rate · v` with `v ← momentum · v + g`; with Nesterov's form `g + momentum · v` instead of
/// `v` (Ilya Sutskever and others, *On the importance of initialization and momentum*, 2013).
/// `weightDecay` times the parameter is added to the gradient.
public struct SGD: Optimizer {
  /// Rank 0.
  public var learningRate: Tensor
  /// Rank 0.
  public var weightDecay: Tensor?
  /// Share of the last step's direction; none is kept at 0.
  public let momentum: Double
  /// Whether the step looks ahead.
  public let isNesterov: Bool
  private let parameters: TrainedParameters
  private var velocities: [Tensor] = []

  /// Keeps a velocity for each trained tensor where there is momentum.
  public init<Model>(
    for model: Model, learningRate: Double, momentum: Double = 0, nesterov: Bool = false,
    weightDecay: Double = 0, frozen: [String] = [], file: String = #fileID, line: Int = #line
  ) {
    self.learningRate = hyperparameter(learningRate)
    self.weightDecay = weightDecay == 0 ? nil : hyperparameter(weightDecay)
    self.momentum = momentum
    isNesterov = nesterov
    parameters = TrainedParameters(of: model, frozen: frozen, file: file, line: line)
    if momentum != 0 { velocities = parameters.zeros(like: model) }
  }

  /// One step.
  public mutating func update<Model>(_ model: inout Model, along gradient: Model) {
    parameters.update(&model, along: gradient) { parameter, slope, number in
      var direction = slope
      if let weightDecay { direction += weightDecay * parameter }
      if momentum != 0 {
        velocities[number] = velocities[number] * momentum + direction
        direction = isNesterov ? direction + velocities[number] * momentum : velocities[number]
      }
      parameter -= learningRate * direction
    }
  }
}
