// Flattened row definitions: primitives in order.

/// Straight-line program of primitives: what a row, or an expression of rows, computes for given
/// operand types.
public struct ScalarProgram: Sendable {
  /// Source of an instruction's operand.
  public enum Operand: Hashable, Sendable {
    case argument(Int)
    case literal(Literal)
    /// The result of an earlier instruction.
    case result(Int)
  }

  /// One primitive.
  public struct Instruction: Hashable, Sendable {
    /// The operation.
    public let primitive: Primitive
    /// As many as the primitive takes.
    public let operands: [Operand]
    /// The type of the value operands (for selects, of the second and third).
    public let operandType: DType
    /// The result's type.
    public let type: DType
    /// For `selectRarely`: the instructions, all before this one, that only its middle operand
    /// needs.
    public let rareRange: Range<Int>?
  }

  /// In order: operands come before their uses.
  public private(set) var instructions: [Instruction] = []
  /// What the program computes.
  public private(set) var result: Operand = .argument(0)
  /// For each instruction at which a rare range starts, the `selectRarely` it belongs to.
  public private(set) var rareSelects: [Int: Int] = [:]
  /// The result's type.
  public let type: DType

  /// Flattens an expression, inlining composed rows; shared nodes are computed once.
  public init(_ root: Scalar) {
    type = root.type
    var flattener = Flattener(root)
    result = flattener.flatten(root)
    instructions = flattener.instructions
    for (index, step) in instructions.enumerated() {
      guard let range = step.rareRange, !range.isEmpty else { continue }
      rareSelects[range.lowerBound] = index
    }
  }

  /// The definition of `row` for the given operand types.
  public init(_ row: Elementwise, operands: [DType], result: DType) {
    let arguments = operands.enumerated().map { Scalar.argument($0.offset, $0.element) }
    self.init(Scalar.apply(row, arguments, stated: result))
  }

  /// Evaluates on bits; `fused` tells whether `mulAdd` rounds once.
  public func evaluate(_ arguments: [UInt64], fused: Bool) -> UInt64 {
    var results: [UInt64] = []
    results.reserveCapacity(instructions.count)
    return evaluate(arguments, fused: fused, scratch: &results)
  }

  /// Evaluates on bits with a scratch array that callers may reuse.
  public func evaluate(
    _ arguments: [UInt64], fused: Bool, scratch: inout [UInt64]
  ) -> UInt64 {
    scratch.removeAll(keepingCapacity: true)
    func value(_ operand: Operand, _ scratch: [UInt64]) -> UInt64 {
      switch operand {
      case .argument(let index): arguments[index]
      case .literal(let literal): literal.bits
      case .result(let index): scratch[index]
      }
    }
    for step in instructions {
      let a = value(step.operands[0], scratch)
      let b = step.operands.count > 1 ? value(step.operands[1], scratch) : 0
      let c = step.operands.count > 2 ? value(step.operands[2], scratch) : 0
      scratch.append(
        step.primitive.evaluate(a, b, c, type: step.operandType, result: step.type, fused: fused))
    }
    return value(result, scratch)
  }
}

extension Elementwise {
  /// The expression of this row for operands whose types fit it: one step for a primitive, the
  /// composed body otherwise. 16-bit floats compute in f32 and round.
  public func expand(_ operands: [Scalar], result: DType) -> Scalar {
    guard case .composed(let body) = definition else {
      return .apply(self, operands, stated: result)
    }
    let type = (typing == .select ? operands[1] : operands[0]).type
    guard type.isShortFloat else { return body(type, operands) }
    let wide = body(.f32, operands.map { $0.type == type ? .cast($0, to: .f32) : $0 })
    return result == type ? .cast(wide, to: type) : wide
  }
}

/// Flattens an expression; nodes that only a rare operand needs form one range.
private struct Flattener {
  var instructions: [ScalarProgram.Instruction] = []
  private var known: [ObjectIdentifier: ScalarProgram.Operand] = [:]
  private var expansions: [ObjectIdentifier: Scalar] = [:]
  /// Nodes needed whether or not any rare operand is.
  private var hot: Set<ObjectIdentifier> = []
  private var isInRareRange = false
  /// Keeps every visited node alive, so that identities stay unique.
  private var visited: [Scalar] = []

  init(_ root: Scalar) { markHot(root) }

  private mutating func expansion(_ scalar: Scalar) -> Scalar {
    guard case .apply(let row) = scalar.operation, row.primitive == nil else { return scalar }
    if let found = expansions[scalar.identity] { return found }
    let expanded = expansion(row.expand(scalar.operands, result: scalar.type))
    expansions[scalar.identity] = expanded
    visited += [scalar, expanded]
    return expanded
  }

  private mutating func markHot(_ root: Scalar) {
    var pending = [root]
    while let next = pending.popLast() {
      let scalar = expansion(next)
      guard hot.insert(scalar.identity).inserted else { continue }
      visited.append(scalar)
      if case .apply(let row) = scalar.operation, row.primitive == .selectRarely {
        pending += [scalar.operands[0], scalar.operands[2]]
      } else {
        pending += scalar.operands
      }
    }
  }

  /// Recursion is bounded by the depth of a row's body.
  mutating func flatten(_ unexpanded: Scalar) -> ScalarProgram.Operand {
    let scalar = expansion(unexpanded)
    if let operand = known[scalar.identity] { return operand }
    let operand: ScalarProgram.Operand
    switch scalar.operation {
    case .argument(let index): operand = .argument(index)
    case .literal(let literal): operand = .literal(literal)
    case .untyped(let value): operand = .literal(.f64(value))
    case .apply(let row):
      guard let primitive = row.primitive else { fatalError("\(row.name) was not expanded") }
      operand =
        primitive == .selectRarely && !isInRareRange
        ? flattenRarely(scalar) : append(primitive, scalar, scalar.operands.map { flatten($0) })
    }
    known[scalar.identity] = operand
    visited.append(scalar)
    return operand
  }

  private mutating func flattenRarely(_ scalar: Scalar) -> ScalarProgram.Operand {
    let condition = flatten(scalar.operands[0])
    let fast = flatten(scalar.operands[2])
    flattenHotParts(of: scalar.operands[1])
    let start = instructions.count
    isInRareRange = true
    let slow = flatten(scalar.operands[1])
    isInRareRange = false
    return append(
      .selectRarely, scalar, [condition, slow, fast], rareRange: start..<instructions.count)
  }

  /// Emits what the rare operand shares with the rest before the rare range begins.
  private mutating func flattenHotParts(of root: Scalar) {
    var seen: Set<ObjectIdentifier> = []
    var pending = [root]
    while let next = pending.popLast() {
      let scalar = expansion(next)
      guard seen.insert(scalar.identity).inserted else { continue }
      if hot.contains(scalar.identity) {
        _ = flatten(scalar)
      } else {
        pending += scalar.operands
      }
    }
  }

  private mutating func append(
    _ primitive: Primitive, _ scalar: Scalar, _ operands: [ScalarProgram.Operand],
    rareRange: Range<Int>? = nil
  ) -> ScalarProgram.Operand {
    let isSelect = primitive == .select || primitive == .selectRarely
    let typed = scalar.operands[isSelect ? 1 : 0]
    instructions.append(
      ScalarProgram.Instruction(
        primitive: primitive, operands: operands, operandType: typed.type, type: scalar.type,
        rareRange: rareRange))
    return .result(instructions.count - 1)
  }
}
