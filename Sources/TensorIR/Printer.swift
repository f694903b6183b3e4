// The text of graphs and modules.
//
//   module    ::= (graph | kernel)*                                 kernel: see LoopIR/Printer.swift
//   graph     ::= "graph" @name "(" [%name ":" type ("," %name ":" type)*] ")" "->" types
//                 "{" node* "return" value,* "}"
//   node      ::= value ("," value)* "=" operation ":" types
//   operation ::= row operand ("," operand)* | "iota" axis | "constant" "[" [literal,*] "]"
//               | "view" value "[" [index,*] "]" ["where" guard ("," guard)* "else" literal]
//                 "->" "[" [axis,*] "]"
//               | "reduce" monoid value "axes" "(" axis ("," axis)* ")" order
//               | "scan" monoid value ["from" value] "axis" axis ["exclusive"] ["reverse"] order
//               | "contract" value "[" [index,*] "]" "," value "[" [index,*] "]"
//                 "->" "[" [axis,*] "]" ["over" "[" summed,* "]"] ["in" dtype] [order]
//               | ("call" @graph | "kernel" @kernel) "(" [operand ("," operand)*] ")"
//               | "loop" %step ["in" "0" "..<" trips] ["carry" bindings] ["each" rows] ["with" bindings]
//                 ["while" block "do"] block
//               | "conditional" value ["with" bindings] block "else" block
//               | "custom" ["of" bindings] ["with" bindings] block
//                 ["pullback" slots block] ["pushforward" slots block]
//   trips     ::= index | value | "min" "(" value "," index ")"
//   bindings  ::= "(" %name ":" type "=" value ("," %name ":" type "=" value)* ")"
//   slots     ::= "(" %name ":" type ("," %name ":" type)* ")"      results, then (co)tangents
//   rows      ::= "(" %name ":" type "=" value "[" index "]" ("," …)* ")"
//   block     ::= "{" node* "return" [value,*] ["stack" value "->" [value] "[" index "]" ("," …)*] "}"
//   monoid    ::= "sum" | "product" | "max" | "min" | "any" | "all" | "argMax" | "argMin"
//   order     ::= "order" "(" ("sequential" | "lanes" n "," "chunk" n) ")"
//   guard     ::= index "<=" index "<" index                        lower, expression, upper
//   summed    ::= axis ["=" index]                                  in order; extents not implied
//   operand   ::= value | literal         value ::= %name           types ::= type ("," type)*
//   type      ::= dtype ["[" index ("," index)* "]"]                over symbols
//
// Indices are expressions (IRCore/Text/IndexText.swift) over symbols and the axes that follow
// `->`. In a contraction other words are summed over: in order of first use unless `over` lists
// them; their extents are those of the first axis that they index alone, unless stated. Values
// print as numbers in order of definition, parameters by their names. A literal has the type that
// its row implies; where the row does not, it carries it: `1.0:f32`. Blocks have names of their own:
// those that the head of the loop gives, and numbers from 0; rows of a loop are expressions over its
// step. Node kinds that are declared only (concat, gather, …) print as their keyword, attributes and
// operands.

public import IRCore
import LoopIR

extension Module: CustomStringConvertible {
  /// The text: graphs in order, then kernels.
  public var description: String { text() }

  /// The text; where `locations` answers for a node, its line ends with the answer as a comment.
  public func text(locations: ((SourceLocation) -> String?)? = nil) -> String {
    graphs.map { $0.text(locations: locations) }.joined()
      + normalized().kernels.map(\.description).joined()
  }

  /// The same module with every kernel that a node holds also in its list, as the parser leaves it.
  public func normalized() -> Module {
    var module = self
    var known = Set(kernels.map(\.name))
    for node in graphs.flatMap(\.withBodies).flatMap(\.nodes) {
      guard case .kernel(let kernel) = node.kind, known.insert(kernel.name).inserted else {
        continue
      }
      module.kernels.append(kernel)
    }
    return module
  }
}

extension SourceLocation {
  /// `File.swift:12` for a known line.
  public var lineText: String? {
    guard case .line(let file, let line) = self else { return nil }
    return "\(file.split(separator: "/").last ?? ""):\(line)"
  }
}

extension Graph: CustomStringConvertible {
  /// The text, which names graphs and kernels that it calls.
  public var description: String { text() }

  /// The text; where `locations` answers for a node, its line ends with the answer as a comment.
  public func text(locations: ((SourceLocation) -> String?)? = nil) -> String {
    GraphPrinter(self, locations: locations).text
  }
}

/// Text of one graph. Loops and conditionals are in an extension, `Printer+Loops.swift`.
struct GraphPrinter {
  let graph: Graph
  let names: ValueNames
  private let axes: AxisNames
  let locations: ((SourceLocation) -> String?)?

  init(_ graph: Graph, locations: ((SourceLocation) -> String?)?) {
    self.graph = graph
    self.locations = locations
    names = ValueNames(graph)
    axes = AxisNames(avoiding: graph.symbols)
  }

  var text: String {
    let parameters = graph.parameters.map { "\(names[ValueID($0)]): \(graph[$0].types[0])" }
    let types = graph.results.map { graph[type: $0].description }
    return "graph @\(graph.name)(\(list(parameters))) -> \(list(types)) {\n"
      + lines(indent: "  ") + "  return \(list(graph.results.map { names[$0] }))\n}\n"
  }

