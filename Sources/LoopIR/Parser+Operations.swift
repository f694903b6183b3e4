// Reads operations, operands, accesses and types.

import IRCore

extension KernelParser {
  /// Reads what stands after `=`: an operation and its type.
  mutating func parseOperation() throws(TextError) -> (Operation, ValueType) {
    let word = try reader.expect(.word, "an operation")
    switch word.text {
    case "load": return try parseLoad()
    case "index":
      let expression = try parseIndex()
      return (.index(expression), try parseTypeAfterColon())
    case "splat":
      let (operand, type) = try parseOperandAndType()
      return (.splat(operand), type)
    case "reduceLanes":
      let row = try parseRow()
      let (operand, type) = try parseOperandAndType()
      return (.reduceLanes(row, operand), type)
    case "shiftLanes": return try parseShift()
    case "shuffleLanes": return try parseShuffle()
    case "extractLane":
      let operand = try parseOperand()
      try reader.expect("[")
      let lane = try reader.integer()
      try reader.expect("]")
      let type = try parseTypeAfterColon()
      return (.extractLane(try typed(operand, type.dtype), lane), type)
    default: return try parseElementwise(word)
    }
  }

  private mutating func parseLoad() throws(TextError) -> (Operation, ValueType) {
    let access = try parseAccess()
    let mask = try parseMask()
    let otherwise = reader.takeIf("else") ? try parseLiteralText() : nil
    let type = try parseTypeAfterColon()
    let fill = try otherwise.map { text throws(TextError) in try text.typed(implied: type.dtype) }
    return (.load(access, mask: mask, otherwise: fill), type)
  }

  private mutating func parseShift() throws(TextError) -> (Operation, ValueType) {
    let operand = try parseOperand()
    try reader.expect("by")
    let distance = try reader.integer()
    try reader.expect("fill")
    let fill = try parseOperand()
    let type = try parseTypeAfterColon()
    return (
      .shiftLanes(
        try typed(operand, type.dtype), by: distance, fill: try typed(fill, type.dtype)),
      type
    )
  }

  private mutating func parseShuffle() throws(TextError) -> (Operation, ValueType) {
    let first = try parseOperand()
    try reader.expect(",")
    let second = try parseOperand()
    try reader.expect("[")
    var lanes: [Int] = []
    repeat { lanes.append(try reader.integer()) } while reader.takeIf(",")
    try reader.expect("]")
    let type = try parseTypeAfterColon()
    return (
      .shuffleLanes(try typed(first, type.dtype), try typed(second, type.dtype), lanes), type
    )
  }

  private mutating func parseElementwise(
    _ word: Token
  ) throws(TextError) -> (Operation, ValueType) {
    guard let row = Elementwise(name: word.text) else {
      throw reader.error("unknown row '\(word.text)'", at: word)
    }
    var texts: [OperandText] = []
    repeat { texts.append(try parseOperand()) } while reader.takeIf(",")
    guard texts.count == row.arity else {
      throw reader.error(
        "\(row.name) of \(row.arity) operands expected, found \(texts.count)", at: word)
    }
    let type = try parseTypeAfterColon()
    let known = texts.map { knownType($0) }
    var operands: [Operand] = []
    for (index, text) in texts.enumerated() {
      let implied = row.typing.impliedLiteralType(at: index, others: known, result: type.dtype)
      operands.append(try typed(text, implied))
    }
    let types = operands.map { kernel.type(of: $0).dtype }
    if case .failure(let failure) = row.typing.result(of: types, stated: type.dtype) {
      throw reader.error("\(row.name): \(failure)", at: word)
    }
    return (.elementwise(row, operands), type)
  }

  private func knownType(_ text: OperandText) -> DType? {
    guard case .variable(let id) = text else { return nil }
    return kernel[id].type.dtype
  }

  private mutating func parseOperandAndType() throws(TextError) -> (Operand, ValueType) {
    let operand = try parseOperand()
    let type = try parseTypeAfterColon()
    return (try typed(operand, type.dtype), type)
  }

  /// Reads a row's name.
  mutating func parseRow() throws(TextError) -> Elementwise {
    let word = try reader.expect(.word, "a row")
    guard let row = Elementwise(name: word.text) else {
      throw reader.error("unknown row '\(word.text)'", at: word)
    }
    return row
  }

  /// Reads a value or a literal.
  mutating func parseOperand() throws(TextError) -> OperandText {
    if reader.next.kind == .value { return .variable(try value(reader.take())) }
    return .literal(try parseLiteralText())
  }

  private mutating func parseLiteralText() throws(TextError) -> LiteralText {
    guard reader.isAtLiteral else {
      throw reader.error("a value or literal expected, found \(reader.found)")
    }
    return try reader.literalText()
  }

  /// The operand, a literal without suffix being of type `implied`.
  func typed(_ text: OperandText, _ implied: DType?) throws(TextError) -> Operand {
    switch text {
    case .variable(let id): return .variable(id)
    case .literal(let literal): return .literal(try literal.typed(implied: implied))
    }
  }

  /// Reads a buffer's name with indices and alignment.
  mutating func parseAccess() throws(TextError) -> Access {
    var access = Access(try parseBufferName(), [])
    try reader.expect("[")
    if !reader.takeIf("]") {
      repeat { access.indices.append(try parseIndex()) } while reader.takeIf(",")
      try reader.expect("]")
    }
    if reader.takeIf("align") { access.alignment = try reader.integer() }
    return access
  }

  /// Reads a mask if one is next.
  mutating func parseMask() throws(TextError) -> Operand? {
    guard reader.takeIf("mask") else { return nil }
    return try typed(try parseOperand(), .bool)
  }

  private mutating func parseTypeAfterColon() throws(TextError) -> ValueType {
    try reader.expect(":")
    return try parseType()
  }

  /// Reads a value type.
  mutating func parseType() throws(TextError) -> ValueType {
    guard reader.next.kind == .vector else { return ValueType(try reader.elementType()) }
    let token = reader.take()
    let parts = token.text.split(separator: "x", maxSplits: 1)
    guard parts.count == 2, let lanes = Int(parts[0]), let type = DType(name: parts[1]) else {
      throw reader.error("a type such as 16xf32 expected, found '\(token.text)'", at: token)
    }
    return ValueType(type, lanes: lanes)
  }
}
