// What the passes of a loop's body have in common.

import Driver
import IRCore
import TensorIR

/// Source of an operand, the same in every step.
enum StepOperand: Hashable {
  case literal(Literal)
  /// A value from around the loop.
  case invariant(Int)
  /// The step's number.
  case index
  /// The value of this column in the same step.
  case column(Int)
  /// The value of a column so many steps ago.
  case carried(Int)
}

/// A value that steps hand on.
struct StepCarried: Hashable {
  let column: Int
  /// How many steps later it is read.
  let lag: Int
  /// Numbers of the values from around the loop that the first steps read.
  let starts: [Int]
}

/// One body for all steps.
struct StepPlan {
  /// By column: the sources of the operands.
  var operands: [[StepOperand]] = []
  var carried: [StepCarried] = []
  /// Values from around the loop.
  var invariants: [TraceNode] = []
  /// Those that were made of literals with which the loop begins, with what they are made of.
  var made: [TraceNode] = []
}

/// Compares passes, column by column: the same operation at the same place, and operands that are
/// the same value from around the loop, the same column of the own pass, or, behind as many values
/// from around, one column of an earlier pass.
struct StepComparison {
  enum Outcome {
    case agree(StepPlan)
    /// Another pass would tell more.
    case unclear(String, at: SourceLocation)
  }

  /// Where one operand of one pass comes from.
  private enum Source: Equatable {
    case literal(Literal)
    case outer(Int)
    case index(pass: Int)
    case column(pass: Int, Int)

    /// Whether a loop may begin with it.
    var isAround: Bool {
      switch self {
      case .literal, .outer: true
      case .index, .column: false
      }
    }
  }

  private let passes: [StepLoop.Pass]
  private let location: SourceLocation
  private var places: [ObjectIdentifier: Source] = [:]
  private var plan = StepPlan()
  private var carriedPlaces: [StepCarried: Int] = [:]
  private var unclear: (String, SourceLocation)?

  init(_ passes: [StepLoop.Pass], _ location: SourceLocation) {
    self.passes = passes
    self.location = location
    for (number, pass) in passes.enumerated() {
      places[ObjectIdentifier(pass.index)] = .index(pass: number)
      for (column, node) in pass.nodes.enumerated() {
        places[ObjectIdentifier(node)] = .column(pass: number, column)
      }
    }
  }

  consuming func outcome() -> Outcome {
    for column in passes[0].nodes.indices { compare(column) }
    for (number, pass) in passes.enumerated().dropFirst()
    where pass.nodes.count != passes[0].nodes.count {
      let more = pass.nodes.count > passes[0].nodes.count ? pass : passes[0]
      let fewer = min(pass.nodes.count, passes[0].nodes.count)
      misuse(
        "steps: iteration 1 makes \(passes[0].nodes.count) values, iteration \(number + 1) makes "
          + "\(pass.nodes.count); every step must do the same", at: more.nodes[fewer].location)
    }
    if let unclear { return .unclear(unclear.0, at: unclear.1) }
    return .agree(plan)
  }

  private mutating func compare(_ column: Int) {
    var operations: [TraceOperation?] = []
    for (number, pass) in passes.enumerated() where pass.nodes.indices.contains(column) {
      let node = pass.nodes[column]
      let first = passes[0].nodes[column]
      guard node.shape == first.shape, node.dtype == first.dtype else {
        misuse(
          "steps: \(first.tensorType) in iteration 1, then \(node.tensorType); shapes and element "
            + "types must not change from step to step", at: node.location)
      }
      operations.append(node.operation)
      guard node.isSameAction(as: first) else {
        misuse(
          "steps: \(first.text) in iteration 1, then \(node.text); what changes from step to step "
            + "must be a Tensor, such as t.tensor", at: node.location)
      }
      if let a = operations[0], let b = node.operation {
        requireSameLiterals(a, b, number, node.location)
      }
    }
    guard let operation = operations[0] else {
      plan.operands.append([])
      return
    }
    let list = operations.compactMap { $0 }
    plan.operands.append(
      operation.operands.indices.map { place in
        source(list.map { $0.operands[place] }, at: passes[passes.count - 1].nodes, column)
      })
  }

  private func requireSameLiterals(
    _ a: TraceOperation, _ b: TraceOperation, _ pass: Int, _ place: SourceLocation
  ) {
    for (x, y) in zip(a.operands, b.operands) {
      // A literal may be what the loop begins with; two are a number of the host.
      guard case .literal(let old) = x, case .literal(let new) = y, old != new else { continue }
      misuse(
        "steps: \(a.name)(\(old)) in iteration 1, then \(b.name)(\(new)); what changes from step "
          + "to step must be a Tensor, such as t.tensor", at: place)
    }
  }

