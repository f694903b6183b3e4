// The tensor type.

import Driver
public import IRCore
import TensorIR

/// Multidimensional array of one element type, computed when it is read.
///
/// Operations build a program; the first read of a value compiles and runs what it needs as one
/// program, together with every other tensor in use that shares part of the computation. A tensor
/// is a value: nothing changes it, and copies share memory.
///
/// ```swift
/// let x = Tensor.linspace(0, 1, count: 5)
/// let y = tanh(x * 2) + 1          // nothing has run
/// print(y.scalars(as: Float.self)) // compiles and runs one kernel
/// ```
///
/// Element types never mix by themselves: `cast(to:)` converts. A literal or a Swift number beside
/// a tensor takes its element type. Shapes broadcast by NumPy's rules. Wrong types and shapes end
/// the process with one line that names the caller's line.
public struct Tensor: Sendable {
  enum Representation: Sendable {
    case handle(TensorHandle)
    /// A literal that takes the element type of what stands beside it.
    case scalar(ScalarValue)
  }

  private(set) var representation: Representation

  init(node: TraceNode) { representation = .handle(TensorHandle(node)) }

  @usableFromInline init(scalar: ScalarValue) { representation = .scalar(scalar) }

  /// A tensor in memory.
  init(_ storage: Storage, dtype: DType, shape: [Int], at location: SourceLocation = .unknown) {
    self.init(node: TraceNode(storage, dtype: dtype, shape: shape, at: location))
  }

  /// A tensor to be computed by one operation; it runs now when the chain that leads to it is long
  /// or too much is pending.
  init(
    _ kind: NodeKind, _ operands: [TraceOperand], dtype: DType, shape: [Int],
    at location: SourceLocation
  ) {
    let operation = TraceOperation(kind: kind, operands: operands)
    if Evaluation.isEager, kind.isArithmetic,
      let storage = EagerPrograms.run(operation, dtype, shape, at: location)
    {
      self.init(storage, dtype: dtype, shape: shape, at: location)
      return
    }
    let node = TraceNode(operation, dtype: dtype, shape: shape, at: location)
    self.init(node: node)
    guard !node.isTraced, node.depth > Evaluation.deepestTrace || PendingTraces.isFull else {
      return
    }
    evaluate(at: location)
  }

  /// The element type.
  public var dtype: DType {
    switch representation {
    case .handle(let handle): handle.node.dtype
    case .scalar(let value): value.defaultType
    }
  }

  /// The extents, outermost axis first; `[]` is a scalar.
  public var shape: [Int] {
    switch representation {
    case .handle(let handle): handle.node.shape
    case .scalar: []
    }
  }

  /// Number of axes.
  public var rank: Int { shape.count }

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// Element type and shape as messages state them: `f32[2,3]`.
  var typeText: String {
    switch representation {
    case .handle(let handle): handle.node.tensorType.description
    case .scalar(let value): value.description
    }
  }

  /// The node of this tensor; a literal becomes a constant of its default type.
  var node: TraceNode {
    switch representation {
    case .handle(let handle): return handle.node
    case .scalar(let value):
      let node = Self.constant(value)
      node.release()
      return node
    }
  }

  /// This tensor, or for a literal a constant of its default type.
  var materialized: Tensor {
    switch representation {
    case .handle: self
    case .scalar(let value): Tensor(node: Self.constant(value))
    }
  }

  /// The memory of this tensor where it stands in memory and nothing else leads to it; see
  /// `TensorHandle.takeUniqueStorage`.
  mutating func uniqueStorage() -> Storage? {
    guard case .handle(var handle) = representation else { return nil }
    // While the tensor refers to it no more, `handle` is the tensor's reference.
    representation = .scalar(.integer(0))
    defer { representation = .handle(handle) }
    return isKnownUniquelyReferenced(&handle) ? handle.takeUniqueStorage() : nil
  }

  private static func constant(_ value: ScalarValue) -> TraceNode {
    let dtype = value.defaultType
    let data = TensorData(dtype, [value.literal(dtype) ?? .zero(dtype)])
    let operation = TraceOperation(kind: .constant(data), operands: [])
    return TraceNode(operation, dtype: dtype, shape: [], at: .unknown)
  }
}

extension Tensor: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral
{
  /// A scalar that takes the element type of the tensor beside it; alone it is f32.
  public init(floatLiteral value: Double) { self.init(scalar: .float(value)) }
  /// A scalar that takes the element type of the tensor beside it; alone it is i64.
  public init(integerLiteral value: Int) { self.init(scalar: .integer(value)) }
  /// A scalar of type `bool`.
  public init(booleanLiteral value: Bool) { self.init(scalar: .bool(value)) }
}

extension NodeKind {
  /// Whether the node computes, rather than names or arranges elements.
  var isArithmetic: Bool {
    switch self {
    case .parameter, .constant, .iota, .view: false
    case .elementwise, .call, .kernel, .reduce, .scan, .concat, .gather, .scatter, .contract,
      .sort, .loop, .conditional, .custom:
      true
    }
  }
}
