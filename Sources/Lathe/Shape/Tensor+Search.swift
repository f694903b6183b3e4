// Places in sorted vectors, and what is counted by them.

import IRCore
import TensorIR

/// Where among equal elements a value belongs.
public enum InsertionSide: Hashable, Sendable {
  /// Before them.
  case left
  /// Behind them.
  case right
}

extension Tensor {
  /// Where values belong in this vector, whose elements ascend: how many of its elements stand
  /// before each value, as i64. NaN belong last.
  ///
  /// Found by halving, in `log₂(count) + 1` steps for all values together.
  public func searchSorted(
    _ values: Tensor, side: InsertionSide = .left, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard rank == 1, dtype.isNumeric, let values = values.taking(dtype), values.dtype == dtype
    else {
      misuse(
        "searchSorted: \(typeText), \(values.typeText): a numeric vector and values of its type "
          + "expected", at: location)
    }
    return places(of: values, side, at: location)
  }

  private func places(
    of values: Tensor, _ side: InsertionSide, at location: SourceLocation
  ) -> Tensor {
    var low = Tensor.zeros(values.shape, .i64)
    guard count > 0 else { return low }
    var step = 1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)
    while step > 0 {
      let high = Self.apply(.add, [low, Tensor(integerLiteral: step)], at: location)
      let element = take(
        Self.apply(.sub, [high, 1], at: location), outside: .clamped)
      let isInside = Self.apply(.le, [high, Tensor(integerLiteral: count)], at: location)
      let isBefore = element.stands(before: values, side, at: location)
      let goesOn = Self.apply(.and, [isInside, isBefore], at: location)
      low = Self.apply(.select, [goesOn, high, low], at: location)
      step /= 2
    }
    return low
  }

  /// Where elements stand before values that are inserted at a side of equal ones; NaN are the
  /// largest and equal.
  private func stands(
    before values: Tensor, _ side: InsertionSide, at location: SourceLocation
  ) -> Tensor {
    func apply(_ row: Elementwise, _ operands: Tensor...) -> Tensor {
      Self.apply(row, operands, at: location)
    }
    let isBefore = apply(side == .left ? .lt : .le, self, values)
    guard dtype.isFloat else { return isBefore }
    let isLast = apply(.isNaN, values)
    let counts = side == .right ? isLast : apply(.and, isLast, apply(.not, apply(.isNaN, self)))
    return apply(.or, isBefore, counts)
  }

  /// The piecewise linear function through points, at the elements of this tensor: `positions`
  /// ascend and `values` stand at them; outside of them the first and the last value go on.
  ///
  /// ```swift
  /// hours.interpolated(positions: Tensor([0.0, 12, 24]), values: Tensor([3.0, 11, 4]))
  /// ```
  public func interpolated(
    positions: Tensor, values: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    let types = Set([dtype, positions.dtype, values.dtype])
    guard types.count == 1, dtype.isFloat, positions.rank == 1, positions.count > 0,
      values.shape == positions.shape
    else {
      misuse(
        "interpolated: \(Self.list([self, positions, values])): floats of one type, at least one "
          + "position and as many values expected", at: location)
    }
    func apply(_ row: Elementwise, _ operands: Tensor...) -> Tensor {
      Self.apply(row, operands, at: location)
    }
    let last = Tensor(integerLiteral: positions.count - 1)
    let place = positions.searchSorted(self, side: .right, file: file, line: line)
    let low = apply(.min, apply(.max, apply(.sub, place, 1), 0), last)
    let high = apply(.min, apply(.add, low, 1), last)
    let (x0, x1) = (positions.take(low), positions.take(high))
    let (y0, y1) = (values.take(low), values.take(high))
    let inside = apply(.clamp, self, positions.take(0), positions.take(last))
    let width = apply(.sub, x1, x0)
    let isFlat = apply(.eq, width, 0)
    let slope = apply(.div, apply(.sub, y1, y0), apply(.select, isFlat, 1, width))
    return apply(.add, y0, apply(.mul, apply(.sub, inside, x0), slope))
  }

  /// How often each integer from 0 up to but not including `count` occurs, as i64, or the sum of
  /// the weights that stand where it occurs. Others are an error of the call.
  ///
  /// Without a count the largest element is the last that is counted; this tensor's value is
  /// computed now then, which inside `compile` is an error.
  public func binCounts(
    _ count: Int? = nil, weights: Tensor? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard dtype.isInteger, count ?? 0 >= 0, weights?.shape ?? shape == shape else {
      let others = weights.map { ", weights \($0.typeText)" } ?? ""
      misuse(
        "binCounts: \(typeText)\(others): integers, a count from 0 on and as many weights "
          + "expected", at: location)
    }
    let length: Int
    if let count {
      length = count
    } else {
      requireValue("binCounts: \(typeText)", "binCounts(n) has n elements", at: location)
      length = self.count == 0 ? 0 : Swift.max(0, Int(cast(to: .i64).max().item()) + 1)
    }
    let bins = Tensor.zeros([length], weights?.dtype ?? .i64, file: file, line: line)
    return bins.scatter(weights ?? 1, at: self, by: .add, file: file, line: line)
  }

  /// How many elements lie between neighbours of `edges`, which ascend, as i64: at least the one and
  /// below the next, but the last bin has its upper edge too. What lies outside is not counted.
  public func histogram(
    edges: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard dtype.isNumeric, edges.dtype == dtype, edges.rank == 1, edges.count > 1 else {
      misuse(
        "histogram: \(typeText), \(edges.typeText): a numeric type and a vector of at least 2 edges"
          + " of that type expected", at: location)
    }
    func apply(_ row: Elementwise, _ operands: Tensor...) -> Tensor {
      Self.apply(row, operands, at: location)
    }
    let bins = edges.count - 1
    let place = apply(.sub, edges.searchSorted(self, side: .right, file: file, line: line), 1)
    let isTop = apply(.eq, self, edges.take(Tensor(bins)))
    let bin = apply(.select, isTop, Tensor(integerLiteral: bins - 1), place)
    return Tensor.zeros([bins], .i64).scatter(
      1, at: bin, by: .add, outside: .dropped, file: file, line: line)
  }

  /// How many elements lie in each of `bins` bins of equal width between the least and the largest
  /// element, or over `range`, as i64, and the edges of the bins. Float tensors.
  public func histogram(
    bins: Int = 10, range: ClosedRange<Double>? = nil, file: String = #fileID, line: Int = #line
  ) -> (counts: Tensor, edges: Tensor) {
    let location = SourceLocation.line(file: file, line: line)
    guard dtype.isFloat, bins > 0, range != nil || count > 0 else {
      misuse(
        "histogram: \(typeText): floats, at least one bin, and elements or a range expected, found "
          + "\(bins) bins", at: location)
    }
    func apply(_ row: Elementwise, _ operands: Tensor...) -> Tensor {
      Self.apply(row, operands, at: location)
    }
    let least = range.map { Tensor.full([], $0.lowerBound, dtype) } ?? min()
    let largest = range.map { Tensor.full([], $0.upperBound, dtype) } ?? max()
    let isPoint = apply(.eq, least, largest)
    let low = apply(.select, isPoint, apply(.sub, least, 0.5), least)
    let high = apply(.select, isPoint, apply(.add, largest, 0.5), largest)
    let number = Tensor.iota([bins + 1], dtype)
    let width = apply(.div, apply(.sub, high, low), Tensor(integerLiteral: bins))
    let inner = apply(.add, low, apply(.mul, number, width))
    let isLast = apply(.eq, number, Tensor(integerLiteral: bins))
    let edges = apply(.select, isLast, high, inner)
    return (histogram(edges: edges, file: file, line: line), edges)
  }
}
