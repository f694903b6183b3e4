// Kernels that write a result over the parameter it replaces.

import IRCore
import LoopIR

extension Kernel {
  /// This kernel with `output` written into the memory of `input`, as one buffer that is both; `nil`
  /// where an iteration may read what another has written: every load of the input must stand in
  /// the block of the only store, before it, at the same place.
  func updating(_ input: BufferID, by output: BufferID) -> Kernel? {
    let old = buffers[input.index]
    let new = buffers[output.index]
    guard old.role == .input, new.role == .output, old.type == new.type, old.shape == new.shape
    else { return nil }
    var check = UpdateCheck(input: input, output: output)
    check.visit(body)
    guard check.isPointwise else { return nil }
    var result = self
    result.buffers[input.index].role = .inout_
    result.buffers.remove(at: output.index)
    result.body = body.movingBuffers { id in
      if id == output { return id.index > input.index ? input : BufferID(input.index - 1) }
      return BufferID(id.index > output.index ? id.index - 1 : id.index)
    }
    return result
  }
}

/// Walk that tells whether a result may take an input's place.
private struct UpdateCheck {
  let input: BufferID
  let output: BufferID
  private var blocks = 0
  private var loads: [(block: Int, access: Access)] = []
  private var store: (block: Int, access: Access)?
  private var isRefused = false

  init(input: BufferID, output: BufferID) {
    self.input = input
    self.output = output
  }

  var isPointwise: Bool {
    guard !isRefused, let store else { return false }
    return loads.allSatisfy {
      $0.block == store.block && $0.access.indices == store.access.indices
    }
  }

  mutating func visit(_ statements: [Statement]) {
    let block = blocks
    blocks += 1
    for statement in statements {
      switch statement {
      case .define(_, .load(let access, let mask, _)) where access.buffer == input:
        if store != nil || mask != nil { isRefused = true }
        loads.append((block, access))
      case .store(_, let access, let mask) where access.buffer == output:
        if store != nil || mask != nil { isRefused = true }
        store = (block, access)
      case .accumulate(_, _, let access, _) where access.buffer == output: isRefused = true
      case .define, .store, .accumulate, .check, .loop, .whileLoop, .branch: break
      }
      for nested in statement.blocks { visit(nested) }
    }
  }
}

extension [Statement] {
  /// These statements with other buffers. Recursion is bounded by the nesting of the text.
  fileprivate func movingBuffers(_ move: (BufferID) -> BufferID) -> [Statement] {
    func moved(_ access: Access) -> Access {
      var access = access
      access.buffer = move(access.buffer)
      return access
    }
    return map { statement in
      switch statement {
      case .define(let id, .load(let access, let mask, let otherwise)):
        return .define(id, .load(moved(access), mask: mask, otherwise: otherwise))
      case .store(let value, let access, let mask):
        return .store(value, moved(access), mask: mask)
      case .accumulate(let row, let value, let access, let mask):
        return .accumulate(row, value, moved(access), mask: mask)
      case .loop(var loop):
        loop.body = loop.body.movingBuffers(move)
        return .loop(loop)
      case .whileLoop(var loop):
        loop.condition = loop.condition.movingBuffers(move)
        loop.body = loop.body.movingBuffers(move)
        return .whileLoop(loop)
      case .branch(var branch):
        branch.then = branch.then.movingBuffers(move)
        branch.otherwise = branch.otherwise.movingBuffers(move)
        return .branch(branch)
      case .define, .check: return statement
      }
    }
  }
}
