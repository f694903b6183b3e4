// Contractions that compute what is read of them, with a long axis innermost.

public import IRCore
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Lets a contraction compute only the part of its result that its one reader, a view, takes; and
  /// puts a long axis of the result last where the last one is short and moves an operand together
  /// with a summed variable, as the taps of a filter do in the filter's gradient.
  ///
  /// Vector lanes run along the last axis: three taps would leave most of them idle. A view behind
  /// the contraction puts the axes back. Requires constant extents. Guarantees the same bits: the
  /// order of summation stays. Contractions with a long last axis are left alone, so that what is
  /// left to do shrinks.
  public static let shapeContractions = Pass.onGraphs(
    "shape-contractions", summary: "contract what is read, with a long axis innermost"
  ) { graph in
    let isLive = graph.isLive
    let crops = graph.croppedContractions(isLive)
    return graph.rewrittenByID { rewriter, id, node, location in
      if !isLive[id.index] {
        // It may read what is no longer computed; so may only nodes that are dead too.
        return rewriter.finish(node.types.map { .literal(.zero($0.dtype)) })
      }
      guard case .contract(let contraction) = node.kind else {
        if crops.readers.contains(id) {
          return rewriter.finish([node.operands[0]])
        }
        return rewriter.keep(node, at: location)
      }
      let shaped = ShapedContraction(contraction, node.types[0]).cropped(crops.views[id])
      rewriter.keepWithLongAxisLast(shaped, node.operands, location)
    }
  }
}

/// A contraction with its result's type.
private struct ShapedContraction {
  var contraction: Contraction
  var type: TensorType

  init(_ contraction: Contraction, _ type: TensorType) {
    self.contraction = contraction
    self.type = type
  }

  /// The part that a view takes.
  func cropped(_ crop: (view: View, type: TensorType)?) -> ShapedContraction {
    guard let crop else { return self }
    return replacingAxes(by: crop.view.indices, crop.type)
  }

  /// With each axis given by an expression over the axes of another type of the same rank.
  func replacingAxes(by axes: [IndexExpression], _ type: TensorType) -> ShapedContraction {
    var result = self
    result.type = type
    result.contraction.operands = contraction.operands.map { map in
      map.map { index in
        index.substituting { atom in
          guard case .variable(let variable) = atom, variable < axes.count else { return nil }
          return axes[variable]
        }
      }
    }
    return result
  }

  /// Least extent of a last axis that is left alone.
  private static let shortest = 8

  /// The axis that should be last: `nil` where the last one is.
  var bestLastAxis: Int? {
    let extents = type.shape.compactMap(\.asConstant)
    guard extents.count == type.rank, let last = extents.last, last < Self.shortest,
      contraction.operands.joined().contains(where: isWindow)
    else { return nil }
    let others = extents.indices.dropLast().filter { axis in
      extents[axis] >= 2 * Self.shortest && contraction.operands.count { names($0, axis) } == 1
    }
    return others.max { extents[$0] < extents[$1] }
  }

  private func names(_ map: [IndexExpression], _ axis: Int) -> Bool {
    map.contains { $0.contains(.variable(axis)) }
  }

  /// Whether an index moves with the last axis and with a summed variable.
  private func isWindow(_ index: IndexExpression) -> Bool {
    index.contains(.variable(type.rank - 1))
      && contraction.summed.indices.contains { index.contains(.variable(type.rank + $0)) }
  }
}

extension GraphRewriter {
  fileprivate mutating func keepWithLongAxisLast(
    _ shaped: ShapedContraction, _ operands: [TensorOperand], _ location: SourceLocation
  ) {
    guard let last = shaped.bestLastAxis else {
      return keep(Node(.contract(shaped.contraction), operands, shaped.type), at: location)
    }
    let order = shaped.type.shape.indices.filter { $0 != last } + [last]
    var axes = [IndexExpression](repeating: 0, count: order.count)
    for (place, axis) in order.enumerated() { axes[axis] = .variable(place) }
    let type = TensorType(shaped.type.dtype, order.map { shaped.type.shape[$0] })
    let moved = shaped.replacingAxes(by: axes, type)
    let node = append(Node(.contract(moved.contraction), operands, type), at: location)
    let back = View(order.map { .variable($0) })
    keep(Node(.view(back), [.value(ValueID(node))], shaped.type), at: location)
  }
}

extension Graph {
  /// The live views that take a part of a contraction that nothing else live reads, and what they
  /// take.
  fileprivate func croppedContractions(
    _ isLive: [Bool]
  ) -> (views: [NodeID: (view: View, type: TensorType)], readers: Set<NodeID>) {
    let live = ids.filter { isLive[$0.index] }
    var uses: [ValueID: Int] = [:]
    for value in live.flatMap({ self[$0].operands }).compactMap(\.value) + results {
      uses[value, default: 0] += 1
    }
    var views: [NodeID: (view: View, type: TensorType)] = [:]
    var readers: Set<NodeID> = []
    for id in live {
      guard case .view(let view) = self[id].kind, let source = self[id].operands[0].value,
        case .contract = self[source.node].kind, uses[source] == 1, isCrop(view, of: source, id)
      else { continue }
      views[source.node] = (view, self[id].types[0])
      readers.insert(id)
    }
    return (views, readers)
  }

  /// Whether a view takes a box of another value: each axis moved by a constant.
  private func isCrop(_ view: View, of source: ValueID, _ id: NodeID) -> Bool {
    view.guards.isEmpty && self[id].types[0].rank == self[type: source].rank
      && view.indices.enumerated().allSatisfy { axis, index in
        (index - .variable(axis)).asConstant != nil
      }
  }
}
