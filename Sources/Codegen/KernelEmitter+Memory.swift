// Emission of loads, stores and accumulation.

import IRCore
import LLVMBindings
import LoopIR

extension KernelEmitter {
  /// Where the lanes of an access lie.
  private enum Address {
    /// One element for all lanes.
    case uniform(LLVMValue)
    /// Lane after lane.
    case contiguous(LLVMValue)
    /// Lane before lane; the address is the last lane's.
    case reversed(LLVMValue)
    /// One address per lane.
    case scattered(LLVMValue)
  }

  private func address(_ access: Access, _ type: ValueType) -> Address {
    let buffer = kernel[access.buffer]
    let linear = linearIndex(access, buffer)
    let pointer = pointers[access.buffer.index]
    let element = types.memory(buffer.type)
    func place(_ expression: IndexExpression, lanes: Int = 1) -> LLVMValue {
      builder.gep(element, pointer, [index(expression, lanes: lanes)])
    }
    if type.lanes == 1 || !isVarying(linear) { return .uniform(place(linear)) }
    let atLane: (Int) -> IndexExpression = { lane in
      linear.substituting { $0 == .lane ? IndexExpression(lane) : nil }
    }
    if let stride = linear.coefficient(of: .lane), !isVarying(atLane(0)) {
      let bytes = stride * buffer.type.byteSize
      if bytes == type.dtype.byteSize { return .contiguous(place(atLane(0))) }
      if bytes == -type.dtype.byteSize { return .reversed(place(atLane(type.lanes - 1))) }
    }
    return .scattered(place(linear, lanes: type.lanes))
  }

  /// The row-major position in elements.
  private func linearIndex(_ access: Access, _ buffer: Buffer) -> IndexExpression {
    var linear: IndexExpression = 0
    for (index, extent) in zip(access.indices, buffer.shape) { linear = linear * extent + index }
    return linear
  }

  private func alignment(_ access: Access, _ type: ValueType) -> Int {
    access.alignment ?? type.dtype.byteSize
  }

  private func annotate(_ instruction: LLVMValue, _ access: Access) -> LLVMValue {
    guard !scopes.isEmpty else { return instruction }
    let own = access.buffer.index
    instruction.setAliasScopes([scopes[own]])
    let others = scopes.indices.filter { $0 != own }.map { scopes[$0] }
    if !others.isEmpty { instruction.setNoAlias(others) }
    return instruction
  }

  // MARK: Loads

  mutating func emitLoad(
    _ access: Access, _ type: ValueType, _ mask: Operand?, _ otherwise: Literal?
  ) -> LLVMValue {
    let memory = types.memory(type.dtype)
    if type.lanes == 1, let mask {
      return emitGuardedLoad(access, type, value(mask), otherwise)
    }
    let passThrough = types.memoryConstant(otherwise ?? .zero(type.dtype), lanes: type.lanes)
    let vector = memory.vector(type.lanes)
    let align = alignment(access, type)
    let loaded: LLVMValue
    switch address(access, type) {
    case .uniform(let pointer):
      if let mask {
        loaded = builder.maskedGather(
          vector, builder.splat(pointer, type.lanes), mask: value(mask, lanes: type.lanes),
          otherwise: passThrough, alignment: align)
      } else {
        let scalar = annotate(builder.load(memory, pointer, alignment: align), access)
        return builder.splat(fromMemory(scalar, type.dtype), type.lanes)
      }
    case .contiguous(let pointer):
      loaded =
        if let mask {
          builder.maskedLoad(
            vector, pointer, mask: value(mask, lanes: type.lanes), otherwise: passThrough,
            alignment: align)
        } else {
          builder.load(vector, pointer, alignment: align)
        }
    case .reversed(let pointer):
      let backwards =
        if let mask {
          builder.maskedLoad(
            vector, pointer, mask: reversed(value(mask, lanes: type.lanes)),
            otherwise: passThrough, alignment: align)
        } else {
          builder.load(vector, pointer, alignment: align)
        }
      return fromMemory(reversed(annotate(backwards, access)), type.dtype)
    case .scattered(let pointers):
      let all = types.i1.vector(type.lanes).constant(-1)
      loaded = builder.maskedGather(
        vector, pointers, mask: mask.map { value($0, lanes: type.lanes) } ?? all,
        otherwise: passThrough, alignment: align)
    }
    return fromMemory(annotate(loaded, access), type.dtype)
  }

  private mutating func emitGuardedLoad(
    _ access: Access, _ type: ValueType, _ mask: LLVMValue, _ otherwise: Literal?
  ) -> LLVMValue {
    guard let before = builder.block else { fatalError("no insertion block") }
    let read = function.appendBlock("read")
    let merge = function.appendBlock("read.end")
    builder.condBr(mask, read, merge)
    builder.position(atEndOf: read)
    let loaded = emitLoad(access, type, nil, nil)
    builder.br(merge)
    builder.position(atEndOf: merge)
    let phi = builder.phi(loaded.type)
    phi.addIncoming(loaded, from: read)
    let fill = otherwise ?? .zero(type.dtype)
    phi.addIncoming(types.constant(fill, lanes: 1), from: before)
    return phi
  }

  private func reversed(_ vector: LLVMValue) -> LLVMValue {
    builder.shuffle(vector, Array((0..<vector.type.lanes).reversed()))
  }

  private func fromMemory(_ value: LLVMValue, _ type: DType) -> LLVMValue {
    type == .bool ? builder.icmp(.ne, value, value.type.zero) : value
  }

  private func toMemory(_ value: LLVMValue, _ type: DType) -> LLVMValue {
    type == .bool ? builder.zext(value, to: types.i8.vector(value.type.lanes)) : value
  }

  // MARK: Stores

