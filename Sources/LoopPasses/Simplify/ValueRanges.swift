// Ranges of integer values.

import IRCore
import LoopIR

/// What is known of integers: loops' variables by their bounds, others by interval arithmetic.
struct ValueRanges {
  /// Loops, and values with constant bounds.
  var bounds = IndexBounds()
  private let kernel: Kernel

  init(_ kernel: Kernel) { self.kernel = kernel }

  /// Takes note of a definition.
  mutating func note(_ id: VariableID, _ operation: LoopIR.Operation) {
    let dtype = kernel[id].type.dtype
    guard dtype.isInteger, dtype != .u64, kernel[id].type.lanes == 1,
      let range = range(of: operation, dtype)
    else { return }
    state(id, range)
  }

  /// States the range of a value that nothing else bounds.
  private mutating func state(_ id: VariableID, _ range: ClosedRange<Int>) {
    guard range.upperBound < .max else { return }
    bounds.add(
      IndexBounds.Range(
        variable: id, lower: IndexExpression(range.lowerBound),
        upper: IndexExpression(range.upperBound + 1), step: 1))
  }

  private func range(of operation: LoopIR.Operation, _ dtype: DType) -> ClosedRange<Int>? {
    let whole = dtype.integerRange
    guard case .elementwise(let row, let operands) = operation else { return whole }
    guard let found = range(of: row, operands) else { return whole }
    guard let whole else { return found }
    // What might wrap may be anything.
    return whole.contains(found.lowerBound) && whole.contains(found.upperBound) ? found : whole
  }

  private func range(of row: Elementwise, _ operands: [Operand]) -> ClosedRange<Int>? {
    switch row {
    case .add: combined(operands) { $0.addingReportingOverflow($1) }
    case .sub: combined(operands) { $0.subtractingReportingOverflow($1) }
    case .mul: combined(operands) { $0.multipliedReportingOverflow(by: $1) }
    case .min: combined(operands) { (Swift.min($0, $1), false) }
    case .max: combined(operands) { (Swift.max($0, $1), false) }
    case .and: masked(operands)
    case .rem: remainder(operands)
    case .cast: range(of: operands[0])
    case .select: union(range(of: operands[1]), range(of: operands[2]))
    case .popCount, .leadingZeros: 0...64
    default: nil
    }
  }

  private func range(of operand: Operand) -> ClosedRange<Int>? {
    switch operand {
    case .literal(let literal):
      return literal.type.isInteger && literal.type != .u64
        ? literal.intValue...literal.intValue : nil
    case .variable(let id):
      let type = kernel[id].type.dtype
      guard type.isInteger, type != .u64 else { return nil }
      guard let low = bounds.lower(of: id.expression), let high = bounds.upper(of: id.expression),
        low <= high
      else { return type.integerRange }
      return low...high
    }
  }

  private func combined(
    _ operands: [Operand], _ combine: (Int, Int) -> (partialValue: Int, overflow: Bool)
  ) -> ClosedRange<Int>? {
    guard let a = range(of: operands[0]), let b = range(of: operands[1]) else { return nil }
    var ends: [Int] = []
    for x in [a.lowerBound, a.upperBound] {
      for y in [b.lowerBound, b.upperBound] {
        let (value, overflow) = combine(x, y)
        if overflow { return nil }
        ends.append(value)
      }
    }
    guard let low = ends.min(), let high = ends.max() else { return nil }
    return low...high
  }

  /// Bits of a number that is not negative.
  private func masked(_ operands: [Operand]) -> ClosedRange<Int>? {
    let highs = operands.compactMap { range(of: $0) }.filter { $0.lowerBound >= 0 }
    return highs.map(\.upperBound).min().map { 0...$0 }
  }

  private func remainder(_ operands: [Operand]) -> ClosedRange<Int>? {
    guard let divisor = range(of: operands[1]), divisor.lowerBound > 0 else { return nil }
    let isPositive = range(of: operands[0]).map { $0.lowerBound >= 0 } ?? false
    let most = divisor.upperBound - 1
    return (isPositive ? 0 : -most)...most
  }

  private func union(_ a: ClosedRange<Int>?, _ b: ClosedRange<Int>?) -> ClosedRange<Int>? {
    guard let a, let b else { return nil }
    return Swift.min(a.lowerBound, b.lowerBound)...Swift.max(a.upperBound, b.upperBound)
  }
}

extension DType {
  /// The values of an integer type; `nil` for others and for those that an Int does not hold.
  fileprivate var integerRange: ClosedRange<Int>? {
    guard isInteger, bitWidth < 64 else { return nil }
    let magnitude = 1 << (isSignedInteger ? bitWidth - 1 : bitWidth)
    return (isSignedInteger ? -magnitude : 0)...(magnitude - 1)
  }
}
