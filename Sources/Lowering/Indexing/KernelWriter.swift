// Kernels written as programs: loops, loads and stores in order.

import IRCore
import LoopIR

/// Kernel under construction, statement by statement.
struct KernelWriter {
  private(set) var kernel: Kernel
  private var blocks: [[Statement]] = [[]]

  init(name: String) { kernel = Kernel(name: name) }

  /// Adds a buffer.
  mutating func buffer(
    _ name: String, _ role: Buffer.Role, _ type: DType, _ extents: [Int]
  ) -> BufferID {
    kernel.buffers.append(
      Buffer(name: name, role: role, type: type, shape: extents.map { IndexExpression($0) }))
    return BufferID(kernel.buffers.count - 1)
  }

  /// The kernel with what was written.
  func finished() -> Kernel {
    var result = kernel
    result.body = blocks[0]
    return result.normalized()
  }

  // MARK: Values

  mutating func define(_ operation: LoopIR.Operation, _ type: DType) -> Operand {
    let id = kernel.makeVariable(ValueType(type))
    append(.define(id, operation))
    return .variable(id)
  }

  mutating func load(_ buffer: BufferID, _ indices: IndexExpression...) -> Operand {
    define(.load(Access(buffer, indices), mask: nil, otherwise: nil), kernel[buffer].type)
  }

  mutating func apply(_ row: Elementwise, _ operands: Operand..., type: DType) -> Operand {
    define(.elementwise(row, operands), type)
  }

  /// An integer as an index.
  mutating func index(_ operand: Operand) -> IndexExpression {
    let wide = kernel.type(of: operand).dtype == .i64 ? operand : apply(.cast, operand, type: .i64)
    guard case .variable(let id) = wide else { return 0 }
    return id.expression
  }

  /// An index as an integer.
  mutating func value(_ index: IndexExpression, _ type: DType) -> Operand {
    let wide = define(.index(index), .i64)
    return type == .i64 ? wide : apply(.cast, wide, type: type)
  }

  // MARK: Statements

  mutating func append(_ statement: Statement) { blocks[blocks.count - 1].append(statement) }

  mutating func store(
    _ value: Operand, _ buffer: BufferID, _ indices: IndexExpression..., mask: Operand? = nil
  ) {
    append(.store(value, Access(buffer, indices), mask: mask))
  }

  /// A loop without carried values.
  mutating func loop(
    _ name: String, from lower: IndexExpression = 0, _ upper: IndexExpression,
    _ kind: Loop.Kind = .serial, _ body: (inout KernelWriter, IndexExpression) -> Void
  ) {
    let variable = kernel.makeVariable(ValueType(.i64), name: name)
    blocks.append([])
    body(&self, variable.expression)
    let statements = blocks.removeLast()
    append(.loop(Loop(kind, variable, lower, upper, body: statements)))
  }

  /// A loop that carries one value on; its value behind the loop.
  mutating func loop(
    _ name: String, _ upper: IndexExpression, carrying initial: Operand, _ type: DType,
    _ body: (inout KernelWriter, IndexExpression, Operand) -> Operand
  ) -> Operand {
    let variable = kernel.makeVariable(ValueType(.i64), name: name)
    let inside = kernel.makeVariable(ValueType(type))
    let result = kernel.makeVariable(ValueType(type))
    blocks.append([])
    let next = body(&self, variable.expression, .variable(inside))
    let statements = blocks.removeLast()
    append(
      .loop(
        Loop(
          .serial, variable, 0, upper,
          carried: [Carried(inside: inside, initial: initial, result: result)],
          body: statements, yields: [next])))
    return .variable(result)
  }
}
