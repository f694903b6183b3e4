// Reads the text of graphs and modules; the grammar heads Printer.swift.

public import IRCore
import LoopIR

extension Module {
  /// Reads a list of graphs and kernels that is the whole text.
  ///
  /// With `file`, nodes carry their line of the text as location; without, none.
  public init(parsing text: String, file: String? = nil) throws(TextError) {
    var reader = try TokenReader(text)
    let kernels = try Self.kernels(in: reader)
    self.init()
    while !reader.isAtEnd {
      if reader.at("kernel") {
        self.kernels.append(try Kernel(reading: &reader))
      } else {
        guard reader.at("graph") else {
          throw reader.error("'graph' or 'kernel' expected, found \(reader.found)")
        }
        var parser = GraphParser(reader, kernels: kernels, file: file)
        try parser.parseGraph()
        reader = parser.reader
        graphs.append(parser.graph)
      }
    }
  }

  /// The kernels of a file by name: graphs before them refer to them.
  private static func kernels(in start: TokenReader) throws(TextError) -> [String: Kernel] {
    var reader = start
    var kernels: [String: Kernel] = [:]
    var depth = 0
    while !reader.isAtEnd {
      if depth == 0, reader.at("kernel") {
        let place = reader.second
        let kernel = try Kernel(reading: &reader)
        guard kernels.updateValue(kernel, forKey: kernel.name) == nil else {
          throw reader.error("a second kernel @\(kernel.name)", at: place)
        }
      } else {
        if reader.at("{") { depth += 1 }
        if reader.at("}") { depth -= 1 }
        _ = reader.take()
      }
    }
    return kernels
  }
}

extension Graph {
  /// Reads one graph, without kernels, that is the whole text.
  public init(parsing text: String) throws(TextError) {
    var parser = GraphParser(try TokenReader(text), kernels: [:], file: nil)
    try parser.parseGraph()
    guard parser.reader.isAtEnd else {
      throw parser.reader.error("the end expected, found \(parser.reader.found)")
    }
    self = parser.graph
  }
}

/// Operand as it was read: a literal waits for the type that the result implies.
enum OperandText {
  case value(ValueID)
  case literal(LiteralText)
}

/// Reads one graph. The operations are in an extension, `Parser+Operations.swift`.
struct GraphParser {
  var reader: TokenReader
  var graph = Graph(name: "")
  let kernels: [String: Kernel]
  let file: String?
  private var values: [String: ValueID] = [:]

  init(_ reader: TokenReader, kernels: [String: Kernel], file: String?) {
    self.reader = reader
    self.kernels = kernels
    self.file = file
  }

  mutating func parseGraph() throws(TextError) {
    try reader.expect("graph")
    graph.name = try reader.expect(.symbol, "the graph's @name").text
    try parseParameters()
    try reader.expect("->")
    let results = try types()
    try reader.expect("{")
    while !reader.at("return") { try parseNode() }
    try parseReturn(results)
    try reader.expect("}")
  }

  private mutating func parseParameters() throws(TextError) {
    try reader.expect("(")
    if reader.takeIf(")") { return }
    repeat {
      let token = try parameterName()
      try reader.expect(":")
      try append(Node(.parameter(token.text), [], try type()), [token])
    } while reader.takeIf(",")
    try reader.expect(")")
  }

  mutating func parameterName() throws(TextError) -> Token {
    let token = try reader.expect(.value, "a parameter's %name")
    guard !Self.isNumber(token.text) else {
      throw reader.error("a parameter's name must not be a number", at: token)
    }
    return token
  }

  private static func isNumber(_ name: String) -> Bool {
    name.utf8.first.map { $0 >= 48 && $0 <= 57 } ?? true
  }

  mutating func parseNode() throws(TextError) {
    guard reader.next.kind == .value else {
      throw reader.error("a value's %name or 'return' expected, found \(reader.found)")
    }
    var names: [Token] = []
    repeat { names.append(try reader.expect(.value, "a value's %name")) } while reader.takeIf(",")
    try reader.expect("=")
    let node = try operation()
    guard node.types.count == names.count else {
      throw reader.error(
        "\(node.types.count) names expected for as many types, found \(names.count)",
        at: names[0])
    }
    try append(node, names)
  }

  mutating func append(_ node: Node, _ names: [Token]) throws(TextError) {
    let location = file.map { SourceLocation.line(file: $0, line: names[0].line) } ?? .unknown
    let id = graph.append(node, at: location)
    for (result, name) in names.enumerated() {
      guard values.updateValue(ValueID(id, result), forKey: name.text) == nil else {
        throw reader.error("%\(name.text) is defined twice", at: name)
      }
    }
  }

  private mutating func parseReturn(_ types: [TensorType]) throws(TextError) {
    let place = reader.take()
    repeat { graph.results.append(try value()) } while reader.takeIf(",")
    let found = graph.results.map { graph[type: $0] }
    guard found == types else {
      func list(_ types: [TensorType]) -> String {
        types.map(\.description).joined(separator: ", ")
      }
      throw reader.error(
        "the head of @\(graph.name) states results \(list(types)), found \(list(found))",
        at: place)
    }
  }

  // MARK: Pieces

  /// Reads the name of a value that is defined before.
  mutating func value() throws(TextError) -> ValueID {
    let token = try reader.expect(.value, "a value's %name")
    guard let id = values[token.text] else {
      throw reader.error("%\(token.text) is not defined before this use", at: token)
    }
    return id
  }

  /// Reads a value or a literal.
  mutating func operand() throws(TextError) -> OperandText {
    if reader.isAtLiteral { return .literal(try reader.literalText()) }
    guard reader.next.kind == .value else {
      throw reader.error("a value's %name or a literal expected, found \(reader.found)")
    }
    return .value(try value())
  }

  /// Reads a list of types.
  mutating func types() throws(TextError) -> [TensorType] {
    var types = [try type()]
    while reader.takeIf(",") { types.append(try type()) }
    return types
  }

  /// Reads one type.
  mutating func type() throws(TextError) -> TensorType {
    let dtype = try reader.elementType()
    return TensorType(dtype, reader.at("[") ? try indices(axes: []) : [])
  }

  /// Reads index expressions in brackets; words are axes or else symbols.
  mutating func indices(axes: [String]) throws(TextError) -> [IndexExpression] {
    try reader.expect("[")
    if reader.takeIf("]") { return [] }
    var indices = [try index(axes: axes)]
    while reader.takeIf(",") { indices.append(try index(axes: axes)) }
    try reader.expect("]")
    return indices
  }

  /// Reads one index expression; words are axes or else symbols.
  mutating func index(axes: [String]) throws(TextError) -> IndexExpression {
    guard !reader.at("lane") else {
      throw reader.error("a symbol or axis expected, found 'lane', which kernels alone have")
    }
    return try reader.indexExpression { (token) throws(TextError) in
      guard token.kind == .word else {
        throw TextError(
          line: token.line, column: token.column,
          "a symbol or axis expected, found '%\(token.text)'")
      }
      if let axis = axes.firstIndex(of: token.text) { return .variable(axis) }
      return .symbol(token.text)
    }
  }
}
