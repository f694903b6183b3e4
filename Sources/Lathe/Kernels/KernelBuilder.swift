// What a kernel's body is given.

public import IRCore
import LoopIR

/// Builder of a kernel: declares grids, opens loops and choices. `kernel { k in … }` passes one to
/// its body.
public struct KernelBuilder: Sendable {
  init() {}
}

// Grids.
extension KernelBuilder {
  /// Grid that the kernel reads: an argument of the call, in order.
  ///
  /// - Parameter shape: `Int`s, or extents that `extent` names. `[]` is one element.
  public func input(
    _ dtype: DType, _ shape: [Int], name: String? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Grid {
    input(dtype, shape.map { KernelValue($0) }, name: name, file: file, line: line)
  }

  /// Grid that the kernel reads: an argument of the call, in order.
  public func input(
    _ dtype: DType, _ shape: [KernelValue], name: String? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Grid {
    let location = SourceLocation.line(file: file, line: line)
    return KernelTrace.record(at: location) { draft in
      draft.makeGrid(.input, dtype, shape, name, fill: nil, at: location)
    }
  }

  /// Number that the kernel is given: an argument of rank 0 of the call, in order.
  public func scalar(
    _ dtype: DType, name: String? = nil, file: String = #fileID, line: Int = #line
  ) -> KernelValue {
    input(dtype, [KernelValue](), name: name, file: file, line: line)[file: file, line: line]
  }

  /// Extent that the shapes of the arguments give when the kernel is called.
  public func extent(
    _ name: String? = nil, file: String = #fileID, line: Int = #line
  ) -> KernelValue {
    let location = SourceLocation.line(file: file, line: line)
    return KernelTrace.record(at: location) { $0.makeExtent(name, at: location) }
  }

  /// Grid that the kernel writes: a result of the call, in order. What the kernel does not write is
  /// `value`.
  public func output(
    _ dtype: DType, _ shape: [Int], repeating value: KernelValue = 0, name: String? = nil,
    file: String = #fileID, line: Int = #line
  ) -> Grid {
    output(
      dtype, shape.map { KernelValue($0) }, repeating: value, name: name, file: file, line: line)
  }

  /// Grid that the kernel writes: a result of the call, in order. What the kernel does not write is
  /// `value`.
  public func output(
    _ dtype: DType, _ shape: [KernelValue], repeating value: KernelValue = 0,
    name: String? = nil, file: String = #fileID, line: Int = #line
  ) -> Grid {
    let location = SourceLocation.line(file: file, line: line)
    return KernelTrace.record(at: location) { draft in
      draft.makeGrid(.output, dtype, shape, name, fill: value, at: location)
    }
  }

  /// Grid that begins as a copy of another one and that the kernel writes: a result of the call.
  public func output(
    copying grid: Grid, name: String? = nil, file: String = #fileID, line: Int = #line
  ) -> Grid {
    let location = SourceLocation.line(file: file, line: line)
    return KernelTrace.record(at: location) { draft in
      let copy = draft.makeGrid(.output, grid.dtype, grid.shape, name, fill: nil, at: location)
      draft.copy(grid, to: copy, at: location)
      return copy
    }
  }

  /// Grid that begins as its argument and that the kernel changes: an argument and a result of the
  /// call.
  public func update(
    _ dtype: DType, _ shape: [Int], name: String? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Grid {
    update(dtype, shape.map { KernelValue($0) }, name: name, file: file, line: line)
  }

  /// Grid that begins as its argument and that the kernel changes: an argument and a result of the
  /// call.
  public func update(
    _ dtype: DType, _ shape: [KernelValue], name: String? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Grid {
    let old = input(dtype, shape, name: name.map { "\($0)_old" }, file: file, line: line)
    return output(copying: old, name: name, file: file, line: line)
  }

  /// Array of the kernel's own, filled with `value` where it is declared: once, or anew in each
  /// iteration of the loop around the declaration. Its extents are numbers or `extent`s.
  public func local(
    _ dtype: DType, _ shape: [Int], repeating value: KernelValue = 0, name: String? = nil,
    file: String = #fileID, line: Int = #line
  ) -> Grid {
    local(
      dtype, shape.map { KernelValue($0) }, repeating: value, name: name, file: file, line: line)
  }

  /// Array of the kernel's own, filled with `value` where it is declared: once, or anew in each
  /// iteration of the loop around the declaration. Its extents are numbers or `extent`s.
  public func local(
    _ dtype: DType, _ shape: [KernelValue], repeating value: KernelValue = 0,
    name: String? = nil, file: String = #fileID, line: Int = #line
  ) -> Grid {
    let location = SourceLocation.line(file: file, line: line)
    return KernelTrace.record(at: location) { draft in
      let role: Buffer.Role = draft.isOutermost ? .shared : .stack
      return draft.makeGrid(role, dtype, shape, name, fill: value, at: location)
    }
  }

  /// Array of the kernel's own that begins as a copy of another grid.
  public func local(
    copying grid: Grid, name: String? = nil, file: String = #fileID, line: Int = #line
  ) -> Grid {
    let location = SourceLocation.line(file: file, line: line)
    return KernelTrace.record(at: location) { draft in
      let role: Buffer.Role = draft.isOutermost ? .shared : .stack
      let copy = draft.makeGrid(role, grid.dtype, grid.shape, name, fill: nil, at: location)
      draft.copy(grid, to: copy, at: location)
      return copy
    }
  }
}

// Loops and choices.
extension KernelBuilder {
  /// Loop over whole numbers: `for i in k.range(0..<n) { … }`.
  ///
  /// - Parameters:
  ///   - step: distance of the numbers, at least 1; `reversed()` counts down.
  ///   - name: what schedules and printed IR call the loop; `i`, `j`, `k`, … by depth if not given.
  public func range(
    _ bounds: KernelBounds, by step: Int = 1, name: String? = nil, file: String = #fileID,
    line: Int = #line
  ) -> KernelRange {
    KernelRange(bounds, step: step, name: name, at: .line(file: file, line: line))
  }

  /// Loop over whole numbers: `for i in k.range(0..<8) { … }`.
  public func range(
    _ bounds: Range<Int>, by step: Int = 1, name: String? = nil, file: String = #fileID,
    line: Int = #line
  ) -> KernelRange {
    range(
      KernelBounds(KernelValue(bounds.lowerBound), KernelValue(bounds.upperBound)), by: step,
      name: name, file: file, line: line)
  }

  /// Loop over the numbers from 0 up to and without `count`.
  public func range(
    _ count: KernelValue, name: String? = nil, file: String = #fileID, line: Int = #line
  ) -> KernelRange {
    range(KernelBounds(0, count), name: name, file: file, line: line)
  }

  /// Runs `then` where the condition holds when the kernel runs, else `otherwise`.
  ///
  /// ```swift
  /// k.when(x > 0) { sum += x } otherwise: { count += 1 }
  /// ```
  public func when(
    _ condition: KernelValue, file: String = #fileID, line: Int = #line,
    _ then: () -> Void, otherwise: () -> Void = {}
  ) {
    let location = SourceLocation.line(file: file, line: line)
    let test = KernelTrace.record(at: location) { draft in
      draft.operand(condition, as: .bool, "k.when", at: location)
    }
    let first = KernelTrace.block(at: location, then)
    let second = KernelTrace.block(at: location, otherwise)
    KernelTrace.record(at: location) { draft in
      draft.append(.branch(test, then: first, otherwise: second))
    }
  }

  /// Runs `body` again and again, as long as the condition holds before.
  ///
  /// The condition is computed anew each time, from variables and grids; what changes from time to
  /// time is a ``Variable``.
  ///
  /// ```swift
  /// k.while(x * x + y * y <= 4 && count < 200) { … }
  /// ```
  public func `while`(
    _ condition: @autoclosure () -> KernelValue, file: String = #fileID, line: Int = #line,
    _ body: () -> Void
  ) {
    let location = SourceLocation.line(file: file, line: line)
    let before = KernelTrace.record(at: location) { $0 }
    let first = whileLoop(condition, body, at: location)
    let after = KernelTrace.record(at: location) { $0.beginRehearsal(from: before) }
    let second = whileLoop(condition, body, at: location)
    KernelTrace.record(at: location) { draft in
      draft.endRehearsal([first], [second], after, at: location)
    }
  }

  private func whileLoop(
    _ condition: () -> KernelValue, _ body: () -> Void, at location: SourceLocation
  ) -> DraftStatement {
    KernelTrace.record(at: location) { _ = $0.openScope() }
    let value = condition()
    let (test, block) = KernelTrace.record(at: location) { draft in
      let test = draft.operand(value, as: .bool, "k.while", at: location)
      return (test, draft.closeScope())
    }
    // The body sees what the condition computed, but nothing outside does.
    let inside = KernelTrace.block(at: location, body)
    let loop = DraftStatement.whileLoop(condition: block, test: test, body: inside)
    KernelTrace.record(at: location) { $0.append(loop) }
    return loop
  }
}

extension KernelTrace {
  /// The statements that `body` records, as a block of their own.
  static func block(at location: SourceLocation, _ body: () -> Void) -> [DraftStatement] {
    let scope = record(at: location) { $0.openScope() }
    body()
    return record(at: location) { draft in
      // An open `for` inside has been left early: its own message comes first.
      guard draft.currentScope == scope else {
        misuse("kernel \(draft.kernel.name): a loop inside did not end", at: location)
      }
      return draft.closeScope()
    }
  }
}

extension KernelDraft {
  /// Whether nothing but the kernel's body is open.
  var isOutermost: Bool { scopes.count == 1 }

  mutating func makeGrid(
    _ role: Buffer.Role, _ dtype: DType, _ shape: [KernelValue], _ name: String?,
    fill: KernelValue?, at location: SourceLocation
  ) -> Grid {
    guard isOutermost || !role.isParameter else {
      misuse(
        "kernel \(kernel.name): inputs and outputs are declared outside of loops and choices",
        at: location)
    }
    let extents = shape.map { extent -> IndexExpression in
      let index = index(extent, "an extent", at: location)
      if let number = index.asConstant, number < 0 {
        misuse(
          "kernel \(kernel.name): an extent of at least 0 expected, found \(number)", at: location)
      }
      if !index.isOverSymbols {
        misuse("kernel \(kernel.name): an extent is a number or made of k.extent", at: location)
      }
      return index
    }
    let buffer = Buffer(name: name ?? gridName(role), role: role, type: dtype, shape: extents)
    let isKnown = kernel.buffers.contains { $0.name == buffer.name }
    guard !isKnown, Kernel.isWord(buffer.name) else {
      misuse(
        "kernel \(kernel.name): a grid's name is a word that no other has, found \(buffer.name)",
        at: location)
    }
    let id = addBuffer(buffer, GridFacts(location: location))
    if let fill {
      let value = operand(fill, as: dtype, "value of %\(buffer.name)", at: location)
      append(.fill(id, value))
    }
    return Grid(kernel: self.id, buffer: id, scope: currentScope, dtype: dtype, shape: shape)
  }

  private func gridName(_ role: Buffer.Role) -> String {
    let prefix = role == .input ? "in" : role == .output ? "out" : "local"
    return
      "\(prefix)\(kernel.buffers.count { ($0.role == role) || !role.isParameter && !$0.role.isParameter })"
  }

  mutating func makeExtent(_ name: String?, at location: SourceLocation) -> KernelValue {
    let name = name ?? "n\(kernel.symbols.count)"
    guard Kernel.isWord(name), !kernel.symbols.contains(name),
      !["min", "max", "floorDiv", "mod", "lane"].contains(name)
    else {
      misuse(
        "kernel \(kernel.name): an extent's name is a word that no other has, found \(name)",
        at: location)
    }
    kernel.symbols.append(name)
    return KernelValue(
      .index(.symbol(name)), .i64, KernelValue.Origin(kernel: id, scope: 0))
  }

  /// Loops that copy a grid, element by element.
  mutating func copy(_ source: Grid, to target: Grid, at location: SourceLocation) {
    guard source.kernel == id, isOpen(source.scope) else {
      misuse("kernel \(kernel.name): a grid of another kernel is copied", at: location)
    }
    grids[target.buffer.index].isWritten = true
    var variables: [VariableID] = []
    let shape = kernel[source.buffer].shape
    for axis in shape.indices { variables.append(makeLoopVariable("c\(axis)", 0, shape[axis])) }
    let indices = variables.map(\.expression)
    let value = kernel.makeVariable(ValueType(source.dtype))
    var block: [DraftStatement] = [
      .plain(.define(value, .load(Access(source.buffer, indices), mask: nil, otherwise: nil))),
      .plain(.store(.variable(value), Access(target.buffer, indices), mask: nil)),
    ]
    for (variable, extent) in zip(variables, shape).reversed() {
      block = [.loop(variable, lower: 0, upper: extent, step: 1, body: block)]
    }
    for statement in block { append(statement) }
  }
}

extension IndexExpression {
  /// Whether nothing but numbers and symbols occurs.
  fileprivate var isOverSymbols: Bool {
    var result = true
    forEachLeaf { if case .symbol = $0 {} else { result = false } }
    return result
  }
}

extension Kernel {
  /// Holds for letters, digits and `_` that begin with a letter.
  static func isWord(_ name: String) -> Bool {
    guard let first = name.utf8.first, first > 57 else { return false }
    return name.utf8.allSatisfy {
      $0 >= 97 && $0 <= 122 || $0 >= 65 && $0 <= 90 || $0 >= 48 && $0 <= 57 || $0 == 95
    }
  }
}
