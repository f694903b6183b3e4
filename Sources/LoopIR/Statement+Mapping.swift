// Rewriting statements, here and inside.

extension Statement {
  /// The statement with each block directly inside transformed.
  package func mappingBlocks(_ transform: ([Statement]) -> [Statement]) -> Statement {
    switch self {
    case .define, .store, .accumulate, .check: return self
    case .loop(var loop):
      loop.body = transform(loop.body)
      return .loop(loop)
    case .whileLoop(var loop):
      loop.condition = transform(loop.condition)
      loop.body = transform(loop.body)
      return .whileLoop(loop)
    case .branch(var branch):
      branch.then = transform(branch.then)
      branch.otherwise = transform(branch.otherwise)
      return .branch(branch)
    }
  }
}

extension [Statement] {
  /// The statements with every access to memory, here and inside, replaced.
  package func mappingAccesses(_ transform: (Access) -> Access) -> [Statement] {
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
}

extension Kernel {
  /// The kernel with its buffers in another order, or fewer of them: those at the given places.
  package func withBuffers(_ order: [Int]) -> Kernel {
    var places = [Int](repeating: 0, count: buffers.count)
    for (place, old) in order.enumerated() { places[old] = place }
    var result = self
    result.buffers = order.map { buffers[$0] }
    result.body = body.mappingAccesses { access in
      Access(BufferID(places[access.buffer.index]), access.indices, alignment: access.alignment)
    }
    return result
  }
}
