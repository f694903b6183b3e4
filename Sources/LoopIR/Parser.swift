// Reads the text of kernels; the grammar heads Printer.swift.

public import IRCore

extension Kernel {
  /// Reads one kernel that is the whole text.
  public init(parsing text: String) throws(TextError) {
    var reader = try TokenReader(text)
    try self.init(reading: &reader)
    guard reader.isAtEnd else { throw reader.error("the end expected, found \(reader.found)") }
  }

  /// Reads the kernel that begins at the reader's next token, `kernel`.
  public init(reading reader: inout TokenReader) throws(TextError) {
    var parser = KernelParser(reader)
    try parser.parseKernel()
    reader = parser.reader
    self = parser.kernel
  }

  /// Reads a list of kernels that is the whole text.
  public static func list(parsing text: String) throws(TextError) -> [Kernel] {
    var reader = try TokenReader(text)
    var kernels: [Kernel] = []
    while !reader.isAtEnd { kernels.append(try Kernel(reading: &reader)) }
    return kernels
  }
}

/// Operand as it was read: a literal waits for the type that its context implies.
enum OperandText {
  case variable(VariableID)
  case literal(LiteralText)
}

/// Reads one kernel. The statements and operations are in extensions, a file each.
struct KernelParser {
  var reader: TokenReader
  var kernel = Kernel(name: "")
  var depth = 0
  private var buffers: [String: BufferID] = [:]
  /// Values that the next token may use.
  private var visible: [String: VariableID] = [:]
  /// Every name so far: a name stands for one thing in the whole kernel.
  private var taken: Set<String> = []
  /// The visible values in order, so that a block's end can hide its own.
  private var scope: [String] = []

  init(_ reader: TokenReader) { self.reader = reader }

  mutating func parseKernel() throws(TextError) {
    try reader.expect("kernel")
    kernel.name = try reader.expect(.symbol, "the kernel's @name").text
    var words: [Token] = []
    try parseParameters(&words)
    if reader.takeIf("symbols") { try parseSymbols() }
    try check(words)
    if reader.takeIf("schedule") { try parseSchedule() }
    try reader.expect("{")
    while reader.at("local") { try parseLocal() }
    kernel.body = try parseStatements()
    try reader.expect("}")
  }

  private mutating func parseParameters(_ words: inout [Token]) throws(TextError) {
    try reader.expect("(")
    if reader.takeIf(")") { return }
    repeat {
      let role = try parseRole("'in', 'out' or 'inout'", isParameter: true)
      try parseBuffer(&words) { _ throws(TextError) in role }
    } while reader.takeIf(",")
    try reader.expect(")")
  }

  private mutating func parseLocal() throws(TextError) {
    try reader.expect("local")
    var words: [Token] = []
    try parseBuffer(&words) { parser throws(TextError) in
      try parser.reader.expect("in")
      return try parser.parseRole(
        "'register', 'stack', 'scratch' or 'shared'", isParameter: false)
    }
    try check(words)
  }

  mutating func parseRole(
    _ expected: String, isParameter: Bool
  ) throws(TextError) -> Buffer.Role {
    guard reader.next.kind == .word, let role = Buffer.Role(rawValue: reader.next.text),
      role.isParameter == isParameter
    else { throw reader.error("\(expected) expected, found \(reader.found)") }
    _ = reader.take()
    return role
  }

  /// Reads a buffer's name and shape; `role` reads, or knows, its role.
  private mutating func parseBuffer(
    _ words: inout [Token],
    role: (inout KernelParser) throws(TextError) -> Buffer.Role
  ) throws(TextError) {
    let name = try parseNewName("the buffer's %name").text
    try reader.expect(":")
    let type = try reader.elementType()
    var shape: [IndexExpression] = []
    if reader.takeIf("["), !reader.takeIf("]") {
      repeat { shape.append(try parseExtent(&words)) } while reader.takeIf(",")
      try reader.expect("]")
    }
    buffers[name] = BufferID(kernel.buffers.count)
    kernel.buffers.append(Buffer(name: name, role: try role(&self), type: type, shape: shape))
  }

