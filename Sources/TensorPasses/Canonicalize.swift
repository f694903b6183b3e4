// Pass: canonicalize.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Brings each node into one form: views of views become one view, views that change nothing and
  /// casts to the same type vanish, constants of one repeated element and their views become
  /// literals, literals stand to the right of commutative rows, reductions and scans over axes of
  /// extent 1 become views, contractions read through views that fill nothing.
  ///
  /// Requires a verified module. Guarantees the same bits; no view reads another unless their fills
  /// differ or one index map for both would be long; inner views may be left without uses. min and
  /// max keep their order, which matters for signed zeros. Linear in the number of nodes.
  public static let canonicalize = Pass.onGraphs(
    "canonicalize", summary: "one form for views, constants and literal operands"
  ) { graph in
    graph.rewritten { rewriter, node, location in
      switch node.kind {
      case .constant(let data):
        if let literal = data.repeatedElement {
          rewriter.finish([.literal(literal)])
        } else {
          rewriter.keep(node, at: location)
        }
      case .view(let view): rewriter.keepView(view, node, location)
      case .elementwise(let row): rewriter.keepElementwise(row, node, location)
      case .reduce(let reduction): rewriter.keepReduction(reduction, node, location)
      case .scan(let scan): rewriter.keepScan(scan, node, location)
      case .contract(let contraction):
        rewriter.keepContraction(contraction, node, location)
      case .parameter, .iota, .call, .kernel, .concat, .gather, .scatter, .sort, .loop,
        .conditional, .custom:
        rewriter.keep(node, at: location)
      }
    }
  }
}

extension GraphRewriter {
  fileprivate mutating func keepView(_ view: View, _ node: Node, _ location: SourceLocation) {
    guard let source = node.operands[0].value else { return keep(node, at: location) }
    let type = node.types[0]
    let (view, operand) = composed(view.simplified(shape: type.shape), source, type.shape)
    if let literal = graph.splat(operand), view.fill == nil || view.fill == literal {
      return finish([.literal(literal)])
    }
    if view.isIdentity(from: graph[type: operand], to: type) {
      return finish([.value(operand)])
    }
    keep(Node(.view(view), [.value(operand)], type), at: location)
  }

  /// One view for `view` and the one that made `source`, where that can be. The operand is composed
  /// already, so it reads a view only where fills differ.
  func composed(
    _ view: View, _ source: ValueID, _ shape: [IndexExpression]
  ) -> (View, ValueID) {
    guard case .view(let inner) = graph[source.node].kind,
      let innerSource = graph[source.node].operands[0].value,
      let composed = view.composed(over: inner, shape: shape)
    else { return (view, source) }
    return (composed, innerSource)
  }

  fileprivate mutating func keepElementwise(
    _ row: Elementwise, _ node: Node, _ location: SourceLocation
  ) {
    if row == .cast || row == .bitcast, graph.dtype(of: node.operands[0]) == node.types[0].dtype {
      return finish([node.operands[0]])
    }
    keep(node, at: location)
  }
}

extension Elementwise {
  private static let commutative: Set<Elementwise> = [.add, .mul, .eq, .ne, .and, .or, .xor]

  /// Holds when swapping two operands changes no bit of the result (but for a NaN's payload).
  var isCommutative: Bool { Self.commutative.contains(self) }
}

extension TensorData {
  /// The element when there is at least one and all have the same bits.
  var repeatedElement: Literal? {
    guard count > 0 else { return nil }
    let size = type.byteSize
    for index in size..<max(size, bytes.count) where bytes[index] != bytes[index - size] {
      return nil
    }
    return self[0]
  }
}

extension Graph {
  /// The literal that every element of a value is, as far as its node shows: a constant scalar.
  fileprivate func splat(_ value: ValueID) -> Literal? {
    guard case .constant(let data) = self[value.node].kind else { return nil }
    return data.repeatedElement
  }
}
