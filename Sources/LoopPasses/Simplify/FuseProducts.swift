// Products that are added become multiply-adds.

public import IRCore
public import LoopIR

extension Pass where Input == Kernel, Output == Kernel {
  /// Adds each product that is used once, by a sum or difference in the same block, without
  /// rounding it first: `a * b + c` becomes `mulAdd a, b, c`. Of two products in one sum the later
  /// one. f32 and f64 only.
  ///
  /// Rounds differently where the target row has FMA; what a user's kernel means is stated by the
  /// kernel after this pass.
  public static let fuseProducts = Pass(
    "fuse-products", summary: "a product used once, by a sum, becomes a multiply-add"
  ) { kernel in
    var fusion = ProductFusion(kernel)
    var result = fusion.kernel
    result.body = fusion.fuse(kernel.body)
    result.variables = fusion.kernel.variables
    return result.normalized()
  }
}

private struct ProductFusion {
  private(set) var kernel: Kernel
  private var useCounts: [VariableID: Int] = [:]

  init(_ kernel: Kernel) {
    self.kernel = kernel
    kernel.forEachStatement { statement in
      for id in statement.operands.compactMap(\.asVariable) { useCounts[id, default: 0] += 1 }
      for index in statement.indices {
        for id in index.variables { useCounts[id, default: 0] += 1 }
      }
    }
  }

  mutating func fuse(_ block: [Statement]) -> [Statement] {
    /// Products of this block that may still be fused.
    var products: [VariableID: [Operand]] = [:]
    var fused: Set<VariableID> = []
    var result: [Statement] = []
    for statement in block {
      guard case .define(let id, .elementwise(let row, let operands)) = statement,
        [.f32, .f64].contains(kernel[id].type.dtype), kernel[id].type.lanes == 1
      else {
        result.append(statement.mappingBlocks { fuse($0) })
        continue
      }
      if row == .mul, useCounts[id] == 1 { products[id] = operands }
      guard row == .add || row == .sub,
        let place = [1, 0].first(where: { products[operands[$0]] != nil }),
        let product = operands[place].asVariable, let factors = products[product]
      else {
        result.append(statement)
        continue
      }
      products[product] = nil
      fused.insert(product)
      emit(id, row, factors, operands[1 - place], isSubtracted: place == 1, into: &result)
    }
    return result.filter { statement in
      if case .define(let id, _) = statement { !fused.contains(id) } else { true }
    }
  }

  private mutating func emit(
    _ id: VariableID, _ row: Elementwise, _ factors: [Operand], _ addend: Operand,
    isSubtracted: Bool, into result: inout [Statement]
  ) {
    var first = factors[0]
    var addend = addend
    if row == .sub, isSubtracted { first = negative(of: first, into: &result) }
    if row == .sub, !isSubtracted { addend = negative(of: addend, into: &result) }
    result.append(.define(id, .elementwise(.mulAdd, [first, factors[1], addend])))
  }

  private mutating func negative(of operand: Operand, into result: inout [Statement]) -> Operand {
    if case .literal(let literal) = operand {
      let signBit = UInt64(1) << UInt64(literal.type.bitWidth - 1)
      return .literal(Literal(literal.type, bits: literal.bits ^ signBit))
    }
    let id = kernel.makeVariable(kernel.type(of: operand))
    result.append(.define(id, .elementwise(.neg, [operand])))
    return .variable(id)
  }
}

extension [VariableID: [Operand]] {
  /// The entry of an operand that is a variable.
  fileprivate subscript(_ operand: Operand) -> [Operand]? {
    operand.asVariable.flatMap { self[$0] }
  }
}
