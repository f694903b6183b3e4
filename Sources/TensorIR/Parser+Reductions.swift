// Reads reductions and scans; the grammar heads Printer.swift.

import IRCore

extension GraphParser {
  /// Reads a reduction after its keyword.
  mutating func reduction() throws(TextError) -> Node {
    let monoid = try monoid()
    let operand = try value()
    try reader.expect("axes")
    try reader.expect("(")
    var axes: [Int] = []
    if !reader.at(")") {
      repeat { axes.append(try reader.integer()) } while reader.takeIf(",")
    }
    try reader.expect(")")
    let order = try order()
    try reader.expect(":")
    let reduction = Reduction(monoid, axes: axes, order: order)
    return Node(.reduce(reduction), [.value(operand)], try type())
  }

  /// Reads a scan after its keyword.
  mutating func scan() throws(TextError) -> Node {
    let monoid = try monoid()
    var operands = [TensorOperand.value(try value())]
    if reader.takeIf("from") { operands.append(.value(try value())) }
    try reader.expect("axis")
    let axis = try reader.integer()
    let isExclusive = reader.takeIf("exclusive")
    let isReverse = reader.takeIf("reverse")
    let order = try order()
    try reader.expect(":")
    let scan = Scan(
      monoid, axis: axis, isExclusive: isExclusive, isReverse: isReverse, order: order)
    return Node(.scan(scan), operands, try type())
  }

  private mutating func monoid() throws(TextError) -> Reduction.Monoid {
    let names = Reduction.Monoid.allCases.map(\.name).joined(separator: ", ")
    guard reader.next.kind == .word, let monoid = Reduction.Monoid(name: reader.next.text) else {
      throw reader.error("one of \(names) expected, found \(reader.found)")
    }
    _ = reader.take()
    return monoid
  }

  /// Reads an order of combination.
  mutating func order() throws(TextError) -> CombinationOrder {
    try reader.expect("order")
    try reader.expect("(")
    let order: CombinationOrder
    if reader.takeIf("sequential") {
      order = .sequential
    } else {
      guard reader.takeIf("lanes") else {
        throw reader.error("'sequential' or 'lanes' expected, found \(reader.found)")
      }
      let lanes = try reader.integer()
      try reader.expect(",")
      try reader.expect("chunk")
      order = .lanes(lanes, chunk: try reader.integer())
    }
    try reader.expect(")")
    return order
  }
}
