// The graph of one step.

import Driver
import IRCore
import TensorIR

/// Which operand of the loop a parameter of its body stands for.
struct StepBody {
  /// A tensor whose rows steps read or write.
  struct Rows: Hashable {
    let source: ObjectIdentifier
    let row: StepRow
  }

  /// A stacked output: what is written into, the value of a column, the rows.
  struct Stack {
    let column: Int
    let destination: TraceNode
    let value: StepOperand
    let row: StepRow
  }

  let plan: StepPlan
  let nodes: [TraceNode]
  let location: SourceLocation
  /// By column: whether it is computed around the loop.
  private(set) var isHoisted: [Bool] = []
  /// By number of what is carried.
  private(set) var stacks: [Int: Stack] = [:]
  private(set) var sources: [(node: TraceNode, row: StepRow)] = []
  private(set) var captures: [TraceNode] = []
  private var sourcePlaces: [Rows: Int] = [:]
  private var capturePlaces: [ObjectIdentifier: Int] = [:]

  /// - Parameter lasts: columns whose values after the last step are asked for, beside those carried.
  init(_ plan: StepPlan, _ nodes: [TraceNode], _ location: SourceLocation) {
    self.plan = plan
    self.nodes = nodes
    self.location = location
    for column in nodes.indices { isHoisted.append(isInvariant(column)) }
    for (number, carried) in plan.carried.enumerated() {
      stacks[number] = stack(number, carried)
    }
  }

  /// Values in memory, and what is computed from values around the loop alone.
  private func isInvariant(_ column: Int) -> Bool {
    guard let operation = nodes[column].operation else { return true }
    guard !operation.nodes.isEmpty else { return false }
    return plan.operands[column].allSatisfy { operand in
      switch operand {
      case .literal, .invariant: true
      case .column(let other): isHoisted[other]
      case .index, .carried: false
      }
    }
  }

  /// What is only ever handed on with another row set.
  private func stack(_ number: Int, _ carried: StepCarried) -> Stack? {
    guard carried.lag == 1, case .settingRow(let row)? = nodes[carried.column].operation?.action
    else { return nil }
    let operands = plan.operands[carried.column]
    let uses = plan.operands.joined().count {
      $0 == .carried(number) || $0 == .column(carried.column)
    }
    guard operands[0] == .carried(number), operands[2] == .index, uses == 1,
      plan.carried.count(where: { $0.column == carried.column }) == 1
    else { return nil }
    return Stack(
      column: carried.column, destination: plan.invariants[carried.starts[0]], value: operands[1],
      row: row)
  }

  /// The value around the loop that an operand is; `nil` for what steps compute.
  private func outer(_ operand: StepOperand) -> TraceNode? {
    switch operand {
    case .invariant(let number): plan.invariants[number]
    case .column(let column) where isHoisted[column]: nodes[column]
    case .literal, .index, .column, .carried: nil
    }
  }

  private func isStacked(_ column: Int) -> Bool { stacks.values.contains { $0.column == column } }

  /// Columns that the body computes.
  private var inner: [Int] { nodes.indices.filter { !isHoisted[$0] && !isStacked($0) } }

  /// The body: what is handed on and the rows of the stacks as results.
  ///
  /// - Parameter lasts: columns to hand on although no step reads them.
  mutating func graph(lasts: [Int]) -> Graph {
    let chains = plan.carried.indices.filter { stacks[$0] == nil }
    collect(lasts)
    var builder = StepGraph(location)
    builder.addParameter("t", LoopNode.indexType, for: .index)
    for number in chains {
      let carried = plan.carried[number]
      for age in 0..<carried.lag {
        builder.addParameter(
          "s\(builder.count)", nodes[carried.column].tensorType,
          for: age == 0 ? .carried(number) : nil)
      }
    }
    for column in lasts { builder.addParameter("s\(builder.count)", nodes[column].tensorType) }
    var rowValues: [ValueID] = []
    for (node, _) in sources {
      let type = TensorType(node.dtype, extents: Array(node.shape.dropFirst()))
      rowValues.append(builder.addParameter("x\(rowValues.count)", type))
    }
    var captured: [ValueID] = []
    for node in captures {
      captured.append(builder.addParameter("c\(captured.count)", node.tensorType))
    }
    for (number, node) in plan.invariants.enumerated() {
      if let place = capturePlaces[ObjectIdentifier(node)] {
        builder.values[.invariant(number)] = captured[place]
      }
    }
    for column in nodes.indices where isHoisted[column] {
      if let place = capturePlaces[ObjectIdentifier(nodes[column])] {
        builder.values[.column(column)] = captured[place]
      }
    }
    for column in inner {
      if let place = rowPlace(column) {
        builder.values[.column(column)] = rowValues[place]
      } else {
        builder.append(nodes[column], plan.operands[column], as: .column(column))
      }
    }
    for number in chains {
      let carried = plan.carried[number]
      builder.handOn(carried.column, lag: carried.lag, from: .carried(number))
    }
    for column in lasts { builder.addResult(.column(column)) }
    for stack in orderedStacks { builder.addResult(stack.value) }
    return builder.graph
  }

