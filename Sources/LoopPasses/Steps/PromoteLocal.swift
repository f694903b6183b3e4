// The schedule step `promote`.

import IRCore
public import LoopIR

extension Kernel {
  /// Turns a local whose indices are constant into values: what was memory becomes carried values
  /// of the loops that change it, and results of choices. Vectors that are stored one below the
  /// other and loaded across become shuffles.
  ///
  /// Legal when the elements that any two accesses touch are the same or apart, no access is under
  /// a mask, and every load follows a store on every way to it in the same iteration. A load across
  /// goes through as many vectors as each has lanes, or a multiple.
  public func promoting(_ name: String) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.promote(name)
    let buffer = try buffer(named: name, for: step)
    guard self[buffer].role.isPrivate else {
      throw ScheduleRefusal(step, "%\(name) is no local of one iteration")
    }
    var promotion = Promotion(kernel: self, step: step, buffer: buffer)
    try promotion.findSlots()
    return try promotion.result()
  }
}

/// One promotion while it walks the kernel.
private struct Promotion {
  /// Elements that accesses touch together.
  struct Slot: Hashable {
    var start: Int
    var lanes: Int
  }

  private(set) var kernel: Kernel
  let step: ScheduleStep
  let buffer: BufferID
  /// In ascending order.
  private var slots: [Slot] = []
  private var replacements: [VariableID: Operand] = [:]
  /// Columns of squares that the present block has computed, by the rows.
  private var columns: [[Operand]: [Operand]] = [:]

  /// What each slot holds, in the order of `slots`; `nil` before the first store.
  private typealias Contents = [Operand?]

  init(kernel: Kernel, step: ScheduleStep, buffer: BufferID) {
    self.kernel = kernel
    self.step = step
    self.buffer = buffer
  }

  private func refusal(_ reason: String) -> ScheduleRefusal { ScheduleRefusal(step, reason) }

  // MARK: Slots

  mutating func findSlots() throws(ScheduleRefusal) {
    let test = DependenceTest(kernel)
    var found: Set<Slot> = []
    let references = test.references.filter { $0.access.buffer == buffer }
    for reference in references where column(of: reference) == nil {
      guard let slot = slot(of: reference.access, lanes: reference.lanes),
        reference.elementBytes == kernel[buffer].type.byteSize
      else { throw refusal("\(test.text(reference)) has no constant place") }
      guard !reference.isMasked else { throw refusal("\(test.text(reference)) has a mask") }
      found.insert(slot)
    }
    slots = found.sorted { $0.start < $1.start }
    for (a, b) in zip(slots, slots.dropFirst()) where a.start + a.lanes > b.start {
      throw refusal(
        "\(a.lanes) elements from \(a.start) and \(b.lanes) from \(b.start) overlap in part")
    }
    for reference in references {
      guard let column = column(of: reference), rows(of: column) == nil else { continue }
      throw refusal("\(test.text(reference)) does not go across squares of vectors")
    }
  }

  /// Elements `stride` apart that a load reads together.
  private struct Column {
    var start: Int
    var stride: Int
    var lanes: Int
  }

  /// The column that an access reads, if it is a load of one.
  private func column(of reference: MemoryReference) -> Column? {
    guard case .define(_, .load(_, nil, _)) = reference.statement, reference.lanes > 1,
      reference.elementBytes == kernel[buffer].type.byteSize
    else { return nil }
    return column(of: reference.access, lanes: reference.lanes)
  }

  private func column(of access: Access, lanes: Int) -> Column? {
    let linear = linearIndex(access)
    guard let stride = linear.coefficient(of: .lane), stride > 1,
      let start = (linear - .lane * IndexExpression(stride)).asConstant
    else { return nil }
    return Column(start: start, stride: stride, lanes: lanes)
  }

  /// The slots that a column goes across, and the lane that it takes of each.
  private func rows(of column: Column) -> (slots: [Int], lane: Int)? {
    guard let first = slots.last(where: { $0.start <= column.start }) else { return nil }
    let lane = column.start - first.start
    guard first.lanes > 1, column.lanes % first.lanes == 0, lane < first.lanes else { return nil }
    let found = (0..<column.lanes).compactMap { row in
      slots.firstIndex(of: Slot(start: first.start + row * column.stride, lanes: first.lanes))
    }
    return found.count == column.lanes ? (found, lane) : nil
  }

