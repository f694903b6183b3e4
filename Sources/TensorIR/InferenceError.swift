// Errors of shape and type inference.

/// Operands whose shapes an operation cannot take.
public struct ShapeError: Hashable, Sendable {
  /// The operation.
  public let operation: String
  /// The operands' types.
  public let operands: [TensorType]
  /// What is wrong, in words that follow the types.
  public let problem: String
}

/// Operands whose element types an operation cannot take.
public struct TypeError: Hashable, Sendable {
  /// The operation.
  public let operation: String
  /// The operands' types.
  public let operands: [TensorType]
  /// What is wrong, in words that follow the types.
  public let problem: String
}

/// What shape and type inference refuses.
public enum InferenceError: Error, Hashable, Sendable, CustomStringConvertible {
  case shape(ShapeError)
  case type(TypeError)

  /// `add: f32[2,3], f32[4] do not broadcast: axis 1 is 3 and 4`.
  public var description: String {
    let (operation, operands, problem) =
      switch self {
      case .shape(let error): (error.operation, error.operands, error.problem)
      case .type(let error): (error.operation, error.operands, error.problem)
      }
    let types = operands.map(\.description).joined(separator: ", ")
    return "\(operation): \(types)\(types.isEmpty ? "" : " ")\(problem)"
  }

  static func shape(_ operation: String, _ operands: [TensorType], _ problem: String) -> Self {
    .shape(ShapeError(operation: operation, operands: operands, problem: problem))
  }

  static func mismatch(
    _ operation: String, _ operands: [TensorType], _ mismatch: Mismatch
  ) -> Self {
    switch mismatch {
    case .shape(let problem): .shape(operation, operands, problem)
    case .type(let problem): .type(operation, operands, problem)
    }
  }

  static func type(_ operation: String, _ operands: [TensorType], _ problem: String) -> Self {
    .type(TypeError(operation: operation, operands: operands, problem: problem))
  }
}
