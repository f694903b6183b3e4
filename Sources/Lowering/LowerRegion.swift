// From a fused region to a kernel.

import IRCore
public import LoopIR
public import TensorIR

extension Kernel {
  /// Lowers a region: serial loops over the results' axes around one element's computation.
  ///
  /// Requires: a graph of parameters, iotas, views and elementwise nodes whose results have one
  /// shape. Parameters become `in` buffers in order, results `out` buffers. Neighbouring axes that
  /// every access walks as one become one loop over flat buffers.
  public init(lowering graph: Graph) {
    let program = RegionProgram(graph)
    var lowering = RegionLowering(program, AxisGroups(program))
    self = lowering.kernel()
  }
}

/// Builds the kernel of one region.
private struct RegionLowering {
  let program: RegionProgram
  let groups: AxisGroups
  private var result: Kernel
  private var body: [Statement] = []
  private var values: [Operand?]
  private var masks: [[View.Guard]: Operand] = [:]
  private var loopVariables: [VariableID] = []

  init(_ program: RegionProgram, _ groups: AxisGroups) {
    self.program = program
    self.groups = groups
    result = Kernel(name: program.graph.name, symbols: Self.symbols(of: program.graph))
    values = Array(repeating: nil, count: program.steps.count)
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

  mutating func kernel() -> Kernel {
    declareBuffers()
    let names = ["i", "j", "k", "l", "m", "n", "o", "p"]
    for index in groups.groups.indices {
      let name = index < names.count ? names[index] : "i\(index)"
      loopVariables.append(result.makeVariable(ValueType(.i64), name: name))
    }
    for step in program.steps.indices { values[step] = emit(program.steps[step]) }
    for (index, value) in program.results.enumerated() { store(operand(value), index) }
    result.body = loops(around: body)
    return result
  }

  // MARK: Buffers and loops

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
    let shape = groups.isTrivial ? type.shape : [type.elementCount]
    result.buffers.append(Buffer(name: name, role: role, type: type.dtype, shape: shape))
  }

  private func loops(around body: [Statement]) -> [Statement] {
    var statements = body
    for (group, variable) in zip(groups.groups, loopVariables).reversed() {
      statements = [.loop(Loop(.serial, variable, 0, groups.extent(of: group), body: statements))]
    }
    return statements
  }

  private func placed(_ expression: IndexExpression) -> IndexExpression {
    expression.substituting(groups.substitution(loopVariables.map(\.expression)))
  }

  // MARK: Steps

  private mutating func define(_ operation: Operation, _ type: DType) -> Operand {
    let id = result.makeVariable(ValueType(type))
    body.append(.define(id, operation))
    return .variable(id)
  }

  private func operand(_ operand: RegionProgram.Operand) -> Operand {
    switch operand {
    case .literal(let literal): return .literal(literal)
    case .step(let step):
      guard let value = values[step] else { fatalError("a step before its operand") }
      return value
    }
  }

  private mutating func emit(_ step: RegionProgram.Step) -> Operand {
    switch step {
    case .load(let parameter, let indices, let guards, let otherwise):
      let place =
        groups.isTrivial
        ? indices.map(placed) : [placed(program.position(parameter, indices))]
      let access = Access(BufferID(parameter), place)
      let type = result.buffers[parameter].type
      let mask = mask(guards)
      let fill = mask == nil ? nil : otherwise ?? .zero(type)
      return define(.load(access, mask: mask, otherwise: fill), type)
    case .index(let expression, let type):
      let index = define(.index(placed(expression)), .i64)
      return type == .i64 ? index : define(.elementwise(.cast, [index]), type)
    case .apply(let row, let operands, let type):
      return define(.elementwise(row, operands.map(operand)), type)
    case .guarded(let guards, let value, let otherwise):
      guard let mask = mask(guards) else { return operand(value) }
      return define(
        .elementwise(.select, [mask, operand(value), .literal(otherwise)]), otherwise.type)
    }
  }

  /// The conjunction of the guards that the axes' ranges do not decide.
  private mutating func mask(_ guards: [View.Guard]) -> Operand? {
    if guards.isEmpty { return nil }
    if let known = masks[guards] { return known }
    var conditions: [Operand] = []
    for condition in guards {
      let value = define(.index(placed(condition.expression)), .i64)
      if !program.isAtLeast(condition.expression, condition.lower) {
        conditions.append(define(.elementwise(.ge, [value, bound(condition.lower)]), .bool))
      }
      if !program.isBelow(condition) {
        conditions.append(define(.elementwise(.lt, [value, bound(condition.upper)]), .bool))
      }
    }
    guard var mask = conditions.first else { return nil }
    for next in conditions.dropFirst() {
      mask = define(.elementwise(.and, [mask, next]), .bool)
    }
    masks[guards] = mask
    return mask
  }

  private mutating func bound(_ expression: IndexExpression) -> Operand {
    if let constant = expression.asConstant { return .literal(Literal(.i64, integer: constant)) }
    return define(.index(placed(expression)), .i64)
  }

  private mutating func store(_ value: Operand, _ index: Int) {
    let buffer = BufferID(program.graph.parameters.count + index)
    let axes = program.extents.indices.map { IndexExpression.variable($0) }
    let flat = zip(axes, program.extents).reduce(IndexExpression(0)) { $0 * $1.1 + $1.0 }
    let place = groups.isTrivial ? axes.map(placed) : [placed(flat)]
    body.append(.store(value, Access(buffer, place), mask: nil))
  }
}
