// Scans, by linear recurrences.

import IRCore
import TensorIR

extension DerivativeBuilder {
  /// The cotangent of what is scanned.
  ///
  /// A sum's is the sum the other way. Of a product y with factors x it is, from the end,
  /// `s[i] = ȳ[i] + x[i + 1] s[i + 1]` times the product of all before i. Of a maximum or minimum
  /// an element passes to the results up to the next one that is larger: `s[i] = ȳ[i] + s[i + 1]`
  /// while none is; of equal elements the first has all.
  mutating func cotangent(
    of scan: Scan, _ operand: ValueID, _ cotangent: ValueID
  ) throws(TransformError) -> ValueID {
    if scan.monoid == .sum {
      return try self.scan(
        .sum, cotangent, axis: scan.axis, exclusive: scan.isExclusive, reverse: !scan.isReverse)
    }
    let x = flipped(operand, scan)
    let before = try self.scan(
      scan.monoid, x, axis: scan.axis, exclusive: true, reverse: false)
    var flow = flipped(cotangent, scan)
    if scan.isExclusive { flow = shifted(flow, scan.axis, by: 1) }
    let result: ValueID
    if scan.monoid == .product {
      let sums = try recurrence(
        flow, factors: shifted(x, scan.axis, by: 1), scan.axis, fromEnd: true)
      result = try apply(.mul, before, sums)
    } else {
      let isNew = try isNew(x, before, scan)
      let passes = try cast(apply(.not, shifted(isNew, scan.axis, by: 1)), to: self[type: x].dtype)
      result = try chosen(isNew, recurrence(flow, factors: passes, scan.axis, fromEnd: true))
    }
    return flipped(result, scan)
  }

  /// The tangent of a scan: that of a sum is the sum of tangents; else a recurrence the way of the
  /// scan.
  mutating func tangent(
    of scan: Scan, _ operand: ValueID, _ tangent: ValueID
  ) throws(TransformError) -> ValueID {
    if scan.monoid == .sum {
      return copy(Node(.scan(scan), [.value(tangent)], self[type: tangent]))[0]
    }
    let x = flipped(operand, scan)
    let before = try self.scan(
      scan.monoid, x, axis: scan.axis, exclusive: true, reverse: false)
    let flow = flipped(tangent, scan)
    var result: ValueID
    if scan.monoid == .product {
      result = try recurrence(apply(.mul, before, flow), factors: x, scan.axis, fromEnd: false)
    } else {
      let isNew = try isNew(x, before, scan)
      let stays = try cast(apply(.not, isNew), to: self[type: x].dtype)
      result = try recurrence(chosen(isNew, flow), factors: stays, scan.axis, fromEnd: false)
    }
    if scan.isExclusive { result = shifted(result, scan.axis, by: -1) }
    return flipped(result, scan)
  }

  /// Whether an element is larger (or smaller) than all before it.
  private mutating func isNew(
    _ x: ValueID, _ before: ValueID, _ scan: Scan
  ) throws(TransformError) -> ValueID {
    try apply(scan.monoid == .max ? .gt : .lt, x, before)
  }

  /// The tensor in the direction of the scan.
  private mutating func flipped(_ value: ValueID, _ scan: Scan) -> ValueID {
    let shape = self[type: value].shape
    var indices = shape.indices.map { IndexExpression.variable($0) }
    if scan.isReverse { indices[scan.axis] = shape[scan.axis] - 1 - indices[scan.axis] }
    return view(value, View(indices), shape)
  }

  /// Element `i + distance` at place i; zeros, or false, where there is none.
  private mutating func shifted(_ value: ValueID, _ axis: Int, by distance: Int) -> ValueID {
    let type = self[type: value]
    var view = View(type.shape.indices.map { .variable($0) })
    view.indices[axis] = view.indices[axis] + IndexExpression(distance)
    view.guards = [View.Guard(view.indices[axis], in: 0, type.shape[axis])]
    view.fill = .zero(type.dtype)
    return self.view(value, view, type.shape)
  }

  /// `s[i] = values[i] + factors[i] · s` along an axis, s being that of the place before, or with
  /// `fromEnd` of the place behind, and zero at the first place: a loop over rows.
  private mutating func recurrence(
    _ values: ValueID, factors: ValueID, _ axis: Int, fromEnd: Bool
  ) throws(TransformError) -> ValueID {
    let type = self[type: values]
    guard let count = type.shape[axis].asConstant else {
      throw noRule("scan", "its extents are only known at run time")
    }
    let others = type.shape.indices.filter { $0 != axis }
    let rowType = TensorType(type.dtype, others.map { type.shape[$0] })
    let body = try recurrenceStep(rowType)
    let zero = try splat(0, rowType)
    let loop = LoopNode(
      body: body, count: IndexExpression(count), carriedCount: 1,
      inputRows: [.variable(0), .variable(0)], stacks: [LoopNode.Stack()])
    let operands = [zero] + [values, factors].map { rows($0, axis, fromEnd: fromEnd) }
    let stacked = try self.loop(loop, operands)[1]
    var index = IndexExpression.variable(axis)
    if fromEnd { index = IndexExpression(count - 1) - index }
    return view(stacked, View([index] + others.map { .variable($0) }), type.shape)
  }

  /// The axis first, from its end where asked for.
  private mutating func rows(_ value: ValueID, _ axis: Int, fromEnd: Bool) -> ValueID {
    let shape = self[type: value].shape
    let others = shape.indices.filter { $0 != axis }
    var indices = shape
    indices[axis] = fromEnd ? shape[axis] - 1 - .variable(0) : .variable(0)
    for (place, other) in others.enumerated() { indices[other] = .variable(place + 1) }
    return view(value, View(indices), [shape[axis]] + others.map { shape[$0] })
  }

  private func recurrenceStep(_ type: TensorType) throws(TransformError) -> Graph {
    var builder = DerivativeBuilder(name: "body", row: row)
    builder.location = location
    _ = try builder.parameter("t", LoopNode.indexType)
    let state = try builder.parameter("s0", type)
    let rows = try builder.parameters("x", [type, type])
    let kept = try builder.apply(.mul, rows[1], state)
    let sum = try builder.apply(.add, rows[0], kept)
    return builder.returning([sum, sum])
  }
}
