// The dependence test.

import IRCore
import LoopIR

/// One place in a kernel that touches memory.
struct MemoryReference {
  /// The statement, `load`, `store` or `accumulate`.
  var statement: Statement
  /// What it touches.
  var access: Access
  /// Lanes of the value.
  var lanes: Int
  /// Bytes of one element of the value.
  var elementBytes: Int
  /// The statements around it, outermost first.
  var enclosing: [Statement]

  /// Whether memory changes.
  var writes: Bool {
    if case .define = statement { return false }
    return true
  }
}

/// Two accesses of which one writes and which may touch the same place in different iterations.
public struct Dependence: Hashable, Sendable {
  /// The access that must stay after the other, in words: `store to %y at [%i]`.
  public let sink: String
  /// The access it depends on, in words.
  public let source: String

  /// `store to %y at [%i] depends on load of %y at [%i - 1]`.
  public var description: String { "\(sink) depends on \(source)" }
}

/// How far the second of two iterations is ahead of the first in one loop, in values of the
/// variable.
struct Distance {
  /// The loop.
  var loop: Loop
  /// Smallest distance, a multiple of the loop's step.
  var lower: Int
  /// Largest distance; `nil` is unbounded.
  var upper: Int?
  /// The first is ahead of the second instead.
  var isTurned = false

  /// The same value of the variable.
  static func none(_ loop: Loop) -> Distance { Distance(loop: loop, lower: 0, upper: 0) }
  /// One iteration or more.
  static func ahead(_ loop: Loop) -> Distance { Distance(loop: loop, lower: loop.step) }
  /// One iteration or more, the other way.
  static func behind(_ loop: Loop) -> Distance {
    Distance(loop: loop, lower: loop.step, isTurned: true)
  }
}

/// Dependence test by affine subscripts: two accesses are apart when in some axis the difference
/// of their subscripts cannot be 0, by the greatest common divisor of its factors or by its bounds
/// over the loops' symbolic ranges (after Banerjee, *Dependence Analysis*, 1997).
///
/// Different buffers never alias. What is not affine, and values computed inside the loops under
/// test, may be anything.
struct DependenceTest {
  let kernel: Kernel
  /// Every access, in text order.
  let references: [MemoryReference]
  /// Where the accesses inside each loop are among all.
  private let places: [VariableID: Range<Int>]
  /// What the kernel's choices hang on.
  let conditions: Conditions

  /// Collects the accesses in `kernel`.
  init(_ kernel: Kernel) {
    self.kernel = kernel
    var collection = ReferenceCollection(kernel)
    collection.add(kernel.body)
    references = collection.references
    places = collection.places
    conditions = Conditions(collection.hasBranches ? kernel.body : [])
  }

  /// The accesses inside the loop over `variable`.
  func references(inside variable: VariableID) -> ArraySlice<MemoryReference> {
    references[places[variable] ?? 0..<0]
  }

  /// The first pair of accesses inside `loop` that may meet in iterations whose distance in `loop`
  /// is from `lower` to `upper` in either direction, in one iteration of the loops around it;
  /// `ignoring` excuses an access, paired with itself or with another one.
  func dependence(
    carriedBy loop: Loop, from lower: Int, to upper: Int?,
    ignoring: (MemoryReference, _ isSame: Bool) -> Bool
  ) -> Dependence? {
    if let upper, upper < lower { return nil }
    let inside = references(inside: loop.variable)
    let ahead = Distance(loop: loop, lower: lower, upper: upper)
    for (index, a) in inside.enumerated() {
      for (other, b) in inside.enumerated().dropFirst(index) {
        if !mayShareMemory(a, b) || ignoring(a, other == index) { continue }
        if mayMeet(a, b, at: [ahead]) { return describe(b, on: a) }
        if mayMeet(b, a, at: [ahead]) { return describe(a, on: b) }
      }
    }
    return nil
  }

