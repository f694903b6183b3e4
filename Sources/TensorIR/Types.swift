// Ids and types of the tensor level.

public import IRCore

/// Names a node of a graph.
public struct NodeID: Hashable, Sendable {
  /// Place in `Graph.nodes`.
  public let index: Int

  /// Names node number `index`.
  public init(_ index: Int) { self.index = index }
}

/// Names one result of a node.
public struct ValueID: Hashable, Sendable {
  /// The node.
  public let node: NodeID
  /// Which of its results.
  public let result: Int

  /// Names result `result` of `node`.
  public init(_ node: NodeID, _ result: Int = 0) {
    self.node = node
    self.result = result
  }
}

/// Source of a node's operand: an earlier node's result, or a literal that stands for a tensor of
/// the shape the operation needs with the same value everywhere.
public enum TensorOperand: Hashable, Sendable {
  case value(ValueID)
  case literal(Literal)

  /// The value when it is one.
  public var value: ValueID? {
    guard case .value(let id) = self else { return nil }
    return id
  }

  /// What stands for the operand where `values` names another value for it; else itself.
  package func renamed(_ values: [ValueID: ValueID]) -> TensorOperand {
    guard let value, let new = values[value] else { return self }
    return .value(new)
  }

  /// The literal when it is one.
  public var literal: Literal? {
    guard case .literal(let literal) = self else { return nil }
    return literal
  }
}

/// Type of a tensor: element type and extents, outermost axis first.
public struct TensorType: Hashable, Sendable {
  /// Element type.
  public var dtype: DType
  /// Extents over symbols; `[]` is a scalar.
  public var shape: [IndexExpression]

  /// Describes a tensor.
  public init(_ dtype: DType, _ shape: [IndexExpression] = []) {
    self.dtype = dtype
    self.shape = shape
  }

  /// Describes a tensor of constant extents.
  public init(_ dtype: DType, extents: [Int]) {
    self.init(dtype, extents.map { IndexExpression($0) })
  }

  /// Number of axes.
  public var rank: Int { shape.count }

  /// Number of elements as an expression.
  public var elementCount: IndexExpression { shape.reduce(1) { $0 * $1 } }

  /// The extents when all are constant.
  public var extents: [Int]? {
    let constants = shape.compactMap(\.asConstant)
    return constants.count == shape.count ? constants : nil
  }
}

extension TensorType: CustomStringConvertible {
  /// `f32`, `f32[2,batch]`.
  public var description: String {
    let extents = shape.map { $0.text { "?\($0)" } }.joined(separator: ",")
    return rank == 0 ? dtype.name : "\(dtype.name)[\(extents)]"
  }
}
