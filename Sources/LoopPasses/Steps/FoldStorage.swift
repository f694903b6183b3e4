// The schedule step `foldStorage`.

import IRCore
public import LoopIR

extension Kernel {
  /// Keeps the last `count` places of a local buffer along the axis that a loop moves through, each
  /// at its place modulo `count`.
  ///
  /// Legal when one axis of the buffer is the loop's variable plus a constant in every access inside
  /// the loop; when no iteration reads what lies `count` or more behind what it writes first; and
  /// when what is written before the loop, and read after it, is among the last `count` places there,
  /// inside all loops around it. The extent of the axis becomes `count`.
  public func foldingStorage(
    of name: String, at loopName: String, by count: Int
  ) throws(ScheduleRefusal) -> Kernel {
    let step = ScheduleStep.foldStorage(name, at: loopName, by: count)
    let site = try site(of: loopName, for: step)
    let loop = site.loop
    guard count >= 1 else { throw ScheduleRefusal(step, "the count must be at least 1") }
    let buffer = try local(name, for: step)
    guard loop.kind == .serial, loop.step == 1 else {
      let kind = loop.kind == .serial ? "has step \(loop.step)" : "does not run in order"
      throw ScheduleRefusal(step, "%\(loopName) \(kind)")
    }
    guard site.enclosing.isEmpty || (loop.lower.variables + loop.upper.variables).isEmpty else {
      throw ScheduleRefusal(step, "the bounds of %\(loopName) differ from time to time")
    }
    var folding = StorageFolding(self, site, buffer, count)
    if let refusal = folding.analyze() { throw ScheduleRefusal(step, refusal) }
    return folding.result()
  }

  /// The local buffer spelled `name`.
  func local(_ name: String, for step: ScheduleStep) throws(ScheduleRefusal) -> BufferID {
    guard let index = buffers.firstIndex(where: { $0.name == name }) else {
      throw ScheduleRefusal(step, "no buffer %\(name)")
    }
    guard !buffers[index].role.isParameter else {
      throw ScheduleRefusal(step, "%\(name) is a parameter")
    }
    return BufferID(index)
  }
}

/// What one buffer's accesses say about an axis that a loop moves through.
private struct StorageFolding {
  private let kernel: Kernel
  private let loop: Loop
  /// The loops around it.
  private let enclosing: [Statement]
  private let buffer: BufferID
  private let count: Int
  private var axis = 0
  /// Least and greatest constant beside the loop's variable.
  private var window = 0...0

  init(_ kernel: Kernel, _ site: LoopSite, _ buffer: BufferID, _ count: Int) {
    self.kernel = kernel
    loop = site.loop
    enclosing = site.enclosing
    self.buffer = buffer
    self.count = count
  }

  /// Finds the axis and the window; words for what stands against the step.
  mutating func analyze() -> String? {
    let test = DependenceTest(kernel)
    let all = test.references.filter { $0.access.buffer == buffer }
    let inside = all.filter(isInside)
    guard let first = inside.first else {
      return "%\(kernel[buffer].name) is not used in \(kernel.spelling(loop.variable))"
    }
    guard
      let axis = first.access.indices.firstIndex(where: { $0.contains(loop.variable.atom) })
    else { return "\(test.text(first)) does not move with \(kernel.spelling(loop.variable))" }
    self.axis = axis
    for reference in inside where offset(reference) == nil {
      return "\(test.text(reference)) is not \(kernel.spelling(loop.variable)) plus a constant"
    }
    let offsets = inside.compactMap(offset)
    let written = inside.filter(\.writes).compactMap(offset)
    guard let newest = written.max(), newest == offsets.max(), let oldest = offsets.min() else {
      return "what an iteration reads ahead, none wrote before"
    }
    guard written.allSatisfy({ $0 == newest }) else {
      return "an iteration writes several places of %\(kernel[buffer].name)"
    }
    guard newest - oldest < count else {
      return "an iteration reads \(newest - oldest) places behind what it writes"
    }
    window = oldest...newest
    for (place, reference) in all.enumerated() where !isInside(reference) {
      let isBefore = all[place...].contains { isInside($0) }
      if let problem = problem(of: reference, isBefore: isBefore, test) { return problem }
    }
    return nil
  }

  private func isInside(_ reference: MemoryReference) -> Bool {
    reference.enclosing.contains { $0.definesLoop(loop.variable) }
  }

  /// The constant beside the loop's variable in the folded axis, when that is all there is.
  private func offset(_ reference: MemoryReference) -> Int? {
    guard kernel[buffer].type.byteSize == reference.elementBytes else { return nil }
    let others = reference.access.indices.enumerated().filter { $0.offset != axis }
    guard !others.contains(where: { $0.element.contains(loop.variable.atom) }) else { return nil }
    return (reference.access.indices[axis] - loop.variable.expression).asConstant
  }

  /// What is against an access outside the loop: it must write what is in the window before the
  /// first iteration, or read what is there after the last.
  private func problem(
    of reference: MemoryReference, isBefore: Bool, _ test: DependenceTest
  ) -> String? {
    let variable = kernel.spelling(loop.variable)
    var isStore = false
    if case .store = reference.statement { isStore = true }
    guard reference.enclosing.starts(with: enclosing), isStore == isBefore else {
      return
        "\(test.text(reference)) is no \(isBefore ? "store beside" : "load behind") \(variable)"
    }
    let edge = isBefore ? loop.lower : loop.upper
    let newest = edge + IndexExpression(window.upperBound - 1)
    guard let behind = (newest - reference.access.indices[axis]).asConstant,
      (0..<count).contains(behind)
    else {
      return "\(test.text(reference)) is not among the last \(count) places where \(variable) "
        + (isBefore ? "starts" : "ends")
    }
    return nil
  }

  /// The kernel with the axis folded.
  func result() -> Kernel {
    var result = kernel
    result[buffer].shape[axis] = IndexExpression(count)
    result.body = kernel.body.mappingAccesses { access in
      guard access.buffer == buffer else { return access }
      var access = access
      access.indices[axis] = access.indices[axis].mod(IndexExpression(count))
      return access
    }
    return result
  }
}
