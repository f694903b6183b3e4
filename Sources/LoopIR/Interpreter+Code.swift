// Kernels in the form that the interpreter walks: values at fixed places of one register file,
// symbols replaced by their numbers, rows by programs.

import IRCore

/// Place of a value in the register file: lane l is at `start + l · stride`.
struct RegisterPlace {
  var start: Int
  /// 0 for a literal, which every lane reads.
  var stride: Int
}

/// Integer value read as an Int.
struct IntegerPlace {
  var place: RegisterPlace
  var type: DType

  func value(_ registers: [UInt64], lane: Int) -> Int {
    let bits = registers[place.start + lane * place.stride]
    let shift = UInt64(64 - type.bitWidth)
    if type.isSignedInteger { return Int(Int64(bitPattern: bits << shift) >> Int64(shift)) }
    return Int(truncatingIfNeeded: bits)
  }
}

/// Index expression, its linear part taken apart.
struct IndexCode {
  var constant: Int
  var laneFactor = 0
  var terms: [(factor: Int, value: IntegerPlace)] = []
  /// What is not linear.
  var rest: IndexExpression?
}

/// One element, or one per lane, in a buffer.
struct PlaceCode {
  var buffer: Int
  var indices: [IndexCode]
  /// Bytes of the accessed value.
  var width: Int
  var alignment: Int
}

/// Copies that happen at once.
struct MoveCode {
  var from: [Int] = []
  var to: [Int] = []
}

/// One statement.
indirect enum CodeStep {
  case row(program: Int, operands: [RegisterPlace], to: Int, lanes: Int)
  case load(PlaceCode, DType, mask: RegisterPlace?, otherwise: UInt64, to: Int, lanes: Int)
  case index(IndexCode, to: Int, lanes: Int)
  case reduce(program: Int, RegisterPlace, to: Int, lanes: Int)
  case move(MoveCode)
  case store(RegisterPlace, PlaceCode, mask: RegisterPlace?, lanes: Int)
  case accumulate(
    program: Int, RegisterPlace, DType, PlaceCode, mask: RegisterPlace?, lanes: Int)
  case check(RegisterPlace, site: Int)
  case loop(LoopCode)
  case whileLoop(WhileCode)
  case branch(RegisterPlace, then: [CodeStep], otherwise: [CodeStep])
}

/// Counted loop.
struct LoopCode {
  var isParallel: Bool
  var variable: Int
  var lower: IndexCode
  var upper: IndexCode
  var step: Int
  var enter: MoveCode
  var body: [CodeStep]
  var next: MoveCode
  var exit: MoveCode
}

/// Loop with a test.
struct WhileCode {
  var enter: MoveCode
  var condition: [CodeStep]
  var test: RegisterPlace
  var body: [CodeStep]
  var next: MoveCode
  var exit: MoveCode
}

/// A verified kernel in the interpreter's form.
struct KernelCode {
  /// Buffer with its extents known.
  struct Memory {
    var name: String
    var extents: [Int]
    var elementSize: Int
    /// Whether contents are gone when a parallel iteration ends.
    var isPrivate: Bool

    /// The size; `nil` when it overflows.
    var byteCount: Int?

    init(_ buffer: Buffer, extents: [Int]) {
      name = buffer.name
      self.extents = extents
      elementSize = buffer.type.byteSize
      isPrivate = !buffer.role.isParameter && buffer.role != .shared
      byteCount = elementSize
      for extent in extents {
        let product = byteCount?.multipliedReportingOverflow(by: max(extent, 0))
        byteCount = product.flatMap { $0.overflow ? nil : $0.partialValue }
      }
    }
  }

  let name: String
  private(set) var buffers: [Memory] = []
  private(set) var registers: [UInt64] = []
  private(set) var programs: [ScalarProgram] = []
  /// Every variable, read as an integer.
  private(set) var integers: [IntegerPlace] = []
  private(set) var steps: [CodeStep] = []

