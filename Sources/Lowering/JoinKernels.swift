// The pass that computes elementwise neighbours of a user's kernel inside of it.

public import IRCore
import LoopIR
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Moves regions without reductions into the user's kernels beside them.
  ///
  /// A region that one kernel alone reads is computed where the kernel reads it, if that costs
  /// little: each element about once, or few operations. A region that reads what a kernel stores,
  /// at the same indices, is computed where the kernel stores; what nobody else reads is then
  /// written no more. Values are the same bits.
  ///
  /// Requires: `fuse` ran. Guarantees: the first graph is as after `fuse`, with fewer calls.
  public static let joinKernels = Pass(
    "join-kernels", summary: "elementwise neighbours become part of a user's kernel"
  ) { module in
    guard var main = module.graphs.first else { return module }
    while let next = KernelJoin(main, module).next() { main = next }
    let called = Set(
      main.nodes.compactMap { node -> String? in
        if case .call(let name) = node.kind { name } else { nil }
      })
    let kept = module.graphs.dropFirst().filter { graph in
      called.contains(graph.name) || !main.hasDropped(graph.name, from: module.graphs[0])
    }
    return Module(graphs: [main] + kept, kernels: module.kernels)
  }
}

extension Graph {
  /// Whether a graph that `before` calls is called here no more.
  fileprivate func hasDropped(_ name: String, from before: Graph) -> Bool {
    before.nodes.contains { $0.kind == .call(name) } && !nodes.contains { $0.kind == .call(name) }
  }
}

/// Search for one region to move into a kernel.
private struct KernelJoin {
  private let graph: Graph
  private let module: Module
  private let users: [ValueID: [NodeID]]

  init(_ graph: Graph, _ module: Module) {
    self.graph = graph
    self.module = module
    var users: [ValueID: [NodeID]] = [:]
    for id in graph.ids {
      for value in Set(graph[id].operands.compactMap(\.value)) {
        users[value, default: []].append(id)
      }
    }
    self.users = users
  }

  /// The graph after one move; `nil` when there is none left.
  func next() -> Graph? {
    for id in graph.ids {
      guard case .kernel(let kernel) = graph[id].kind, kernel.schedule.isEmpty,
        kernel.symbols.isEmpty
      else { continue }
      for operand in graph[id].operands {
        if let value = operand.value, let result = joinProducer(value, id, kernel) { return result }
      }
      for result in graph[id].types.indices {
        for user in users[ValueID(id, result)] ?? [] {
          if let joined = joinConsumer(user, id, result, kernel) { return joined }
        }
      }
    }
    return nil
  }

  private func region(_ id: NodeID) -> PointwiseRegion? {
    guard case .call(let name) = graph[id].kind, let region = module.graph(named: name) else {
      return nil
    }
    return PointwiseRegion(region)
  }

  /// The kernel under a name that no other has.
  private func renamed(_ kernel: Kernel, replacing id: NodeID) -> Kernel {
    var taken = Set(module.graphs.map(\.name) + module.kernels.map(\.name))
    for other in graph.ids where other != id {
      if case .kernel(let kernel) = graph[other].kind { taken.insert(kernel.name) }
    }
    var result = kernel
    var number = 1
    while taken.contains(result.name) {
      result.name = "\(kernel.name)_\(number)"
      number += 1
    }
    return result
  }

  // MARK: Producers

  private func joinProducer(_ value: ValueID, _ id: NodeID, _ kernel: Kernel) -> Graph? {
    guard users[value] == [id], !graph.results.contains(value),
      graph[value.node].types.count == 1, let region = region(value.node)
    else { return nil }
    let inputs = kernel.buffers.indices.filter { kernel.buffers[$0].role == .input }
    let operands = graph[id].operands
    guard inputs.count == operands.count else { return nil }
    let read = Set(operands.indices.filter { operands[$0].value == value }.map { inputs[$0] })
    guard read.allSatisfy({ kernel.buffers[$0].shape == region.shape }) else { return nil }
    var inlining = ProducerInlining(kernel, region, read)
    guard inlining.isCheap else { return nil }
    let (joined, kept) = inlining.joined()
    var node = graph[id]
    node.kind = .kernel(renamed(joined, replacing: id))
    node.operands =
      operands.indices.filter { kept.contains(inputs[$0]) }.map { operands[$0] }
      + graph[value.node].operands
    return graph.replacing([value.node], by: node, at: id) { $0 }
  }

