// The text of gathers and scatters; the grammar heads Printer.swift.

import IRCore

extension GraphPrinter {
  func text(of gather: Gather, _ node: Node, _ operands: [String]) -> String {
    let places = text(of: gather.coordinates, Array(operands.dropFirst()))
    let rule =
      switch gather.outside {
      case .checked: ""
      case .clamped: " clamped"
      case .skipped: " else \(gather.fill.map(\.description) ?? "?")"
      }
    return "\(operands.first ?? "?")[\(places)]\(rule) -> [\(axisList(node.types[0].rank))]"
  }

  func text(of scatter: Scatter, _ node: Node, _ operands: [String]) -> String {
    guard operands.count >= 2, let updates = node.operands[1].value else { return list(operands) }
    let places = text(of: scatter.coordinates, Array(operands.dropFirst(2)))
    let row = scatter.combination.map { " by \($0)" } ?? ""
    let rule = scatter.outside == .checked ? "" : " \(scatter.outside.rawValue)"
    return "\(operands[1])[\(axisList(graph[type: updates].rank))] -> \(operands[0])[\(places)]"
      + row + rule
  }

  private func text(of coordinates: [Coordinate], _ operands: [String]) -> String {
    var operands = operands[...]
    let texts = coordinates.map { coordinate in
      let expressions = list(coordinate.expressions.map { $0.text { axes[$0] } })
      if coordinate.place == nil { return expressions }
      return "\(operands.popFirst() ?? "?")[\(expressions)]"
    }
    return list(texts)
  }

  private func axisList(_ rank: Int) -> String {
    (0..<rank).map { axes[$0] }.joined(separator: ",")
  }
}