  private mutating func source(
    _ operands: [TraceOperand], at nodes: [TraceNode], _ column: Int
  ) -> StepOperand {
    let sources = operands.map { place(of: $0) }
    let last = sources.count - 1
    switch sources[0] {
    case .literal(let literal):
      if sources.allSatisfy({ $0 == sources[0] }) { return .literal(literal) }
      if let carried = carried(sources, operands, nodes[column].location) { return carried }
    case .index(0) where sources.indices.allSatisfy({ sources[$0] == .index(pass: $0) }):
      return .index
    case .column(0, let own)
    where sources.indices.allSatisfy({ sources[$0] == .column(pass: $0, own) }):
      return .column(own)
    case .outer(let value):
      if sources.allSatisfy({ $0 == .outer(value) }) { return .invariant(value) }
      if let carried = carried(sources, operands, nodes[column].location) { return carried }
      if case .outer = sources[last] {
        unclear =
          unclear ?? (
            "steps: an operand of \(nodes[column].text) is another value from around the loop in "
              + "every iteration", nodes[column].location
          )
        return .invariant(value)
      }
    default: break
    }
    misuse(
      "steps: operands of \(nodes[column].text) are not the same from step to step: a value of "
        + "this step, one from around the loop, or one of an earlier step is expected at the same "
        + "place in all of them", at: nodes[column].location)
  }

  /// A value of as many steps ago as values from around the loop stand before the first such one.
  private mutating func carried(
    _ sources: [Source], _ operands: [TraceOperand], _ place: SourceLocation
  ) -> StepOperand? {
    let starts = sources.prefix { $0.isAround }
    let lag = starts.count
    guard sources.count > lag, case .column(let pass, let column) = sources[lag], pass == 0,
      (lag..<sources.count).allSatisfy({ sources[$0] == .column(pass: $0 - lag, column) })
    else { return nil }
    let numbers = starts.compactMap { source -> Int? in
      switch source {
      case .outer(let number): number
      case .literal(let literal): number(of: literal, like: passes[0].nodes[column])
      case .index, .column: nil
      }
    }
    let found = StepCarried(column: column, lag: lag, starts: numbers)
    let type = passes[0].nodes[column].tensorType
    for number in numbers where plan.invariants[number].tensorType != type {
      misuse(
        "steps: the loop begins with \(plan.invariants[number].tensorType) and hands on \(type); "
          + "shapes and element types must not change from step to step",
        at: passes[0].nodes[column].location)
    }
    if let known = carriedPlaces[found] { return .carried(known) }
    carriedPlaces[found] = plan.carried.count
    plan.carried.append(found)
    return .carried(plan.carried.count - 1)
  }

  /// A value from around the loop that is one literal everywhere, as a value of the loop is.
  private mutating func number(of literal: Literal, like node: TraceNode) -> Int {
    let scalar = TraceOperation(
      kind: .constant(TensorData(literal.type, [literal])), operands: [])
    let made = OpenLoops.suspended {
      let scalar = TraceNode(scalar, dtype: literal.type, shape: [], at: node.location)
      let view = TraceOperation(kind: .view(View([])), operands: [.node(scalar)])
      return [
        scalar, TraceNode(view, dtype: literal.type, shape: node.shape, at: node.location),
      ]
    }
    for node in made { node.release() }
    plan.made += made
    plan.invariants.append(made[1])
    return plan.invariants.count - 1
  }

  private mutating func place(of operand: TraceOperand) -> Source {
    switch operand {
    case .literal(let literal): return .literal(literal)
    case .node(let node):
      let id = ObjectIdentifier(node)
      if let known = places[id] { return known }
      let source = Source.outer(plan.invariants.count)
      plan.invariants.append(node)
      places[id] = source
      return source
    }
  }
}

extension TraceNode {
  /// What a pending node computes.
  var operation: TraceOperation? {
    if case .pending(let operation) = snapshot.content { operation } else { nil }
  }

  /// Whether two nodes do the same with their operands; values in memory are compared.
  fileprivate func isSameAction(as other: TraceNode) -> Bool {
    if let a = storage, let b = other.storage {
      return a === b || a.withUnsafeBytes { x in b.withUnsafeBytes { x.elementsEqual($0) } }
    }
    guard let a = operation, let b = other.operation else { return false }
    return a.action == b.action && a.operands.count == b.operands.count && a.types == b.types
  }

  /// The operation as messages name it: `mul: f32[3]`.
  fileprivate var text: String { "\(operation?.name ?? "a constant") \(tensorType)" }
}

extension TraceOperation {
  /// The operation's name.
  fileprivate var name: String {
    switch action {
    case .node(.constant(let data)):
      "constant" + (data.count == 1 ? " \(data[0])" : "")
    case .node(let kind): kind.keyword
    case .result: "a result"
    case .row(let row): "row \(row.text)"
    case .settingRow(let row): "setting row \(row.text)"
    }
  }
}