  // MARK: Consumers

  private func joinConsumer(
    _ user: NodeID, _ id: NodeID, _ result: Int, _ kernel: Kernel
  ) -> Graph? {
    guard let region = region(user) else { return nil }
    let value = ValueID(id, result)
    let outputs = kernel.buffers.indices.filter { kernel.buffers[$0].role == .output }
    guard outputs.count == graph[id].types.count else { return nil }
    let output = outputs[result]
    let parameters = graph[user].operands.indices.filter { graph[user].operands[$0].value == value }
    guard kernel.buffers[output].shape == region.shape,
      parameters.allSatisfy({ region.readsAligned($0) }), !dependsElsewhere(user, on: id, value)
    else { return nil }
    let isNeeded = graph.results.contains(value) || users[value]?.count != 1
    var inlining = ConsumerInlining(kernel, region, output, Set(parameters))
    guard inlining.isCheap else { return nil }
    let joined = inlining.joined(keepsOutput: isNeeded)
    var node = graph[id]
    node.kind = .kernel(renamed(joined, replacing: id))
    let others = graph[user].operands.indices.filter { !parameters.contains($0) }
    node.operands += others.map { graph[user].operands[$0] }
    if !isNeeded { node.types.remove(at: result) }
    let first = node.types.count
    node.types += graph[user].types
    return graph.replacing([id], by: node, at: user) { old in
      if old.node == user { return ValueID(user, first + old.result) }
      guard old.node == id else { return old }
      return ValueID(user, !isNeeded && old.result > result ? old.result - 1 : old.result)
    }
  }

  /// Whether another operand of `user` is computed from the kernel's results.
  private func dependsElsewhere(_ user: NodeID, on id: NodeID, _ value: ValueID) -> Bool {
    var reached: Set<NodeID> = [id]
    for node in graph.ids where node.index > id.index && node.index < user.index {
      let operands = graph[node].operands.compactMap(\.value?.node)
      if operands.contains(where: reached.contains) { reached.insert(node) }
    }
    return graph[user].operands.compactMap(\.value).contains {
      $0 != value && reached.contains($0.node)
    }
  }
}

extension Graph {
  /// The graph with `node` in the place of the one at `place`, and without the removed nodes; users
  /// of removed values that stand before `place` move behind it.
  fileprivate func replacing(
    _ removed: [NodeID], by node: Node, at place: NodeID, _ renamed: (ValueID) -> ValueID
  ) -> Graph {
    var order: [NodeID] = []
    var delayed: [NodeID] = []
    var waiting = Set(removed)
    for id in ids where !removed.contains(id) {
      let operands = self[id].operands.compactMap(\.value?.node)
      if id.index < place.index, operands.contains(where: waiting.contains) {
        waiting.insert(id)
        delayed.append(id)
        continue
      }
      order.append(id)
      if id == place { order += delayed }
    }
    var result = Graph(name: name)
    var values: [ValueID: ValueID] = [:]
    for id in order {
      var copy = id == place ? node : self[id]
      copy.operands = copy.operands.map { operand in
        guard let value = operand.value else { return operand }
        return .value(values[renamed(value)] ?? value)
      }
      let new = result.append(copy, at: locations[id.index])
      for index in copy.types.indices { values[ValueID(id, index)] = ValueID(new, index) }
    }
    result.results = results.map { values[renamed($0)] ?? $0 }
    return result
  }
}
