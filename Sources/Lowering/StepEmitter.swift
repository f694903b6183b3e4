// Emission of a region's steps as statements of a kernel.

import IRCore
import LoopIR
import TensorIR

/// Emits steps of a region into a kernel: scalars, or lanes along the reduced axes.
struct StepEmitter {
  let program: RegionProgram
  let groups: AxisGroups
  var kernel: Kernel
  /// Statements so far, to be taken by whoever builds the loops.
  var body: [Statement] = []
  /// What an axis is where statements are emitted now.
  var place: (IndexExpression.Atom) -> IndexExpression? = { _ in nil }
  /// Lanes of what varies along the reduced axes.
  var lanes = 1
  /// Lanes that exist, where the last group is not whole.
  var tail: Operand?
  /// By step: its value where statements are emitted now.
  var values: [Operand?]
  /// By parameter, then by result: the axes of its buffer.
  private let layouts: [BufferLayout]
  private var masks: [[View.Guard]: Operand] = [:]
  private var splats: [Operand: Operand] = [:]

  init(_ program: RegionProgram, _ groups: AxisGroups) {
    self.program = program
    self.groups = groups
    layouts = program.layouts(groups)
    kernel = Kernel(name: program.graph.name, symbols: Self.symbols(of: program.graph))
    values = Array(repeating: nil, count: program.steps.count)
    declareBuffers()
  }

  private static func symbols(of graph: Graph) -> [String] {
    var names: Set<String> = []
    for id in graph.ids {
      for extent in graph[id].types.flatMap(\.shape) {
        extent.forEachLeaf { if case .symbol(let name) = $0 { names.insert(name) } }
      }
    }
    return names.sorted()
  }

  // MARK: Declarations

  private mutating func declareBuffers() {
    let graph = program.graph
    var taken: Set<String> = []
    for id in graph.parameters {
      guard case .parameter(let name) = graph[id].kind else { continue }
      taken.insert(name)
      declare(name, .input, graph[id].types[0])
    }
    for (index, value) in graph.results.enumerated() {
      var name = graph.results.count == 1 ? "y" : "y\(index)"
      while taken.contains(name) { name += "_" }
      declare(name, .output, graph[type: value])
    }
  }

  private mutating func declare(_ name: String, _ role: Buffer.Role, _ type: TensorType) {
    let shape = layouts[kernel.buffers.count].shape(type.shape)
    kernel.buffers.append(Buffer(name: name, role: role, type: type.dtype, shape: shape))
  }

  /// The induction variable of loop number `index`.
  mutating func makeLoopVariable(_ index: Int, suffix: String = "") -> VariableID {
    let names = ["i", "j", "k", "l", "m", "n", "o", "p"]
    let name = index < names.count ? names[index] : "i\(index)"
    return kernel.makeVariable(ValueType(.i64), name: name + suffix)
  }

  // MARK: Values

  /// Takes the statements so far.
  mutating func takeBody() -> [Statement] {
    defer { body = [] }
    return body
  }

  /// Forgets what was computed in lanes or under the current place, `kept` steps excepted.
  mutating func forget(but kept: (Int) -> Bool) {
    for step in values.indices where !kept(step) { values[step] = nil }
    masks = [:]
    splats = [:]
  }

  mutating func define(_ operation: Operation, _ type: DType, lanes: Int = 1) -> Operand {
    let id = kernel.makeVariable(ValueType(type, lanes: lanes))
    body.append(.define(id, operation))
    return .variable(id)
  }

  /// The value of an operand that was emitted.
  func operand(_ operand: RegionProgram.Operand) -> Operand {
    switch operand {
    case .literal(let literal): return .literal(literal)
    case .step(let step):
      guard let value = values[step] else { fatalError("a step before its operand") }
      return value
    }
  }

  /// A value in `lanes` lanes.
  mutating func widened(_ value: Operand, _ lanes: Int) -> Operand {
    guard case .variable(let id) = value, lanes > 1, kernel[id].type.lanes == 1 else {
      return value
    }
    if let known = splats[value] { return known }
    let result = define(.splat(value), kernel[id].type.dtype, lanes: lanes)
    splats[value] = result
    return result
  }

  func placed(_ expression: IndexExpression) -> IndexExpression {
    expression.substituting(place)
  }

  private func lanes(of expressions: [IndexExpression]) -> Int {
    expressions.contains { $0.contains(.lane) } ? lanes : 1
  }

  private func lanes(of operands: [Operand]) -> Int {
    operands.reduce(1) { Swift.max($0, kernel.type(of: $1).lanes) }
  }

