// What a kernel must hold to stand between passes. Checked, in this order:
//
//   names       the kernel's, symbols', buffers' and variables' are words; symbols, and buffers and
//               variables together, are unique; no symbol is a keyword of index expressions
//   buffers     parameters before locals; extents are over the kernel's symbols; constant and above 0
//               for locals
//   types       supported element types; a power of two of lanes, up to 512
//   schedule    steps name loops of the body or of earlier steps; factors and lanes are at least 1
//   parallel    only statements of the body, beside loops alone; they carry nothing
//   nesting     blocks at most 64 deep
//   definition  each variable once, before its uses, which stand in its block or inside it (a while
//               condition's values are visible in the body); induction variables are scalar i64
//   operands    rows: arity, typing rules, lanes of the result; literals of supported types
//   accesses    the buffer's rank; indices over visible integer values and symbols, of 1 lane or the
//               access's; the lane only where there are several; alignment a power of two; no write
//               to `in` buffers
//   masks       bool, of the value's lanes; a masked load has an `else` of its type, no other has
//   combining   accumulate and reduceLanes with add, mul, min, max, and, or, xor
//   conditions  tests, checks and choices are scalar bool
//   loops       steps of at least 1; bounds over visible scalar integers; initial values, yields and
//               results of the carried types, as many as carried

public import IRCore

extension Kernel: Verifiable {
  /// Throws the first broken rule of those that head this file.
  public func verify() throws(VerifierError) {
    var verifier = KernelVerifier(self)
    try verifier.checkNames()
    try verifier.checkBuffers()
    try verifier.checkTypes()
    try verifier.checkSchedule()
    try verifier.checkParallel()
    for phase in phases {
      try verifier.withScope { verifier throws(VerifierError) in try verifier.checkBlock(phase) }
    }
  }
}

extension Elementwise {
  /// Whether accumulations and lane reductions may use the row.
  public var isCombining: Bool { Self.combining.contains(self) }

  private static let combining: Set<Elementwise> = [add, mul, min, max, and, or, xor]
}

/// Checks one kernel; knows what is visible where it stands.
struct KernelVerifier {
  let kernel: Kernel
  private let spellings: [String]
  private var isVisible: [Bool]
  private var isDefined: [Bool]
  private var scope: [VariableID] = []
  private var depth = 0

  init(_ kernel: Kernel) {
    self.kernel = kernel
    spellings = kernel.spellings
    isVisible = [Bool](repeating: false, count: kernel.variables.count)
    isDefined = isVisible
  }

  func error(_ message: String) -> VerifierError { VerifierError(in: kernel.name, message) }

  /// The spelling of a variable, with its mark.
  func spelled(_ id: VariableID) -> String {
    "%" + (spellings.indices.contains(id.index) ? spellings[id.index] : "?\(id.index)")
  }

  func spelled(_ operand: Operand) -> String {
    switch operand {
    case .variable(let id): spelled(id)
    case .literal(let literal): "\(literal):\(literal.type)"
    }
  }

  func spelled(_ expression: IndexExpression) -> String {
    expression.text { spelled(VariableID($0)) }
  }
}

// Names, buffers, types, schedule.
extension KernelVerifier {
  func checkNames() throws(VerifierError) {
    guard Kernel.isName(kernel.name) else {
      throw error("a word expected as the kernel's name, found '\(kernel.name)'")
    }
    try checkSymbols()
    var taken: Set<String> = []
    for name in kernel.buffers.map(\.name) + kernel.variables.compactMap(\.name) {
      guard Kernel.isVariableName(name) else {
        throw error("a word expected as a name, found '\(name)'")
      }
      guard taken.insert(name).inserted else { throw error("%\(name) names two things") }
    }
  }

  private func checkSymbols() throws(VerifierError) {
    var taken: Set<String> = []
    for symbol in kernel.symbols {
      guard Kernel.isName(symbol), symbol.utf8.first.map({ $0 > 57 }) == true,
        !["lane", "min", "max", "mod", "floordiv", "step"].contains(symbol)
      else { throw error("a word expected as a symbol, found '\(symbol)'") }
      guard taken.insert(symbol).inserted else { throw error("\(symbol) names two symbols") }
    }
  }

  func checkBuffers() throws(VerifierError) {
    var seenLocal = false
    for buffer in kernel.buffers {
      seenLocal = seenLocal || !buffer.role.isParameter
      guard !(seenLocal && buffer.role.isParameter) else {
        throw error("parameters before locals expected, found %\(buffer.name) after one")
      }
      for extent in buffer.shape { try checkExtent(extent, of: buffer) }
    }
  }

  private func checkExtent(
    _ extent: IndexExpression, of buffer: Buffer
  ) throws(VerifierError) {
    if !buffer.role.isParameter, (extent.asConstant ?? 0) < 1 {
      throw error(
        "local %\(buffer.name): constant extents above 0 expected, found \(spelled(extent))")
    }
    var stranger: IndexExpression.Atom?
    extent.forEachLeaf { atom in
      if case .symbol(let name) = atom, kernel.symbols.contains(name) { return }
      stranger = stranger ?? atom
    }
    if let stranger {
      throw error(
        "%\(buffer.name): an extent over the kernel's symbols expected, found "
          + spelled(IndexExpression(stranger)))
    }
  }

