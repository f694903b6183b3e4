// `&&`, `||` and `!` inside kernels.

import IRCore
import LoopIR

extension KernelValue {
  @usableFromInline
  static func opposite(of a: KernelValue, address: UnsafeMutableRawPointer?) -> KernelValue {
    let location = SourceLocation.address(UInt(bitPattern: address))
    return KernelTrace.record(at: location) { draft in
      let operand = draft.operand(a, as: .bool, "!", at: location)
      return draft.defineHere(.elementwise(.not, [operand]), .bool)
    }
  }

  /// `a && b` or `a || b`. What `b` reads from memory, it reads only where `a` leaves it open.
  @usableFromInline
  static func choice(
    _ a: KernelValue, isAnd: Bool, _ b: () -> KernelValue, address: UnsafeMutableRawPointer?
  ) -> KernelValue {
    let location = SourceLocation.address(UInt(bitPattern: address))
    let name = isAnd ? "&&" : "||"
    let first = KernelTrace.record(at: location) { draft in
      defer { _ = draft.openScope() }
      return draft.operand(a, as: .bool, name, at: location)
    }
    let value = b()
    return KernelTrace.record(at: location) { draft in
      let second = draft.operand(value, as: .bool, name, at: location)
      let block = draft.closeScope()
      if block.allSatisfy(\.isFree) {
        for statement in block { draft.append(statement) }
        let row = isAnd ? Elementwise.and : .or
        return draft.defineHere(.elementwise(row, [first, second]), .bool)
      }
      let slot = draft.makeSlot(.bool, .literal(.bool(!isAnd))).slot
      let chosen = block + [.write(slot: slot, second)]
      draft.append(
        isAnd
          ? .branch(first, then: chosen, otherwise: [])
          : .branch(first, then: [], otherwise: chosen))
      return draft.readHere(slot)
    }
  }
}

extension DraftStatement {
  /// Whether the statement only computes, and so may run where nobody asks for its value.
  fileprivate var isFree: Bool {
    switch self {
    case .plain(.define(_, .load)): false
    case .plain(.define), .read: true
    case .plain, .write, .loop, .whileLoop, .branch, .fill: false
    }
  }
}
