// From what a function did over placeholders to a graph that a node holds.

import Driver
import IRCore
import TensorIR

/// Which values around a body its values are computed from.
struct BodyCaptures {
  /// What belongs to the body.
  enum Extent {
    /// What depends on the parameters; all else is computed once, around the body.
    case dependents
    /// All that was made since.
    case madeSince(UInt64)
  }

  private let parameters: Set<ObjectIdentifier>
  /// What has a larger one was made by the body.
  let firstSerial: UInt64
  private let extent: Extent
  /// In the order of their first use.
  private(set) var nodes: [TraceNode] = []
  private var isInside: [ObjectIdentifier: Bool] = [:]
  private var isConstant: [ObjectIdentifier: Bool] = [:]

  init(parameters: [TraceNode], extent: Extent = .dependents) {
    self.parameters = Set(parameters.map(ObjectIdentifier.init))
    self.extent = extent
    switch extent {
    case .dependents: firstSerial = parameters.map(\.serial).min() ?? .max
    case .madeSince(let serial): firstSerial = serial
    }
  }

  /// Adds what `results` need from around the body.
  mutating func add(_ results: [TraceNode]) {
    classify(results)
    var met: Set<ObjectIdentifier> = Set(nodes.map(ObjectIdentifier.init))
    var stack = Array(results.reversed())
    while let node = stack.popLast() {
      let id = ObjectIdentifier(node)
      if parameters.contains(id) || !met.insert(id).inserted { continue }
      if isInside[id] == true, case .pending(let operation) = node.snapshot.content {
        stack += operation.nodes.reversed()
      } else {
        nodes.append(node)
      }
    }
  }

  /// Tells, operands first, what stands inside the body.
  private mutating func classify(_ results: [TraceNode]) {
    var stack: [(node: TraceNode, operation: TraceOperation?)] = results.map { ($0, nil) }
    while let (node, operation) = stack.popLast() {
      let id = ObjectIdentifier(node)
      if let operation {
        let operands = operation.nodes.map(ObjectIdentifier.init)
        let constant = operands.allSatisfy { isConstant[$0] == true }
        isConstant[id] = constant
        switch extent {
        case .dependents:
          isInside[id] =
            constant || operands.contains { parameters.contains($0) || depends($0) }
        case .madeSince(let serial): isInside[id] = constant || node.serial >= serial
        }
        continue
      }
      guard isInside[id] == nil, !parameters.contains(id) else { continue }
      isInside[id] = false
      guard case .pending(let operation) = node.snapshot.content, mayStandInside(node, operation)
      else { continue }
      stack.append((node, operation))
      stack += operation.nodes.map { ($0, nil) }
    }
  }

  private func depends(_ id: ObjectIdentifier) -> Bool {
    isInside[id] == true && isConstant[id] != true
  }

  /// Nodes older than the parameters depend on none of them; of those only constants are looked at.
  private func mayStandInside(_ node: TraceNode, _ operation: TraceOperation) -> Bool {
    switch extent {
    case .dependents: node.serial > firstSerial || operation.nodes.isEmpty
    case .madeSince(let serial): node.serial >= serial || operation.nodes.isEmpty
    }
  }
}

extension TraceGraph {
  /// The graph of a body: parameters, then what it captured.
  static func body(
    _ parameters: [TraceNode], names: [String], captures: [TraceNode], results: [TraceNode]
  ) -> Graph {
    let captured = captures.indices.map { "c\($0)" }
    return TraceGraph(
      name: "body", placeholders: parameters + captures, names: names + captured, results: results
    ).graph
  }
}

extension Tensor {
  /// The results of a node of several, as values that stand where it was made.
  static func results(
    of kind: NodeKind, _ operands: [TraceNode], _ types: [TensorType], at location: SourceLocation
  ) -> [Tensor] {
    guard let first = types.first else { return [] }
    let operation = TraceOperation(
      kind: kind, operands: operands.map { .node($0) }, types: types)
    let node = TraceNode(
      operation, dtype: first.dtype, shape: first.extents ?? [], at: location)
    node.release()
    let results = types.enumerated().map { number, type in
      Tensor(
        node: TraceNode(
          TraceOperation(.result(number), [.node(node)]), dtype: type.dtype,
          shape: type.extents ?? [], at: location))
    }
    if Evaluation.isEager, !node.isTraced, let result = results.first {
      result.evaluate(at: location)
    }
    return results
  }
}
