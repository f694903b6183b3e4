// Rows that combine in any grouping.

import IRCore
import LoopIR

/// Row that combines elements of one type in any grouping.
struct AssociativeRow {
  /// The row.
  let row: Elementwise
  /// Type of the elements.
  let type: DType

  /// `nil` for rows that combine nothing.
  init?(_ row: Elementwise, _ type: DType) {
    guard row.isCombining else { return nil }
    self.row = row
    self.type = type
  }

  /// Whether every grouping of the same sequence gives the same bits: all but sums and products of
  /// floats. Of equal floats max and min keep the first, in any grouping.
  var isExact: Bool { !type.isFloat || row == .max || row == .min }

  /// Whether the order of two elements does not matter either.
  var isCommutative: Bool { !(type.isFloat && (row == .max || row == .min)) }

  /// The element that changes nothing, not even the sign of a zero.
  var identity: Literal {
    switch row {
    case .mul: .one(type)
    case .min: Literal(type, .infinity)
    case .max: Literal(type, -.infinity)
    case .and: type == .bool ? .bool(true) : Literal(type, bits: .max)
    case .add where type.isFloat: Literal(type, -0.0)
    default: .zero(type)
    }
  }

  /// Why elements may not be taken in another grouping; `nil` when they may.
  func refusal(reassociates: Bool) -> String? {
    guard !isExact, !reassociates else { return nil }
    return "\(row.name) of \(type) rounds differently in another order; reassociating allows that"
  }
}
