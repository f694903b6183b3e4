// Emission of index expressions.

import IRCore
import LLVMBindings
import LoopIR

extension KernelEmitter {
  /// The i64 value of an expression, in `lanes` lanes.
  func index(_ expression: IndexExpression, lanes: Int) -> LLVMValue {
    let i64 = types.i64
    if lanes == 1 { return sum(expression, lanes: 1) }
    guard isVarying(expression) else { return builder.splat(sum(expression, lanes: 1), lanes) }
    // The uniform part stays scalar as long as it can.
    let varying = expression.terms.filter { isVarying(IndexExpression($0)) }
    let uniform = expression - varying.reduce(0) { $0 + IndexExpression($1) }
    let vector = varying.map { term($0, lanes: lanes) }.reduce(nil as LLVMValue?) { sum, next in
      sum.map { builder.addNSW($0, next) } ?? next
    }
    guard let vector else { return i64.vector(lanes).zero }
    if uniform == 0 { return vector }
    return builder.addNSW(builder.splat(sum(uniform, lanes: 1), lanes), vector)
  }

  /// Whether lanes may differ.
  func isVarying(_ expression: IndexExpression) -> Bool {
    var result = false
    expression.forEachLeaf { leaf in
      switch leaf {
      case .lane: result = true
      case .variable(let id) where kernel.variables[id].type.lanes > 1: result = true
      default: break
      }
    }
    return result
  }

  private func sum(_ expression: IndexExpression, lanes: Int) -> LLVMValue {
    let type = types.i64.vector(lanes)
    var total: LLVMValue?
    for next in expression.terms {
      let value = term(next, lanes: lanes)
      total = total.map { builder.addNSW($0, value) } ?? value
    }
    let constant = type.constant(expression.constant)
    guard let total else { return constant }
    return expression.constant == 0 ? total : builder.addNSW(total, constant)
  }

  private func term(_ term: IndexExpression.Term, lanes: Int) -> LLVMValue {
    var product: LLVMValue?
    for factor in term.factors {
      let value = atom(factor, lanes: lanes)
      product = product.map { builder.mulNSW($0, value) } ?? value
    }
    let type = types.i64.vector(lanes)
    guard let product else { return type.constant(term.coefficient) }
    if term.coefficient == 1 { return product }
    return builder.mulNSW(product, type.constant(term.coefficient))
  }

  private func atom(_ atom: IndexExpression.Atom, lanes: Int) -> LLVMValue {
    let type = types.i64.vector(lanes)
    switch atom {
    case .symbol(let name):
      guard let symbol = symbols[name] else { fatalError("unknown symbol \(name)") }
      return builder.splat(symbol, lanes)
    case .variable(let id):
      guard let value = values[id] else { fatalError("use before definition") }
      let wide = widened(value, isSigned: kernel.variables[id].type.dtype.isSignedInteger)
      return builder.splat(wide, value.type.lanes == lanes ? 1 : lanes)
    case .lane: return .constantVector((0..<lanes).map { types.i64.constant($0) })
    case .floorDiv(let a, let b): return divide(a, b, lanes: lanes, type)
    case .mod(let a, let b):
      if let d = b.asConstant, d > 0, d & (d - 1) == 0 {
        return builder.and(index(a, lanes: lanes), type.constant(d - 1))
      }
      let x = index(a, lanes: lanes)
      let whole = builder.mulNSW(divide(a, b, lanes: lanes, type), index(b, lanes: lanes))
      return builder.subNSW(x, whole)
    case .min(let a, let b):
      let (x, y) = (index(a, lanes: lanes), index(b, lanes: lanes))
      return builder.select(builder.icmp(.slt, x, y), x, y)
    case .max(let a, let b):
      let (x, y) = (index(a, lanes: lanes), index(b, lanes: lanes))
      return builder.select(builder.icmp(.sgt, x, y), x, y)
    }
  }

  /// Any integer value as i64.
  private func widened(_ value: LLVMValue, isSigned: Bool) -> LLVMValue {
    if value.type.scalarBits == 64 { return value }
    let type = types.i64.vector(value.type.lanes)
    return isSigned ? builder.sext(value, to: type) : builder.zext(value, to: type)
  }

  /// Quotient rounded towards negative infinity; by 0 it is 0.
  private func divide(
    _ a: IndexExpression, _ b: IndexExpression, lanes: Int, _ type: LLVMType
  ) -> LLVMValue {
    let x = index(a, lanes: lanes)
    if let d = b.asConstant, d > 0, d & (d - 1) == 0 {
      return builder.ashr(x, type.constant(d.trailingZeroBitCount))
    }
    let y = index(b, lanes: lanes)
    let isZero = builder.icmp(.eq, y, type.zero)
    let divisor = builder.select(isZero, type.constant(1), y)
    let quotient = builder.sdiv(x, divisor)
    let rest = builder.sub(x, builder.mul(quotient, divisor))
    let crosses = builder.icmp(.slt, builder.xor(rest, divisor), type.zero)
    let isInexact = builder.icmp(.ne, rest, type.zero)
    let lower = builder.sub(quotient, type.constant(1))
    let floored = builder.select(builder.and(isInexact, crosses), lower, quotient)
    return builder.select(isZero, type.zero, floored)
  }
}
