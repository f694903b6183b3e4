// From passes that agree to one loop.

import Driver
import IRCore
import LoopIR
import TensorIR

/// Makes the loop, and lets the values that are still in use stand for those after its last step.
struct StepClosing {
  private let passes: [StepLoop.Pass]
  private let loop: StepLoop
  private let plan: StepPlan
  private var body: StepBody
  /// Columns whose last values are in use and that no step reads.
  private var lasts: [Int] = []

  init(_ plan: StepPlan, _ passes: [StepLoop.Pass], _ loop: StepLoop) {
    self.plan = plan
    self.passes = passes
    self.loop = loop
    body = StepBody(plan, passes[passes.count - 1].nodes, loop.location)
    let columns = Set(plan.carried.map(\.column))
    lasts = nodes.indices.filter { column in
      !body.isHoisted[column] && !columns.contains(column) && nodes[column].snapshot.isHeld
    }
  }

  private var nodes: [TraceNode] { passes[passes.count - 1].nodes }

  /// Numbers of what is carried in rings, in the order of the loop's operands.
  private var chains: [Int] { plan.carried.indices.filter { body.stacks[$0] == nil } }

  consuming func close() {
    let graph = body.graph(lasts: lasts)
    let outer = OpenLoops.currentStep
    if let outer {
      for node in plan.made { OpenLoops.record(node, in: outer) }
      for column in nodes.indices where body.isHoisted[column] {
        OpenLoops.record(nodes[column], in: outer)
      }
    }
    let held = heldResults()
    let isTraced = readsTraced
    let known = Set(held.map { ObjectIdentifier($0.node) })
    let hoisted = Set(
      nodes.indices.filter { body.isHoisted[$0] }.map { ObjectIdentifier(nodes[$0]) })
    for pass in passes {
      pass.step.set(.isClosed(values: known.union(hoisted), isTraced: isTraced))
    }
    let trunk = node(graph)
    for (node, result) in held {
      node.redirect(to: TraceOperation(.result(result), [.node(trunk)]))
      if let outer { OpenLoops.record(node, in: outer) }
    }
    if Evaluation.isEager, !isTraced, let node = held.first?.node {
      do { try Evaluation.evaluate([node]) } catch { misuse("\(error)", at: loop.location) }
    }
  }

  /// Whether a value from around the loop exists in a trace only.
  private var readsTraced: Bool {
    if case .told(let count, _) = loop.count, count.isTraced { return true }
    return plan.invariants.contains(where: \.isTraced)
  }

  // MARK: Results

  /// The nodes that stand for results of the loop, in order of passes.
  private func heldResults() -> [(node: TraceNode, result: Int)] {
    var found: [(node: TraceNode, result: Int)] = []
    var first = 0
    for number in chains {
      let carried = plan.carried[number]
      for age in 0..<min(carried.lag, passes.count) {
        let node = passes[passes.count - 1 - age].nodes[carried.column]
        let isHeld = node.snapshot.isHeld && !body.isHoisted[carried.column]
        if isHeld, !found.contains(where: { $0.node === node }) {
          found.append((node, first + carried.lag - 1 - age))
        }
      }
      first += carried.lag
    }
    for column in lasts {
      found.append((nodes[column], first))
      first += 1
    }
    for stack in body.orderedStacks {
      if nodes[stack.column].snapshot.isHeld { found.append((nodes[stack.column], first)) }
      first += 1
    }
    return found
  }

  // MARK: The loop

  private func node(_ graph: Graph) -> TraceNode {
    var starts: [TraceNode] = []
    for number in chains { starts += plan.carried[number].starts.map { plan.invariants[$0] } }
    let empty = lasts.map { column -> TraceNode in
      let zeros = Tensor.zeros(nodes[column].shape, nodes[column].dtype)
      return zeros.node
    }
    let stacks = body.orderedStacks
    let written = stacks.map { LoopNode.Stack(row: $0.row.index, hasDestination: !isWhole($0)) }
    var told: [TraceNode] = []
    if case .told(let count, _) = loop.count { told = [lasts.isEmpty ? count : checked(count)] }
    let node = LoopNode(
      body: graph, count: loop.most.map { IndexExpression($0) }, hasCountOperand: !told.isEmpty,
      carriedCount: starts.count + empty.count, inputRows: body.sources.map(\.row.index),
      stacks: written)
    let operands =
      starts + empty + body.sources.map(\.node)
      + stacks.filter { !isWhole($0) }.map(\.destination) + body.captures + told
    let types =
      (starts + empty).types + stacks.map { nodes[$0.column].tensorType }
    let operation = TraceOperation(
      kind: .loop(node), operands: operands.map { .node($0) }, types: types)
    let first = types.first ?? LoopNode.indexType
    let trunk = TraceNode(
      operation, dtype: first.dtype, shape: first.extents ?? [], at: loop.location)
    trunk.release()
    return trunk
  }

  /// Whether steps write all rows in order, so that nothing of what was there stays.
  private func isWhole(_ stack: StepBody.Stack) -> Bool {
    guard case .known(let count) = loop.count else { return false }
    return stack.row == StepRow(scale: 1, offset: 0) && stack.destination.shape[0] == count
  }

  /// The number of steps, which must not be 0: a value of the last step is used.
  private func checked(_ count: TraceNode) -> TraceNode {
    let message = "steps: there is no step, and a value that only steps make is used after the loop"
    let text = """
      kernel @steps(in %n: i64, out %y: i64) {
        %0 = load %n[] : i64
        %1 = gt %0, 0 : bool
        check %1 "\(message)"
        store %0, %y[]
      }
      """
    guard let kernel = try? Kernel(parsing: text) else {
      misuse("steps: the check of the number of steps cannot be built", at: loop.location)
    }
    let operation = TraceOperation(kind: .kernel(kernel), operands: [.node(count)])
    let node = TraceNode(operation, dtype: .i64, shape: [], at: loop.location)
    node.release()
    return node
  }
}
