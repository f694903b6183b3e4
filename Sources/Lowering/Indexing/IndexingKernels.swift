// Kernels of gathers, scatters and concatenations.

import IRCore
import LoopIR
import TensorIR

extension Kernel {
  /// The kernel of a gather; operands are its source and index operands, messages those of their
  /// checks.
  init(
    gathering gather: Gather, _ operands: [TensorType], _ result: TensorType,
    _ messages: [String]
  ) {
    self.init(name: "gather")
    buffers = operands.buffers + [result.buffer("y", .output)]
    var nest = IndexedNest(self, over: result.shape)
    let place = nest.place(
      gather.coordinates, gather.outside, in: BufferID(0), indices: 1, messages)
    var value: Operand = .literal(gather.fill ?? .zero(result.dtype))
    if let access = place.access {
      value = nest.define(.load(access, mask: nil, otherwise: nil), result.dtype)
      if let isInside = place.isInside, let fill = gather.fill {
        value = nest.apply(.select, isInside, value, .literal(fill), type: result.dtype)
      }
    } else {
      value = nest.apply(.cast, value, type: result.dtype)
    }
    let axes = nest.axes.map(\.expression)
    nest.append(.store(value, Access(BufferID(operands.count), axes), mask: nil))
    self = nest.kernel
    body = nest.statements
    self = normalized()
  }

  /// The kernel of a scatter; operands are its destination, updates and index operands, messages
  /// those of their checks.
  init(scattering scatter: Scatter, _ operands: [TensorType], _ messages: [String]) {
    self.init(name: "scatter")
    let output = BufferID(operands.count)
    buffers = operands.buffers + [operands[0].buffer("y", .output)]
    let copy = IndexedNest(
      self, copying: BufferID(0), to: output, at: operands[0].shape, axis: 0, 0)
    self = copy.kernel
    var nest = IndexedNest(self, over: operands[1].shape)
    let place = nest.place(
      scatter.coordinates, scatter.outside, in: output, indices: 2, messages)
    if let access = place.access {
      let read = Access(BufferID(1), nest.axes.map(\.expression))
      let update = nest.define(.load(read, mask: nil, otherwise: nil), operands[1].dtype)
      if let row = scatter.combination {
        nest.append(.accumulate(row, update, access, mask: place.isInside))
      } else {
        nest.append(.store(update, access, mask: place.isInside))
      }
    }
    self = nest.kernel
    body = copy.statements + nest.statements
    self = normalized()
  }

  /// The kernel of tensors that stand one after the other along an axis.
  init(concatenating operands: [TensorType], _ result: TensorType, axis: Int) {
    self.init(name: "concat")
    buffers = operands.buffers + [result.buffer("y", .output)]
    var statements: [Statement] = []
    var start = IndexExpression(0)
    for (number, operand) in operands.enumerated() {
      let nest = IndexedNest(
        self, copying: BufferID(number), to: BufferID(operands.count), at: operand.shape,
        axis: axis,
        start)
      self = nest.kernel
      statements += nest.statements
      start = start + operand.shape[axis]
    }
    body = statements
    self = normalized()
  }
}

extension IndexedNest {
  /// Loops that copy a buffer into another one, from `start` on along `axis`.
  fileprivate init(
    _ kernel: Kernel, copying source: BufferID, to target: BufferID, at shape: [IndexExpression],
    axis: Int, _ start: IndexExpression
  ) {
    self.init(kernel, over: shape)
    let place = axes.map(\.expression)
    let value = define(
      .load(Access(source, place), mask: nil, otherwise: nil), kernel[source].type)
    var moved = place
    if moved.indices.contains(axis) { moved[axis] = moved[axis] + start }
    append(.store(value, Access(target, moved), mask: nil))
  }

  /// The place that coordinates name, brought inside, and whether it was inside where that is a
  /// question. No access where the tensor has no elements.
  fileprivate mutating func place(
    _ coordinates: [Coordinate], _ outside: OutsideRule, in buffer: BufferID, indices first: Int,
    _ messages: [String]
  ) -> (access: Access?, isInside: Operand?) {
    let shape = kernel[buffer].shape
    var places: [IndexExpression] = []
    var isInside: Operand?
    var next = first
    for (axis, coordinate) in coordinates.enumerated() {
      switch coordinate {
      case .expression(let expression): places.append(placed(expression))
      case .element(let place):
        let index = index(BufferID(next), place)
        next += 1
        let isChecked = outside == .checked || outside == .clamped && shape[axis] == 0
        if outside != .clamped || isChecked {
          let holds = isWithin(index, shape[axis])
          if isChecked {
            check(holds, messages[next - first - 1])
          } else {
            isInside = isInside.map { apply(.and, $0, holds, type: .bool) } ?? holds
          }
        }
        places.append(index.expression.min(shape[axis] - 1).max(0))
      }
    }
    return (shape.contains(0) ? nil : Access(buffer, places), isInside)
  }

  /// The integer that an index operand has at a place.
  private mutating func index(_ buffer: BufferID, _ place: [IndexExpression]) -> Operand {
    let type = kernel[buffer].type
    var value = define(
      .load(Access(buffer, place.map(placed)), mask: nil, otherwise: nil), type)
    if type == .u64 {
      // What no i64 holds is outside, at the far end.
      value = apply(.min, value, .literal(Literal(.u64, integer: .max)), type: .u64)
    }
    return type == .i64 ? value : apply(.cast, value, type: .i64)
  }

  private mutating func isWithin(_ index: Operand, _ extent: IndexExpression) -> Operand {
    let bound = extent.asConstant.map { Operand.literal(Literal(.i64, integer: $0)) }
    let low = apply(.ge, index, .literal(Literal(.i64, integer: 0)), type: .bool)
    let high = apply(.lt, index, bound ?? .literal(Literal(.i64, integer: 0)), type: .bool)
    return apply(.and, low, high, type: .bool)
  }
}

extension Operand {
  /// The value as an index.
  fileprivate var expression: IndexExpression {
    switch self {
    case .variable(let id): id.expression
    case .literal(let literal):
      IndexExpression(Int(truncatingIfNeeded: Int64(bitPattern: literal.bits)))
    }
  }
}

extension TensorType {
  /// A buffer of the type.
  fileprivate func buffer(_ name: String, _ role: Buffer.Role) -> Buffer {
    Buffer(name: name, role: role, type: dtype, shape: shape)
  }
}

extension [TensorType] {
  /// Inputs x0, x1, …
  fileprivate var buffers: [Buffer] {
    enumerated().map { $1.buffer("x\($0)", .input) }
  }
}
