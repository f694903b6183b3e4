// The meaning of reductions and scans.

import IRCore

extension Evaluation {
  /// Combines the elements along the reduction's axes, in its order; `extents` are the result's.
  package static func reduce(
    _ reduction: Reduction, _ operand: TensorValue, _ extents: [Int]
  ) -> TensorValue {
    let kept = operand.extents.indices.filter { !reduction.axes.contains($0) }
    let starts = operand.offsets(over: kept)
    let places = operand.offsets(over: reduction.axes)
    let type = reduction.monoid.resultType(of: operand.type) ?? operand.type
    var result = TensorValue(zeros: type, extents, count: starts.count)
    var combiner = Combiner(reduction.monoid, operand.type)
    for (element, start) in starts.enumerated() {
      let elements = places.map { operand.bits(start + $0) }
      let bits =
        reduction.monoid.row.givesPlace
        ? UInt64(combiner.place(elements)) : combiner.combine(elements, reduction.order)
      result.setBits(element, bits)
    }
    return result
  }

  /// Combines the elements along the scan's axis up to each one.
  package static func scan(_ scan: Scan, _ operand: TensorValue) -> TensorValue {
    let others = operand.extents.indices.filter { $0 != scan.axis }
    var places = operand.offsets(over: [scan.axis])
    if scan.isReverse { places.reverse() }
    var result = operand
    var combiner = Combiner(scan.monoid, operand.type)
    for start in operand.offsets(over: others) {
      var sum = combiner.identity
      for place in places {
        let next = combiner.apply(sum, operand.bits(start + place))
        result.setBits(start + place, scan.isExclusive ? sum : next)
        sum = next
      }
    }
    return result
  }
}

/// A monoid's row on the bits of one type.
private struct Combiner {
  let identity: UInt64
  private let type: DType
  private let program: ScalarProgram
  private var scratch: [UInt64] = []

  init(_ monoid: Reduction.Monoid, _ type: DType) {
    self.type = type
    identity = monoid.identity(type).bits
    let row = monoid.row
    program = ScalarProgram(
      row.combination, operands: [type, type], result: row.givesPlace ? .bool : type)
  }

  /// No row of the table has a `mulAdd`, so that the CPU row does not matter.
  mutating func apply(_ a: UInt64, _ b: UInt64) -> UInt64 {
    program.evaluate([a, b], fused: false, scratch: &scratch)
  }

  /// All elements in an order; `Note: order` in CombinationOrder.swift has the words.
  mutating func combine(_ elements: [UInt64], _ order: CombinationOrder) -> UInt64 {
    guard case .lanes(let lanes, let chunk) = order else {
      return sequence(elements[...])
    }
    var partials: [UInt64] = []
    for start in stride(from: 0, to: elements.count, by: chunk) {
      let end = min(start + chunk, elements.count)
      partials.append(combineChunk(elements[start..<end], lanes))
    }
    return foldByHalves(partials)
  }

  private mutating func sequence(_ elements: ArraySlice<UInt64>) -> UInt64 {
    var sum = identity
    for element in elements { sum = apply(sum, element) }
    return sum
  }

  private mutating func combineChunk(_ elements: ArraySlice<UInt64>, _ lanes: Int) -> UInt64 {
    var partials = [UInt64](repeating: identity, count: lanes)
    for (position, element) in elements.enumerated() {
      partials[position % lanes] = apply(partials[position % lanes], element)
    }
    return foldByHalves(partials)
  }

  /// Combines the first half with the second until one is left, halves being those of the next
  /// power of two.
  private mutating func foldByHalves(_ partials: [UInt64]) -> UInt64 {
    var partials = partials
    var count = partials.count
    while count > 1 {
      let half = count.roundedUpToPowerOfTwo / 2
      for index in 0..<(count - half) {
        partials[index] = apply(partials[index], partials[index + half])
      }
      count = half
    }
    return partials.first ?? identity
  }

  /// Place of the preferred element: the first NaN, else the first of the preferred value.
  mutating func place(_ elements: [UInt64]) -> Int {
    var best = 0
    for (place, element) in elements.enumerated() {
      if Literal(type, bits: element).isNaN { return place }
      if apply(element, elements[best]) != 0 { best = place }
    }
    return best
  }
}

extension TensorValue {
  /// Offsets of the elements along `axes`, in row-major order, from the one where all are 0.
  fileprivate func offsets(over axes: [Int]) -> [Int] {
    var offsets = [0]
    for axis in axes {
      let step = extents[(axis + 1)...].reduce(1, *)
      offsets = offsets.flatMap { offset in (0..<extents[axis]).map { offset + $0 * step } }
    }
    return offsets
  }
}