  /// The stacks in the order of what is carried.
  var orderedStacks: [Stack] { plan.carried.indices.compactMap { stacks[$0] } }

  private func rowPlace(_ column: Int) -> Int? {
    guard case .row(let row)? = nodes[column].operation?.action,
      let source = outer(plan.operands[column][0])
    else { return nil }
    return sourcePlaces[Rows(source: ObjectIdentifier(source), row: row)]
  }

  /// Finds what the body reads of values around it.
  private mutating func collect(_ lasts: [Int]) {
    for column in inner {
      let operation = nodes[column].operation
      if case .row(let row)? = operation?.action {
        guard plan.operands[column][1] == .index, let source = outer(plan.operands[column][0])
        else {
          misuse(
            "steps: a step reads row \(row.text) of what steps compute; carry that in a variable of "
              + "its own", at: nodes[column].location)
        }
        let rows = Rows(source: ObjectIdentifier(source), row: row)
        if sourcePlaces[rows] == nil {
          sourcePlaces[rows] = sources.count
          sources.append((source, row))
        }
      } else {
        for operand in plan.operands[column] { capture(operand) }
      }
    }
    for (number, carried) in plan.carried.enumerated() where stacks[number] == nil {
      capture(.column(carried.column))
    }
    for column in lasts { capture(.column(column)) }
    for stack in orderedStacks { capture(stack.value) }
  }

  private mutating func capture(_ operand: StepOperand) {
    guard let node = outer(operand) else { return }
    let id = ObjectIdentifier(node)
    guard capturePlaces[id] == nil else { return }
    capturePlaces[id] = captures.count
    captures.append(node)
  }
}

/// Graph of a step under construction.
private struct StepGraph {
  private(set) var graph = Graph(name: "body")
  var values: [StepOperand: ValueID] = [:]
  private let location: SourceLocation

  init(_ location: SourceLocation) { self.location = location }

  var count: Int { graph.nodes.count }

  @discardableResult
  mutating func addParameter(
    _ name: String, _ type: TensorType, for operand: StepOperand? = nil
  ) -> ValueID {
    let value = ValueID(graph.append(Node(.parameter(name), [], type), at: location))
    if let operand { values[operand] = value }
    return value
  }

  mutating func addResult(_ operand: StepOperand) {
    if let value = values[operand] { graph.results.append(value) }
  }

  /// What is handed on: each value is one step older then, and the newest is that of a column.
  mutating func handOn(_ column: Int, lag: Int, from operand: StepOperand) {
    guard let oldest = values[operand] else { return }
    for age in 1..<max(1, lag) {
      graph.results.append(ValueID(NodeID(oldest.node.index + age)))
    }
    addResult(.column(column))
  }

  private func source(_ operand: StepOperand) -> TensorOperand {
    if case .literal(let literal) = operand { return .literal(literal) }
    guard let value = values[operand] else {
      misuse("steps: an operand has no value", at: location)
    }
    return .value(value)
  }

  mutating func append(_ node: TraceNode, _ operands: [StepOperand], as operand: StepOperand) {
    guard let operation = node.operation else { return }
    let sources = operands.map(source)
    switch operation.action {
    case .node(let kind):
      let types = operation.types.isEmpty ? [node.tensorType] : operation.types
      values[operand] = ValueID(graph.append(Node(kind, sources, types), at: node.location))
    case .result(let number):
      values[operand] = sources[0].value.map { ValueID($0.node, number) }
    case .row: break
    case .settingRow(let row):
      values[operand] = setRow(row, sources, node.tensorType, at: node.location)
    }
  }

  /// A row set by comparing every row's number with the step's.
  private mutating func setRow(
    _ row: StepRow, _ sources: [TensorOperand], _ type: TensorType, at location: SourceLocation
  ) -> ValueID {
    var graph = graph
    func add(_ kind: NodeKind, _ operands: [TensorOperand], _ dtype: DType) -> TensorOperand {
      let node = Node(kind, operands, TensorType(dtype, type.shape))
      return .value(ValueID(graph.append(node, at: location)))
    }
    let step = add(.view(View([])), [sources[2]], .i64)
    let scaled = add(
      .elementwise(.mul), [step, .literal(Literal(.i64, integer: row.scale))], .i64)
    let place = add(
      .elementwise(.add), [scaled, .literal(Literal(.i64, integer: row.offset))], .i64)
    let isRow = add(.elementwise(.eq), [add(.iota(axis: 0), [], .i64), place], .bool)
    let rest = (1..<max(1, type.rank)).map { IndexExpression.variable($0) }
    let value = add(.view(View(rest)), [sources[1]], type.dtype)
    let result = add(.elementwise(.select), [isRow, value, sources[0]], type.dtype)
    self.graph = graph
    return result.value ?? ValueID(NodeID(0))
  }
}
