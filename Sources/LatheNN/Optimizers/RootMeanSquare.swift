// Optimizers that divide by the size of past gradients.

public import Lathe

/// Divides the gradient by the root of its running mean square (Tijmen Tieleman and Geoffrey Hinton,
/// lecture 6.5 of *Neural networks for machine learning*, 2012).
public struct RMSProp: Optimizer {
  /// Rank 0.
  public var learningRate: Tensor
  /// Share of the past in the mean square.
  public let decay: Double
  /// Share of the last step's direction.
  public let momentum: Double
  /// Added to the root.
  public let epsilon: Double
  private let parameters: TrainedParameters
  private var squares: [Tensor]
  private var velocities: [Tensor] = []

  /// Keeps a mean square for each trained tensor.
  public init<Model>(
    for model: Model, learningRate: Double = 1e-2, decay: Double = 0.99, momentum: Double = 0,
    epsilon: Double = 1e-8, frozen: [String] = [], file: String = #fileID, line: Int = #line
  ) {
    self.learningRate = hyperparameter(learningRate)
    self.decay = decay
    self.momentum = momentum
    self.epsilon = epsilon
    parameters = TrainedParameters(of: model, frozen: frozen, file: file, line: line)
    squares = parameters.zeros(like: model)
    if momentum != 0 { velocities = squares }
  }

  /// One step.
  public mutating func update<Model>(_ model: inout Model, along gradient: Model) {
    parameters.update(&model, along: gradient) { parameter, slope, number in
      squares[number] = squares[number] * decay + slope * slope * (1 - decay)
      var direction = slope / (sqrt(squares[number]) + epsilon)
      if momentum != 0 {
        velocities[number] = velocities[number] * momentum + direction
        direction = velocities[number]
      }
      parameter -= learningRate * direction
    }
  }
}

/// Divides the gradient by the root of the sum of all its squares (John Duchi and others, *Adaptive
/// subgradient methods*, 2011).
public struct AdaGrad: Optimizer {
  /// Rank 0.
  public var learningRate: Tensor
  /// Added to the root.
  public let epsilon: Double
  private let parameters: TrainedParameters
  private var squares: [Tensor]

  /// Keeps a sum of squares for each trained tensor.
  public init<Model>(
    for model: Model, learningRate: Double = 1e-2, epsilon: Double = 1e-10, frozen: [String] = [],
    file: String = #fileID, line: Int = #line
  ) {
    self.learningRate = hyperparameter(learningRate)
    self.epsilon = epsilon
    parameters = TrainedParameters(of: model, frozen: frozen, file: file, line: line)
    squares = parameters.zeros(like: model)
  }

  /// One step.
  public mutating func update<Model>(_ model: inout Model, along gradient: Model) {
    parameters.update(&model, along: gradient) { parameter, slope, number in
      squares[number] += slope * slope
      parameter -= learningRate * slope / (sqrt(squares[number]) + epsilon)
    }
  }
}

/// Adam's memory of squares for matrices as one row and one column each, without a mean of the
/// gradient (Noam Shazeer and Mitchell Stern, *Adafactor*, 2018). Steps are relative to the size of
/// the parameter.
public struct Adafactor: Optimizer {
  /// Rank 0.
  public var learningRate: Tensor
  /// Least size of a parameter for its step.
  public let leastScale: Double
  /// Largest root of the mean square of a step before the learning rate.
  public let clipping: Double
  private let parameters: TrainedParameters
  private var rows: [Tensor]
  private var columns: [Tensor]
  private var count: Tensor

  /// Keeps a row and a column for each trained matrix, all squares for other tensors.
  public init<Model>(
    for model: Model, learningRate: Double = 1e-2, leastScale: Double = 1e-3,
    clipping: Double = 1, frozen: [String] = [], file: String = #fileID, line: Int = #line
  ) {
    self.learningRate = hyperparameter(learningRate)
    self.leastScale = leastScale
    self.clipping = clipping
    parameters = TrainedParameters(of: model, frozen: frozen, file: file, line: line)
    let tensors = parameters.tensors(of: model)
    rows = tensors.map { Tensor.zeros($0.shape.count < 2 ? $0.shape : Array($0.shape.dropLast())) }
    columns = tensors.map { tensor in
      let shape = tensor.shape
      return Tensor.zeros(
        shape.count < 2 ? [] : shape.dropLast(2) + [shape[shape.count - 1]])
    }
    count = hyperparameter(0)
  }

  /// One step.
  public mutating func update<Model>(_ model: inout Model, along gradient: Model) {
    count += 1
    let decay = 1 - count.pow(Tensor(Float(-0.8)))
    parameters.update(&model, along: gradient) { parameter, slope, number in
      let square = slope * slope + 1e-30
      var step: Tensor
      if parameter.shape.count < 2 {
        rows[number] = rows[number] * decay + square * (1 - decay)
        step = slope * rsqrt(rows[number])
      } else {
        rows[number] = rows[number] * decay + square.mean(axis: -1) * (1 - decay)
        columns[number] = columns[number] * decay + square.mean(axis: -2) * (1 - decay)
        let mean = rows[number].mean(axis: -1, keepDims: true)
        let row = rsqrt(rows[number] / mean).expandedDimensions(at: -1)
        step = slope * row * rsqrt(columns[number]).expandedDimensions(at: -2)
      }
      let one = Tensor.ones([])
      step /= (rootMeanSquare(step) * (1 / clipping)).maximum(one)
      let scale = rootMeanSquare(parameter).maximum(Tensor(Float(leastScale)))
      parameter -= learningRate * scale * step
    }
  }

  private func rootMeanSquare(_ x: Tensor) -> Tensor { sqrt((x * x).mean()) }
}