  /// The elements of an access whose subscripts are constant but for the last one's lane.
  private func slot(of access: Access, lanes: Int) -> Slot? {
    let linear = linearIndex(access)
    let start = lanes > 1 ? linear - .lane : linear
    return start.asConstant.map { Slot(start: $0, lanes: lanes) }
  }

  private func linearIndex(_ access: Access) -> IndexExpression {
    var linear: IndexExpression = 0
    for (index, extent) in zip(access.indices, kernel[buffer].shape) {
      linear = linear * extent + index
    }
    return linear
  }

  // MARK: Walking

  mutating func result() throws(ScheduleRefusal) -> Kernel {
    var contents = Contents(repeating: nil, count: slots.count)
    let body = try promote(kernel.body, &contents)
    var map = VariableMap()
    for (id, operand) in replacements { map.replace(id, by: operand) }
    kernel.body = map.substitution(body)
    return kernel.dropping(buffer)
  }

  /// What stands for an operand once loads are gone.
  private func resolved(_ operand: Operand) -> Operand {
    operand.asVariable.flatMap { replacements[$0] } ?? operand
  }

  private func slotNumber(_ access: Access, lanes: Int) -> Int? {
    guard access.buffer == buffer, let slot = slot(of: access, lanes: lanes) else { return nil }
    return slots.firstIndex(of: slot)
  }

  private func lanes(of access: Access, _ operand: Operand) -> Int {
    access.indices.contains { $0.contains(.lane) } ? kernel.type(of: operand).lanes : 1
  }

  private func type(_ number: Int) -> ValueType {
    ValueType(kernel[buffer].type, lanes: slots[number].lanes)
  }

  private mutating func promote(
    _ block: [Statement], _ contents: inout Contents
  ) throws(ScheduleRefusal) -> [Statement] {
    let outside = columns
    defer { columns = outside }
    var result: [Statement] = []
    for statement in block { result += try promote(statement, &contents) }
    return result
  }

  /// The vector that a load across the slots reads, and the shuffles that make it.
  private mutating func transposed(
    _ access: Access, lanes: Int, _ contents: Contents
  ) throws(ScheduleRefusal) -> (statements: [Statement], value: Operand)? {
    guard let column = column(of: access, lanes: lanes), let rows = rows(of: column) else {
      return nil
    }
    let type = type(rows.slots[0])
    var statements: [Statement] = []
    var parts: [Operand] = []
    for first in stride(from: 0, to: lanes, by: type.lanes) {
      let values = rows.slots[first..<first + type.lanes].compactMap { contents[$0] }
      guard values.count == type.lanes else {
        throw refusal("load of \(kernel.text(access)) follows no store")
      }
      let known = columns[values] ?? transposed(values, type, &statements)
      parts.append(known[rows.lane])
    }
    let value = joined(parts, type, &statements)
    return (statements, value)
  }

  private mutating func transposed(
    _ rows: [Operand], _ type: ValueType, _ statements: inout [Statement]
  ) -> [Operand] {
    let made = LaneTransposition(of: rows, type, in: kernel)
    kernel = made.kernel
    statements += made.statements
    columns[rows] = made.columns
    return made.columns
  }

  /// One vector of several, a power of two.
  private mutating func joined(
    _ parts: [Operand], _ type: ValueType, _ statements: inout [Statement]
  ) -> Operand {
    if parts.count == 1 { return parts[0] }
    let double = ValueType(type.dtype, lanes: 2 * type.lanes)
    let pairs = stride(from: 0, to: parts.count, by: 2).map { index in
      let id = kernel.makeVariable(double)
      let lanes = Array(0..<double.lanes)
      statements.append(.define(id, .shuffleLanes(parts[index], parts[index + 1], lanes)))
      return Operand.variable(id)
    }
    return joined(pairs, double, &statements)
  }