  /// A pair of accesses, one in a loop and one in a block beside it, of which one writes.
  func dependence(of site: LoopSite, onAnyOf block: [Statement]) -> Dependence? {
    let others = block.references(in: kernel, enclosing: site.enclosing)
    for own in references(inside: site.loop.variable) {
      if let other = others.first(where: { mayShareMemory(own, $0) }) {
        return describe(other, on: own)
      }
    }
    return nil
  }

  /// Holds for an access to memory that exists once per parallel iteration.
  func isPrivate(_ reference: MemoryReference) -> Bool {
    kernel[reference.access.buffer].role.isPrivate
  }

  /// Holds when one of two accesses to one buffer writes.
  func mayShareMemory(_ a: MemoryReference, _ b: MemoryReference) -> Bool {
    a.access.buffer == b.access.buffer && (a.writes || b.writes)
  }

  /// Words for a dependence of `sink` on `source`, put so that a write comes first.
  func describe(_ sink: MemoryReference, on source: MemoryReference) -> Dependence {
    let isTurned = !sink.writes && source.writes
    return Dependence(
      sink: text(isTurned ? source : sink), source: text(isTurned ? sink : source))
  }

  /// Words for an access: `store to %y at [%i]`.
  func text(_ reference: MemoryReference) -> String {
    let verb =
      switch reference.statement {
      case .define: "load of"
      case .accumulate: "accumulate into"
      case .store, .check, .loop, .whileLoop, .branch: "store to"
      }
    return "\(verb) \(kernel.text(reference.access))"
  }

  /// Whether `second`, at the given distances after `first` (loops outermost first, the loops
  /// around them at distance 0, those inside at any), may touch the same bytes.
  func mayMeet(
    _ first: MemoryReference, _ second: MemoryReference, at distances: [Distance]
  ) -> Bool {
    let shape = kernel[first.access.buffer]
    let isPlain = [first, second].allSatisfy { $0.elementBytes == shape.type.byteSize }
    guard isPlain else { return true }
    let outermost = distances.first?.loop.variable
    var bounds = IndexBounds()
    var fresh = kernel.variables.count
    if let outermost {
      for case .loop(let loop) in first.enclosing.prefix(while: { !$0.definesLoop(outermost) }) {
        bounds.add(loop)
      }
    }
    var sides = [first, second].map { Side($0, outermost) }
    for distance in distances {
      add(distance, to: &sides, &bounds, &fresh)
    }
    for index in sides.indices { sides[index].addInner(to: &bounds, &fresh) }
    for (a, b) in zip(sides[0].indices, sides[1].indices) where bounds.excludesZero(b - a) {
      return false
    }
    return true
  }

  /// The loop of `distance`: one variable for the side behind, a distance for the side ahead.
  private func add(
    _ distance: Distance, to sides: inout [Side], _ bounds: inout IndexBounds,
    _ fresh: inout Int
  ) {
    let loop = distance.loop
    let behind = distance.isTurned ? 1 : 0
    let start = VariableID(fresh)
    let difference = VariableID(fresh + 1)
    fresh += 2
    let end = sides[behind].rename(loop.upper)
    let room = end - start.expression
    bounds.add(
      IndexBounds.Range(
        variable: start, lower: sides[behind].rename(loop.lower), upper: end, step: loop.step))
    bounds.add(
      IndexBounds.Range(
        variable: difference, lower: IndexExpression(distance.lower),
        upper: distance.upper.map { room.min(IndexExpression($0 + 1)) } ?? room, step: loop.step))
    sides[behind].replace(loop.variable, by: start.expression)
    sides[1 - behind].replace(
      loop.variable,
      by: distance.lower == distance.upper
        ? start.expression + IndexExpression(distance.lower)
        : start.expression + difference.expression)
  }
}

/// One of two accesses under test, its variables renamed apart.
private struct Side {
  let reference: MemoryReference
  /// The statements around it from the outermost tested loop on; all where none is tested.
  private let enclosing: [Statement]
  private var names: [VariableID: IndexExpression] = [:]

