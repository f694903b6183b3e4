// The nesting of statements, the same for every walk over a kernel.

extension Statement {
  /// What the statement defines for the statements after it.
  public var results: [VariableID] {
    switch self {
    case .define(let id, _): [id]
    case .store, .accumulate, .check: []
    case .loop(let loop): loop.carried.map(\.result)
    case .whileLoop(let loop): loop.carried.map(\.result)
    case .branch(let branch): branch.results
    }
  }

  /// What the statement defines for its own blocks: induction variable, then carried values.
  public var blockParameters: [VariableID] {
    switch self {
    case .define, .store, .accumulate, .check, .branch: []
    case .loop(let loop): [loop.variable] + loop.carried.map(\.inside)
    case .whileLoop(let loop): loop.carried.map(\.inside)
    }
  }

  /// Whether the statement is a loop that the team shares.
  public var isParallelLoop: Bool {
    if case .loop(let loop) = self { return loop.kind == .parallel }
    return false
  }

  /// The nested blocks in text order.
  public var blocks: [[Statement]] {
    switch self {
    case .define, .store, .accumulate, .check: []
    case .loop(let loop): [loop.body]
    case .whileLoop(let loop): [loop.condition, loop.body]
    case .branch(let branch): [branch.then, branch.otherwise]
    }
  }
}

extension Kernel {
  /// The most blocks inside each other; text and verifier hold it, so that walks may recurse.
  public static let maximumDepth = 64

  /// Calls `visit` on every statement in text order, outer ones before what they contain.
  public func forEachStatement(_ visit: (Statement) -> Void) {
    Self.forEach(body, visit)
  }

  /// Calls `visit` on every statement here and inside, in text order.
  static func forEach(_ statements: [Statement], _ visit: (Statement) -> Void) {
    for statement in statements {
      visit(statement)
      for block in statement.blocks { forEach(block, visit) }
    }
  }

  /// What runs one after the other, with all threads waiting in between: each parallel loop of the
  /// body, and what stands between two of them.
  public var phases: [[Statement]] {
    var phases: [[Statement]] = []
    var isOpen = false
    for statement in body {
      if isOpen, !statement.isParallelLoop {
        phases[phases.count - 1].append(statement)
      } else {
        phases.append([statement])
        isOpen = !statement.isParallelLoop
      }
    }
    return phases.isEmpty ? [[]] : phases
  }

  /// The distinct messages of the kernel's checks in text order; a status is a place in this list.
  /// Copies that a schedule makes of a check share its place.
  public var checkMessages: [String] {
    var messages: [String] = []
    forEachStatement { statement in
      guard case .check(_, let message) = statement, !messages.contains(message) else { return }
      messages.append(message)
    }
    return messages
  }

  /// Lanes that a store or accumulate writes: the value's, or for a literal the mask's.
  public func lanes(storing value: Operand, mask: Operand?) -> Int {
    if case .variable(let id) = value { return self[id].type.lanes }
    return mask.map { type(of: $0).lanes } ?? 1
  }
}
