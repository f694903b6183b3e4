// The pass that turns gathers, scatters, concatenations and sorts into kernels.

public import IRCore
import LoopIR
public import TensorIR

extension Pass where Input == Module, Output == Module {
  /// Replaces gathers, scatters, concatenations and sorts of constant extents by kernels, with
  /// short innermost axes that they walk as one merged to one axis.
  ///
  /// Guarantees: the same values; where an index outside is an error, a check of the kernel. What is
  /// computed elementwise from or for them joins them later, as it joins a user's kernel.
  public static let lowerIndexing = Pass(
    "lower-indexing", summary: "gathers, scatters, concatenations and sorts as kernels"
  ) { (module: Module) in
    guard let main = module.graphs.first else { return module }
    var names = KernelNames(module)
    let lowered = main.mappingWithBodies { $0.loweringIndexing(&names) }
    return Module(graphs: [lowered] + module.graphs.dropFirst(), kernels: module.kernels)
  }
}

extension Graph {
  /// The graph with kernels for its sorts, then for gathers, scatters and concatenations.
  fileprivate func loweringIndexing(_ names: inout KernelNames) -> Graph {
    let sorted = copied { copy, node, location in
      guard case .sort(let sort) = node.kind else { return nil }
      return copy.expandSort(sort, node, location) { names.named($0) }
    }
    return sorted.copied { copy, node, location in
      let types = node.operands.compactMap(\.value).map { copy[type: $0] }
      guard let plan = IndexingPlan(node, types) else { return nil }
      let operands = zip(node.operands, plan.operands).map { operand, type in
        copy.reshaped(operand, to: type, at: location)
      }
      let kernel = NodeKind.kernel(names.named(plan.kernel))
      let id = copy.append(Node(kernel, operands, plan.result), at: location)
      let result = copy.reshaped(.value(ValueID(id)), to: node.types[0], at: location)
      return result.value.map { [$0] }
    }
  }

  /// The operand under another shape of as many elements.
  private mutating func reshaped(
    _ operand: TensorOperand, to type: TensorType, at location: SourceLocation
  ) -> TensorOperand {
    guard let value = operand.value, self[type: value] != type,
      let indices = TensorType.reshapeIndices(from: self[type: value].shape, to: type.shape)
    else { return operand }
    return .value(ValueID(append(Node(.view(View(indices)), [operand], type), at: location)))
  }
}

/// Kernel of a node and the shapes under which it takes its operands.
private struct IndexingPlan {
  let kernel: Kernel
  let operands: [TensorType]
  let result: TensorType

  /// `nil` for other nodes and for extents that only the run tells.
  init?(_ node: Node, _ types: [TensorType]) {
    let all = types + node.types
    guard all.allSatisfy({ $0.extents != nil }) else { return nil }
    switch node.kind {
    case .gather(var gather):
      let messages = gather.coordinates.messages("gather", of: types[0])
      let walk = MergedAxes(
        node.types[0].shape, gather.coordinates, of: types[0], Array(types.dropFirst()))
      gather.coordinates = walk.coordinates
      (operands, result) = ([walk.type] + walk.indices, TensorType(types[0].dtype, walk.axes))
      kernel = Kernel(gathering: gather, operands, result, messages)
    case .scatter(var scatter):
      let messages = scatter.coordinates.messages("scatter", of: types[0])
      let walk = MergedAxes(
        types[1].shape, scatter.coordinates, of: types[0], Array(types.dropFirst(2)))
      scatter.coordinates = walk.coordinates
      operands = [walk.type, TensorType(types[1].dtype, walk.axes)] + walk.indices
      result = walk.type
      kernel = Kernel(scattering: scatter, operands, messages)
    case .concat(let axis):
      let isShort = all.contains { $0.isShort }
      operands = isShort ? types.map { $0.merged(from: axis) } : types
      result = isShort ? node.types[0].merged(from: axis) : node.types[0]
      kernel = Kernel(concatenating: operands, result, axis: isShort ? 1 : axis)
    case .parameter, .constant, .iota, .elementwise, .view, .call, .kernel, .reduce, .scan,
      .contract, .sort, .loop, .conditional, .custom:
      return nil
    }
  }
}

extension TensorType {
  /// Whether the innermost axis keeps no loop busy.
  fileprivate var isShort: Bool {
    (shape.last?.asConstant).map { $0 < MergedAxes.longEnough } ?? true
  }

  /// The same elements with two axes: those before `axis`, and the others.
  fileprivate func merged(from axis: Int) -> TensorType {
    func product(_ extents: ArraySlice<IndexExpression>) -> IndexExpression {
      extents.reduce(1) { $0 * $1 }
    }
    return TensorType(dtype, [product(shape[..<axis]), product(shape[axis...])])
  }
}

extension [Coordinate] {
  /// What checks of the index operands say.
  fileprivate func messages(_ operation: String, of type: TensorType) -> [String] {
    indices.filter { self[$0].place != nil }.map { axis in
      "\(operation): an index along axis \(axis) of \(type) is not in "
        + "0..<\(type.shape[axis].text { "?\($0)" })"
    }
  }
}

/// Names that no kernel or graph of a module has.
private struct KernelNames {
  private var taken: Set<String>
  /// Kernels by what they are but for the name.
  private var known: [Kernel: Kernel] = [:]

  init(_ module: Module) {
    let module = module.normalized()
    taken = Set(module.graphs.map(\.name) + module.kernels.map(\.name))
  }

  /// The kernel under a name of its own; equal kernels share one.
  mutating func named(_ kernel: Kernel) -> Kernel {
    if let found = known[kernel] { return found }
    var result = kernel
    var number = 1
    while !taken.insert(result.name).inserted {
      result.name = "\(kernel.name)_\(number)"
      number += 1
    }
    known[kernel] = result
    return result
  }
}
