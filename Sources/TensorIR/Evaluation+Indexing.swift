// The meaning of gathers, scatters, concatenations and sorts.

import IRCore

extension Evaluation {
  /// Elements at the coordinates; fails at the first that is outside where that is checked.
  package static func gather(
    _ gather: Gather, _ operands: [TensorValue], _ extents: [Int], _ symbols: [String: Int]
  ) -> Result<TensorValue, Outside> {
    let source = operands[0]
    let places = PlaceReader(
      gather.coordinates, gather.outside, Array(operands.dropFirst()), axes: extents,
      of: source.extents, symbols)
    var result = TensorValue(zeros: source.type, extents, count: extents.reduce(1, *))
    for (element, axes) in Axes(extents).enumerated() {
      switch places[axes] {
      case .failure(let outside): return .failure(outside)
      case .success(let place):
        result.setBits(element, place.map(source.bits) ?? gather.fill?.bits ?? 0)
      }
    }
    return .success(result)
  }

  /// The destination with every update combined at its coordinates, in row-major order.
  package static func scatter(
    _ scatter: Scatter, _ operands: [TensorValue], _ symbols: [String: Int]
  ) -> Result<TensorValue, Outside> {
    var result = operands[0]
    let updates = operands[1]
    let places = PlaceReader(
      scatter.coordinates, scatter.outside, Array(operands.dropFirst(2)), axes: updates.extents,
      of: result.extents, symbols)
    let program = scatter.combination.map {
      ScalarProgram($0, operands: [result.type, result.type], result: result.type)
    }
    var scratch: [UInt64] = []
    for (element, axes) in Axes(updates.extents).enumerated() {
      switch places[axes] {
      case .failure(let outside): return .failure(outside)
      case .success(nil): continue
      case .success(let place?):
        let update = updates.bits(element)
        result.setBits(
          place,
          program?.evaluate([result.bits(place), update], fused: false, scratch: &scratch)
            ?? update)
      }
    }
    return .success(result)
  }

  /// Operands one after the other along an axis.
  package static func concat(
    axis: Int, _ operands: [TensorValue], _ extents: [Int]
  ) -> TensorValue {
    let type = operands[0].type
    let inner = extents[(axis + 1)...].reduce(type.byteSize, *)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(extents.reduce(type.byteSize, *))
    for row in 0..<extents[..<axis].reduce(1, *) {
      for operand in operands {
        let count = operand.extents[axis] * inner
        bytes += operand.bytes[row * count..<(row + 1) * count]
      }
    }
    return TensorValue(type, extents, bytes: bytes)
  }

  /// The first operand sorted along an axis, the others in its order; the first elements of each
  /// line, as many as the results' extents say.
  package static func sort(
    _ sort: Sort, _ operands: [TensorValue], _ extents: [Int]
  ) -> [TensorValue] {
    let keys = operands[0]
    let count = keys.extents[sort.axis]
    let kept = extents[sort.axis]
    let inner = extents[(sort.axis + 1)...].reduce(1, *)
    var results = operands.map {
      TensorValue(zeros: $0.type, extents, count: extents.reduce(1, *))
    }
    guard kept > 0, inner > 0 else { return results }
    let rank = keys.elements.map { sort.rank($0) }
    for line in 0..<keys.count / count {
      let start = line / inner * count * inner + line % inner
      let target = line / inner * kept * inner + line % inner
      let sorted = (0..<count).map { start + $0 * inner }
        .sorted { rank[$0] == rank[$1] ? $0 < $1 : rank[$0] < rank[$1] }
      for (operand, value) in operands.enumerated() {
        for (place, source) in sorted.prefix(kept).enumerated() {
          results[operand].setBits(target + place * inner, value.bits(source))
        }
      }
    }
    return results
  }
}

extension Sort {
  /// A number by which elements stand in order: two's complement and sign-magnitude bits both order
  /// like unsigned ones once their sign is turned.
  fileprivate func rank(_ element: Literal) -> UInt64 {
    let type = element.type
    let sign: UInt64 = 1 << UInt64(type.bitWidth - 1)
    var rank = element.bits
    if type.isFloat {
      if Primitive.ne.evaluate(rank, rank, 0, type: type, result: .bool, fused: false) != 0 {
        return .max
      }
      rank = rank & sign != 0 ? ~rank & type.mask : rank | sign
    } else if type.isSignedInteger {
      rank ^= sign
    }
    return isDescending ? ~rank & type.mask : rank
  }
}

/// Every place of a shape in row-major order.
private struct Axes: Sequence, IteratorProtocol {
  private let extents: [Int]
  private var place: [Int]
  private var left: Int

  init(_ extents: [Int]) {
    self.extents = extents
    place = [Int](repeating: 0, count: extents.count)
    left = extents.reduce(1, *)
  }

  mutating func next() -> [Int]? {
    guard left > 0 else { return nil }
    left -= 1
    let current = place
    for axis in extents.indices.reversed() {
      place[axis] += 1
      if place[axis] < extents[axis] { break }
      place[axis] = 0
    }
    return current
  }
}

/// Finds the place in a tensor that coordinates name.
private struct PlaceReader {
  private enum Source {
    case expression(IndexEvaluator)
    case element(TensorValue, [IndexEvaluator])
  }

  private let sources: [Source]
  private let outside: OutsideRule
  private let extents: [Int]

  init(
    _ coordinates: [Coordinate], _ outside: OutsideRule, _ indices: [TensorValue], axes: [Int],
    of extents: [Int], _ symbols: [String: Int]
  ) {
    self.outside = outside
    self.extents = extents
    var operands = indices[...]
    sources = coordinates.map { coordinate in
      switch coordinate {
      case .expression(let expression):
        return .expression(IndexEvaluator(expression, rank: axes.count, symbols))
      case .element(let place):
        let place = place.map { IndexEvaluator($0, rank: axes.count, symbols) }
        return .element(operands.removeFirst(), place)
      }
    }
  }

  /// The row-major position at the axes; none where it is skipped.
  subscript(axes: [Int]) -> Result<Int?, Evaluation.Outside> {
    var position = 0
    var isSkipped = false
    for (axis, source) in sources.enumerated() {
      var index = value(of: source, at: axes)
      let extent = extents[axis]
      if !(0..<extent).contains(index) {
        switch outside {
        case .clamped where extent > 0: index = Swift.max(0, Swift.min(extent - 1, index))
        case .checked, .clamped:
          return .failure(Evaluation.Outside(axis: axis, index: index, extent: extent))
        case .skipped: isSkipped = true
        }
      }
      position = position &* extent &+ index
    }
    return .success(isSkipped ? nil : position)
  }

  private func value(of source: Source, at axes: [Int]) -> Int {
    switch source {
    case .expression(let expression): return expression.value(at: axes)
    case .element(let tensor, let place):
      let position = zip(place, tensor.extents).reduce(0) { $0 * $1.1 + $1.0.value(at: axes) }
      // Unsigned indices beyond the largest integer are outside wherever they stand.
      let bits = tensor.bits(position)
      let wide = Primitive.cast.evaluate(bits, type: tensor.type, result: .i64, fused: false)
      let index = Int(truncatingIfNeeded: wide)
      return tensor.type.isUnsignedInteger && index < 0 ? .max : index
    }
  }
}