  /// The number of lanes that a store writes: its value's, or those of its indices or mask where
  /// the value is a literal.
  private func lanes(_ operand: Operand, _ access: Access, _ mask: Operand?) -> Int {
    var lanes = kernel.type(of: operand).lanes
    if let mask { lanes = max(lanes, kernel.type(of: mask).lanes) }
    return lanes
  }

  mutating func emitStore(_ operand: Operand, _ access: Access, _ mask: Operand?) {
    let type = ValueType(
      kernel.type(of: operand).dtype, lanes: lanes(operand, access, mask))
    let stored = toMemory(value(operand, lanes: type.lanes), type.dtype)
    if type.lanes == 1, let mask {
      guarded(by: value(mask)) { emitter in
        emitter.write(stored, access, type, nil)
      }
    } else {
      write(stored, access, type, mask.map { value($0, lanes: type.lanes) })
    }
  }

  private func write(
    _ stored: LLVMValue, _ access: Access, _ type: ValueType, _ mask: LLVMValue?
  ) {
    let align = alignment(access, type)
    let instruction: LLVMValue
    switch address(access, type) {
    case .uniform(let pointer):
      if type.lanes == 1 {
        instruction = builder.store(stored, to: pointer, alignment: align)
      } else {
        instruction = scatter(stored, builder.splat(pointer, type.lanes), mask, align)
      }
    case .contiguous(let pointer):
      if let mask {
        instruction = builder.maskedStore(stored, to: pointer, mask: mask, alignment: align)
      } else {
        instruction = builder.store(stored, to: pointer, alignment: align)
      }
    case .reversed(let pointer):
      let backwards = reversed(stored)
      if let mask {
        instruction = builder.maskedStore(
          backwards, to: pointer, mask: reversed(mask), alignment: align)
      } else {
        instruction = builder.store(backwards, to: pointer, alignment: align)
      }
    case .scattered(let pointers): instruction = scatter(stored, pointers, mask, align)
    }
    _ = annotate(instruction, access)
  }

  /// Writes in ascending lanes, so that the last of equal addresses stays.
  private func scatter(
    _ stored: LLVMValue, _ pointers: LLVMValue, _ mask: LLVMValue?, _ align: Int
  ) -> LLVMValue {
    let all = types.i1.vector(stored.type.lanes).constant(-1)
    return builder.maskedScatter(stored, to: pointers, mask: mask ?? all, alignment: align)
  }

  private mutating func guarded(by mask: LLVMValue, _ emit: (inout KernelEmitter) -> Void) {
    let write = function.appendBlock("write")
    let merge = function.appendBlock("write.end")
    builder.condBr(mask, write, merge)
    builder.position(atEndOf: write)
    emit(&self)
    builder.br(merge)
    builder.position(atEndOf: merge)
  }

  // MARK: Accumulation

  mutating func emitAccumulate(
    _ row: Elementwise, _ operand: Operand, _ access: Access, _ mask: Operand?
  ) {
    let dtype = kernel.type(of: operand).dtype
    let type = ValueType(dtype, lanes: lanes(operand, access, mask))
    let addend = value(operand, lanes: type.lanes)
    let maskValue = mask.map { value($0, lanes: type.lanes) }
    switch address(access, type) {
    case .contiguous, .reversed:
      let old = emitLoad(access, type, mask, nil)
      let new = combine(row, old, addend, dtype, type.lanes)
      write(toMemory(new, dtype), access, type, maskValue)
    case .uniform(let pointer) where type.lanes == 1:
      let update: (inout KernelEmitter) -> Void = { emitter in
        emitter.update(row, addend, pointer, access, type)
      }
      if let maskValue { guarded(by: maskValue, update) } else { update(&self) }
    case .uniform(let pointer):
      accumulateByLane(
        row, addend, Array(repeating: pointer, count: type.lanes), access, type, maskValue)
    case .scattered(let pointers):
      let each = (0..<type.lanes).map { builder.extractElement(pointers, $0) }
      accumulateByLane(row, addend, each, access, type, maskValue)
    }
  }

  private mutating func accumulateByLane(
    _ row: Elementwise, _ addend: LLVMValue, _ pointers: [LLVMValue], _ access: Access,
    _ type: ValueType, _ mask: LLVMValue?
  ) {
    let scalar = ValueType(type.dtype)
    for lane in 0..<type.lanes {
      let value = builder.extractElement(addend, lane)
      let update: (inout KernelEmitter) -> Void = { emitter in
        emitter.update(row, value, pointers[lane], access, scalar)
      }
      if let mask { guarded(by: builder.extractElement(mask, lane), update) } else { update(&self) }
    }
  }

  private mutating func update(
    _ row: Elementwise, _ addend: LLVMValue, _ pointer: LLVMValue, _ access: Access,
    _ type: ValueType
  ) {
    let align = alignment(access, type)
    let loaded = annotate(
      builder.load(types.memory(type.dtype), pointer, alignment: align), access)
    let new = combine(row, fromMemory(loaded, type.dtype), addend, type.dtype, 1)
    _ = annotate(
      builder.store(toMemory(new, type.dtype), to: pointer, alignment: align), access)
  }

  private mutating func combine(
    _ row: Elementwise, _ old: LLVMValue, _ addend: LLVMValue, _ dtype: DType, _ lanes: Int
  ) -> LLVMValue {
    scalars.emit(row, [old, addend], types: [dtype, dtype], result: dtype, lanes: lanes)
  }
}

extension LLVMTypes {
  /// A literal in every lane, as it lies in memory.
  func memoryConstant(_ literal: Literal, lanes: Int) -> LLVMValue {
    guard literal.type == .bool else { return constant(literal, lanes: lanes) }
    return i8.vector(lanes).constant(low: literal.bits, high: 0)
  }
}
