// Applying elementwise rows to scalars of kernels.

public import IRCore
import LoopIR

extension KernelValue {
  /// Applies a row of the elementwise table. `dtype` states the result's type where the row needs
  /// that (`cast`, `bitcast`).
  ///
  /// Every operator and function is one call of this.
  public static func elementwise(
    _ row: Elementwise, _ operands: KernelValue..., dtype: DType? = nil, file: String = #fileID,
    line: Int = #line
  ) -> KernelValue {
    let location = SourceLocation.line(file: file, line: line)
    guard operands.count == row.arity else {
      misuse("\(row): \(operands.count) operands, expected \(row.arity)", at: location)
    }
    return apply(row, operands, dtype: dtype, at: location)
  }

  /// Applies a row of two operands for an operator, whose place is a return address.
  @usableFromInline
  static func apply(
    _ row: Elementwise, _ a: KernelValue, _ b: KernelValue, address: UnsafeMutableRawPointer?
  ) -> KernelValue {
    apply(row, [a, b], at: .address(UInt(bitPattern: address)))
  }

  /// Applies a row of one operand for an operator, whose place is a return address.
  @usableFromInline
  static func apply(
    _ row: Elementwise, _ a: KernelValue, address: UnsafeMutableRawPointer?
  ) -> KernelValue {
    apply(row, [a], at: .address(UInt(bitPattern: address)))
  }

  static func apply(
    _ row: Elementwise, _ operands: [KernelValue], dtype: DType? = nil,
    at location: SourceLocation
  ) -> KernelValue {
    KernelTrace.record(at: location) { draft in
      draft.apply(row, operands, dtype: dtype, at: location)
    }
  }
}

extension KernelDraft {
  mutating func apply(
    _ row: Elementwise, _ operands: [KernelValue], dtype: DType? = nil,
    at location: SourceLocation
  ) -> KernelValue {
    for operand in operands { require(operand, at: location) }
    if let index = indexArithmetic(row, operands) {
      return KernelValue(.index(index), .i64, origin(of: operands))
    }
    let types = types(of: operands, row)
    let result: DType
    switch row.typing.result(of: types, stated: dtype) {
    case .success(let type): result = type
    case .failure(let failure):
      let found = operands.map(\.spelling).joined(separator: ", ")
      let isMixed = types.contains { $0 != types[0] } && !types.contains(.bool)
      misuse(
        "kernel \(kernel.name): \(row): \(found): \(failure)"
          + (isMixed ? "; cast(to:) converts" : ""), at: location)
    }
    let sources = zip(operands, types).map {
      operand($0, as: $1, row.name, at: location)
    }
    return defineHere(.elementwise(row, sources), result)
  }

  /// The operands' types: literals take that of the first value beside them.
  private func types(of operands: [KernelValue], _ row: Elementwise) -> [DType] {
    let firstValue = row.typing == .select ? 1 : 0
    let values = operands[firstValue...]
    let strong = values.first { $0.literalValue == nil }?.dtype
    let weak = values.contains { $0.dtype == .f32 } ? DType.f32 : values.first?.dtype ?? .f32
    return operands.enumerated().map { place, operand in
      guard place >= firstValue, operand.literalValue != nil else { return operand.dtype }
      return strong ?? weak
    }
  }

  /// Arithmetic on loop variables, extents and whole numbers that cannot overflow.
  private func indexArithmetic(
    _ row: Elementwise, _ operands: [KernelValue]
  ) -> IndexExpression? {
    guard operands.contains(where: { $0.literalValue == nil }) else { return nil }
    var terms: [IndexExpression] = []
    for operand in operands {
      switch operand.content {
      case .index(let index) where range(of: index) != nil: terms.append(index)
      case .literal(.integer(let number)): terms.append(IndexExpression(number))
      case .index, .literal, .variable: return nil
      }
    }
    guard let result = index(row, terms), range(of: result) != nil else { return nil }
    return result
  }

  private func index(_ row: Elementwise, _ x: [IndexExpression]) -> IndexExpression? {
    switch row {
    case .add: return x[0] + x[1]
    case .sub: return x[0] - x[1]
    case .mul: return x[0] * x[1]
    case .neg: return -x[0]
    case .min: return x[0].min(x[1])
    case .max: return x[0].max(x[1])
    case .div, .floorDiv, .rem:
      // Division truncates; the two agree from 0 on.
      guard let divisor = x[1].asConstant, divisor > 0,
        let low = range(of: x[0])?.lowerBound, low >= 0 || row == .floorDiv
      else { return nil }
      return row == .rem ? x[0].mod(x[1]) : x[0].floorDiv(x[1])
    default: return nil
    }
  }
}

extension KernelValue {
  /// The element type, or the number of a literal, as messages state it.
  var spelling: String { literalValue.map { "\($0)" } ?? "\(dtype)" }
}
