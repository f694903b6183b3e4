// What differentiation and batching refuse.

public import IRCore
public import TensorIR

/// Why a graph cannot be differentiated or batched.
public enum TransformError: Error, Sendable, CustomStringConvertible {
  /// A node without a rule, and why; the place is where it was made.
  case noRule(operation: String, reason: String, at: SourceLocation)
  /// A function with a derivative of its own that does not give what is asked for, and why.
  case noCustomRule(reason: String, at: SourceLocation)
  /// A node that cannot stand for many values at once, and why.
  case notBatched(operation: String, reason: String, at: SourceLocation)
  /// A rule made a node that inference refuses.
  case inference(InferenceError, at: SourceLocation)

  /// Where the node at fault was made.
  public var location: SourceLocation {
    switch self {
    case .noRule(_, _, let location), .noCustomRule(_, let location),
      .notBatched(_, _, let location), .inference(_, let location):
      location
    }
  }

  /// One line, without the place.
  public var description: String {
    switch self {
    case .noRule(let operation, let reason, _): "\(operation) has no derivative: \(reason)"
    case .noCustomRule(let reason, _): "a function with a derivative of its own \(reason)"
    case .notBatched(let operation, let reason, _): "\(operation) cannot be batched: \(reason)"
    case .inference(let error, _): "what is made of it is refused: \(error)"
    }
  }
}
