// Passes: simplify-algebra and fast-algebra.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Applies the exact rules of `AlgebraTable.swift` to elementwise nodes until none fits.
  ///
  /// Requires a verified module; finds more after canonicalize, which puts literals to the right.
  /// Guarantees the same bits (of NaN, that it is one). Each rule leaves fewer operations or a
  /// cheaper row, so the pass ends; linear in the number of nodes.
  public static let simplifyAlgebra = Pass.algebra(
    "simplify-algebra", summary: "exact algebraic rules on elementwise nodes",
    AlgebraRule.exactRules)

  /// Applies the exact rules and those that round differently: reassociation of float literals,
  /// multiplication by reciprocals, `x + 0.0 → x`.
  ///
  /// Requires a verified module. Changes rounding, and is in no default list.
  public static let fastAlgebra = Pass.algebra(
    "fast-algebra", summary: "algebraic rules that change rounding",
    AlgebraRule.exactRules + AlgebraRule.fastRules)

  private static func algebra(_ name: String, summary: String, _ rules: [AlgebraRule]) -> Pass {
    var table: [Elementwise: [AlgebraRule]] = [:]
    for rule in rules {
      if case .apply(let row, _) = rule.pattern { table[row, default: []].append(rule) }
    }
    let byRow = table
    return onGraphs(
      name, summary: summary, changesRounding: rules.contains(where: \.changesRounding)
    ) { graph in
      graph.rewritten { rewriter, node, location in
        rewriter.simplify(node, location, byRow)
      }
    }
  }
}

extension GraphRewriter {
  fileprivate mutating func simplify(
    _ node: Node, _ location: SourceLocation, _ rules: [Elementwise: [AlgebraRule]]
  ) {
    var node = node
    while let result = firstResult(node, rules) {
      switch result {
      case .operand(let operand): return finish([operand])
      case .node(let simpler): node = simpler
      }
    }
    keep(node, at: location)
  }

  private func firstResult(
    _ node: Node, _ rules: [Elementwise: [AlgebraRule]]
  ) -> AlgebraRule.Result? {
    guard case .elementwise(let row) = node.kind else { return nil }
    for rule in rules[row] ?? [] {
      if let result = rule.apply(to: node, in: graph) { return result }
    }
    return nil
  }
}