  func checkTypes() throws(VerifierError) {
    for (index, variable) in kernel.variables.enumerated() {
      try checkType(variable.type, of: VariableID(index))
    }
  }

  private func checkType(_ type: ValueType, of id: VariableID) throws(VerifierError) {
    let lanes = type.lanes
    guard lanes >= 1, lanes & (lanes - 1) == 0, lanes <= ValueType.maximumLanes else {
      throw error(
        "\(spelled(id)): a power of two up to \(ValueType.maximumLanes) of lanes expected, "
          + "found \(lanes)")
    }
  }

  func checkSchedule() throws(VerifierError) {
    var loops: Set<String> = []
    kernel.forEachStatement { statement in
      guard case .loop(let loop) = statement,
        kernel.variables.indices.contains(loop.variable.index)
      else { return }
      if let name = kernel[loop.variable].name { loops.insert(name) }
    }
    // Names that follow from others are known where the schedule is applied.
    var isOpen = false
    for step in kernel.schedule {
      try check(step, &loops, isOpen: isOpen)
      isOpen = isOpen || kernel.derivesNames(step)
    }
  }

  private func check(
    _ step: ScheduleStep, _ loops: inout Set<String>, isOpen: Bool
  ) throws(VerifierError) {
    for name in step.loops where !isOpen && !loops.contains(name) {
      throw error("schedule: \(step): a loop's name expected, found %\(name)")
    }
    if let factor = step.factor, factor < 1 {
      throw error("schedule: \(step): a number above 0 expected, found \(factor)")
    }
    let made: [String]
    switch step {
    case .split(let loop, _, let outer, let inner):
      loops.remove(loop)
      made = [outer, inner]
    case .fuse(let outer, let inner, let into):
      loops.subtract([outer, inner])
      made = [into]
    case .skew(_, let inner, let into):
      loops.remove(inner)
      made = [into]
    case .merge(_, let second):
      loops.remove(second)
      return
    case .reorder, .unroll, .vectorize, .parallelize, .pad, .specialize, .computeAt, .localize,
      .stage, .promote, .scan, .privatize, .foldStorage, .skewStorage, .share, .splitScan,
      .overlap, .shrink:
      return
    }
    for name in made where !loops.insert(name).inserted {
      throw error("schedule: \(step): a new name expected, found %\(name)")
    }
  }

  func checkParallel() throws(VerifierError) {
    var count = 0
    kernel.forEachStatement { count += $0.isParallelLoop ? 1 : 0 }
    for case .loop(let loop) in kernel.body where loop.kind == .parallel {
      guard loop.carried.isEmpty else {
        throw error("parallel \(spelled(loop.variable)): no carried values expected")
      }
      count -= 1
    }
    guard count == 0 else {
      throw error("a parallel loop expected as a statement of the body")
    }
  }
}

// Definitions and scopes.
extension KernelVerifier {
  mutating func checkBlock(_ statements: [Statement]) throws(VerifierError) {
    for statement in statements { try check(statement) }
  }

  /// Runs `body` in a block of its own.
  mutating func withScope(
    _ body: (inout KernelVerifier) throws(VerifierError) -> Void
  ) throws(VerifierError) {
    let start = scope.count
    depth += 1
    guard depth <= Kernel.maximumDepth else {
      throw error("at most \(Kernel.maximumDepth) nested blocks expected")
    }
    try body(&self)
    depth -= 1
    for id in scope[start...] { isVisible[id.index] = false }
    scope.removeSubrange(start...)
  }

  /// Takes note of a definition.
  mutating func define(_ id: VariableID) throws(VerifierError) {
    guard kernel.variables.indices.contains(id.index) else {
      throw error("%?\(id.index) is defined, but the kernel has no such variable")
    }
    guard !isDefined[id.index] else { throw error("\(spelled(id)) is defined twice") }
    isDefined[id.index] = true
    isVisible[id.index] = true
    scope.append(id)
  }

  /// The type of a variable that must exist.
  func type(of id: VariableID) throws(VerifierError) -> ValueType {
    guard kernel.variables.indices.contains(id.index) else {
      throw error("%?\(id.index) is used, but the kernel has no such variable")
    }
    return kernel[id].type
  }

  /// The type of a visible operand.
  func check(_ operand: Operand) throws(VerifierError) -> ValueType {
    switch operand {
    case .variable(let id):
      let type = try type(of: id)
      if isVisible[id.index] { return type }
      throw error(
        isDefined[id.index]
          ? "\(spelled(id)) is used outside the block that defines it"
          : "\(spelled(id)) is used before its definition")
    case .literal(let literal):
      return ValueType(literal.type)
    }
  }

  /// Checks an operand's type; a literal only has an element type.
  func check(
    _ operand: Operand, is expected: ValueType, _ what: @autoclosure () -> String
  ) throws(VerifierError) {
    let found = try check(operand)
    if case .literal = operand, found.dtype == expected.dtype { return }
    guard found == expected else {
      throw error("\(what()): \(expected) expected, found \(spelled(operand)) of type \(found)")
    }
  }
}
