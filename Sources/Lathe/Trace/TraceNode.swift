// Nodes of lazy traces: what a tensor is made of until it is read.

import Driver
import IRCore
import Synchronization
import TensorIR

/// What a pending node computes, and from what.
struct TraceOperation: Sendable {
  enum Action: Hashable, Sendable {
    /// One node of a graph.
    case node(NodeKind)
    /// A result of the operand, which is a node of several results.
    case result(Int)
    /// The row of the first operand that a step of a loop reads; the second is the step's number.
    case row(StepRow)
    /// The first operand with the second in place of a row; the third is the step's number.
    case settingRow(StepRow)
  }

  let action: Action
  let operands: [TraceOperand]
  /// Types of the results of a node of several.
  let types: [TensorType]

  init(kind: NodeKind, operands: [TraceOperand], types: [TensorType] = []) {
    self.init(.node(kind), operands, types)
  }

  init(_ action: Action, _ operands: [TraceOperand], _ types: [TensorType] = []) {
    self.action = action
    self.operands = operands
    self.types = types
  }

  /// The kind of a node of a graph.
  var kind: NodeKind? { if case .node(let kind) = action { kind } else { nil } }

  /// The operands that are nodes.
  var nodes: [TraceNode] { operands.compactMap(\.node) }
}

/// Source of a pending node's operand.
enum TraceOperand: Sendable {
  case node(TraceNode)
  /// The same value everywhere.
  case literal(Literal)

  var node: TraceNode? {
    guard case .node(let node) = self else { return nil }
    return node
  }
}

/// One value of a trace: a type, where it was made, and either the operation that will compute it
/// or the memory that holds it.
///
/// A node changes once, from pending to ready, and drops its operands then. It knows the pending
/// nodes that use it (weakly) and whether a tensor holds it, so that a read can compute in one
/// program everything that would otherwise keep the history alive.
final class TraceNode: Sendable {
  enum Content: Sendable {
    case pending(TraceOperation)
    case ready(Storage)
    /// Argument of the function that is being traced.
    case placeholder
    /// Being torn down: only a weak reference still led here.
    case released
  }

  /// What a node is at one moment.
  struct Snapshot {
    let content: Content
    let consumers: [TraceNode]
    let isHeld: Bool
  }

  /// What changes while a value is pending, and who waits for it.
  private final class Pending: Sendable {
    struct State: Sendable {
      var content: Content
      var consumers = WeakNodes()
      var isHeld = true
    }

    let state: Locked<State>

    init(_ content: Content) { state = Locked(State(content: content)) }
  }

  let dtype: DType
  let shape: [Int]
  let location: SourceLocation
  /// Whether the value depends on a placeholder.
  private let dependsOnPlaceholder: Bool
  /// The step of an open loop in which the node was made; `nil` outside.
  let step: LoopStep?
  /// Grows with every node: one made later is no operand of one made earlier.
  let serial: UInt64
  /// Whether the node counts among those that wait outside of traces.
  private let isCounted: Bool
  /// Length of the longest chain of nodes that were pending when this one was made.
  let depth: Int
  /// Bytes in memory that the operation reads; they count against the limit of what is pending.
  private let pendingBytes: Int
  /// The memory once the value stands in it.
  private let memory: PublishedStorage
  /// `nil` for a value that was made in memory.
  private let pending: Pending?

  /// A value in memory.
  init(_ storage: Storage, dtype: DType, shape: [Int], at location: SourceLocation) {
    self.dtype = dtype
    self.shape = shape
    self.location = location
    dependsOnPlaceholder = false
    step = OpenLoops.currentStep
    serial = Self.nextSerial()
    isCounted = false
    depth = 0
    pendingBytes = 0
    memory = PublishedStorage(storage)
    pending = nil
    if let step { OpenLoops.record(self, in: step) }
  }

  /// An argument of a function that is being traced.
  init(
    placeholder dtype: DType, shape: [Int], of step: LoopStep? = nil,
    at location: SourceLocation
  ) {
    self.dtype = dtype
    self.shape = shape
    self.location = location
    dependsOnPlaceholder = true
    self.step = step
    serial = Self.nextSerial()
    isCounted = false
    depth = 0
    pendingBytes = 0
    memory = PublishedStorage()
    pending = Pending(.placeholder)
  }

