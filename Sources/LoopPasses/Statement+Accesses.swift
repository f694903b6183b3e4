// Rewriting what statements access.

import IRCore
import LoopIR

extension [Statement] {
  /// The statements with every access to memory, here and inside, replaced.
  func mappingAccesses(_ transform: (Access) -> Access) -> [Statement] {
    map { statement in
      switch statement {
      case .define(let id, .load(let access, let mask, let otherwise)):
        .define(id, .load(transform(access), mask: mask, otherwise: otherwise))
      case .store(let value, let access, let mask):
        .store(value, transform(access), mask: mask)
      case .accumulate(let row, let value, let access, let mask):
        .accumulate(row, value, transform(access), mask: mask)
      case .define, .check: statement
      case .loop, .whileLoop, .branch:
        statement.mappingBlocks { $0.mappingAccesses(transform) }
      }
    }
  }

  /// Whether something here or inside touches the buffer.
  func touches(_ buffer: BufferID) -> Bool {
    contains { statement in
      statement.access?.buffer == buffer || statement.blocks.contains { $0.touches(buffer) }
    }
  }
}

extension Kernel {
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
    if buffers.contains(where: { $0.name == name })
      || variables.contains(where: { $0.name == name })
    {
      throw ScheduleRefusal(step, "the name %\(name) is taken")
    }
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