  /// The nodes, one behind the other, each line behind `indent`.
  func lines(indent: String) -> String {
    var text = ""
    for id in graph.ids where !graph[id].isParameter {
      text += indent + line(of: id, indent: indent)
      if let place = locations?(graph.locations[id.index]) { text += "  // \(place)" }
      text += "\n"
    }
    return text
  }

  func list(_ parts: [String]) -> String { parts.joined(separator: ", ") }

  private func line(of id: NodeID, indent: String) -> String {
    let node = graph[id]
    let results = node.types.indices.map { names[ValueID(id, $0)] }
    return "\(list(results)) = \(operation(node, indent)) : \(list(node.types.map(\.description)))"
  }

  private func operation(_ node: Node, _ indent: String) -> String {
    let operands = operandTexts(node)
    switch node.kind {
    case .parameter, .elementwise: return "\(node.kind.keyword) \(list(operands))"
    case .constant(let data):
      return "constant [\(list((0..<data.count).map { data[$0].description }))]"
    case .iota(let axis): return "iota \(axis)"
    case .view(let view): return "view \(operands.first ?? "?")\(text(of: view, node.types[0]))"
    case .call(let name): return "call @\(name)(\(list(operands)))"
    case .kernel(let kernel): return "kernel @\(kernel.name)(\(list(operands)))"
    case .reduce(let reduction):
      return "reduce \(reduction.monoid) \(list(operands)) \(reduction.axesText) \(reduction.order)"
    case .scan(let scan):
      let flags = (scan.isExclusive ? " exclusive" : "") + (scan.isReverse ? " reverse" : "")
      let source = operands.joined(separator: " from ")
      return "scan \(scan.monoid) \(source) axis \(scan.axis)\(flags) \(scan.order)"
    case .contract(let contraction):
      return "contract \(text(of: contraction, node, operands))"
    case .loop(let loop): return text(of: loop, operands, indent)
    case .conditional(let choice): return text(of: choice, operands, indent)
    case .custom(let custom): return text(of: custom, operands, indent)
    case .concat, .gather, .scatter, .sort:
      let attributes = node.kind.attributes
      return "\(node.kind.keyword)\(attributes) \(list(operands))"
    }
  }

  private func text(of contraction: Contraction, _ node: Node, _ operands: [String]) -> String {
    let rank = node.types[0].rank
    let factors = zip(operands, contraction.operands).map { operand, map in
      "\(operand)[\(map.map { $0.text { axes[$0] } }.joined(separator: ","))]"
    }
    let result = (0..<rank).map { axes[$0] }.joined(separator: ",")
    var text = "\(list(factors)) -> [\(result)]"
    let types = node.operands.compactMap(\.value).map { graph[type: $0] }
    let implied = contraction.impliedExtents(types, rank: rank)
    let summed = contraction.summed.indices.map { number in
      let extent = contraction.summed[number]
      let isStated = implied[number] != extent
      return axes[rank + number] + (isStated ? " = \(extent.text { axes[$0] })" : "")
    }
    let isImplied = zip(implied, contraction.summed).allSatisfy { $0 == $1 }
    if !isImplied || contraction.firstUses(rank: rank) != Array(summed.indices) {
      text += " over [\(list(summed))]"
    }
    if contraction.accumulator != node.types[0].dtype { text += " in \(contraction.accumulator)" }
    if contraction.order != .sequential { text += " \(contraction.order)" }
    return text
  }

  private func operandTexts(_ node: Node) -> [String] {
    let types = node.operands.map { $0.value.map { graph[type: $0].dtype } }
    return node.operands.indices.map { index in
      switch node.operands[index] {
      case .value(let id): return names[id]
      case .literal(let literal):
        let implied = node.impliedLiteralType(at: index, others: types)
        return implied == literal.type ? "\(literal)" : "\(literal):\(literal.type)"
      }
    }
  }

  private func text(of view: View, _ type: TensorType) -> String {
    func text(_ index: IndexExpression) -> String { index.text { axes[$0] } }
    let guards = view.guards.map {
      "\(text($0.lower)) <= \(text($0.expression)) < \(text($0.upper))"
    }
    let condition = guards.isEmpty ? "" : " where \(list(guards))"
    let fill = view.fill.map { " else \($0)" } ?? ""
    let result = type.shape.indices.map { axes[$0] }.joined(separator: ",")
    return "[\(list(view.indices.map(text)))]\(condition)\(fill) -> [\(result)]"
  }
}

extension Node {
  /// The type that a literal at `index` has in text without a suffix.
  func impliedLiteralType(at index: Int, others: [DType?]) -> DType? {
    guard case .elementwise(let row) = kind, let result = types.first else { return nil }
    return row.typing.impliedLiteralType(at: index, others: others, result: result.dtype)
  }
}

extension NodeKind {
  /// The attributes of the kinds that are declared only, in an obvious form.
  fileprivate var attributes: String {
    switch self {
    case .parameter, .constant, .iota, .elementwise, .view, .call, .kernel, .reduce, .scan,
      .contract, .loop, .conditional, .custom:
      return ""
    case .concat(let axis), .gather(let axis): return " along \(axis)"
    case .scatter(let axis, let combine):
      return " along \(axis)\(combine.map { " \($0)" } ?? "")"
    case .sort(let axis, let isDescending):
      return " along \(axis)\(isDescending ? " descending" : "")"
    }
  }
}
