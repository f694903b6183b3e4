// Emission of a kernel as one LLVM function.

import IRCore
import LLVMBindings
import LoopIR

/// Emits the function of one phase of a kernel; see `KernelCompiler` for its signature.
///
/// The kernel is taken as verified: what the verifier excludes is not checked again.
struct KernelEmitter {
  let kernel: Kernel
  let row: TargetRow
  let builder: LLVMBuilder
  let function: LLVMFunction
  var scalars: ScalarEmitter
  /// By variable number; defined on the way.
  var values: [LLVMValue?]
  /// By buffer number.
  var pointers: [LLVMValue] = []
  var symbols: [String: LLVMValue] = [:]
  /// By buffer number; empty where there are too many buffers for pairwise metadata.
  var scopes: [LLVMMetadata] = []
  /// Messages of the checks, by site.
  let checks: [String]
  /// Bytes of scratch locals.
  private(set) var scratchBytes = 0
  /// Bytes of shared locals.
  private(set) var sharedBytes = 0
  private let report: LLVMFunction

  var types: LLVMTypes { builder.types }

  init(_ kernel: Kernel, row: TargetRow, function: LLVMFunction, module: borrowing LLVMModule) {
    self.kernel = kernel
    self.row = row
    self.function = function
    builder = module.builder
    checks = kernel.checkMessages
    scalars = ScalarEmitter(builder: module.builder, row: row)
    values = Array(repeating: nil, count: kernel.variables.count)
    let types = module.types
    report =
      module.function("lathe_report")
      ?? module.addFunction(
        "lathe_report", types.function([types.pointer, types.i64], returning: types.void))
    report.addAttribute(.cold)
    report.addAttribute(.nounwind)
  }

  /// Emits everything: entry, the parallel iterations in `begin..<end` (or the phase once), return.
  mutating func emit(phase: [Statement]) {
    builder.position(atEndOf: function.appendBlock("entry"))
    emitEntry()
    if case .loop(let loop)? = phase.first, loop.kind == .parallel {
      emitParallel(loop)
    } else {
      emit(phase)
    }
    builder.ret()
  }

  // MARK: Entry

  private mutating func emitEntry() {
    let parameters = function.parameters
    for (index, name) in kernel.symbols.enumerated() {
      let place = builder.gep(types.i64, parameters[1], [types.i64.constant(index)])
      let value = builder.load(types.i64, place, alignment: 8, name)
      value.setInvariantLoad()
      symbols[name] = value
    }
    var next = 0
    for buffer in kernel.buffers {
      pointers.append(emitPointer(buffer, parameter: &next))
    }
    // Pairwise "these do not overlap" grows with the square of the buffers.
    guard kernel.buffers.count <= 32 else { return }
    let domain = types.aliasDomain("lathe")
    scopes = kernel.buffers.indices.map { types.aliasScope("buffer \($0)", in: domain) }
  }

  private mutating func emitPointer(_ buffer: Buffer, parameter next: inout Int) -> LLVMValue {
    let parameters = function.parameters
    switch buffer.role {
    case .input, .output, .inout_:
      let place = builder.gep(types.pointer, parameters[0], [types.i64.constant(next)])
      next += 1
      let pointer = builder.load(types.pointer, place, alignment: 8, buffer.name)
      pointer.setInvariantLoad()
      return pointer
    case .register, .stack:
      let count = buffer.shape.reduce(1) { $0 * ($1.asConstant ?? 1) }
      return builder.alloca(
        types.memory(buffer.type).array(max(count, 1)), alignment: row.vectorBytes, buffer.name)
    case .scratch:
      defer { scratchBytes += Self.byteCount(buffer) }
      return builder.gep(types.i8, parameters[5], [types.i64.constant(scratchBytes)], buffer.name)
    case .shared:
      defer { sharedBytes += Self.byteCount(buffer) }
      let index = kernel.buffers.count(where: \.role.isParameter)
      let place = builder.gep(types.pointer, parameters[0], [types.i64.constant(index)])
      let start = builder.load(types.pointer, place, alignment: 8, "shared")
      start.setInvariantLoad()
      return builder.gep(types.i8, start, [types.i64.constant(sharedBytes)], buffer.name)
    }
  }

