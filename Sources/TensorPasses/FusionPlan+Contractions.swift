// Regions with a contraction: what comes before it and after it in one kernel.

import IRCore
import TensorIR

extension FusionPlan {
  func contracts(_ id: NodeID) -> Bool {
    if case .contract = graph[id].kind { return true }
    return false
  }

  /// Whether the region has a contraction.
  func holdsContraction(_ region: Int) -> Bool { regions[region].contraction != nil }

  // MARK: After

  /// Whether a region may compute further with a contraction's elements: it works element by
  /// element over the contraction's shape.
  func takesContraction(_ region: Int, of id: NodeID) -> Bool {
    regions[region].reduced == nil && regions[region].shape == graph[id].types[0].shape
      && !regions[region].members.contains { contracts($0) || reduces($0) || scans($0) }
  }

  /// Why a contraction does not join its readers.
  func contractionRefusal(_ id: NodeID, _ readers: [Int]) -> String {
    let shape = graph[id].types[0].shape
    if readers.contains(where: holdsContraction) { return "a kernel has one contraction" }
    if readers.allSatisfy({ regions[$0].shape == shape && regions[$0].reduced != nil }) {
      return "its readers work row by row"
    }
    return "a contraction is read at other indices"
  }

  // MARK: Before

  /// The most operations on an operand's elements before they are multiplied.
  private static let mostPrologueOperations = 8
  /// Products from which a contraction's operands are packed into panels.
  private static let fewestPackedProducts = 32_768.0
  /// Rows and columns from which they are.
  private static let fewestPackedExtent = 16.0
  /// Columns of the result for which an operand is packed once.
  private static let columnsOfOnePacking = 512.0

  /// The contraction's operands for which a node is evaluated in a region.
  func operandsFed(by id: NodeID, in region: Int) -> Set<Int> {
    guard let contraction = regions[region].contraction, id != contraction else { return [] }
    var found: Set<Int> = []
    for (number, source) in sources(of: contraction).enumerated() where source == id {
      found.insert(number)
    }
    for consumer in consumers(of: id) { found.formUnion(regions[region].feeds[consumer] ?? []) }
    return found
  }

  /// Whether the node may be evaluated in a contraction's region: for the elements after it, or
  /// for an operand's, where that is cheap and everything it reads lies in memory anyway.
  func isPrologue(_ id: NodeID, in region: Int) -> Bool {
    if operandsFed(by: id, in: region).isEmpty { return true }
    guard readsMemoryOnly[id.index], let contraction = regions[region].contraction else {
      return false
    }
    let before = regions[region].members.filter { regions[region].feeds[$0]?.isEmpty == false }
    var cost = cost
    let operations = before.union([id]).subtracting([contraction])
      .reduce(0) { $0 + cost.operations(of: graph[$1], in: graph) }
    return operations <= Self.mostPrologueOperations
  }

  /// How often a node is evaluated for a contraction's operands; `nil` when it feeds none.
  ///
  /// Operands of large products of matrices are packed into panels before they are multiplied,
  /// which evaluates each element once for some hundred columns of the result; those of other
  /// contractions are evaluated for every product.
  func prologueEvaluations(of id: NodeID, in region: Int) -> Double? {
    let operands = operandsFed(by: id, in: region)
    guard !operands.isEmpty, let node = regions[region].contraction,
      case .contract(let contraction) = graph[node].kind
    else { return nil }
    let extents = graph[node].types[0].shape + contraction.summed
    let counts = extents.map { FusionCost.elements(TensorType(.f32, [$0])) }
    let all = counts.reduce(1, *)
    let rank = graph[node].types[0].rank
    func isUsed(_ variable: Int, by operand: Int) -> Bool {
      contraction.operands[operand].contains { $0.contains(.variable(variable)) }
    }
    /// How many elements of the result read the same element of an operand.
    func repeats(_ operand: Int) -> Double {
      (0..<rank).filter { !isUsed($0, by: operand) }.reduce(1) { $0 * counts[$1] }
    }
    let isPacked =
      all >= Self.fewestPackedProducts
      && contraction.operands.indices.allSatisfy { repeats($0) >= Self.fewestPackedExtent }
    return operands.reduce(0) { sum, operand in
      guard isPacked else { return sum + all }
      let places = counts.indices.filter { isUsed($0, by: operand) }.reduce(1) { $0 * counts[$1] }
      return sum + places * (repeats(operand) / Self.columnsOfOnePacking).rounded(.up)
    }
  }

  /// By node: whether all that it is computed from lies in memory: parameters and constants.
  static func readsMemoryOnly(in graph: Graph) -> [Bool] {
    var answers: [Bool] = []
    for node in graph.nodes {
      switch node.kind {
      case .parameter, .constant, .iota: answers.append(true)
      case .view, .elementwise:
        answers.append(
          node.operands.allSatisfy { operand in
            operand.value.map { answers[$0.node.index] } ?? true
          })
      case .reduce, .scan, .call, .kernel, .concat, .gather, .scatter, .contract, .sort, .loop,
        .conditional, .custom:
        answers.append(false)
      }
    }
    return answers
  }
}
