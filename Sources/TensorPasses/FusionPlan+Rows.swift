// Regions that work row by row.

import IRCore
import TensorIR

extension FusionPlan {
  /// The axes along which a view repeats its operand, when it does nothing else.
  func broadcastAxes(_ id: NodeID) -> [Int]? {
    guard case .view(let view) = graph[id].kind, view.guards.isEmpty else { return nil }
    let kept = view.indices.compactMap(\.asVariable)
    guard kept.count == view.indices.count, zip(kept, kept.dropFirst()).allSatisfy({ $0 < $1 })
    else { return nil }
    return graph[id].types[0].shape.indices.filter { !kept.contains($0) }
  }

  /// Reductions make rows, and elementwise nodes keep them where all that they read is rows of
  /// the same kind or does not vary.
  static func rowOrigins(of graph: Graph) -> [RowOrigin?] {
    var origins: [RowOrigin?] = []
    for node in graph.nodes {
      switch node.kind {
      case .reduce(let reduction):
        let shape = node.operands[0].value.map { graph[type: $0].shape } ?? []
        origins.append(RowOrigin(shape: shape, axes: reduction.axes))
      case .elementwise:
        let found = Set(node.operands.compactMap { $0.value.flatMap { origins[$0.node.index] } })
        origins.append(found.count == 1 ? found.first : nil)
      default: origins.append(nil)
      }
    }
    return origins
  }

  func scans(_ id: NodeID) -> Bool {
    if case .scan = graph[id].kind { return true }
    return false
  }

  func reduces(_ id: NodeID) -> Bool {
    if case .reduce = graph[id].kind { return true }
    return false
  }

  /// The axes that a row's value lacks, when the node is one element per row of the region: computed
  /// from its reductions, or from other tensors of as many elements.
  func rowAxes(of id: NodeID, in region: Int) -> [Int]? {
    guard let origin = rowOrigins[id.index] else {
      guard let reduced = regions[region].reduced, !scans(id), !contracts(id) else { return nil }
      let shape = regions[region].shape
      let rows = shape.indices.filter { !reduced.contains($0) }.map { shape[$0] }
      return graph[id].types[0].shape == rows ? reduced : nil
    }
    guard origin.shape == regions[region].shape,
      graph[id].types[0].shape.count == origin.shape.count - origin.axes.count
    else { return nil }
    return origin.axes
  }

  /// Whether a node is a value per row, computed further from reductions, that a region with other
  /// reductions reads: it is written once per row, where the row is at hand.
  func isReducedAcrossRows(_ id: NodeID, _ readers: [Int]) -> Bool {
    guard let origin = rowOrigins[id.index], !reduces(id), hasRows(origin.shape, origin.axes) else {
      return false
    }
    return readers.contains { reader in
      regions[reader].reduced != nil && regions[reader].shape != origin.shape
    }
  }

  func isRow(_ id: NodeID, in region: Int) -> Bool {
    rowAxes(of: id, in: region) != nil
  }

  /// Elements that one row must not exceed, and rows that there must be, for a region to work row
  /// by row: fewer or longer rows would leave threads idle.
  private static let longestRow = 1 << 17
  private static let fewestRows = 8

  /// Whether there are rows enough to share out, or so little work that nobody shares.
  func hasRows(_ shape: [IndexExpression], _ axes: [Int]) -> Bool {
    let all = FusionCost.elements(TensorType(.f32, shape))
    let row = FusionCost.elements(TensorType(.f32, axes.map { shape[$0] }))
    if all <= 32_768 { return true }
    return row <= Double(Self.longestRow) && all / Swift.max(row, 1) >= Double(Self.fewestRows)
  }
}