  /// Emits one step unless its value is there; operands must be. Reductions are loops, which are
  /// not emitted here.
  mutating func emit(_ step: Int) {
    if values[step] != nil { return }
    values[step] = emitted(program.steps[step])
  }

  private mutating func emitted(_ step: RegionProgram.Step) -> Operand? {
    switch step {
    case .load(let parameter, let indices, let guards, let otherwise):
      return load(parameter, indices, guards, otherwise)
    case .index(let expression, let type):
      let expression = placed(expression)
      let width = lanes(of: [expression])
      let index = define(.index(expression), .i64, lanes: width)
      return type == .i64 ? index : define(.elementwise(.cast, [index]), type, lanes: width)
    case .apply(let row, let operands, let type):
      return apply(row, operands.map(operand), type)
    case .guarded(let guards, let value, let otherwise):
      guard let mask = mask(guards) else { return operand(value) }
      return apply(.select, [mask, operand(value), .literal(otherwise)], otherwise.type)
    case .reduce, .scan, .contract: return nil
    }
  }

  /// A row on values, in lanes where one of them is.
  mutating func apply(_ row: Elementwise, _ operands: [Operand], _ type: DType) -> Operand {
    let width = lanes(of: operands)
    return define(.elementwise(row, operands.map { widened($0, width) }), type, lanes: width)
  }

  // MARK: Memory

  /// Where an element of a buffer lies.
  private func access(
    _ buffer: Int, _ indices: [IndexExpression], _ shape: [IndexExpression]
  ) -> Access {
    Access(BufferID(buffer), layouts[buffer].indices(indices, in: shape).map(placed))
  }

  private mutating func load(
    _ parameter: Int, _ indices: [IndexExpression], _ guards: [View.Guard],
    _ otherwise: Literal?
  ) -> Operand {
    let type = program.graph[program.graph.parameters[parameter]].types[0]
    let access = access(parameter, indices, type.shape)
    var mask = mask(guards)
    var width = lanes(of: access.indices)
    if let mask { width = Swift.max(width, lanes(of: [mask])) }
    if width > 1, let tail { mask = mask.map { apply(.and, [$0, tail], .bool) } ?? tail }
    let fill = mask == nil ? nil : otherwise ?? .zero(type.dtype)
    return define(
      .load(access, mask: mask.map { widened($0, width) }, otherwise: fill), type.dtype,
      lanes: width)
  }

  /// Where an element of result number `index` lies.
  func resultAccess(_ index: Int, at indices: [IndexExpression]) -> Access {
    let graph = program.graph
    let shape = graph[type: graph.results[index]].shape
    return access(graph.parameters.count + index, indices, shape)
  }

  /// Writes a value to result number `index` at the axes `indices`.
  mutating func store(_ value: Operand, _ index: Int, at indices: [IndexExpression]) {
    let access = resultAccess(index, at: indices)
    let width = lanes(of: access.indices)
    let mask = width > 1 ? tail : nil
    body.append(.store(stored(value, width), access, mask: mask))
  }

  /// A literal has the lanes of a mask, or one; without a mask it must be a value.
  mutating func stored(_ value: Operand, _ width: Int) -> Operand {
    guard case .literal(let literal) = value, width > 1, tail == nil else {
      return widened(value, width)
    }
    let scalar = define(.elementwise(.cast, [value]), literal.type)
    return widened(scalar, width)
  }

  // MARK: Masks

  /// The conjunction of the guards that the axes' ranges do not decide.
  private mutating func mask(_ guards: [View.Guard]) -> Operand? {
    if guards.isEmpty { return nil }
    if let known = masks[guards] { return known }
    var conditions: [Operand] = []
    for condition in guards {
      let expression = placed(condition.expression)
      let value = define(.index(expression), .i64, lanes: lanes(of: [expression]))
      if !program.isAtLeast(condition.expression, condition.lower) {
        conditions.append(apply(.ge, [value, bound(condition.lower)], .bool))
      }
      if !program.isBelow(condition) {
        conditions.append(apply(.lt, [value, bound(condition.upper)], .bool))
      }
    }
    guard var mask = conditions.first else { return nil }
    for next in conditions.dropFirst() { mask = apply(.and, [mask, next], .bool) }
    masks[guards] = mask
    return mask
  }

  private mutating func bound(_ expression: IndexExpression) -> Operand {
    if let constant = expression.asConstant { return .literal(Literal(.i64, integer: constant)) }
    let place = placed(expression)
    return define(.index(place), .i64, lanes: lanes(of: [place]))
  }
}
