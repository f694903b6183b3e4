// Applying elementwise rows: types, literals, broadcasting.

public import IRCore
import TensorIR

extension Tensor {
  /// Applies a row of the elementwise table; operands broadcast. `dtype` states the result's type
  /// where the row needs that (`cast`, `bitcast`).
  ///
  /// Every named function is one call of this.
  public static func elementwise(
    _ row: Elementwise, _ operands: Tensor..., dtype: DType? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let location = SourceLocation.line(file: file, line: line)
    guard operands.count == row.arity else {
      misuse("\(row): \(operands.count) operands, expected \(row.arity)", at: location)
    }
    return apply(row, operands, dtype: dtype, at: location)
  }

  /// Applies a row of two operands for an operator, whose place is a return address.
  @usableFromInline
  static func apply(
    _ row: Elementwise, _ a: Tensor, _ b: Tensor, address: UnsafeMutableRawPointer?
  ) -> Tensor {
    apply(row, [a, b], at: .address(UInt(bitPattern: address)))
  }

  /// Applies a row of one operand for an operator, whose place is a return address.
  @usableFromInline
  static func apply(
    _ row: Elementwise, _ a: Tensor, address: UnsafeMutableRawPointer?
  ) -> Tensor {
    apply(row, [a], at: .address(UInt(bitPattern: address)))
  }

  /// Types the application, gives literals their element type, broadcasts, and makes the node.
  static func apply(
    _ row: Elementwise, _ operands: [Tensor], dtype: DType? = nil, at location: SourceLocation
  ) -> Tensor {
    let (operands, types) = typed(row, operands, at: location)
    let result: DType
    switch row.typing.result(of: types, stated: dtype) {
    case .success(let type): result = type
    case .failure(let failure):
      misuse("\(row): \(list(operands)): \(failure)\(advice(types))", at: location)
    }
    let shape = commonShape(operands, row.name, at: location)
    let sources = zip(operands, types).map { operand, type in
      source(operand, type, shape, row.name, at: location)
    }
    return Tensor(.elementwise(row), sources, dtype: result, shape: shape, at: location)
  }

  /// The operands with at least one that is no literal, and the element type of each.
  private static func typed(
    _ row: Elementwise, _ operands: [Tensor], at location: SourceLocation
  ) -> (operands: [Tensor], types: [DType]) {
    var operands = operands
    if operands.allSatisfy(\.isLiteral) {
      let type = widestLiteral(operands)
      for index in operands.indices where operands[index].dtype == type {
        operands[index] = operands[index].materialized
      }
    }
    let firstValue = row.typing == .select ? 1 : 0
    let values = operands[firstValue...]
    let strong = values.first { !$0.isLiteral }?.dtype
    let types = operands.enumerated().map { index, operand -> DType in
      guard index >= firstValue, let value = operand.literalValue else { return operand.dtype }
      let type = strong ?? widestLiteral(Array(values))
      guard value.literal(type) != nil else {
        misuse(
          "\(row): \(list(operands)): \(value) is no \(type); cast the tensor", at: location)
      }
      return type
    }
    return (operands, types)
  }

  private static func widestLiteral(_ literals: [Tensor]) -> DType {
    literals.contains { $0.dtype == .f32 } ? .f32 : literals[0].dtype
  }

  private static func source(
    _ operand: Tensor, _ type: DType, _ shape: [Int], _ function: String,
    at location: SourceLocation
  ) -> TraceOperand {
    if let value = operand.literalValue, let literal = value.literal(type) {
      return .literal(literal)
    }
    // The view's handle dies here, which tells that nobody can ask for it.
    return .node(operand.broadcast(to: shape, function, at: location).node)
  }

  private static func advice(_ types: [DType]) -> String {
    types.contains { $0 != types[0] } && !types.contains(.bool) ? "; cast(to:) converts" : ""
  }

  static func list(_ operands: [Tensor]) -> String {
    operands.map(\.typeText).joined(separator: ", ")
  }

  private var literalValue: ScalarValue? {
    if case .scalar(let value) = representation { value } else { nil }
  }

  private var isLiteral: Bool { literalValue != nil }
}

extension Tensor {
  /// The shape that all operands broadcast to.
  private static func commonShape(
    _ operands: [Tensor], _ function: String, at location: SourceLocation
  ) -> [Int] {
    var common = operands[0].shape
    for operand in operands.dropFirst() {
      let shape = operand.shape
      if shape == common || shape.isEmpty { continue }
      guard let joined = join(common, shape) else {
        misuse("\(function): \(list(operands)) do not broadcast: \(clash(operands))", at: location)
      }
      common = joined
    }
    return common
  }

  /// NumPy's rule: axes are matched from the last; an extent of 1, or a missing axis, repeats.
  static func join(_ a: [Int], _ b: [Int]) -> [Int]? {
    let (longer, shorter) = a.count >= b.count ? (a, b) : (b, a)
    var joined = longer
    for (offset, extent) in shorter.enumerated() {
      let index = offset + longer.count - shorter.count
      if joined[index] == 1 {
        joined[index] = extent
      } else if extent != 1, extent != joined[index] {
        return nil
      }
    }
    return joined
  }

  /// The first axis, counted from the last, at which two operands disagree.
  private static func clash(_ operands: [Tensor]) -> String {
    let shapes = operands.map(\.shape)
    for back in 1...(shapes.map(\.count).max() ?? 1) {
      let extents = shapes.compactMap { back <= $0.count ? $0[$0.count - back] : nil }
      let distinct = extents.filter { $0 != 1 }
      if let first = distinct.first, let second = distinct.first(where: { $0 != first }) {
        return "axis -\(back) has \(first) and \(second)"
      }
    }
    return "extents differ"
  }
}
