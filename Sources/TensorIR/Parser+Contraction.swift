// Reads contractions; the grammar heads Printer.swift.

import IRCore

extension GraphParser {
  /// Reads a contraction after its keyword.
  mutating func contraction() throws(TextError) -> Node {
    let start = reader.next
    let axes = try axesAhead()
    var words = SummedWords(axes: axes, symbols: Set(graph.parameterSymbols))
    var operands: [TensorOperand] = []
    var maps: [[IndexExpression]] = []
    repeat {
      operands.append(.value(try value()))
      maps.append(try indices(&words))
    } while reader.takeIf(",")
    try reader.expect("->")
    try skipAxes()
    var stated: [String: IndexExpression] = [:]
    var names = words.names
    if reader.at("over") { (names, stated) = try summedList(words) }
    maps = maps.map { map in map.map { words.renumbered($0, to: names) } }
    let accumulator = reader.takeIf("in") ? try reader.elementType() : nil
    let order = reader.at("order") ? try order() : .sequential
    try reader.expect(":")
    let place = reader.next
    let type = try type()
    guard axes.count == type.rank else {
      throw reader.error("\(type) has \(type.rank) axes, named were \(axes.count)", at: place)
    }
    var contraction = Contraction(
      operands: maps, summed: names.map { _ in 0 },
      accumulator: accumulator ?? type.dtype, order: order)
    let types = operands.compactMap(\.value).map { graph[type: $0] }
    let implied = contraction.impliedExtents(types, rank: axes.count)
    for (number, name) in names.enumerated() {
      guard let extent = stated[name] ?? implied[number] else {
        throw reader.error(
          "no operand's axis tells the extent of \(name); state it with over", at: start)
      }
      contraction.summed[number] = extent
    }
    return Node(.contract(contraction), operands, type)
  }

  /// Reads index expressions in brackets; unknown words become summed variables.
  private mutating func indices(
    _ words: inout SummedWords
  ) throws(TextError) -> [IndexExpression] {
    try reader.expect("[")
    if reader.takeIf("]") { return [] }
    var indices: [IndexExpression] = []
    repeat {
      guard !reader.at("lane") else {
        throw reader.error("a symbol or axis expected, found 'lane', which kernels alone have")
      }
      var found = words
      indices.append(
        try reader.indexExpression { (token) throws(TextError) in try found.meaning(of: token) })
      words = found
    } while reader.takeIf(",")
    try reader.expect("]")
    return indices
  }

  /// Reads the list behind `over`, which gives the summed variables' order and may state extents;
  /// names that no index map uses are summed over too.
  private mutating func summedList(
    _ words: SummedWords
  ) throws(TextError) -> (names: [String], extents: [String: IndexExpression]) {
    try reader.expect("over")
    try reader.expect("[")
    var stated: [String: IndexExpression] = [:]
    var order: [String] = []
    if !reader.at("]") {
      repeat {
        let token = try reader.expect(.word, "a summed index")
        guard !order.contains(token.text), !words.axes.contains(token.text) else {
          throw reader.error("index \(token.text) is named twice", at: token)
        }
        order.append(token.text)
        if reader.takeIf("=") { stated[token.text] = try index(axes: []) }
      } while reader.takeIf(",")
    }
    try reader.expect("]")
    if let missing = words.names.first(where: { !order.contains($0) }) {
      throw reader.error("index \(missing) is summed over, but 'over' does not list it")
    }
    return (order, stated)
  }
}

/// What words in the index maps of a contraction mean.
private struct SummedWords {
  let axes: [String]
  let symbols: Set<String>
  /// Summed variables in order of first use; they are numbered behind the axes.
  private(set) var names: [String] = []

  init(axes: [String], symbols: Set<String>) {
    self.axes = axes
    self.symbols = symbols
  }

  mutating func meaning(of token: Token) throws(TextError) -> IndexExpression {
    guard token.kind == .word else {
      throw TextError(
        line: token.line, column: token.column,
        "a symbol or axis expected, found '%\(token.text)'")
    }
    if let axis = axes.firstIndex(of: token.text) { return .variable(axis) }
    if symbols.contains(token.text) { return .symbol(token.text) }
    if let known = names.firstIndex(of: token.text) { return .variable(axes.count + known) }
    names.append(token.text)
    return .variable(axes.count + names.count - 1)
  }

  /// An expression whose summed variables are numbered as in `list`.
  func renumbered(_ expression: IndexExpression, to list: [String]) -> IndexExpression {
    expression.substituting { atom in
      guard case .variable(let number) = atom, number >= axes.count,
        let place = list.firstIndex(of: names[number - axes.count])
      else { return nil }
      return .variable(axes.count + place)
    }
  }
}

extension Graph {
  /// Symbols in the types of the parameters.
  fileprivate var parameterSymbols: [String] {
    var found: [String] = []
    for id in parameters {
      for extent in self[id].types[0].shape {
        extent.forEachLeaf { if case .symbol(let name) = $0 { found.append(name) } }
      }
    }
    return found
  }
}