  /// A value to be computed by `operation`; its operands learn of it.
  init(_ operation: TraceOperation, dtype: DType, shape: [Int], at location: SourceLocation) {
    self.dtype = dtype
    self.shape = shape
    self.location = location
    let nodes = operation.nodes
    for node in nodes { node.step?.requireUsable(node, at: location) }
    dependsOnPlaceholder = nodes.contains(where: \.isTraced)
    step = OpenLoops.currentStep
    serial = Self.nextSerial()
    isCounted = !dependsOnPlaceholder && step == nil
    var depth = 0
    var bytes = 0
    for node in nodes {
      if let storage = node.storage {
        bytes += storage.byteCount
      } else {
        depth = max(depth, node.depth)
      }
    }
    self.depth = depth + 1
    pendingBytes = bytes
    if isCounted { PendingTraces.add(bytes: bytes) }
    memory = PublishedStorage()
    pending = Pending(.pending(operation))
    for node in nodes { node.register(consumer: self) }
    if let step { OpenLoops.record(self, in: step) }
  }

  private static let serials = Atomic<UInt64>(0)

  private static func nextSerial() -> UInt64 {
    serials.wrappingAdd(1, ordering: .relaxed).newValue
  }

  /// Whether the value exists only inside a compiled function that is being traced, or in a loop
  /// that is open.
  var isTraced: Bool { step?.isTraced(self) ?? dependsOnPlaceholder }

  /// The memory of a ready node.
  var storage: Storage? { memory.storage }

  /// The memory of a ready node that no one else refers to, as a whole.
  fileprivate var uniqueStorage: Storage? { memory.uniqueStorage() }

  /// Holds once the value stands in memory.
  var isReady: Bool { memory.isStored }

  /// What the node is now.
  var snapshot: Snapshot {
    if let storage { return Snapshot(content: .ready(storage), consumers: [], isHeld: true) }
    guard let pending else { return Snapshot(content: .released, consumers: [], isHeld: false) }
    return pending.state.withLock { state in
      // It may have become ready since.
      let content = storage.map { Content.ready($0) } ?? state.content
      return Snapshot(content: content, consumers: state.consumers.alive, isHeld: state.isHeld)
    }
  }

  /// Makes a pending node a leaf that holds `storage`; the first of two evaluations wins.
  func complete(with storage: Storage) {
    let dropped: Content? = pending?.state.withLock {
      guard case .pending = $0.content else { return nil }
      let old = $0.content
      memory.store(storage)
      $0.content = .released
      $0.consumers = WeakNodes()
      return old
    }
    if dropped != nil { leavePending() }
    // Operands are released here, outside the lock.
    _ = consume dropped
  }

  /// Notes that no tensor holds the node any more.
  func release() { pending?.state.withLock { $0.isHeld = false } }

  private func register(consumer: TraceNode) {
    guard !isReady else { return }
    pending?.state.withLock {
      switch $0.content {
      case .pending, .placeholder: $0.consumers.append(consumer)
      case .ready, .released: break
      }
    }
  }

  /// Lets a node that is not ready be computed by another operation.
  func redirect(to operation: TraceOperation) {
    let dropped: Content? = pending?.state.withLock {
      let old = $0.content
      $0.content = .pending(operation)
      return old
    }
    for node in operation.nodes { node.register(consumer: self) }
    // Operands are released here, outside the lock.
    _ = consume dropped
  }

  private func takeOperands() -> [TraceNode] {
    guard let pending else { return [] }
    let old: Content = pending.state.withLock {
      guard case .pending = $0.content else { return .released }
      let old = $0.content
      $0.content = .released
      return old
    }
    guard case .pending(let operation) = old else { return [] }
    leavePending()
    return operation.nodes
  }

  private func leavePending() {
    if isCounted { PendingTraces.remove(bytes: pendingBytes) }
  }

  /// Releases a chain of operands one by one: the default would recurse as deep as the chain.
  deinit {
    var orphans = takeOperands()
    while var node = orphans.popLast() {
      if isKnownUniquelyReferenced(&node) { orphans += node.takeOperands() }
    }
  }
}

/// Weak references to nodes, swept when their number has doubled.
private struct WeakNodes: Sendable {
  private struct Reference: Sendable {
    weak var node: TraceNode?
  }

  private var references: [Reference] = []
  private var limit = 8

  mutating func append(_ node: TraceNode) {
    if references.count >= limit {
      references.removeAll { $0.node == nil }
      limit = max(8, 2 * references.count)
    }
    references.append(Reference(node: node))
  }

  /// Those that still exist, oldest first.
  var alive: [TraceNode] { references.compactMap(\.node) }
}

/// What a tensor holds: its life tells whether a value can still be asked for.
final class TensorHandle: Sendable {
  private let reference: OwnedReference<TraceNode>

  init(_ node: TraceNode) { reference = OwnedReference(node) }

  var node: TraceNode { reference.object }

  /// The memory of a value in memory that nothing but this handle leads to: no other tensor, no
  /// pending operation, no view. Meant for the only owner of the handle.
  func takeUniqueStorage() -> Storage? {
    reference.isUnique() ? node.uniqueStorage : nil
  }

  deinit { node.release() }
}
