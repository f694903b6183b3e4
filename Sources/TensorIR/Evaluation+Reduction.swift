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

  /// Combines the elements along the scan's axis up to each one, each chunk from the element of
  /// `starts` where there is one.
  package static func scan(
    _ scan: Scan, _ operand: TensorValue, from starts: TensorValue? = nil
  ) -> TensorValue {
    let others = operand.extents.indices.filter { $0 != scan.axis }
    var places = operand.offsets(over: [scan.axis])
    if scan.isReverse { places.reverse() }
    var result = operand
    var combiner = Combiner(scan.monoid, operand.type)
    let rows = operand.offsets(over: others)
    let firstStarts = starts?.offsets(over: others)
    let chunks = starts?.offsets(over: [scan.axis])
    for (row, first) in rows.enumerated() {
      let given = starts.flatMap { starts in
        chunks?.map { starts.bits((firstStarts?[row] ?? 0) + $0) }
      }
      let elements = places.map { operand.bits(first + $0) }
      let sums = combiner.scan(elements, scan.order, exclusive: scan.isExclusive, from: given)
      for (place, sum) in zip(places, sums) { result.setBits(first + place, sum) }
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

  /// Every element combined with those before it; `starts` has one element per chunk.
  mutating func scan(
    _ elements: [UInt64], _ order: CombinationOrder, exclusive: Bool, from starts: [UInt64]?
  ) -> [UInt64] {
    var results: [UInt64] = []
    var start = identity
    var (lanes, chunk) = (1, Swift.max(1, elements.count))
    if case .lanes(let width, let length) = order { (lanes, chunk) = (width, length) }
    for (number, first) in stride(from: 0, to: elements.count, by: chunk).enumerated() {
      let part = elements[first..<min(first + chunk, elements.count)]
      scanChunk(part, lanes, exclusive, from: starts?[number] ?? start, &results)
      start = apply(start, combineChunk(part, lanes))
    }
    return results
  }

  private mutating func scanChunk(
    _ elements: ArraySlice<UInt64>, _ lanes: Int, _ exclusive: Bool, from start: UInt64,
    _ results: inout [UInt64]
  ) {
    var carry = start
    for first in stride(from: elements.startIndex, to: elements.endIndex, by: lanes) {
      let group = elements[first..<min(first + lanes, elements.endIndex)]
      var values = group + [UInt64](repeating: identity, count: lanes - group.count)
      var step = 1
      while step < lanes {
        let shifted = [UInt64](repeating: identity, count: step) + values.dropLast(step)
        values = ArraySlice(zip(shifted, values).map { apply($0, $1) })
        step *= 2
      }
      let sums = values.map { apply(carry, $0) }
      results += (exclusive ? [carry] + sums.dropLast() : sums).prefix(group.count)
      carry = sums[lanes - 1]
    }
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