  private mutating func promote(
    _ statement: Statement, _ contents: inout Contents
  ) throws(ScheduleRefusal) -> [Statement] {
    switch statement {
    case .define(let id, .load(let access, _, _)) where access.buffer == buffer:
      let lanes = lanes(of: access, .variable(id))
      if let (shuffles, value) = try transposed(access, lanes: lanes, contents) {
        replacements[id] = value
        return shuffles
      }
      guard let number = slotNumber(access, lanes: lanes),
        let held = contents[number]
      else { throw refusal("load of \(kernel.text(access)) follows no store") }
      replacements[id] = held
      return []
    case .store(let value, let access, _) where access.buffer == buffer:
      guard let number = slotNumber(access, lanes: lanes(of: access, value)) else {
        return [statement]
      }
      contents[number] = resolved(value)
      return []
    case .accumulate(let row, let value, let access, _) where access.buffer == buffer:
      guard let number = slotNumber(access, lanes: lanes(of: access, value)),
        let held = contents[number]
      else { throw refusal("accumulate into \(kernel.text(access)) follows no store") }
      let sum = kernel.makeVariable(type(number))
      contents[number] = .variable(sum)
      return [.define(sum, .elementwise(row, [held, resolved(value)]))]
    case .define, .store, .accumulate, .check: return [statement]
    case .loop(let loop): return [.loop(try promote(loop, &contents))]
    case .branch(let branch): return [.branch(try promote(branch, &contents))]
    case .whileLoop:
      if [statement].touches(buffer) { throw refusal("a while loop touches it") }
      return [statement]
    }
  }

  private mutating func promote(
    _ loop: Loop, _ contents: inout Contents
  ) throws(ScheduleRefusal) -> Loop {
    var result = loop
    if !loop.body.touches(buffer) { return loop }
    let written = writtenSlots(loop.body)
    var inside = loop.kind == .parallel ? Contents(repeating: nil, count: slots.count) : contents
    for number in slots.indices where written.contains(number) {
      guard let initial = inside[number] else { continue }
      let value = kernel.makeVariable(type(number))
      let end = kernel.makeVariable(type(number))
      result.carried.append(Carried(inside: value, initial: initial, result: end))
      inside[number] = .variable(value)
      contents[number] = .variable(end)
    }
    let carriedSlots = slots.indices.filter { written.contains($0) && inside[$0] != nil }
    result.body = try promote(loop.body, &inside)
    for number in carriedSlots {
      if let value = inside[number] { result.yields.append(value) }
    }
    return result
  }

  private mutating func promote(
    _ branch: Branch, _ contents: inout Contents
  ) throws(ScheduleRefusal) -> Branch {
    var result = branch
    var then = contents
    var otherwise = contents
    result.then = try promote(branch.then, &then)
    result.otherwise = try promote(branch.otherwise, &otherwise)
    for number in slots.indices where then[number] != otherwise[number] {
      guard let a = then[number], let b = otherwise[number] else {
        contents[number] = nil
        continue
      }
      let value = kernel.makeVariable(type(number))
      result.results.append(value)
      result.thenYields.append(a)
      result.otherwiseYields.append(b)
      contents[number] = .variable(value)
    }
    for number in slots.indices where then[number] == otherwise[number] {
      contents[number] = then[number]
    }
    return result
  }

  /// Numbers of the slots that the statements write.
  private func writtenSlots(_ block: [Statement]) -> Set<Int> {
    var result: Set<Int> = []
    block.forEachNested { statement in
      switch statement {
      case .store(let value, let access, _), .accumulate(_, let value, let access, _):
        if let number = slotNumber(access, lanes: lanes(of: access, value)) {
          result.insert(number)
        }
      case .define, .check, .loop, .whileLoop, .branch: break
      }
    }
    return result
  }
}

extension MemoryReference {
  /// Whether the access is under a mask.
  fileprivate var isMasked: Bool {
    switch statement {
    case .define(_, .load(_, let mask, _)), .store(_, _, let mask), .accumulate(_, _, _, let mask):
      mask != nil
    case .define, .check, .loop, .whileLoop, .branch: false
    }
  }
}
