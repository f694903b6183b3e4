// What canonicalize makes of contractions.

import IRCore
import TensorIR

extension GraphRewriter {
  /// Reads through views that fill nothing, and leaves out summed variables of extent 1, which
  /// need no loop; a sum of nothing is a literal.
  mutating func keepContraction(
    _ contraction: Contraction, _ node: Node, _ location: SourceLocation
  ) {
    let type = node.types[0]
    if contraction.summed.contains(0) { return finish([.literal(.zero(type.dtype))]) }
    var contraction = contraction.withoutSingles(rank: type.rank)
    var operands = node.operands
    for index in operands.indices {
      guard let source = operands[index].value else { continue }
      let (map, operand) = lookedThrough(contraction, index, source, type)
      contraction.operands[index] = map
      operands[index] = .value(operand)
    }
    contraction = contraction.splittingSummed(rank: type.rank, result: type)
    keep(Node(.contract(contraction), operands, node.types), at: location)
  }

  /// The index map and the operand behind a view without guards, where the map stays short and is
  /// still known to stay inside.
  private func lookedThrough(
    _ contraction: Contraction, _ index: Int, _ source: ValueID, _ type: TensorType
  ) -> ([IndexExpression], ValueID) {
    let map = contraction.operands[index]
    guard case .view(let inner) = graph[source.node].kind, inner.guards.isEmpty,
      let innerSource = graph[source.node].operands[0].value,
      let composed = View(map).composed(over: inner, shape: type.shape + contraction.summed)
    else { return (map, source) }
    let facts = AxisFacts(type.shape + contraction.summed)
    let extents = graph[type: innerSource].shape
    let isEmpty = (type.shape + contraction.summed).contains(0)
    let isInside = zip(composed.indices, extents).allSatisfy { index, extent in
      isEmpty || facts.isAtLeast(index, 0) && facts.isBelow(index, extent)
    }
    return isInside ? (composed.indices, innerSource) : (map, source)
  }
}

extension Contraction {
  /// Without the summed variables of extent 1.
  fileprivate func withoutSingles(rank: Int) -> Contraction {
    guard summed.contains(1) else { return self }
    var result = self
    var places: [IndexExpression] = []
    result.summed = []
    for extent in summed {
      if extent == 1 {
        places.append(0)
      } else {
        places.append(.variable(rank + result.summed.count))
        result.summed.append(extent)
      }
    }
    result.substitute(places, rank: rank)
    return result
  }

  /// With two summed variables for one that index maps divide by a divisor of its extent, as
  /// where an operand was reshaped: the same products in the same order, without divisions.
  fileprivate func splittingSummed(rank: Int, result type: TensorType) -> Contraction {
    var result = self
    while let (number, divisor) = result.dividedVariable(rank: rank) {
      var places: [IndexExpression] = []
      for other in result.summed.indices {
        places.append(.variable(rank + other + (other > number ? 1 : 0)))
      }
      let factor = IndexExpression(divisor)
      places[number] = .variable(rank + number) * factor + .variable(rank + number + 1)
      result.summed[number] = result.summed[number].floorDiv(factor)
      result.summed.insert(factor, at: number + 1)
      result.substitute(places, rank: rank)
      let facts = AxisFacts(type.shape + result.summed)
      result.operands = result.operands.map { $0.map(facts.simplify) }
    }
    return result
  }

  /// A summed variable that an index map divides, and by what.
  private func dividedVariable(rank: Int) -> (number: Int, divisor: Int)? {
    for index in operands.joined() {
      for term in index.terms {
        for case .floorDiv(let a, let b) in term.factors {
          guard let variable = a.asVariable, variable >= rank, let divisor = b.asConstant,
            let extent = summed[variable - rank].asConstant, divisor > 1, extent > divisor,
            extent % divisor == 0
          else { continue }
          return (variable - rank, divisor)
        }
      }
    }
    return nil
  }

  /// Puts an expression in place of each summed variable.
  private mutating func substitute(_ places: [IndexExpression], rank: Int) {
    operands = operands.map { map in
      map.map { index in
        index.substituting { atom in
          guard case .variable(let variable) = atom, variable >= rank else { return nil }
          return places[variable - rank]
        }
      }
    }
  }
}
