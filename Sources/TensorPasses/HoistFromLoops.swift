// Pass: hoist-from-loops.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Computes before a loop what its body computes from invariants and constants alone.
  ///
  /// Constants, iotas and views move only with what needs them: by themselves they cost nothing in
  /// the body. Kernels stay, since they may check. Requires a verified module. Guarantees the same
  /// bits; nodes may be left without uses. Inner loops go first, so that a value may leave several.
  public static let hoistFromLoops = Pass.onGraphs(
    "hoist-from-loops", summary: "compute before a loop what is the same in every step"
  ) { graph in
    guard graph.nodes.contains(where: { !$0.kind.bodies.isEmpty }) else { return graph }
    return graph.copied { copy, node, _ in
      if case .loop(let loop) = node.kind { copy.hoist(from: loop, &node) }
      return nil
    }
  }
}

extension Graph {
  /// Appends what the loop of a node need not compute in every step, and hands it to the loop.
  fileprivate mutating func hoist(from loop: LoopNode, _ node: inout Node) {
    let plan = HoistingPlan(loop)
    guard !plan.moved.isEmpty else { return }
    var outside: [ValueID: ValueID] = [:]
    let places = loop.layout
    for (parameter, operand) in zip(plan.invariants, places.invariants) {
      outside[parameter] = node.operands[operand].value
    }
    for id in loop.body.ids where plan.moved.contains(id) || plan.free.contains(id) {
      appendCopy(of: id, in: loop.body, &outside)
    }
    let handed = plan.handedIn
    var changed = loop
    changed.body = plan.body(handed)
    changed.condition = loop.condition.map { plan.withParameters($0, handed) }
    node.kind = .loop(changed)
    let operands = handed.compactMap { outside[$0] }.map { TensorOperand.value($0) }
    node.operands.insert(contentsOf: operands, at: places.invariants.upperBound)
  }
}

/// What of a loop's body can be computed before it.
private struct HoistingPlan {
  let loop: LoopNode
  /// The invariants inside the body.
  let invariants: [ValueID]
  /// Nodes that compute.
  private(set) var moved: Set<NodeID> = []
  /// Constants and index maps of what is outside.
  private(set) var free: Set<NodeID> = []

  init(_ loop: LoopNode) {
    self.loop = loop
    let first = 1 + loop.carriedCount + loop.inputRows.count
    let body = loop.body
    invariants = body.parameters.dropFirst(first).map { ValueID($0) }
    let known = Set(invariants.map(\.node))
    for id in body.ids {
      let isOutside = body[id].operands.allSatisfy { operand in
        guard let node = operand.value?.node else { return true }
        return known.contains(node) || moved.contains(node) || free.contains(node)
      }
      guard isOutside else { continue }
      switch body[id].kind {
      case .constant, .iota, .view: free.insert(id)
      case .elementwise, .reduce, .scan, .contract, .loop, .conditional, .custom:
        moved.insert(id)
      case .parameter, .call, .kernel, .concat, .gather, .scatter, .sort: break
      }
    }
  }

  /// Moved values that what stays reads, in order.
  var handedIn: [ValueID] {
    var found: [ValueID] = []
    func add(_ value: ValueID) {
      if moved.contains(value.node), !found.contains(value) { found.append(value) }
    }
    for id in loop.body.ids where !moved.contains(id) {
      loop.body[id].operands.compactMap(\.value).forEach(add)
    }
    loop.body.results.forEach(add)
    return found
  }

  /// The body without what moves, with parameters for it.
  func body(_ handed: [ValueID]) -> Graph {
    let body = loop.body
    var result = Graph(name: body.name)
    var values: [ValueID: ValueID] = [:]
    for id in body.parameters {
      values[ValueID(id)] = ValueID(result.append(body[id], at: body.locations[id.index]))
    }
    for (value, name) in zip(handed, names(handed.count)) {
      let parameter = Node(.parameter(name), [], body[type: value])
      values[value] = ValueID(
        result.append(parameter, at: body.locations[value.node.index]))
    }
    for id in body.ids where !body[id].isParameter && !moved.contains(id) {
      result.appendCopy(of: id, in: body, &values)
    }
    result.results = body.results.compactMap { values[$0] }
    return result
  }

  /// A condition that has the body's new parameters.
  func withParameters(_ condition: Graph, _ handed: [ValueID]) -> Graph {
    var result = Graph(name: condition.name)
    var values: [ValueID: ValueID] = [:]
    for id in condition.parameters {
      values[ValueID(id)] = ValueID(result.append(condition[id]))
    }
    for (value, name) in zip(handed, names(handed.count)) {
      result.append(Node(.parameter(name), [], loop.body[type: value]))
    }
    for id in condition.ids where !condition[id].isParameter {
      result.appendCopy(of: id, in: condition, &values)
    }
    result.results = condition.results.compactMap { values[$0] }
    return result
  }

  /// Names that no parameter has.
  private func names(_ count: Int) -> [String] {
    let taken = Set(loop.body.parameterNames)
    return Array((0...).lazy.map { "v\($0)" }.filter { !taken.contains($0) }.prefix(count))
  }
}
