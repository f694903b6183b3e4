// The tensor level: SSA over whole tensors with a closed set of node kinds.

public import IRCore
public import LoopIR

/// Tensor program in SSA form: nodes in an array, each after its operands, parameters first.
///
/// Nothing is implicit: operands of an elementwise node have the result's shape (broadcasting is a
/// view) and the types its row asks for (promotion is a cast).
public struct Graph: Sendable {
  /// Spelling in text without the mark.
  public var name: String
  /// Every node; operands come before their uses.
  public private(set) var nodes: [Node]
  /// Where each node was made; no part of equality.
  public private(set) var locations: [SourceLocation]
  /// What the graph returns.
  public var results: [ValueID]

  /// An empty graph.
  public init(name: String) {
    self.name = name
    nodes = []
    locations = []
    results = []
  }

  /// The node named by `id`.
  public subscript(id: NodeID) -> Node { nodes[id.index] }

  /// Type of a value.
  public subscript(type id: ValueID) -> TensorType { nodes[id.node.index].types[id.result] }

  /// Ids of all nodes in order.
  public var ids: [NodeID] { nodes.indices.map { NodeID($0) } }

  /// Ids of the parameters in order.
  public var parameters: [NodeID] { ids.filter { self[$0].isParameter } }

  /// Adds a node without checking it; `verify` checks, `GraphBuilder` checks and infers types.
  @discardableResult
  public mutating func append(_ node: Node, at location: SourceLocation = .unknown) -> NodeID {
    nodes.append(node)
    locations.append(location)
    return NodeID(nodes.count - 1)
  }

  /// Type of an operand where it states one: a literal's shape follows from its use.
  public func dtype(of operand: TensorOperand) -> DType {
    switch operand {
    case .value(let id): self[type: id].dtype
    case .literal(let literal): literal.type
    }
  }
}

extension Graph: Hashable {
  /// Equal names, nodes and results; locations do not count.
  public static func == (a: Graph, b: Graph) -> Bool {
    a.name == b.name && a.nodes == b.nodes && a.results == b.results
  }

  /// Hashes what equality compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(nodes)
    hasher.combine(results)
  }
}

/// One operation of a graph with its operands and the types of its results.
public struct Node: Hashable, Sendable {
  /// The operation.
  public var kind: NodeKind
  /// In the order the kind gives them meaning.
  public var operands: [TensorOperand]
  /// One per result.
  public var types: [TensorType]

  /// Describes a node.
  public init(_ kind: NodeKind, _ operands: [TensorOperand], _ types: [TensorType]) {
    self.kind = kind
    self.operands = operands
    self.types = types
  }

  /// Describes a node of one result.
  public init(_ kind: NodeKind, _ operands: [TensorOperand], _ type: TensorType) {
    self.init(kind, operands, [type])
  }

  /// Holds for parameters.
  public var isParameter: Bool {
    if case .parameter = kind { return true }
    return false
  }
}

/// Operation of a node. The set is closed; everything else is composed of these.
public enum NodeKind: Hashable, Sendable {
  /// Input of the graph with its spelling in text.
  case parameter(String)
  /// Dense data, row-major.
  case constant(TensorData)
  /// The index along an axis.
  case iota(axis: Int)
  /// A row applied element by element.
  case elementwise(Elementwise)
  /// Elements of the operand taken by an index map.
  case view(View)
  /// Another graph of the module by name.
  case call(String)
  /// A kernel: its `in` and `inout` parameters are the operands, `out` and `inout` the results.
  case kernel(Kernel)
  /// Combines elements along axes.
  case reduce(Reduction)
  /// Cumulative combination along an axis.
  case scan(Scan)
  /// Operands one after the other along an axis.
  case concat(axis: Int)
  /// Slices of the first operand by the indices of the second along an axis.
  case gather(axis: Int)
  /// Updates written into a copy of the first operand at indices along an axis.
  case scatter(axis: Int, combine: Elementwise?)
  /// Sum of products over indices, named by index expressions.
  case contract(Contraction)
  /// Stable sort along an axis; further operands follow the first's order.
  case sort(axis: Int, descending: Bool)
  /// Steps that the graph held describes.
  case loop(LoopNode)
  /// One of the two graphs held, by a bool.
  case conditional(ConditionalNode)
  /// The graph held, with a derivative of its own.
  case custom(CustomNode)