  private let kernel: Kernel
  private let symbols: [String: Int]
  private var literals: [Literal: Int] = [:]
  private var programIndices: [ProgramKey: Int] = [:]
  private let messages: [String]

  private struct ProgramKey: Hashable {
    let row: Elementwise
    let operands: [DType]
    let result: DType
  }

  init(_ kernel: Kernel, symbols: [Int]) {
    self.kernel = kernel
    self.symbols = Dictionary(uniqueKeysWithValues: zip(kernel.symbols, symbols))
    name = kernel.name
    messages = kernel.checkMessages
    for variable in kernel.variables {
      let place = RegisterPlace(
        start: registers.count, stride: variable.type.lanes == 1 ? 0 : 1)
      integers.append(IntegerPlace(place: place, type: variable.type.dtype))
      registers += [UInt64](repeating: 0, count: variable.type.lanes)
    }
    for buffer in kernel.buffers {
      buffers.append(Memory(buffer, extents: buffer.shape.map { code($0).constant }))
    }
    steps = code(kernel.body)
  }
}

// Parts of statements.
extension KernelCode {
  private mutating func place(_ operand: Operand) -> RegisterPlace {
    switch operand {
    case .variable(let id): return integers[id.index].place
    case .literal(let literal):
      if let known = literals[literal] { return RegisterPlace(start: known, stride: 0) }
      literals[literal] = registers.count
      registers.append(literal.bits)
      return RegisterPlace(start: registers.count - 1, stride: 0)
    }
  }

  private func start(_ id: VariableID) -> Int { integers[id.index].place.start }

  /// The first register of a variable.
  func start(of id: VariableID) -> Int { start(id) }

  private func code(_ expression: IndexExpression) -> IndexCode {
    let numbers = expression.substituting { atom in
      guard case .symbol(let name) = atom else { return nil }
      return symbols[name].map { IndexExpression($0) }
    }
    var result = IndexCode(constant: numbers.constant)
    var rest = numbers - IndexExpression(numbers.constant)
    for term in numbers.terms where term.factors.count == 1 {
      switch term.factors[0] {
      case .lane: result.laneFactor = term.coefficient
      case .variable(let id): result.terms.append((term.coefficient, integers[id]))
      case .symbol, .floorDiv, .mod, .min, .max: continue
      }
      rest = rest - IndexExpression(term.factors[0]) * IndexExpression(term.coefficient)
    }
    if rest != 0 { result.rest = rest }
    return result
  }

  private func code(_ access: Access, _ type: DType) -> PlaceCode {
    PlaceCode(
      buffer: access.buffer.index, indices: access.indices.map { code($0) },
      width: type.byteSize, alignment: access.alignment ?? type.byteSize)
  }

  private mutating func program(
    _ row: Elementwise, _ operands: [DType], _ result: DType
  ) -> Int {
    let key = ProgramKey(row: row, operands: operands, result: result)
    if let known = programIndices[key] { return known }
    programs.append(ScalarProgram(row, operands: operands, result: result))
    programIndices[key] = programs.count - 1
    return programs.count - 1
  }

  private mutating func move(_ operands: [Operand], to targets: [VariableID]) -> MoveCode {
    var move = MoveCode()
    for (operand, target) in zip(operands, targets) {
      let source = place(operand)
      for lane in 0..<kernel[target].type.lanes {
        move.from.append(source.start + lane * source.stride)
        move.to.append(start(target) + lane)
      }
    }
    return move
  }
}

// Statements.
extension KernelCode {
  private mutating func code(_ statements: [Statement]) -> [CodeStep] {
    var steps: [CodeStep] = []
    for statement in statements { steps.append(code(statement)) }
    return steps
  }

