// Computing without axes of extent 1.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Lets elementwise nodes, reductions, scans and contractions compute on shapes without axes of
  /// extent 1, between views that take them away and put them back.
  ///
  /// A row's mean with its dimension kept, and what is computed from it, is then one value per row
  /// like any other, which fuses with the row. The views compose with those around them, or are
  /// another shape of the same memory. Guarantees the same bits. What is left to do shrinks with
  /// every axis that goes.
  public static let dropUnitAxes = Pass.onGraphs(
    "drop-unit-axes", summary: "compute on shapes without axes of extent 1"
  ) { graph in
    graph.rewritten { rewriter, node, location in
      switch node.kind {
      case .elementwise: rewriter.dropUnits(of: node, location)
      case .reduce(let reduction): rewriter.dropUnits(of: reduction, node, location)
      case .scan(let scan): rewriter.dropUnits(of: scan, node, location)
      case .contract(let contraction): rewriter.dropUnits(of: contraction, node, location)
      case .parameter, .constant, .iota, .view, .call, .kernel, .concat, .gather, .scatter, .sort,
        .loop, .conditional, .custom:
        rewriter.keep(node, at: location)
      }
    }
  }
}

extension GraphRewriter {
  fileprivate mutating func dropUnits(of node: Node, _ location: SourceLocation) {
    let units = node.types[0].units()
    if units.isEmpty { return keep(node, at: location) }
    let operands = node.operands.map { operand in
      operand.value.map { .value(squeeze($0, units, location)) } ?? operand
    }
    restore(node.kind, operands, node.types[0], units, location)
  }

  fileprivate mutating func dropUnits(
    of reduction: Reduction, _ node: Node, _ location: SourceLocation
  ) {
    guard let source = node.operands[0].value else { return keep(node, at: location) }
    let units = graph[type: source].units(but: reduction.axes)
    if units.isEmpty { return keep(node, at: location) }
    var smaller = reduction
    smaller.axes = reduction.axes.map { axis in axis - units.count { $0 < axis } }
    let kept = graph[type: source].shape.indices.filter { !reduction.axes.contains($0) }
    let resultUnits = units.compactMap { kept.firstIndex(of: $0) }
    let operand = TensorOperand.value(squeeze(source, units, location))
    restore(.reduce(smaller), [operand], node.types[0], resultUnits, location)
  }

  fileprivate mutating func dropUnits(of scan: Scan, _ node: Node, _ location: SourceLocation) {
    let units = node.types[0].units(but: [scan.axis])
    if units.isEmpty { return keep(node, at: location) }
    var smaller = scan
    smaller.axis = scan.axis - units.count { $0 < scan.axis }
    let operands = node.operands.map { operand in
      operand.value.map { .value(squeeze($0, units, location)) } ?? operand
    }
    restore(.scan(smaller), operands, node.types[0], units, location)
  }

  fileprivate mutating func dropUnits(
    of contraction: Contraction, _ node: Node, _ location: SourceLocation
  ) {
    let units = node.types[0].units()
    if units.isEmpty { return keep(node, at: location) }
    var smaller = contraction
    smaller.operands = contraction.operands.map { map in
      map.map { index in
        index.substituting { atom in
          guard case .variable(let variable) = atom else { return nil }
          if units.contains(variable) { return 0 }
          return .variable(variable - units.count { $0 < variable })
        }
      }
    }
    restore(.contract(smaller), node.operands, node.types[0], units, location)
  }

  /// A node whose result lacks the axes `units` of `type`, and a view that puts them back.
  private mutating func restore(
    _ kind: NodeKind, _ operands: [TensorOperand], _ type: TensorType, _ units: [Int],
    _ location: SourceLocation
  ) {
    let kept = type.shape.indices.filter { !units.contains($0) }
    let smaller = TensorType(type.dtype, kept.map { type.shape[$0] })
    let value = ValueID(append(Node(kind, operands, smaller), at: location))
    if units.isEmpty { return finish([.value(value)]) }
    let view = View(kept.map { .variable($0) })
    keep(Node(.view(view), [.value(value)], type), at: location)
  }
}

extension TensorType {
  /// The axes of extent 1 that are not among `axes`.
  fileprivate func units(but axes: [Int] = []) -> [Int] {
    shape.indices.filter { shape[$0] == 1 && !axes.contains($0) }
  }
}
