// Equality of values as bits are promised.

package import IRCore

extension Literal {
  /// Holds when two values of one type have the same bits, or are both NaN: payload and sign of a
  /// NaN are not promised.
  package func agrees(with other: Literal) -> Bool {
    self == other || type == other.type && isNaN && other.isNaN
  }
}

extension TensorValue {
  /// The place of the first element in which two tensors of one type differ, with both elements; a
  /// missing element differs too.
  package func firstDifference(
    from expected: TensorValue
  ) -> (index: Int, found: Literal, expected: Literal)? {
    if bytes == expected.bytes { return nil }
    for index in 0..<min(count, expected.count) {
      let pair = (Literal(type, bits: bits(index)), Literal(type, bits: expected.bits(index)))
      if !pair.0.agrees(with: pair.1) { return (index, pair.0, pair.1) }
    }
    let end = min(count, expected.count)
    return count == expected.count ? nil : (end, .zero(type), .zero(type))
  }
}

/// What differs first between two lists of values, in words; `nil` when they agree.
package func difference(_ found: [TensorValue], _ expected: [TensorValue]) -> String? {
  guard found.count == expected.count else {
    return "\(found.count) results, not \(expected.count)"
  }
  for (number, (a, b)) in zip(found, expected).enumerated() {
    guard a.type == b.type, a.extents == b.extents else {
      return "result \(number) is \(a.type)\(a.extents), not \(b.type)\(b.extents)"
    }
    if let place = a.firstDifference(from: b) {
      return "result \(number) at \(place.index): \(place.found), not \(place.expected)"
    }
  }
  return nil
}
