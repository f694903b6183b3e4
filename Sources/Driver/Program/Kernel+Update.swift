// Kernels that write a result over the parameter it replaces.

import IRCore
import LoopIR

extension Kernel {
  /// This kernel with `output` written into the memory of `input`, as one buffer that is both; `nil`
  /// where an iteration may read what another has written: every load of the input must be followed,
  /// in its block, by the store to the same place in the same lanes, and every store must follow such
  /// a load. A kernel that reads what it wrote, as contractions add up in their results, is none, and
  /// none with a schedule of its own, whose steps were written for buffers that are apart.
  func updating(_ input: BufferID, by output: BufferID) -> Kernel? {
    let old = buffers[input.index]
    let new = buffers[output.index]
    guard old.role == .input, new.role == .output, old.type == new.type, old.shape == new.shape,
      schedule.isEmpty
    else { return nil }
    var check = UpdateCheck(input: input, output: output)
    check.visit(body)
    guard check.isPointwise else { return nil }
    var result = self
    result.buffers[input.index].role = .inout_
    result.buffers.remove(at: output.index)
    func moved(_ id: BufferID) -> BufferID {
      if id == output { return id.index > input.index ? input : BufferID(input.index - 1) }
      return BufferID(id.index > output.index ? id.index - 1 : id.index)
    }
    result.body = body.mappingAccesses { access in
      var access = access
      access.buffer = moved(access.buffer)
      return access
    }
    return result
  }
}

/// Walk that tells whether a result may take an input's place.
private struct UpdateCheck {
  private struct Place: Hashable {
    let block: Int
    let indices: [IndexExpression]
    let mask: Operand?
  }

  private let input: BufferID
  private let output: BufferID
  private var blocks = 0
  /// Loads whose store was not met yet.
  private var open: Set<Place> = []
  private var stored: Set<Place> = []
  private var isRefused = false

  init(input: BufferID, output: BufferID) {
    self.input = input
    self.output = output
  }

  var isPointwise: Bool { !isRefused && open.isEmpty && !stored.isEmpty }

  mutating func visit(_ statements: [Statement]) {
    let block = blocks
    blocks += 1
    for statement in statements {
      switch statement {
      case .define(_, .load(let access, let mask, _)) where access.buffer == input:
        let place = Place(block: block, indices: access.indices, mask: mask)
        if stored.contains(place) { isRefused = true }
        open.insert(place)
      case .store(_, let access, let mask) where access.buffer == output:
        let place = Place(block: block, indices: access.indices, mask: mask)
        if open.remove(place) == nil || !stored.insert(place).inserted { isRefused = true }
      case .define(_, .load(let access, _, _)) where access.buffer == output: isRefused = true
      case .accumulate(_, _, let access, _) where access.buffer == output: isRefused = true
      case .define, .store, .accumulate, .check, .loop, .whileLoop, .branch: break
      }
      for nested in statement.blocks { visit(nested) }
    }
  }
}