  /// The keyword in IR text.
  public var keyword: String {
    switch self {
    case .parameter: "parameter"
    case .constant: "constant"
    case .iota: "iota"
    case .elementwise(let row): row.name
    case .view: "view"
    case .call: "call"
    case .kernel: "kernel"
    case .reduce: "reduce"
    case .scan: "scan"
    case .concat: "concat"
    case .gather: "gather"
    case .scatter: "scatter"
    case .contract: "contract"
    case .sort: "sort"
    case .loop: "loop"
    case .conditional: "conditional"
    case .custom: "custom"
    }
  }
}

/// Dense tensor data, row-major, little-endian, `bool` as bytes 0 and 1.
public struct TensorData: Hashable, Sendable {
  /// Element type.
  public let type: DType
  /// The elements' bytes.
  public let bytes: [UInt8]

  /// Keeps bytes whose count is a multiple of the element's size.
  public init(_ type: DType, bytes: [UInt8]) {
    self.type = type
    self.bytes = bytes
  }

  /// Packs literals of type `type`.
  public init(_ type: DType, _ elements: [Literal]) {
    let size = type.byteSize
    var bytes: [UInt8] = []
    bytes.reserveCapacity(elements.count * size)
    for element in elements {
      for k in 0..<size { bytes.append(UInt8(truncatingIfNeeded: element.bits >> UInt64(8 * k))) }
    }
    self.init(type, bytes: bytes)
  }

  /// Number of elements.
  public var count: Int { bytes.count / type.byteSize }

  /// Element number `index`.
  public subscript(index: Int) -> Literal {
    let size = type.byteSize
    var bits: UInt64 = 0
    for k in 0..<size { bits |= UInt64(bytes[index * size + k]) << UInt64(8 * k) }
    return Literal(type, bits: bits)
  }
}

/// Index map of a view: result element at axes (i₀, i₁, …) is the operand's element at `indices`,
/// or `fill` where a guard fails.
public struct View: Hashable, Sendable {
  /// Condition `lower ≤ expression < upper` over the result's axes.
  public struct Guard: Hashable, Sendable {
    /// Over `IndexExpression.variable(axis)`.
    public var expression: IndexExpression
    /// Inclusive bound.
    public var lower: IndexExpression
    /// Exclusive bound.
    public var upper: IndexExpression

    /// States a condition.
    public init(
      _ expression: IndexExpression, in lower: IndexExpression, _ upper: IndexExpression
    ) {
      self.expression = expression
      self.lower = lower
      self.upper = upper
    }
  }

  /// One per axis of the operand, over `IndexExpression.variable(axis of the result)`.
  public var indices: [IndexExpression]
  /// All must hold for the operand to be read.
  public var guards: [Guard]
  /// The element where a guard fails; present exactly when there are guards.
  public var fill: Literal?

  /// Describes a view.
  public init(_ indices: [IndexExpression], guards: [Guard] = [], fill: Literal? = nil) {
    self.indices = indices
    self.guards = guards
    self.fill = fill
  }
}

/// Graphs and kernels of one file or one compilation.
public struct Module: Hashable, Sendable {
  /// In order; names are unique among graphs and kernels together.
  public var graphs: [Graph]
  /// In order.
  public var kernels: [Kernel]

  /// Collects graphs and kernels.
  public init(graphs: [Graph] = [], kernels: [Kernel] = []) {
    self.graphs = graphs
    self.kernels = kernels
  }

  /// The graph named `name`.
  public func graph(named name: String) -> Graph? { graphs.first { $0.name == name } }

  /// The kernel named `name`.
  public func kernel(named name: String) -> Kernel? { kernels.first { $0.name == name } }
}
