// Reads nodes that hold graphs; the grammar heads Printer.swift.

import IRCore
import LoopIR

/// Parameters of a block with the values around it that they stand for.
private struct Bindings {
  var names: [Token] = []
  var types: [TensorType] = []
  var operands: [TensorOperand] = []
  /// For per-step inputs.
  var rows: [IndexExpression] = []

  static func + (a: Bindings, b: Bindings) -> Bindings {
    Bindings(
      names: a.names + b.names, types: a.types + b.types, operands: a.operands + b.operands,
      rows: a.rows + b.rows)
  }
}

/// A graph in braces and where its last results go.
private struct Block {
  let graph: Graph
  var stacks: [LoopNode.Stack] = []
  var destinations: [TensorOperand] = []
}

extension GraphParser {
  mutating func loop() throws(TextError) -> Node {
    let step = try reader.expect(.value, "the step's %name")
    var count: IndexExpression?
    var operand: TensorOperand?
    if reader.takeIf("in") {
      guard try reader.integer() == 0 else {
        throw reader.error("a range from 0 expected")
      }
      try reader.expect("..<")
      (count, operand) = try trips()
    }
    let carried = try bindings("carry", rowsOver: nil)
    let inputs = try bindings("each", rowsOver: step.text)
    let invariants = try bindings("with", rowsOver: nil)
    let index = Bindings(names: [step], types: [LoopNode.indexType])
    var condition: Graph?
    if reader.takeIf("while") {
      condition = try block("condition", index + carried + invariants).graph
      try reader.expect("do")
    }
    let body = try block("body", index + carried + inputs + invariants, rowsOver: step.text)
    let loop = LoopNode(
      body: body.graph, condition: condition, count: count, hasCountOperand: operand != nil,
      carriedCount: carried.names.count, inputRows: inputs.rows, stacks: body.stacks)
    let operands =
      carried.operands + inputs.operands + body.destinations + invariants.operands
      + (operand.map { [$0] } ?? [])
    try reader.expect(":")
    return Node(.loop(loop), operands, try types())
  }

  /// A number of steps: the most, and the operand that tells it.
  private mutating func trips() throws(TextError) -> (IndexExpression?, TensorOperand?) {
    if reader.next.kind == .value { return (nil, .value(try value())) }
    guard reader.at("min"), reader.hasValueInParentheses else {
      return (try index(axes: []), nil)
    }
    try reader.expect("min")
    try reader.expect("(")
    let operand = TensorOperand.value(try value())
    try reader.expect(",")
    let most = try index(axes: [])
    try reader.expect(")")
    return (most, operand)
  }

  mutating func conditional() throws(TextError) -> Node {
    let truth = TensorOperand.value(try value())
    let bound = try bindings("with", rowsOver: nil)
    let then = try block("then", bound).graph
    try reader.expect("else")
    let otherwise = try block("otherwise", bound).graph
    try reader.expect(":")
    return Node(
      .conditional(ConditionalNode(then: then, otherwise: otherwise)), [truth] + bound.operands,
      try types())
  }

  mutating func custom() throws(TextError) -> Node {
    let arguments = try bindings("of", rowsOver: nil)
    let captures = try bindings("with", rowsOver: nil)
    let body = try block("body", arguments + captures).graph
    var node = CustomNode(body: body, argumentCount: arguments.names.count)
    for rule in [CustomNode.Rule.pullback, .pushforward] where reader.takeIf(rule.rawValue) {
      let own = try slots()
      node[rule] = try block(rule.rawValue, arguments + own + captures).graph
    }
    try reader.expect(":")
    return Node(.custom(node), arguments.operands + captures.operands, try types())
  }

  /// Parameters that nothing around a block stands for.
  private mutating func slots() throws(TextError) -> Bindings {
    var slots = Bindings()
    try reader.expect("(")
    repeat {
      slots.names.append(try parameterName())
      try reader.expect(":")
      slots.types.append(try type())
    } while reader.takeIf(",")
    try reader.expect(")")
    return slots
  }

  private mutating func bindings(
    _ keyword: String, rowsOver step: String?
  ) throws(TextError) -> Bindings {
    var bindings = Bindings()
    guard reader.takeIf(keyword) else { return bindings }
    try reader.expect("(")
    repeat {
      bindings.names.append(try parameterName())
      try reader.expect(":")
      bindings.types.append(try type())
      try reader.expect("=")
      bindings.operands.append(.value(try value()))
      if let step { bindings.rows.append(try row(over: step)) }
    } while reader.takeIf(",")
    try reader.expect(")")
    return bindings
  }

  /// `[index]` over the step's number.
  private mutating func row(over step: String) throws(TextError) -> IndexExpression {
    try reader.expect("[")
    let row = try index(axes: [step])
    try reader.expect("]")
    return row
  }

  /// A graph in braces with parameters that the head of the node gives.
  private mutating func block(
    _ name: String, _ bound: Bindings, rowsOver step: String? = nil
  ) throws(TextError) -> Block {
    var inner = GraphParser(reader, kernels: kernels, file: file)
    inner.graph.name = name
    for (token, type) in zip(bound.names, bound.types) {
      try inner.append(Node(.parameter(token.text), [], type), [token])
    }
    try inner.reader.expect("{")
    while !inner.reader.at("return") { try inner.parseNode() }
    _ = inner.reader.take()
    if !inner.reader.at("stack"), !inner.reader.at("}") {
      repeat { inner.graph.results.append(try inner.value()) } while inner.reader.takeIf(",")
    }
    var stacks: [LoopNode.Stack] = []
    var destinations: [TensorOperand] = []
    if let step, inner.reader.takeIf("stack") {
      repeat {
        inner.graph.results.append(try inner.value())
        try inner.reader.expect("->")
        reader = inner.reader
        let hasDestination = reader.next.kind == .value
        if hasDestination { destinations.append(.value(try value())) }
        stacks.append(
          LoopNode.Stack(row: try row(over: step), hasDestination: hasDestination))
        inner.reader = reader
      } while inner.reader.takeIf(",")
    }
    try inner.reader.expect("}")
    reader = inner.reader
    return Block(graph: inner.graph, stacks: stacks, destinations: destinations)
  }
}

extension TokenReader {
  /// Whether a value follows the word to read next and a parenthesis.
  fileprivate var hasValueInParentheses: Bool {
    var ahead = self
    _ = ahead.take()
    return ahead.takeIf("(") && ahead.next.kind == .value
  }
}
