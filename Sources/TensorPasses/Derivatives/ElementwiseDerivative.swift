// Derivatives of elementwise nodes, from the partials that their rows state.

import IRCore
import TensorIR

/// Partials of one elementwise node, as scalars over its operands, its result, and one argument
/// more: what they are multiplied by.
struct ElementwisePartials {
  private let operands: [TensorOperand]
  private let result: ValueID
  private let type: TensorType
  /// By operand: the product of a factor of the result's type with the partial; `nil` where it is
  /// zero everywhere.
  let products: [Scalar?]

  /// - Parameter factors: element type of the factor by operand; `nil` where none is asked for.
  init?(
    _ node: Node, _ operands: [TensorOperand], result: ValueID, types: [DType], factors: [DType?]
  ) {
    guard case .elementwise(let row) = node.kind, let derivative = row.derivative else {
      return nil
    }
    self.operands = operands
    self.result = result
    type = node.types[0]
    let arguments = types.enumerated().map { Scalar.argument($0.offset, $0.element) }
    let partials = derivative(arguments, .argument(types.count, node.types[0].dtype))
    products = zip(partials, factors).map { partial, factor in
      factor.flatMap { Scalar.argument(types.count + 1, $0).multiplied(by: partial) }
    }
  }

  /// The product of operand `index`'s partial with `factor`; `nil` where it is zero everywhere.
  func product(
    _ index: Int, _ factor: ValueID, _ builder: inout DerivativeBuilder
  ) throws(TransformError) -> ValueID? {
    guard let product = products[index] else { return nil }
    var emitter = ScalarEmitter(
      arguments: operands + [.value(result), .value(factor)], shape: type.shape)
    switch try emitter.operand(product, &builder) {
    case .value(let value): return value
    case .literal(let literal):
      return try builder.splat(literal.doubleValue, TensorType(literal.type, type.shape))
    }
  }
}

extension Scalar {
  /// `self * partial` in its shortest form; `nil` where it is zero.
  ///
  /// A product goes into the branches of a choice, so that what is not chosen is not multiplied:
  /// infinity beside a zero partial stays zero, and `relu` masks instead of multiplying.
  fileprivate func multiplied(by partial: Scalar) -> Scalar? {
    switch partial.operation {
    case .untyped(let value): return multiplied(byConstant: value, partial)
    case .literal(let literal) where literal.type.isFloat:
      return multiplied(byConstant: literal.doubleValue, partial)
    case .apply(.neg): return multiplied(by: partial.operands[0]).map { -$0 }
    case .apply(.select):
      let first = multiplied(by: partial.operands[1])
      let second = multiplied(by: partial.operands[2])
      if first == nil, second == nil { return nil }
      let zero = Scalar.constant(0, type)
      return .select(partial.operands[0], first ?? zero, second ?? zero)
    case .apply(.div):
      // c · (1 / x) is c / x.
      switch partial.operands[0].constantValue {
      case 1: return self / partial.operands[1]
      case -1: return -(self / partial.operands[1])
      default: return self * partial
      }
    default: return self * partial
    }
  }

  private func multiplied(byConstant value: Double, _ constant: Scalar) -> Scalar? {
    switch value {
    case 0: nil
    case 1: self
    case -1: -self
    default: self * constant
    }
  }

  /// Whether it is the constant zero.
  var isZero: Bool { constantValue == 0 }

  private var constantValue: Double? {
    switch operation {
    case .untyped(let value): value
    case .literal(let literal) where literal.type.isFloat: literal.doubleValue
    default: nil
    }
  }
}

/// Nodes for the steps of a scalar expression.
private struct ScalarEmitter {
  let arguments: [TensorOperand]
  let shape: [IndexExpression]
  private var known: [ObjectIdentifier: TensorOperand] = [:]

  init(arguments: [TensorOperand], shape: [IndexExpression]) {
    self.arguments = arguments
    self.shape = shape
  }

  /// Recursion is bounded by the depth of a row's partial.
  mutating func operand(
    _ scalar: Scalar, _ builder: inout DerivativeBuilder
  ) throws(TransformError) -> TensorOperand {
    if let found = known[scalar.identity] { return found }
    let operand: TensorOperand
    switch scalar.operation {
    case .argument(let index): operand = arguments[index]
    case .literal(let literal): operand = .literal(literal)
    case .untyped(let value): operand = .literal(Literal(scalar.type, value))
    case .apply(let row):
      var operands: [TensorOperand] = []
      for part in scalar.operands { operands.append(try self.operand(part, &builder)) }
      operand = .value(
        try builder.apply(row, operands, dtype: scalar.type, shape: shape))
    }
    known[scalar.identity] = operand
    return operand
  }
}
