// The meaning of single nodes, which the interpreter and constant folding share.

package import IRCore

/// Evaluation of one node on whole tensors.
package enum Evaluation {
  /// Operand of an elementwise node.
  package enum Operand {
    case tensor(TensorValue)
    case literal(Literal)
  }

  /// Place at which a view leaves its operand.
  package struct Outside: Error {
    let axis: Int
    let index: Int
    let extent: Int
  }

  /// The index along an axis, as `type`.
  package static func iota(_ axis: Int, _ type: DType, _ extents: [Int]) -> TensorValue {
    let inner = extents[(axis + 1)...].reduce(1, *)
    let count = extents.reduce(1, *)
    var result = TensorValue(zeros: type, extents, count: count)
    for element in 0..<count {
      let index = element / inner % extents[axis]
      result.setBits(element, Literal(type, integer: index).bits)
    }
    return result
  }

  /// A row applied element by element; `node` is elementwise and verified.
  package static func elementwise(
    _ node: Node, _ operands: [Operand], _ extents: [Int], fused: Bool
  ) -> TensorValue {
    guard case .elementwise(let row) = node.kind else {
      fatalError("\(node.kind.keyword) is not elementwise")
    }
    let type = node.types[0].dtype
    let types = operands.map { operand in
      switch operand {
      case .tensor(let tensor): tensor.type
      case .literal(let literal): literal.type
      }
    }
    let program = ScalarProgram(row, operands: types, result: type)
    let count = extents.reduce(1, *)
    var result = TensorValue(zeros: type, extents, count: count)
    var arguments = operands.map { operand in
      if case .literal(let literal) = operand { literal.bits } else { UInt64(0) }
    }
    var scratch: [UInt64] = []
    for element in 0..<count {
      for (index, operand) in operands.enumerated() {
        if case .tensor(let tensor) = operand { arguments[index] = tensor.bits(element) }
      }
      result.setBits(element, program.evaluate(arguments, fused: fused, scratch: &scratch))
    }
    return result
  }

  /// Elements taken by an index map.
  package static func view(
    _ view: View, _ operand: TensorValue, _ extents: [Int], _ symbols: [String: Int]
  ) -> Result<TensorValue, Outside> {
    let count = extents.reduce(1, *)
    var result = TensorValue(zeros: operand.type, extents, count: count)
    let indices = view.indices.map { IndexEvaluator($0, rank: extents.count, symbols) }
    let guards = view.guards.map { condition in
      [condition.expression, condition.lower, condition.upper].map {
        IndexEvaluator($0, rank: extents.count, symbols)
      }
    }
    var place = [Int](repeating: 0, count: extents.count)
    for element in 0..<count {
      let isRead = guards.allSatisfy { condition in
        let value = condition[0].value(at: place)
        return condition[1].value(at: place) <= value && value < condition[2].value(at: place)
      }
      if isRead {
        var offset = 0
        for (axis, index) in indices.enumerated() {
          let value = index.value(at: place)
          let extent = operand.extents[axis]
          guard value >= 0, value < extent else {
            return .failure(Outside(axis: axis, index: value, extent: extent))
          }
          offset = offset * extent + value
        }
        result.setBits(element, operand.bits(offset))
      } else {
        result.setBits(element, view.fill?.bits ?? 0)
      }
      for axis in extents.indices.reversed() {
        place[axis] += 1
        if place[axis] < extents[axis] { break }
        place[axis] = 0
      }
    }
    return .success(result)
  }
}

/// Index expression with its symbols known; sums of multiples of axes are evaluated directly.
struct IndexEvaluator {
  private let expression: IndexExpression
  private let factors: [Int]?

  init(_ expression: IndexExpression, rank: Int, _ symbols: [String: Int]) {
    let known = expression.substituting { atom in
      guard case .symbol(let name) = atom else { return nil }
      return symbols[name].map { IndexExpression($0) }
    }
    self.expression = known
    let factors = (0..<rank).compactMap { known.coefficient(of: .variable($0)) }
    self.factors = factors.count == rank ? factors : nil
  }

  /// Whether the value is a constant plus a multiple of each axis.
  var isLinear: Bool { factors != nil }

  func value(at place: [Int]) -> Int {
    if let factors {
      var sum = expression.constant
      for (axis, factor) in factors.enumerated() { sum &+= factor &* place[axis] }
      return sum
    }
    // The verifier let through only axes and symbols, which all have values here.
    return expression.evaluate { atom in
      guard case .variable(let axis) = atom else { return nil }
      return place[axis]
    } ?? -1
  }
}
