// Kernels of plain loops on many values at once.

import IRCore
import LoopIR
import LoopPasses
import TensorIR

extension Batching {
  /// The results of a kernel of which some operand has the axis.
  mutating func results(
    of kernel: Kernel, _ operands: [ValueID], _ types: [TensorType]
  ) -> [ValueID] {
    let wide = operands.indices.filter { isBatched.contains(operands[$0]) }
    let roles = kernel.buffers.map(\.role).filter { $0 == .input || $0 == .inout_ }
    let arguments = zip(operands, roles).map { operand, role -> TensorOperand in
      .value(role == .inout_ ? widened(operand) : values[operand] ?? operand)
    }
    return builder.copy(
      Node(.kernel(kernel.batched(over: Set(wide), count: count)), arguments, types))
  }
}

extension Kernel {
  /// The kernel in a loop over an axis of `count` in front of what it writes and of the inputs at the
  /// given places among all operands.
  ///
  /// Its own arrays get the axis too, so that iterations have nothing in common. A schedule is left
  /// out: it was made for other loops.
  func batched(over inputs: Set<Int>, count: Int) -> Kernel {
    var result = self
    result.schedule = []
    let variable = result.makeVariable(ValueType(.i64), name: freshName(like: "batch"))
    var isWide = [Bool](repeating: false, count: buffers.count)
    var input = 0
    for (place, buffer) in buffers.enumerated() {
      switch buffer.role {
      case .input:
        isWide[place] = inputs.contains(input)
        input += 1
      case .inout_:
        isWide[place] = true
        input += 1
      case .output, .shared: isWide[place] = true
      case .scratch, .stack, .register: break
      }
      if isWide[place] {
        result.buffers[place].shape.insert(IndexExpression(count), at: 0)
      }
    }
    let inner = body.mappingAccesses { access in
      guard isWide[access.buffer.index] else { return access }
      return Access(
        access.buffer, [variable.expression] + access.indices, alignment: access.alignment)
    }
    result.body = [.loop(Loop(.serial, variable, 0, IndexExpression(count), body: inner))]
    return result
  }
}
