// LLVM types and constants for element types.

import IRCore
import LLVMBindings
import LoopIR

extension LLVMTypes {
  /// The type of a value of `type` in registers: one bit for `bool`, and the bits as an integer for
  /// f16 and bf16, on which LLVM calls a library where a row lacks their instructions.
  func register(_ type: DType) -> LLVMType {
    switch type {
    case .f64: double
    case .f32: float
    case .bool: i1
    case .f16, .bf16, .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64: integer(type.bitWidth)
    }
  }

  /// The type of an element of `type` in memory: one byte for `bool`.
  func memory(_ type: DType) -> LLVMType { type == .bool ? i8 : register(type) }

  /// The type of a kernel's value in registers.
  func register(_ type: ValueType) -> LLVMType { register(type.dtype).vector(type.lanes) }

  /// A literal in every lane.
  func constant(_ literal: Literal, lanes: Int) -> LLVMValue {
    let type = register(literal.type).vector(lanes)
    guard literal.type.isFloat else { return type.constant(low: literal.bits, high: 0) }
    return type.constant(bitPattern: literal.bits)
  }
}