  private func check(_ words: [Token]) throws(TextError) {
    for word in words where !kernel.symbols.contains(word.text) {
      throw reader.error("unknown symbol \(word.text)", at: word)
    }
  }

  private mutating func parseExtent(_ words: inout [Token]) throws(TextError) -> IndexExpression {
    var found: [Token] = []
    let reader = reader
    let extent = try self.reader.indexExpression { token throws(TextError) in
      guard token.kind == .word else {
        throw reader.error("a symbol expected, found %\(token.text)", at: token)
      }
      found.append(token)
      return .symbol(token.text)
    }
    words += found
    return extent
  }

  private mutating func parseSymbols() throws(TextError) {
    try reader.expect("(")
    repeat {
      let token = try reader.expect(.word, "a symbol")
      guard !kernel.symbols.contains(token.text) else {
        throw reader.error("redefinition of symbol \(token.text)", at: token)
      }
      kernel.symbols.append(token.text)
    } while reader.takeIf(",")
    try reader.expect(")")
  }
}

// Names and scopes.
extension KernelParser {
  /// Reads a name that nothing in the kernel has yet.
  private mutating func parseNewName(_ what: String) throws(TextError) -> Token {
    let token = try reader.expect(.value, what)
    guard taken.insert(token.text).inserted else {
      throw reader.error("redefinition of %\(token.text)", at: token)
    }
    return token
  }

  /// Reads the name of a new variable, whose type is not known yet and which is not visible yet.
  mutating func parseNewVariable() throws(TextError) -> NewVariable {
    let name = try parseNewName("a new %name").text
    let id = kernel.makeVariable(
      ValueType(.bool), name: Kernel.isVariableName(name) ? name : nil)
    return NewVariable(name: name, id: id)
  }

  /// Gives a new variable its type and makes it visible.
  mutating func declare(_ new: NewVariable, _ type: ValueType) {
    kernel[new.id].type = type
    visible[new.name] = new.id
    scope.append(new.name)
  }

  /// Runs `body` and hides what it declared.
  mutating func withScope<T>(
    _ body: (inout KernelParser) throws(TextError) -> T
  ) throws(TextError) -> T {
    let start = scope.count
    let token = reader.next
    depth += 1
    guard depth <= Kernel.maximumDepth else {
      throw reader.error("at most \(Kernel.maximumDepth) nested blocks expected", at: token)
    }
    let result = try body(&self)
    depth -= 1
    for name in scope[start...] { visible[name] = nil }
    scope.removeSubrange(start...)
    return result
  }

  /// The visible value named by `token`.
  func value(_ token: Token) throws(TextError) -> VariableID {
    if let id = visible[token.text] { return id }
    let reason =
      buffers[token.text] != nil
      ? "%\(token.text) is a buffer, a value expected"
      : taken.contains(token.text)
        ? "%\(token.text) is not visible here" : "unknown value %\(token.text)"
    throw reader.error(reason, at: token)
  }

  /// Reads a buffer's name.
  mutating func parseBufferName() throws(TextError) -> BufferID {
    let token = try reader.expect(.value, "a %buffer")
    guard let id = buffers[token.text] else {
      throw reader.error("unknown buffer %\(token.text)", at: token)
    }
    return id
  }

  /// Reads an index expression over visible values and symbols.
  mutating func parseIndex() throws(TextError) -> IndexExpression {
    let context = self
    return try reader.indexExpression { token throws(TextError) in
      if token.kind == .value { return try context.value(token).expression }
      guard context.kernel.symbols.contains(token.text) else {
        throw context.reader.error("unknown symbol \(token.text)", at: token)
      }
      return .symbol(token.text)
    }
  }
}

/// Variable between the reading of its name and that of its type.
struct NewVariable {
  let name: String
  let id: VariableID
}