  private mutating func code(_ statement: Statement) -> CodeStep {
    switch statement {
    case .define(let id, let operation): return code(operation, id)
    case .store(let value, let access, let mask):
      return .store(
        place(value), code(access, kernel.type(of: value).dtype), mask: mask.map { place($0) },
        lanes: kernel.lanes(storing: value, mask: mask))
    case .accumulate(let row, let value, let access, let mask):
      let type = kernel.type(of: value).dtype
      return .accumulate(
        program: program(row, [type, type], type), place(value), type, code(access, type),
        mask: mask.map { place($0) }, lanes: kernel.lanes(storing: value, mask: mask))
    case .check(let condition, let message):
      return .check(place(condition), site: messages.firstIndex(of: message) ?? 0)
    case .loop(let loop): return .loop(code(loop))
    case .whileLoop(let loop): return .whileLoop(code(loop))
    case .branch(let branch):
      let condition = place(branch.condition)
      let then = code(branch.then) + [.move(move(branch.thenYields, to: branch.results))]
      let otherwise =
        code(branch.otherwise) + [.move(move(branch.otherwiseYields, to: branch.results))]
      return .branch(condition, then: then, otherwise: otherwise)
    }
  }

  private mutating func code(_ loop: Loop) -> LoopCode {
    let inside = loop.carried.map(\.inside)
    return LoopCode(
      isParallel: loop.kind == .parallel, variable: start(loop.variable),
      lower: code(loop.lower), upper: code(loop.upper), step: loop.step,
      enter: move(loop.carried.map(\.initial), to: inside), body: code(loop.body),
      next: move(loop.yields, to: inside),
      exit: move(inside.map { .variable($0) }, to: loop.carried.map(\.result)))
  }

  private mutating func code(_ loop: While) -> WhileCode {
    let inside = loop.carried.map(\.inside)
    return WhileCode(
      enter: move(loop.carried.map(\.initial), to: inside), condition: code(loop.condition),
      test: place(loop.test), body: code(loop.body), next: move(loop.yields, to: inside),
      exit: move(inside.map { .variable($0) }, to: loop.carried.map(\.result)))
  }

  private mutating func code(_ operation: Operation, _ id: VariableID) -> CodeStep {
    let type = kernel[id].type
    switch operation {
    case .elementwise(let row, let operands):
      let types = operands.map { kernel.type(of: $0).dtype }
      return .row(
        program: program(row, types, type.dtype), operands: operands.map { place($0) },
        to: start(id), lanes: type.lanes)
    case .load(let access, let mask, let otherwise):
      return .load(
        code(access, type.dtype), type.dtype, mask: mask.map { place($0) },
        otherwise: otherwise?.bits ?? 0, to: start(id), lanes: type.lanes)
    case .index(let expression):
      return .index(code(expression), to: start(id), lanes: type.lanes)
    case .splat(let operand): return .move(move([operand], to: [id]))
    case .reduceLanes(let row, let operand):
      return .reduce(
        program: program(row, [type.dtype, type.dtype], type.dtype), place(operand),
        to: start(id), lanes: kernel.type(of: operand).lanes)
    case .shiftLanes(let operand, let distance, let fill):
      let (values, filling) = (place(operand), place(fill))
      return .move(
        MoveCode(
          from: (0..<type.lanes).map {
            $0 < distance ? filling.start : values.start + ($0 - distance) * values.stride
          }, to: (0..<type.lanes).map { start(id) + $0 }))
    case .shuffleLanes(let a, let b, let lanes):
      let count = max(kernel.type(of: a).lanes, kernel.type(of: b).lanes)
      let sources = [place(a), place(b)]
      return .move(
        MoveCode(
          from: lanes.map { lane in
            let source = sources[lane / count]
            return source.start + lane % count * source.stride
          }, to: lanes.indices.map { start(id) + $0 }))
    case .extractLane(let operand, let lane):
      let source = place(operand)
      return .move(MoveCode(from: [source.start + lane * source.stride], to: [start(id)]))
    }
  }
}
