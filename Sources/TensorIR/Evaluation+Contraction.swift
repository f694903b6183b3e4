// The meaning of contractions.

package import IRCore

extension Evaluation {
  /// Sums products in the order of the summed variables.
  ///
  /// - Parameters:
  ///   - operands: two tensors.
  ///   - result: the result's element type and extents.
  ///   - symbols: values of the symbols in index maps.
  ///   - fused: whether `mulAdd` rounds once.
  package static func contract(
    _ contraction: Contraction, _ operands: [TensorValue],
    result: (type: DType, extents: [Int]), summed: [Int], _ symbols: [String: Int], fused: Bool
  ) -> TensorValue {
    let type = contraction.accumulator
    let a = FactorReader(
      operands[0], as: type, contraction.operands[0], result.extents, summed, symbols)
    let b = FactorReader(
      operands[1], as: type, contraction.operands[1], result.extents, summed, symbols)
    let count = result.extents.reduce(1, *)
    let terms = summed.reduce(1, *)
    var value = TensorValue(zeros: result.type, result.extents, count: count)
    for element in 0..<count {
      var sum = Literal.zero(type).bits
      for term in 0..<terms {
        sum = Primitive.mulAdd.evaluate(
          a[element, term], b[element, term], sum, type: type, result: type, fused: fused)
      }
      value.setBits(
        element, Primitive.cast.evaluate(sum, type: type, result: result.type, fused: fused))
    }
    return value
  }
}

/// Reads one operand by its index map: `[element of the result, term of the sum]`.
private struct FactorReader {
  private let bits: [UInt64]
  private let index: IndexEvaluator
  private let elements: [[Int]]
  private let terms: [[Int]]
  /// Positions in the operand by element and by term, where the two add up.
  private let offsets: (elements: [Int], terms: [Int])?

  init(
    _ operand: TensorValue, as type: DType, _ map: [IndexExpression], _ extents: [Int],
    _ summed: [Int], _ symbols: [String: Int]
  ) {
    bits = (0..<operand.count).map { place in
      Primitive.cast.evaluate(
        operand.bits(place), type: operand.type, result: type, fused: false)
    }
    let position = zip(map, operand.extents).reduce(IndexExpression(0)) {
      $0 * IndexExpression($1.1) + $1.0
    }
    let index = IndexEvaluator(position, rank: extents.count + summed.count, symbols)
    self.index = index
    elements = Self.places(extents)
    terms = Self.places(summed)
    guard index.isLinear else {
      offsets = nil
      return
    }
    let origin = [Int](repeating: 0, count: summed.count)
    let start = [Int](repeating: 0, count: extents.count)
    let first = index.value(at: start + origin)
    offsets = (
      elements.map { index.value(at: $0 + origin) },
      terms.map { index.value(at: start + $0) - first }
    )
  }

  subscript(element: Int, term: Int) -> UInt64 {
    guard let offsets else { return bits[index.value(at: elements[element] + terms[term])] }
    return bits[offsets.elements[element] + offsets.terms[term]]
  }

  /// Every place of a shape in row-major order.
  private static func places(_ extents: [Int]) -> [[Int]] {
    extents.reduce([[]]) { places, extent in
      places.flatMap { place in (0..<extent).map { place + [$0] } }
    }
  }
}
