// What the training loop asks of a batch.

public import Lathe

/// Inputs with the classes that a model is to find.
public protocol LabeledBatch: Sendable {
  /// What goes into the model.
  var inputs: Tensor { get }
  /// Integers: one class per row of the logits.
  var labels: Tensor { get }
}

extension ImageBatch: LabeledBatch {
  /// The images.
  public var inputs: Tensor { images }
}

extension TextBatch: LabeledBatch {
  /// The tokens that follow.
  public var labels: Tensor { targets }
}