  init(_ reference: MemoryReference, _ outermost: VariableID?) {
    self.reference = reference
    enclosing =
      outermost.map { outermost in
        Array(reference.enclosing.drop { !$0.definesLoop(outermost) })
      } ?? reference.enclosing
  }

  mutating func replace(_ variable: VariableID, by expression: IndexExpression) {
    names[variable] = expression
  }

  func rename(_ expression: IndexExpression) -> IndexExpression {
    expression.substituting { atom in
      guard case .variable(let index) = atom else { return nil }
      return names[VariableID(index)]
    }
  }

  /// Renames what varies inside the tested loops, with bounds for the loops among it.
  mutating func addInner(to bounds: inout IndexBounds, _ fresh: inout Int) {
    guard let root = enclosing.first else { return }
    for id in [root].allDefinitions where names[id] == nil {
      names[id] = .variable(fresh)
      fresh += 1
    }
    for case .loop(let loop) in enclosing {
      guard let id = names[loop.variable]?.asVariable,
        !bounds.ranges.contains(where: {
          $0.variable.index == id
        })
      else { continue }
      bounds.add(
        IndexBounds.Range(
          variable: VariableID(id), lower: rename(loop.lower), upper: rename(loop.upper),
          step: loop.step))
    }
    laneVariable = VariableID(fresh)
    fresh += 1
    bounds.add(
      IndexBounds.Range(
        variable: laneVariable, lower: 0, upper: IndexExpression(reference.lanes), step: 1))
  }

  private var laneVariable = VariableID(0)

  var indices: [IndexExpression] {
    reference.access.indices.map { index in
      rename(index).substituting { $0 == .lane ? laneVariable.expression : nil }
    }
  }
}

extension Statement {
  /// Holds for the loop over `variable`.
  func definesLoop(_ variable: VariableID) -> Bool {
    guard case .loop(let loop) = self else { return false }
    return loop.variable == variable
  }
}

extension [Statement] {
  /// Every access here and inside, in order.
  func references(in kernel: Kernel, enclosing: [Statement]) -> [MemoryReference] {
    var collection = ReferenceCollection(kernel, enclosing: enclosing)
    collection.add(self)
    return collection.references
  }
}

/// Accesses in text order, while they are collected.
private struct ReferenceCollection {
  let kernel: Kernel
  private(set) var references: [MemoryReference] = []
  private(set) var places: [VariableID: Range<Int>] = [:]
  private(set) var hasBranches = false
  /// The statements around what comes next, outermost first.
  private var enclosing: [Statement]

  init(_ kernel: Kernel, enclosing: [Statement] = []) {
    self.kernel = kernel
    self.enclosing = enclosing
  }

  mutating func add(_ block: [Statement]) {
    for statement in block { add(statement) }
  }

  private mutating func add(_ statement: Statement) {
    if let access = statement.access {
      let type = statement.valueType(in: kernel)
      references.append(
        MemoryReference(
          statement: statement, access: access,
          lanes: access.indices.contains { $0.contains(.lane) }
            ? max(type.lanes, statement.minimumLanes) : 1,
          elementBytes: type.dtype.byteSize, enclosing: enclosing))
      return
    }
    switch statement {
    case .define, .check: return
    case .branch: hasBranches = true
    case .store, .accumulate, .loop, .whileLoop: break
    }
    let start = references.count
    enclosing.append(statement)
    for block in statement.blocks { add(block) }
    enclosing.removeLast()
    if case .loop(let loop) = statement { places[loop.variable] = start..<references.count }
  }
}

extension Statement {
  /// Lanes of a store that its value does not tell.
  fileprivate var minimumLanes: Int {
    operands.contains { $0.asVariable == nil } ? ValueType.maximumLanes : 1
  }

  /// Type of the value that moves to or from memory.
  fileprivate func valueType(in kernel: Kernel) -> ValueType {
    switch self {
    case .define(let id, _): kernel[id].type
    case .store(let value, _, _), .accumulate(_, let value, _, _): kernel.type(of: value)
    case .check, .loop, .whileLoop, .branch: ValueType(.bool)
    }
  }
}
