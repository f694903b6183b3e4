// The meaning of loops and conditionals: step by step.

import IRCore
import LoopIR

/// Evaluates the graphs that a node holds.
struct BodyInterpreter {
  /// Evaluates one graph on its inputs.
  let evaluate: (Graph, [TensorValue]) throws(GraphInterpreterError) -> [TensorValue]

  /// The carried values after the last step, then the stacked outputs.
  ///
  /// - Parameters:
  ///   - count: the number of steps, or the most of them, without the operand that tells it.
  ///   - types: those of the results.
  ///   - row: the value of a row's index at a step.
  func run(
    _ loop: LoopNode, _ operands: [TensorValue], count: Int?,
    results: [(type: DType, extents: [Int])], row: (IndexExpression, Int) -> Int
  ) throws(GraphInterpreterError) -> [TensorValue] {
    let places = loop.layout
    var carried = Array(operands[places.carried])
    let invariants = Array(operands[places.invariants])
    var destinations = operands[places.destinations]
    var stacks = zip(loop.stacks, results[loop.carriedCount...]).map { stack, result in
      stack.hasDestination ? destinations.removeFirst() : TensorValue(zeros: result)
    }
    var most = count ?? .max
    if let place = places.count {
      most = min(most, max(0, Int(truncatingIfNeeded: operands[place].bits(0))))
    }
    var step = 0
    while step < most {
      let index = TensorValue(.i64, [], [Literal(.i64, integer: step)])
      if let condition = loop.condition {
        guard try evaluate(condition, [index] + carried + invariants)[0].bits(0) != 0 else { break }
      }
      let inputs = zip(operands[places.inputs], loop.inputRows).map { $0.row(row($1, step)) }
      let made = try evaluate(loop.body, [index] + carried + inputs + invariants)
      carried = Array(made[..<loop.carriedCount])
      for (place, stack) in loop.stacks.enumerated() {
        stacks[place].setRow(row(stack.row, step), made[loop.carriedCount + place])
      }
      step += 1
    }
    return carried + stacks
  }
}

extension TensorValue {
  fileprivate init(zeros result: (type: DType, extents: [Int])) {
    self.init(zeros: result.type, result.extents, count: result.extents.reduce(1, *))
  }

  private var rowExtents: [Int] { Array(extents.dropFirst()) }

  fileprivate func row(_ index: Int) -> TensorValue {
    let size = rowExtents.reduce(type.byteSize, *)
    return TensorValue(type, rowExtents, bytes: Array(bytes[index * size..<(index + 1) * size]))
  }

  fileprivate mutating func setRow(_ index: Int, _ row: TensorValue) {
    let size = row.bytes.count
    bytes.replaceSubrange(index * size..<(index + 1) * size, with: row.bytes)
  }
}
