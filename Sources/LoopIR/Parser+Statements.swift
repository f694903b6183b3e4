// Reads statements.

import IRCore

extension KernelParser {
  /// Reads statements until a token that ends a block.
  mutating func parseStatements() throws(TextError) -> [Statement] {
    var statements: [Statement] = []
    while !reader.at("}"), !reader.at("yield"), !reader.at("test") {
      statements.append(try parseStatement())
    }
    return statements
  }

  private mutating func parseStatement() throws(TextError) -> Statement {
    let start = reader.next
    var results: [NewVariable] = []
    if start.kind == .value {
      repeat { results.append(try parseNewVariable()) } while reader.takeIf(",")
      try reader.expect("=")
    }
    if let kind = Loop.Kind(rawValue: reader.next.text), reader.next.kind == .word {
      _ = reader.take()
      return .loop(try parseLoop(kind, results, start))
    }
    if reader.takeIf("while") { return .whileLoop(try parseWhile(results, start)) }
    if reader.takeIf("if") { return .branch(try parseBranch(results, start)) }
    if start.kind == .value { return try parseDefinition(results, start) }
    if reader.takeIf("store") { return try parseStore() }
    if reader.takeIf("accumulate") { return try parseAccumulate() }
    if reader.takeIf("check") { return try parseCheck() }
    throw reader.error("a statement expected, found \(reader.found)")
  }

  private mutating func parseDefinition(
    _ results: [NewVariable], _ start: Token
  ) throws(TextError) -> Statement {
    guard results.count == 1 else {
      throw reader.error("one name expected, found \(results.count)", at: start)
    }
    let (operation, type) = try parseOperation()
    declare(results[0], type)
    return .define(results[0].id, operation)
  }

  private mutating func parseStore() throws(TextError) -> Statement {
    let value = try parseOperand()
    try reader.expect(",")
    let access = try parseAccess()
    let mask = try parseMask()
    return .store(try typed(value, kernel[access.buffer].type), access, mask: mask)
  }

  private mutating func parseAccumulate() throws(TextError) -> Statement {
    let access = try parseAccess()
    let row = try parseRow()
    try reader.expect("=")
    let value = try typed(try parseOperand(), kernel[access.buffer].type)
    return .accumulate(row, value, access, mask: try parseMask())
  }

  private mutating func parseCheck() throws(TextError) -> Statement {
    let condition = try typed(try parseOperand(), .bool)
    return .check(condition, message: try reader.expect(.string, "a \"message\"").text)
  }

  private mutating func parseLoop(
    _ kind: Loop.Kind, _ results: [NewVariable], _ start: Token
  ) throws(TextError) -> Loop {
    let variable = try parseNewVariable()
    try reader.expect("in")
    let lower = try parseIndex()
    try reader.expect("..<")
    let upper = try parseIndex()
    let step = reader.takeIf("step") ? try reader.integer() : 1
    let items = try parseCarried()
    try matchCount(results, items.count, start)
    let (body, yields) = try withScope { parser throws(TextError) in
      parser.declare(variable, ValueType(.i64))
      for item in items { parser.declare(item.variable, item.type) }
      return try parser.parseBlock(items.map(\.type))
    }
    return Loop(
      kind, variable.id, lower, upper, step: step, carried: declare(results, items), body: body,
      yields: yields)
  }

  private mutating func parseWhile(
    _ results: [NewVariable], _ start: Token
  ) throws(TextError) -> While {
    let items = try parseCarried()
    try matchCount(results, items.count, start)
    var loop = try withScope { parser throws(TextError) in
      for item in items { parser.declare(item.variable, item.type) }
      try parser.reader.expect("{")
      let condition = try parser.parseStatements()
      try parser.reader.expect("test")
      let test = try parser.typed(try parser.parseOperand(), .bool)
      try parser.reader.expect("}")
      try parser.reader.expect("do")
      let (body, yields) = try parser.parseBlock(items.map(\.type))
      return While(carried: [], condition: condition, test: test, body: body, yields: yields)
    }
    loop.carried = declare(results, items)
    return loop
  }

  private mutating func parseBranch(
    _ results: [NewVariable], _ start: Token
  ) throws(TextError) -> Branch {
    let condition = try typed(try parseOperand(), .bool)
    var types: [ValueType] = []
    if reader.takeIf(":") {
      repeat { types.append(try parseType()) } while reader.takeIf(",")
    }
    try matchCount(results, types.count, start)
    let (then, thenYields) = try withScope { parser throws(TextError) in
      try parser.parseBlock(types)
    }
    var branch = Branch(
      condition: condition, then: then, thenYields: thenYields, results: results.map(\.id))
    if !types.isEmpty || reader.at("else") {
      try reader.expect("else")
      (branch.otherwise, branch.otherwiseYields) = try withScope { parser throws(TextError) in
        try parser.parseBlock(types)
      }
    }
    for (result, type) in zip(results, types) { declare(result, type) }
    return branch
  }

  private func matchCount(
    _ results: [NewVariable], _ count: Int, _ start: Token
  ) throws(TextError) {
    guard results.count == count else {
      throw reader.error("\(count) result names expected, found \(results.count)", at: start)
    }
  }

  /// Carried value as its head states it.
  private struct Item {
    let variable: NewVariable
    let initial: Operand
    let type: ValueType
  }

  private mutating func parseCarried() throws(TextError) -> [Item] {
    guard reader.takeIf("(") else { return [] }
    var items: [Item] = []
    repeat {
      let variable = try parseNewVariable()
      try reader.expect("=")
      let initial = try parseOperand()
      try reader.expect(":")
      let type = try parseType()
      items.append(
        Item(variable: variable, initial: try typed(initial, type.dtype), type: type))
    } while reader.takeIf(",")
    try reader.expect(")")
    return items
  }

  private mutating func declare(_ results: [NewVariable], _ items: [Item]) -> [Carried] {
    zip(results, items).map { result, item in
      declare(result, item.type)
      return Carried(inside: item.variable.id, initial: item.initial, result: result.id)
    }
  }

  /// Reads a block in braces that yields values of the given types.
  private mutating func parseBlock(
    _ types: [ValueType]
  ) throws(TextError) -> ([Statement], [Operand]) {
    try reader.expect("{")
    let statements = try parseStatements()
    var yields: [Operand] = []
    if !types.isEmpty || reader.at("yield") {
      let start = reader.next
      try reader.expect("yield")
      var texts: [OperandText] = []
      repeat { texts.append(try parseOperand()) } while reader.takeIf(",")
      guard texts.count == types.count else {
        throw reader.error(
          "yield of \(types.count) values expected, found \(texts.count)", at: start)
      }
      for (text, type) in zip(texts, types) { yields.append(try typed(text, type.dtype)) }
    }
    try reader.expect("}")
    return (statements, yields)
  }
}
