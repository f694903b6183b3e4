// Rewriting one iteration of a loop for many lanes: operands, splats and masks.

import IRCore
import LoopIR

/// Rewrites the body of a loop so that one pass through it does `lanes` iterations.
///
/// Uniform values stay scalar and are splat where they meet varying ones; varying ones become
/// vectors. Control that differs from lane to lane becomes masks (after Allen and Kennedy,
/// *Optimizing Compilers for Modern Architectures*, 2001, chapter 7: if-conversion; loops run
/// until no lane is active).
struct LaneBuilder {
  /// Lanes that an instruction takes part in.
  struct Mask {
    /// Vector of bool; `nil` is every lane.
    var operand: Operand?
    /// Whether no lane at all may be on.
    var mayBeEmpty: Bool

    /// Every lane.
    static let all = Mask(operand: nil, mayBeEmpty: false)
  }

  /// What an earlier statement computed and later ones in its scope may use again.
  private struct Available {
    var splats: [VariableID: Operand] = [:]
    var anyLanes: [Operand: Operand] = [:]
  }

  var kernel: Kernel
  let lanes: Int
  /// Lanes of what the loop carries.
  var carriedLanes = 1
  let varying: VaryingValues
  /// Statements of the block that is being made.
  var statements: [Statement] = []
  /// Statements for before the loop.
  private(set) var prologue: [Statement] = []
  private let definedInside: Set<VariableID>
  /// Operands of the conjunctions inside the loop.
  private let conjunctions: [VariableID: [Operand]]
  private let usedInside: Set<VariableID>
  private var values: [VariableID: VariableID] = [:]
  private var expressions: [VariableID: IndexExpression] = [:]
  private var available = Available()
  private var outerSplats: [VariableID: Operand] = [:]

  /// Prepares to rewrite the body of `loop`.
  init(_ kernel: Kernel, _ loop: Loop, lanes: Int) {
    self.kernel = kernel
    self.lanes = lanes
    varying = VaryingValues(loop)
    definedInside = Set([loop.variable] + loop.body.allDefinitions)
    usedInside = loop.body.usedVariables
    var conjunctions: [VariableID: [Operand]] = [:]
    loop.body.forEachNested { statement in
      if case .define(let id, .elementwise(.and, let operands)) = statement {
        conjunctions[id] = operands
      }
    }
    self.conjunctions = conjunctions
  }

  /// The part of a mask that is the same in all lanes, and the part that is not; a mask that is
  /// no conjunction of the two is one or the other.
  func parts(of mask: Operand?) -> (uniform: Operand?, varying: Operand?) {
    guard let mask else { return (nil, nil) }
    guard varying.contains(mask) else { return (mask, nil) }
    guard let operands = mask.asVariable.flatMap({ conjunctions[$0] }),
      let uniform = operands.first(where: { !varying.contains($0) }),
      let rest = operands.first(where: { varying.contains($0) })
    else { return (nil, mask) }
    return (uniform, rest)
  }

  /// What one pass through the body of a loop in lanes emits: for the lanes of a mask, from the
  /// scalars that the loop carries to those of the next pass.
  typealias Pass = (inout LaneBuilder, Mask, [VariableID]) -> [Operand]

  /// A loop in lanes in the place of `loop`: `bounds` has its kind, bounds and step, `name` its
  /// variable's name, `initial` what it carries at the start; a `limit` puts a mask on the lanes
  /// that are not below it. The last such loop defines the results of `loop`.
  mutating func lanesLoop(
    for loop: Loop, bounds: Loop, named name: String?, initial: [Operand], isLast: Bool,
    limit: IndexExpression?, _ pass: Pass
  ) -> Loop {
    var result = bounds
    result.variable = kernel.makeVariable(ValueType(.i64), name: name)
    result.carried = zip(loop.carried, initial).map { carried, initial in
      let type = ValueType(kernel[carried.inside].type.dtype, lanes: carriedLanes)
      return Carried(
        inside: kernel.makeVariable(type), initial: initial,
        result: isLast ? carried.result : kernel.makeVariable(type))
    }
    values = [:]
    available = Available()
    expressions = [loop.variable: result.variable.expression + .lane]
    result.body = nested { builder in
      var mask = Mask.all
      if let limit {
        let place = builder.vector(.variable(loop.variable))
        let end = builder.vector(ofIndex: limit)
        mask.operand = builder.apply(.lt, [place, end], .bool)
      }
      result.yields = pass(&builder, mask, result.carried.map(\.inside))
    }
    return result
  }

  // MARK: Scopes

  /// The statements that `emit` makes, in a scope of their own.
  mutating func nested(_ emit: (inout LaneBuilder) -> Void) -> [Statement] {
    let (outer, outerAvailable) = (statements, available)
    statements = []
    emit(&self)
    defer { (statements, available) = (outer, outerAvailable) }
    return statements
  }

