// Reads gathers, scatters, concatenations and sorts; the grammar heads Printer.swift.

import IRCore

extension GraphParser {
  /// Reads a gather after its keyword.
  mutating func gather() throws(TextError) -> Node {
    let source = try value()
    let axes = try axesAhead()
    var indices: [ValueID] = []
    var gather = Gather(try coordinates(axes, &indices))
    var fill: LiteralText?
    if reader.takeIf("clamped") { gather.outside = .clamped }
    if reader.takeIf("else") {
      guard reader.isAtLiteral else {
        throw reader.error("the literal for indices outside expected, found \(reader.found)")
      }
      fill = try reader.literalText()
      gather.outside = .skipped
    }
    try reader.expect("->")
    try skipAxes()
    let place = reader.next
    try reader.expect(":")
    let type = try type()
    guard axes.count == type.rank else {
      throw reader.error("\(type) has \(type.rank) axes, named were \(axes.count)", at: place)
    }
    gather.fill = try fill?.typed(implied: type.dtype)
    return Node(.gather(gather), ([source] + indices).map { .value($0) }, type)
  }

  /// Reads a scatter after its keyword.
  mutating func scatter() throws(TextError) -> Node {
    let updates = try value()
    let place = reader.next
    let axes = try skipAxes()
    guard axes.count == graph[type: updates].rank else {
      throw reader.error(
        "\(graph[type: updates]) has \(graph[type: updates].rank) axes, named were \(axes.count)",
        at: place)
    }
    try reader.expect("->")
    let destination = try value()
    var indices: [ValueID] = []
    var scatter = Scatter(try coordinates(axes, &indices))
    if reader.takeIf("by") {
      let keyword = try reader.expect(.word, "a row that combines")
      guard let row = Elementwise(name: keyword.text) else {
        throw reader.error("a row that combines expected, found '\(keyword.text)'", at: keyword)
      }
      scatter.combination = row
    }
    if reader.takeIf("clamped") { scatter.outside = .clamped }
    if reader.takeIf("skipped") { scatter.outside = .skipped }
    try reader.expect(":")
    let operands = [destination, updates] + indices
    return Node(.scatter(scatter), operands.map { .value($0) }, try type())
  }

  /// Reads coordinates in brackets; index operands are added in order.
  private mutating func coordinates(
    _ axes: [String], _ operands: inout [ValueID]
  ) throws(TextError) -> [Coordinate] {
    try reader.expect("[")
    var coordinates: [Coordinate] = []
    if reader.takeIf("]") { return [] }
    repeat {
      guard reader.next.kind == .value else {
        coordinates.append(.expression(try index(axes: axes)))
        continue
      }
      operands.append(try value())
      coordinates.append(.element(try indices(axes: axes)))
    } while reader.takeIf(",")
    try reader.expect("]")
    return coordinates
  }

  /// Reads a concatenation after its keyword.
  mutating func concatenation() throws(TextError) -> Node {
    let operands = try values()
    try reader.expect("axis")
    let axis = try reader.integer()
    try reader.expect(":")
    return Node(.concat(axis: axis), operands, try type())
  }

  /// Reads a sort after its keyword.
  mutating func sorting() throws(TextError) -> Node {
    let operands = try values()
    try reader.expect("axis")
    let axis = try reader.integer()
    let isDescending = reader.takeIf("descending")
    let count = reader.takeIf("first") ? try reader.integer() : nil
    try reader.expect(":")
    let sort = Sort(axis: axis, isDescending: isDescending, count: count)
    return Node(.sort(sort), operands, try types())
  }

  private mutating func values() throws(TextError) -> [TensorOperand] {
    var operands = [TensorOperand.value(try value())]
    while reader.takeIf(",") { operands.append(.value(try value())) }
    return operands
  }
}
