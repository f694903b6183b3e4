// A kernel while its body runs: open blocks, values, variables.

import IRCore
import LoopIR

/// Statement of a kernel under construction: variables are read and written by name, and become
/// carried values when the kernel is finished (see `VariableResolution`).
indirect enum DraftStatement: Hashable, Sendable {
  case plain(Statement)
  case read(VariableID, slot: Int)
  case write(slot: Int, Operand)
  /// `body` is one iteration; bounds are as in `LoopIR.Loop`.
  case loop(
    VariableID, lower: IndexExpression, upper: IndexExpression, step: Int, body: [DraftStatement])
  case whileLoop(condition: [DraftStatement], test: Operand, body: [DraftStatement])
  case branch(Operand, then: [DraftStatement], otherwise: [DraftStatement])
  /// Gives every element of a buffer one value.
  case fill(BufferID, Operand)
}

/// Access that is checked at run time unless it is proven to be in range.
struct AccessSite: Hashable, Sendable {
  let location: SourceLocation
  let grid: String
  let axis: Int
  /// The index as it is written, where it is made of loops' variables and extents.
  let index: String?
  let extent: IndexExpression
}

/// Kernel under construction.
struct KernelDraft: Sendable {
  /// Block that statements are appended to.
  struct Scope: Sendable {
    let id: Int
    var statements: [DraftStatement] = []
  }

  /// Mutable variable.
  struct Slot: Sendable {
    let dtype: DType
    let scope: Int
  }

  /// Tells kernels apart while their bodies run.
  let id: Int
  let location: SourceLocation
  /// Buffers, variables and symbols; the body stands in `scopes`.
  var kernel: Kernel
  private(set) var scopes = [Scope(id: 0)]
  private(set) var slots: [Slot] = []
  private(set) var sites: [AccessSite] = []
  /// By buffer.
  var grids: [GridFacts] = []
  /// Ranges of loop variables and narrow integers.
  private var facts = IndexFacts()
  private var nextScope = 1

  init(id: Int, name: String, location: SourceLocation) {
    self.id = id
    self.location = location
    kernel = Kernel(name: name)
  }

  // MARK: Blocks

  /// The innermost open block.
  var currentScope: Int { scopes[scopes.count - 1].id }

  func isOpen(_ scope: Int) -> Bool { scopes.contains { $0.id == scope } }

  mutating func openScope() -> Int {
    scopes.append(Scope(id: nextScope))
    nextScope += 1
    return nextScope - 1
  }

  /// Ends the innermost block.
  mutating func closeScope() -> [DraftStatement] { scopes.removeLast().statements }

  mutating func append(_ statement: DraftStatement) {
    scopes[scopes.count - 1].statements.append(statement)
  }

  // MARK: Rehearsals

  /// Goes back to `before`, a draft before a loop, to record the loop's body once more; returns the
  /// draft to go on with then. Values of the first recording belong to blocks that are closed.
  mutating func beginRehearsal(from before: KernelDraft) -> KernelDraft {
    let after = self
    self = before
    nextScope = after.nextScope
    return after
  }

  /// Goes on after the loop, where both recordings agree: what changes from one to the next in Swift
  /// would change once and not from iteration to iteration.
  mutating func endRehearsal(
    _ first: [DraftStatement], _ second: [DraftStatement], _ after: KernelDraft,
    at location: SourceLocation
  ) {
    guard first == second else {
      misuse(
        "kernel \(kernel.name): the loop's body is recorded twice, and differs: it depends on "
          + "something that changes in Swift; a @Variable changes while the kernel runs",
        at: location)
    }
    let scope = nextScope
    self = after
    nextScope = scope
  }

  // MARK: Values

  mutating func define(_ operation: LoopIR.Operation, _ dtype: DType) -> VariableID {
    let id = kernel.makeVariable(ValueType(dtype))
    noteRange(of: id, dtype)
    append(.plain(.define(id, operation)))
    return id
  }

