// What a module is, and what a pass through one carries.

public import Lathe

/// Part of a model: a plain struct whose tensors are its parameters, found by themselves.
///
/// ```swift
/// struct Classifier: Layer {
///   var hidden: Dense
///   var output: Dense
///
///   func forward(_ x: Tensor, _ context: inout Context) -> Tensor {
///     output.forward(hidden.forward(x, &context).relu(), &context)
///   }
/// }
/// let scores = classifier(images)          // inference
/// ```
public protocol Module<Input, Output>: Sendable {
  /// What goes in.
  associatedtype Input
  /// What comes out.
  associatedtype Output

  /// Computes the output; the context tells training from inference, gives random keys, and takes
  /// what statistics become.
  func forward(_ input: Input, _ context: inout Context) -> Output
}

extension Module {
  /// The output at inference.
  public func callAsFunction(_ input: Input) -> Output {
    var context = Context.inference
    return forward(input, &context)
  }
}

/// A module from one tensor to another.
public protocol Layer: Module where Input == Tensor, Output == Tensor {}

/// What one pass through a model carries beside its data.
public struct Context: Sendable {
  /// Whether the model learns: dropout drops, statistics follow the batch.
  public let isTraining: Bool
  private let key: RandomKey?
  private var draws = 0
  private var changes: [(old: Tensor, new: Tensor)] = []

  private init(isTraining: Bool, key: RandomKey?) {
    self.isTraining = isTraining
    self.key = key
  }

  /// For results alone.
  public static var inference: Context { Context(isTraining: false, key: nil) }

  /// For a step of learning; modules that draw random numbers need the key.
  public static func training(key: RandomKey? = nil) -> Context {
    Context(isTraining: true, key: key)
  }

  /// A key that no other call of this pass gets: the n-th call folds n into the pass's key.
  public mutating func nextKey(file: String = #fileID, line: Int = #line) -> RandomKey {
    guard let key else {
      misuse(
        "random numbers in a pass without a key: Context.training(key:)", file: file, line: line)
    }
    draws += 1
    return key.folding(in: draws, file: file, line: line)
  }

  /// Notes what a statistic of the model becomes.
  public mutating func update(_ statistic: Tensor, to value: Tensor) {
    changes.append((statistic, value))
  }

  /// What each statistic of a model is after the pass, in the order of `namedTensors(of:)`.
  public func statistics<Model>(of model: Model) -> [Tensor] {
    namedTensors(of: model).filter(\.isStatistic).map { statistic in
      changes.last { $0.old.isSame(as: statistic.tensor) }?.new ?? statistic.tensor
    }
  }
}

/// Puts new statistics into a model, in the order of `namedTensors(of:)`.
public func setStatistics<Model>(of model: inout Model, to values: [Tensor]) {
  var next = values[...]
  var flags = namedTensors(of: model).map(\.isStatistic)[...]
  updateTensors(of: &model) { tensor in
    if flags.popFirst() == true, let value = next.popFirst() { tensor = value }
  }
}

/// Loss and gradient of a model on a batch, and what the body returns beside the loss; the model's
/// statistics become what the pass makes of them.
///
/// ```swift
/// let (loss, logits, slope) = lossAndGradient(of: &model, key: key) { model, context in
///   let logits = model.forward(images, &context)
///   return (logits.crossEntropy(labels), logits)
/// }
/// ```
public func lossAndGradient<Model, Auxiliary>(
  of model: inout Model, key: RandomKey? = nil, file: String = #fileID, line: Int = #line,
  _ body: (Model, inout Context) -> (Tensor, Auxiliary)
) -> (loss: Tensor, auxiliary: Auxiliary, gradient: Model) {
  let result = valueAndGradient(of: model, file: file, line: line) { model in
    var context = Context.training(key: key)
    let (loss, auxiliary) = body(model, &context)
    return (loss, (auxiliary, context.statistics(of: model)))
  }
  setStatistics(of: &model, to: result.auxiliary.1)
  return (result.value, result.auxiliary.0, result.gradient)
}

/// Loss and gradient of a model on a batch: see `lossAndGradient(of:key:_:)`.
public func lossAndGradient<Model>(
  of model: inout Model, key: RandomKey? = nil, file: String = #fileID, line: Int = #line,
  _ body: (Model, inout Context) -> Tensor
) -> (loss: Tensor, gradient: Model) {
  let result = lossAndGradient(of: &model, key: key, file: file, line: line) {
    (body($0, &$1), ())
  }
  return (result.loss, result.gradient)
}
