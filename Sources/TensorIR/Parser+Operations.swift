// Reads the operations of graphs; the grammar heads Printer.swift.

import IRCore
import LoopIR

extension GraphParser {
  /// Reads an operation and the types of its results.
  mutating func operation() throws(TextError) -> Node {
    let keyword = try reader.expect(.word, "an operation")
    switch keyword.text {
    case "view": return try view()
    case "constant": return try constant()
    case "iota":
      let axis = try reader.integer()
      return Node(.iota(axis: axis), [], try statedType())
    case "call":
      let name = try reader.expect(.symbol, "a graph's @name").text
      return try invocation(.call(name))
    case "kernel":
      let token = try reader.expect(.symbol, "a kernel's @name")
      guard let kernel = kernels[token.text] else {
        throw reader.error("no kernel @\(token.text) in this text", at: token)
      }
      return try invocation(.kernel(kernel))
    case "reduce": return try reduction()
    case "scan": return try scan()
    case "contract": return try contraction()
    case "loop": return try loop()
    case "conditional": return try conditional()
    case "custom": return try custom()
    case let name where NodeKind.declaredKeywords.contains(name):
      throw reader.error(NodeKind.declaredOnly(name), at: keyword)
    default:
      guard let row = Elementwise(name: keyword.text) else {
        throw reader.error("an operation expected, found '\(keyword.text)'", at: keyword)
      }
      return try elementwise(row, at: keyword)
    }
  }

  private mutating func statedType() throws(TextError) -> TensorType {
    try reader.expect(":")
    return try type()
  }

  private mutating func elementwise(
    _ row: Elementwise, at keyword: Token
  ) throws(TextError) -> Node {
    var texts = [try operand()]
    while reader.takeIf(",") { texts.append(try operand()) }
    guard texts.count == row.arity else {
      throw reader.error("\(row) takes \(row.arity) operands, found \(texts.count)", at: keyword)
    }
    let type = try statedType()
    var node = Node(.elementwise(row), [], type)
    let others = texts.map { text -> DType? in
      switch text {
      case .value(let id): graph[type: id].dtype
      case .literal(let literal): literal.stated
      }
    }
    for (index, text) in texts.enumerated() {
      switch text {
      case .value(let id): node.operands.append(.value(id))
      case .literal(let literal):
        let implied = node.impliedLiteralType(at: index, others: others)
        node.operands.append(.literal(try literal.typed(implied: implied)))
      }
    }
    return node
  }

  private mutating func constant() throws(TextError) -> Node {
    try reader.expect("[")
    var texts: [LiteralText] = []
    if !reader.at("]") {
      repeat {
        guard reader.isAtLiteral else {
          throw reader.error("a literal expected, found \(reader.found)")
        }
        texts.append(try reader.literalText())
      } while reader.takeIf(",")
    }
    try reader.expect("]")
    let type = try statedType()
    var elements: [Literal] = []
    elements.reserveCapacity(texts.count)
    for text in texts { elements.append(try text.typed(implied: type.dtype)) }
    return Node(.constant(TensorData(type.dtype, elements)), [], type)
  }

  private mutating func invocation(_ kind: NodeKind) throws(TextError) -> Node {
    var operands: [TensorOperand] = []
    try reader.expect("(")
    if !reader.at(")") {
      repeat { operands.append(.value(try value())) } while reader.takeIf(",")
    }
    try reader.expect(")")
    try reader.expect(":")
    return Node(kind, operands, try types())
  }

  private mutating func view() throws(TextError) -> Node {
    let operand = try value()
    let axes = try axesAhead()
    var view = View(try indices(axes: axes))
    var fill: LiteralText?
    if reader.takeIf("where") {
      repeat { view.guards.append(try condition(axes: axes)) } while reader.takeIf(",")
      try reader.expect("else")
      guard reader.isAtLiteral else {
        throw reader.error("the literal outside the guards expected, found \(reader.found)")
      }
      fill = try reader.literalText()
    }
    try reader.expect("->")
    try skipAxes()
    let place = reader.next
    let type = try statedType()
    guard axes.count == type.rank else {
      throw reader.error("\(type) has \(type.rank) axes, named were \(axes.count)", at: place)
    }
    view.fill = try fill?.typed(implied: type.dtype)
    return Node(.view(view), [.value(operand)], type)
  }

  private mutating func condition(axes: [String]) throws(TextError) -> View.Guard {
    let lower = try index(axes: axes)
    try reader.expect("<=")
    let expression = try index(axes: axes)
    try reader.expect("<")
    return View.Guard(expression, in: lower, try index(axes: axes))
  }

  /// The names after `->`, which index expressions before it use.
  func axesAhead() throws(TextError) -> [String] {
    var ahead = self
    while !ahead.reader.at("->") {
      guard !ahead.reader.isAtEnd, !ahead.reader.at("="), !ahead.reader.at("}") else {
        throw ahead.reader.error(
          "'->' and the result's axes expected, found \(ahead.reader.found)")
      }
      _ = ahead.reader.take()
    }
    _ = ahead.reader.take()
    return try ahead.skipAxes()
  }

  @discardableResult
  mutating func skipAxes() throws(TextError) -> [String] {
    var axes: [String] = []
    try reader.expect("[")
    if reader.takeIf("]") { return [] }
    repeat {
      let token = try reader.expect(.word, "an axis name")
      guard !axes.contains(token.text) else {
        throw reader.error("axis \(token.text) is named twice", at: token)
      }
      axes.append(token.text)
    } while reader.takeIf(",")
    try reader.expect("]")
    return axes
  }
}

extension NodeKind {
  /// The kinds whose data exists and that nothing builds yet.
  static let declaredKeywords: Set<String> = ["concat", "gather", "scatter", "sort"]

  /// The message for those kinds.
  static func declaredOnly(_ keyword: String) -> String {
    "\(keyword) is declared, but this version does not build it yet"
  }
}
