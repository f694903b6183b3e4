// The schedule step `promote`.

import IRCore
public import LoopIR

extension Kernel {
  /// Turns a local whose indices are constant into values: what was memory becomes carried values
  /// of the loops that change it, and results of choices.
  ///
  /// Legal when the elements that any two accesses touch are the same or apart, no access is under
  /// a mask, and every load follows a store on every way to it in the same iteration.
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
    for reference in test.references where reference.access.buffer == buffer {
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
  }

  /// The elements of an access whose subscripts are constant but for the last one's lane.
  private func slot(of access: Access, lanes: Int) -> Slot? {
    var linear: IndexExpression = 0
    for (index, extent) in zip(access.indices, kernel[buffer].shape) {
      linear = linear * extent + index
    }
    let start = lanes > 1 ? linear - .lane : linear
    return start.asConstant.map { Slot(start: $0, lanes: lanes) }
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
    var result: [Statement] = []
    for statement in block { result += try promote(statement, &contents) }
    return result
  }

  private mutating func promote(
    _ statement: Statement, _ contents: inout Contents
  ) throws(ScheduleRefusal) -> [Statement] {
    switch statement {
    case .define(let id, .load(let access, _, _)) where access.buffer == buffer:
      guard let number = slotNumber(access, lanes: lanes(of: access, .variable(id))),
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