  /// A loop's variable with what is known of its bounds.
  mutating func makeLoopVariable(
    _ name: String, _ lower: IndexExpression, _ upper: IndexExpression
  ) -> VariableID {
    let id = kernel.makeVariable(ValueType(.i64), name: name)
    if let low = facts.range(of: lower), let high = facts.range(of: upper) {
      let last = max(low.lowerBound, high.upperBound - 1)
      facts.state(.variable(id.index), in: low.lowerBound...last)
    }
    return id
  }

  /// Integers of fewer than 64 bits have a range by their type.
  private mutating func noteRange(of id: VariableID, _ dtype: DType) {
    guard dtype.isInteger, dtype.bitWidth < 64 else { return }
    let magnitude = 1 << (dtype.isSignedInteger ? dtype.bitWidth - 1 : dtype.bitWidth)
    facts.state(
      .variable(id.index), in: (dtype.isSignedInteger ? -magnitude : 0)...(magnitude - 1))
  }

  /// Inclusive bounds, where index arithmetic cannot overflow.
  func range(of index: IndexExpression) -> ClosedRange<Int>? {
    guard let range = facts.range(of: index), range.lowerBound > -Self.largestIndex,
      range.upperBound < Self.largestIndex
    else { return nil }
    return range
  }

  private static let largestIndex = 1 << 62

  // MARK: Variables

  mutating func makeSlot(_ dtype: DType, _ initial: Operand) -> (slot: Int, scope: Int) {
    slots.append(Slot(dtype: dtype, scope: currentScope))
    append(.write(slot: slots.count - 1, initial))
    return (slots.count - 1, currentScope)
  }

  mutating func read(_ slot: Int) -> VariableID {
    let id = kernel.makeVariable(ValueType(slots[slot].dtype))
    noteRange(of: id, slots[slot].dtype)
    append(.read(id, slot: slot))
    return id
  }

  // MARK: Memory

  mutating func addBuffer(_ buffer: Buffer, _ facts: GridFacts) -> BufferID {
    kernel.buffers.append(buffer)
    grids.append(facts)
    return BufferID(kernel.buffers.count - 1)
  }

  /// Checks an access of the indices, axis by axis, and finds the mask under which it touches
  /// memory.
  mutating func guarding(_ access: Access, at location: SourceLocation) -> Operand? {
    var mask: Operand?
    for (axis, index) in access.indices.enumerated() {
      let extent = kernel[access.buffer].shape[axis]
      if let low = index.asConstant, let high = extent.asConstant, (0..<high).contains(low) {
        continue
      }
      let holds = contains(index, extent)
      let name = kernel[access.buffer].name
      let site = AccessSite(
        location: location, grid: name, axis: axis, index: spelling(of: index), extent: extent)
      append(.plain(.check(holds, message: "\(sites.count)")))
      sites.append(site)
      mask = mask.map { .variable(define(.elementwise(.and, [$0, holds]), .bool)) } ?? holds
    }
    return mask
  }

  private func spelling(of index: IndexExpression) -> String? {
    var isNamed = true
    index.forEachLeaf { leaf in
      if case .variable(let id) = leaf, kernel.variables[id].name == nil { isNamed = false }
    }
    return isNamed ? index.text { kernel.variables[$0].name ?? "" } : nil
  }

  private mutating func contains(_ index: IndexExpression, _ extent: IndexExpression) -> Operand {
    let value = operand(of: index)
    let low = define(.elementwise(.ge, [value, .literal(Literal(.i64, integer: 0))]), .bool)
    let high = define(.elementwise(.lt, [value, operand(of: extent)]), .bool)
    return .variable(define(.elementwise(.and, [.variable(low), .variable(high)]), .bool))
  }

  /// An index expression as a value of type i64.
  mutating func operand(of index: IndexExpression) -> Operand {
    if let constant = index.asConstant { return .literal(Literal(.i64, integer: constant)) }
    if let id = index.asVariable, kernel[VariableID(id)].type.dtype == .i64 {
      return .variable(VariableID(id))
    }
    return .variable(define(.index(index), .i64))
  }
}

/// What is known of a grid beside its buffer.
struct GridFacts: Hashable, Sendable {
  let location: SourceLocation
  var isWritten = false
}