  /// Holds when something reads the result of a loop after it.
  func isUsed(_ id: VariableID) -> Bool { usedInside.contains(id) }

  // MARK: Definitions

  /// Makes the new variable for `id`, a vector when it varies.
  mutating func declare(_ id: VariableID) -> VariableID {
    var type = kernel[id].type
    if varying.variables.contains(id) { type.lanes = lanes }
    let copy = kernel.makeVariable(type, name: kernel[id].name)
    values[id] = copy
    return copy
  }

  /// Lets `id` stand for `expression` in index expressions; as an operand it is computed anew.
  mutating func declare(_ id: VariableID, as expression: IndexExpression) {
    expressions[id] = expression
  }

  /// Lets `id` stand for an existing variable.
  mutating func declare(_ id: VariableID, as variable: VariableID) { values[id] = variable }

  /// Appends a definition.
  mutating func define(_ type: ValueType, _ operation: Operation) -> Operand {
    let id = kernel.makeVariable(type)
    statements.append(.define(id, operation))
    return .variable(id)
  }

  /// Appends a row on vectors.
  mutating func apply(_ row: Elementwise, _ operands: [Operand], _ type: DType) -> Operand {
    define(ValueType(type, lanes: lanes), .elementwise(row, operands))
  }

  // MARK: Operands

  /// The operand of a uniform instruction.
  func uniform(_ operand: Operand) -> Operand {
    guard let id = operand.asVariable, let copy = values[id] else { return operand }
    return .variable(copy)
  }

  /// The operand of a vector instruction; literals stay.
  mutating func vector(_ operand: Operand) -> Operand {
    guard let id = operand.asVariable else { return operand }
    if let expression = expressions[id] {
      if let known = available.splats[id] { return known }
      let made = vector(ofIndex: expression)
      available.splats[id] = made
      return made
    }
    if varying.variables.contains(id) { return uniform(operand) }
    if !definedInside.contains(id) { return outerSplat(id) }
    if let known = available.splats[id] { return known }
    let made = define(
      ValueType(kernel[id].type.dtype, lanes: lanes), .splat(uniform(operand)))
    available.splats[id] = made
    return made
  }

  /// The operand as a vector variable, literals splat.
  mutating func vectorVariable(_ operand: Operand) -> Operand {
    guard case .literal(let literal) = operand else { return vector(operand) }
    return define(ValueType(literal.type, lanes: lanes), .splat(operand))
  }

  private mutating func outerSplat(_ id: VariableID) -> Operand {
    if let known = outerSplats[id] { return known }
    let copy = kernel.makeVariable(ValueType(kernel[id].type.dtype, lanes: lanes))
    prologue.append(.define(copy, .splat(.variable(id))))
    outerSplats[id] = .variable(copy)
    return .variable(copy)
  }

  /// The value of an expression that is rewritten already, in every lane.
  mutating func vector(ofIndex expression: IndexExpression) -> Operand {
    if let constant = expression.asConstant {
      return .literal(Literal(.i64, integer: constant))
    }
    return define(ValueType(.i64, lanes: lanes), .index(expression))
  }

  /// Whether a rewritten expression has a value per lane.
  func isVector(_ expression: IndexExpression) -> Bool {
    expression.contains(.lane) || expression.variables.contains { kernel[$0].type.lanes > 1 }
  }

  /// The expression over the new variables.
  func index(_ expression: IndexExpression) -> IndexExpression {
    expression.substituting { atom in
      guard case .variable(let number) = atom else { return nil }
      let id = VariableID(number)
      return expressions[id] ?? values[id]?.expression
    }
  }

  /// The access over the new variables.
  func access(_ access: Access) -> Access {
    Access(access.buffer, access.indices.map(index), alignment: access.alignment)
  }

  // MARK: Masks

  /// The lanes of `mask` in which `condition`, a vector, holds.
  mutating func narrow(_ mask: Mask, to condition: Operand, mayBeEmpty: Bool) -> Mask {
    Mask(operand: both(mask.operand, condition), mayBeEmpty: mayBeEmpty)
  }

  /// Conjunction of vectors of bool.
  mutating func both(_ a: Operand?, _ b: Operand) -> Operand {
    guard let a else { return b }
    return apply(.and, [a, b], .bool)
  }

  /// Whether some lane of `mask` is on, as a scalar; `nil` is certainly.
  mutating func anyLane(_ mask: Mask) -> Operand? {
    guard mask.mayBeEmpty, let operand = mask.operand else { return nil }
    if let known = available.anyLanes[operand] { return known }
    let made = define(ValueType(.bool), .reduceLanes(.or, operand))
    available.anyLanes[operand] = made
    return made
  }
}