  /// Bytes of a local, rounded up to whole cache lines.
  private static func byteCount(_ buffer: Buffer) -> Int {
    let count = buffer.shape.reduce(1) { $0 * ($1.asConstant ?? 1) }
    return (count * buffer.type.byteSize + 63) & ~63
  }

  // MARK: Statements

  /// Emits statements in order. Recursion is bounded by the nesting of the text.
  mutating func emit(_ statements: [Statement]) {
    for statement in statements { emit(statement) }
  }

  private mutating func emit(_ statement: Statement) {
    switch statement {
    case .define(let id, let operation): values[id.index] = emit(operation, kernel[id].type)
    case .store(let value, let access, let mask): emitStore(value, access, mask)
    case .accumulate(let row, let value, let access, let mask):
      emitAccumulate(row, value, access, mask)
    case .check(let condition, let message): emitCheck(condition, message)
    case .loop(let loop): emitLoop(loop)
    case .whileLoop(let loop): emitWhile(loop)
    case .branch(let branch): emitBranch(branch)
    }
  }

  private mutating func emit(_ operation: Operation, _ type: ValueType) -> LLVMValue {
    switch operation {
    case .elementwise(let row, let operands):
      return scalars.emit(
        row, operands.map { value($0, lanes: type.lanes) },
        types: operands.map { kernel.type(of: $0).dtype }, result: type.dtype, lanes: type.lanes)
    case .load(let access, let mask, let otherwise): return emitLoad(access, type, mask, otherwise)
    case .index(let expression): return index(expression, lanes: type.lanes)
    case .splat(let operand): return builder.splat(value(operand), type.lanes)
    case .reduceLanes(let row, let operand): return reduceLanes(row, operand)
    case .shiftLanes(let operand, let distance, let fill):
      let vector = value(operand, lanes: type.lanes)
      let filler = builder.splat(value(fill), type.lanes)
      let lanes = (0..<type.lanes).map { $0 < distance ? type.lanes + $0 : $0 - distance }
      return builder.shuffle(vector, filler, lanes)
    case .shuffleLanes(let a, let b, let lanes):
      let count = max(kernel.type(of: a).lanes, kernel.type(of: b).lanes)
      return builder.shuffle(value(a, lanes: count), value(b, lanes: count), lanes)
    case .extractLane(let operand, let lane): return builder.extractElement(value(operand), lane)
    }
  }

  /// The LLVM value of an operand; a literal fills `lanes` lanes.
  func value(_ operand: Operand, lanes: Int = 1) -> LLVMValue {
    switch operand {
    case .literal(let literal): return types.constant(literal, lanes: lanes)
    case .variable(let id):
      guard let value = values[id.index] else { fatalError("use before definition") }
      return value
    }
  }

  /// Combines lanes l and l + n/2 until one is left.
  private mutating func reduceLanes(_ row: Elementwise, _ operand: Operand) -> LLVMValue {
    let dtype = kernel.type(of: operand).dtype
    var vector = value(operand)
    if dtype == .bool, row == .or { return scalars.primitives.any(vector) }
    while vector.type.lanes > 1 {
      let half = vector.type.lanes / 2
      let low = part(vector, 0..<half)
      let high = part(vector, half..<2 * half)
      vector = scalars.emit(
        row, [low, high], types: [dtype, dtype], result: dtype, lanes: half)
    }
    return vector
  }

  private func part(_ vector: LLVMValue, _ lanes: Range<Int>) -> LLVMValue {
    lanes.count == 1
      ? builder.extractElement(vector, lanes.lowerBound) : builder.shuffle(vector, Array(lanes))
  }

  private mutating func emitCheck(_ condition: Operand, _ message: String) {
    let site = checks.firstIndex(of: message) ?? 0
    let failing = function.appendBlock("check.failed")
    let next = function.appendBlock("check.end")
    builder.condBr(value(condition), next, failing).setBranchWeights(1000, 1)
    builder.position(atEndOf: failing)
    builder.call(report, [function.parameters[4], types.i64.constant(site)])
    builder.br(next)
    builder.position(atEndOf: next)
  }
}
