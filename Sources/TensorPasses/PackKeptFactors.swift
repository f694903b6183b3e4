// Factors that a program keeps are brought to panels once.

public import IRCore
import LoopPasses
public import TensorIR

/// Graph some of whose kept parameters come in the layout that its contractions want.
public struct PackedGraph: Sendable {
  /// The graph, over parameters of the packed types.
  public let graph: Graph
  /// Brings them to it: its parameters and its results are those named by `packed`, in order.
  public let packing: Graph
  /// Places of the packed ones among the graph's parameters.
  public let packed: [Int]
}

extension Graph {
  /// Lets contractions read kept parameters as panels: for a matrix `%w[k,j]` whose columns are the
  /// result's last axis, `C` columns in a row, one summed element after the other,
  /// `%w[j floordiv C,k,j mod C]`. That is the order in which a tile of the target row reads them.
  ///
  /// A parameter is packed when all that read it are contractions that can, with more rows than are
  /// streamed past an operand as it lies. Sums keep their order, so the bits stay the same. `nil`
  /// where nothing is to be packed.
  ///
  /// - Parameter kept: places of the parameters whose elements are the same in every call.
  public func packingFactors(kept: Range<Int>, for row: TargetRow) -> PackedGraph? {
    let plan = PackingPlan(self, kept, row)
    let packed = kept.filter { plan.panels[parameters[$0]] != nil }
    return packed.isEmpty
      ? nil : PackedGraph(graph: plan.graph(), packing: plan.packing(packed), packed: packed)
  }
}

/// Which parameters become panels, and how.
private struct PackingPlan {
  /// Layout of one parameter.
  struct Panels: Equatable {
    /// Axis of the columns, which becomes two.
    var axis: Int
    /// Columns of a panel.
    var columns: Int
  }

  let source: Graph
  private(set) var panels: [NodeID: Panels] = [:]

  init(_ graph: Graph, _ kept: Range<Int>, _ row: TargetRow) {
    source = graph
    let candidates = Set(kept.map { graph.parameters[$0] })
    var refused = Set(graph.results.map(\.node))
    for id in graph.ids {
      for (number, operand) in graph[id].operands.enumerated() {
        guard let node = operand.value?.node, candidates.contains(node) else { continue }
        let wanted = Self.panels(of: number, in: graph[id], graph, row)
        if wanted == nil || panels[node] ?? wanted != wanted { refused.insert(node) }
        panels[node] = wanted
      }
    }
    for node in refused { panels[node] = nil }
  }

  /// How a node wants an operand; `nil` where it has no wish.
  private static func panels(
    of number: Int, in node: Node, _ graph: Graph, _ row: TargetRow
  ) -> Panels? {
    guard case .contract(let contraction) = node.kind, contraction.summed.count == 1,
      let value = node.operands[number].value
    else { return nil }
    let (type, result) = (graph[type: value], node.types[0])
    let lanes = result.rank - 1
    let map = contraction.operands[number].map(\.asVariable)
    guard type.rank == 2, type.dtype == contraction.accumulator, lanes >= 0,
      let axis = map.firstIndex(of: lanes), map[1 - axis] == result.rank,
      !contraction.operands[1 - number].contains(where: { $0.contains(.variable(lanes)) }),
      let extents = result.extents, let depth = contraction.summed[0].asConstant
    else { return nil }
    let rows = extents.dropLast().reduce(1, *)
    let columns = LoopPasses.panelColumns(
      rows: rows, columns: extents[lanes], depth: depth, type.dtype, row)
    return columns.map { Panels(axis: axis, columns: $0) }
  }

  /// The graph over packed parameters: node by node the same.
  func graph() -> Graph {
    var result = Graph(name: source.name)
    for id in source.ids {
      var node = source[id]
      if let panels = panels[id] { node.types[0] = panels.type(node.types[0]) }
      if case .contract(var contraction) = node.kind {
        for (number, operand) in node.operands.enumerated() {
          guard let panels = operand.value.flatMap({ panels[$0.node] }) else { continue }
          contraction.operands[number] = panels.indices(contraction.operands[number])
        }
        node.kind = .contract(contraction)
      }
      result.append(node, at: source.locations[id.index])
    }
    result.results = source.results
    return result
  }

  /// The graph that packs the parameters at these places.
  func packing(_ packed: [Int]) -> Graph {
    var result = Graph(name: "\(source.name).packing")
    var results: [ValueID] = []
    for place in packed {
      let id = source.parameters[place]
      guard let panels = panels[id] else { continue }
      let location = source.locations[id.index]
      let parameter = result.append(source[id], at: location)
      let view = Node(
        .view(View(panels.sources)), [.value(ValueID(parameter))],
        panels.type(source[id].types[0]))
      results.append(ValueID(result.append(view, at: location)))
    }
    result.results = results
    return result
  }
}

extension PackingPlan.Panels {
  /// The packed type: panels, summed elements, columns.
  func type(_ type: TensorType) -> TensorType {
    let width = IndexExpression(columns)
    return TensorType(
      type.dtype, [type.shape[axis].floorDiv(width), type.shape[1 - axis], width])
  }

  /// Where the packed operand is read for an index per axis of the plain one.
  func indices(_ map: [IndexExpression]) -> [IndexExpression] {
    let width = IndexExpression(columns)
    return [map[axis].floorDiv(width), map[1 - axis], map[axis].mod(width)]
  }

  /// Where a packed element comes from, by axis of the plain operand.
  var sources: [IndexExpression] {
    let column = .variable(0) * IndexExpression(columns) + .variable(2)
    return axis == 0 ? [column, .variable(1)] : [.variable(1), column]
  }
}
