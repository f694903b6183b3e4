// The text of nodes that hold graphs.

import IRCore

extension GraphPrinter {
  func text(of loop: LoopNode, _ operands: [String], _ indent: String) -> String {
    let places = loop.layout
    let names = loop.body.parameterNames
    let types = loop.body.parameters.map { loop.body[$0].types[0] }
    guard operands.count == places.operandCount, let step = names.first else { return "loop ?" }
    func row(_ index: IndexExpression) -> String { "[\(index.text { _ in step })]" }
    let bound = zip(1..., places.parameterOperands).map { parameter, operand in
      "%\(names[parameter]): \(types[parameter]) = \(operands[operand])"
    }
    let inputs = zip(bound[places.inputs], loop.inputRows).map { $0 + row($1) }
    let invariants = bound[places.inputs.upperBound...]
    var text = "loop %\(step)" + trips(of: loop, places.count.map { operands[$0] })
    text += group("carry", bound[places.carried]) + group("each", inputs)
    text += group("with", invariants)
    if let condition = loop.condition { text += " while \(block(condition, indent: indent)) do" }
    var destinations = places.destinations.map { operands[$0] }[...]
    let stacks = loop.stacks.map { stack in
      (stack.hasDestination ? destinations.popFirst() ?? "?" : "") + row(stack.row)
    }
    return text + " " + block(loop.body, stacks: stacks, indent: indent)
  }

  private func trips(of loop: LoopNode, _ operand: String?) -> String {
    let most = loop.count.map { $0.text { "?\($0)" } }
    switch (most, operand) {
    case (nil, nil): return ""
    case (let count?, nil), (nil, let count?): return " in 0..<\(count)"
    case (let most?, let operand?): return " in 0..<min(\(operand), \(most))"
    }
  }

  func text(of choice: ConditionalNode, _ operands: [String], _ indent: String) -> String {
    let types = choice.then.parameters.map { choice.then[$0].types[0] }
    let bound = choice.then.parameterNames.indices.map { index in
      "%\(choice.then.parameterNames[index]): \(types[index]) = "
        + (operands.indices.contains(index + 1) ? operands[index + 1] : "?")
    }
    return "conditional \(operands.first ?? "?")" + group("with", bound)
      + " \(block(choice.then, indent: indent)) else \(block(choice.otherwise, indent: indent))"
  }

  func text(of custom: CustomNode, _ operands: [String], _ indent: String) -> String {
    let bound = zip(slots(custom.body), custom.body.parameters.indices).map { slot, index in
      "\(slot) = " + (operands.indices.contains(index) ? operands[index] : "?")
    }
    let arguments = bound.prefix(custom.argumentCount)
    var text = "custom" + group("of", arguments)
    text += group("with", bound.dropFirst(arguments.count)) + " "
    text += block(custom.body, indent: indent)
    for (rule, graph) in custom.rules {
      let places = custom.layout(of: rule)
      let known = slots(graph)
      let own = known.indices.filter { places.results.contains($0) || places.seeds.contains($0) }
      text += group("\(rule)", own.map { known[$0] }) + " " + block(graph, indent: indent)
    }
    return text
  }

  /// Names and types of a graph's parameters.
  private func slots(_ graph: Graph) -> [String] {
    zip(graph.parameterNames, graph.parameters).map { "%\($0): \(graph[$1].types[0])" }
  }

  private func group(_ keyword: String, _ bound: some Collection<String>) -> String {
    bound.isEmpty ? "" : " \(keyword) (\(bound.joined(separator: ", ")))"
  }

  /// A graph in braces; its last results go to `stacks`.
  private func block(_ graph: Graph, stacks: [String] = [], indent: String) -> String {
    let printer = GraphPrinter(graph, locations: locations)
    let results = graph.results.map { printer.names[$0] }
    let plain = results.dropLast(stacks.count)
    let stacked = zip(results.suffix(stacks.count), stacks).map { "\($0) -> \($1)" }
    let parts = [
      plain.isEmpty ? "" : " " + plain.joined(separator: ", "),
      stacked.isEmpty ? "" : " stack " + stacked.joined(separator: ", "),
    ]
    return "{\n" + printer.lines(indent: indent + "  ") + "\(indent)  return\(parts.joined())\n"
      + "\(indent)}"
  }
}

extension Graph {
  /// The spelling of each parameter, without the mark.
  package var parameterNames: [String] {
    nodes.compactMap { if case .parameter(let name) = $0.kind { name } else { nil } }
  }
}
