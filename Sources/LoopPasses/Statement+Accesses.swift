// Rewriting what statements access.

import IRCore
import LoopIR

extension [Statement] {
  /// Whether something here or inside touches the buffer.
  func touches(_ buffer: BufferID) -> Bool {
    contains { statement in
      statement.access?.buffer == buffer || statement.blocks.contains { $0.touches(buffer) }
    }
  }

  /// Buffers that are stored to or accumulated into, here or inside.
  var writtenBuffers: Set<BufferID> {
    var result: Set<BufferID> = []
    forEachNested { statement in
      if case .define = statement { return }
      if let access = statement.access { result.insert(access.buffer) }
    }
    return result
  }
}

extension Kernel {
  /// Buffers that a statement stores to or accumulates into.
  var writtenBuffers: Set<BufferID> { body.writtenBuffers }

  /// Refuses `step` where a buffer or a variable is spelled `name` already.
  func checkIsNew(_ name: String, for step: ScheduleStep) throws(ScheduleRefusal) {
    if buffers.contains(where: { $0.name == name })
      || variables.contains(where: { $0.name == name })
    {
      throw ScheduleRefusal(step, "the name %\(name) is taken")
    }
  }

  /// The local or parameter that is spelled `name`; refuses `step` when there is none.
  func buffer(named name: String, for step: ScheduleStep) throws(ScheduleRefusal) -> BufferID {
    guard let index = buffers.firstIndex(where: { $0.name == name }) else {
      throw ScheduleRefusal(step, "no buffer %\(name)")
    }
    return BufferID(index)
  }

  /// Adds a local with a name that must be new.
  mutating func makeLocal(
    _ name: String, _ role: Buffer.Role, _ type: DType, _ extents: [Int], for step: ScheduleStep
  ) throws(ScheduleRefusal) -> BufferID {
    try checkIsNew(name, for: step)
    var count = 1
    for extent in extents {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= Self.largestLocal else {
        throw ScheduleRefusal(step, "%\(name) would have more than \(Self.largestLocal) elements")
      }
      count = product
    }
    buffers.append(
      Buffer(name: name, role: role, type: type, shape: extents.map { IndexExpression($0) }))
    return BufferID(buffers.count - 1)
  }

  /// The most elements of a local that a step makes.
  private static let largestLocal = 1 << 28

  /// The kernel without a local that nothing touches.
  func dropping(_ buffer: BufferID) -> Kernel {
    var result = self
    result.buffers.remove(at: buffer.index)
    result.body = body.mappingAccesses { access in
      var renamed = access
      if access.buffer.index > buffer.index {
        renamed.buffer = BufferID(access.buffer.index - 1)
      }
      return renamed
    }
    return result
  }
}
