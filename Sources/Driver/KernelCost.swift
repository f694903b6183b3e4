// A rough price of running a kernel, from its text alone.

import IRCore
import LoopIR

/// Estimates nanoseconds from a scheduled kernel and constant extents; decides only whether
/// threads are worth waking and how many iterations make a chunk, never what is computed.
struct KernelCost {
  let kernel: Kernel
  private let row: TargetRow
  private var operations: [Elementwise: Int] = [:]

  /// Nanoseconds of one vector instruction in throughput.
  private static let nanosecondsPerOperation = 0.15
  /// Nanoseconds to move one byte that no cache holds.
  private static let nanosecondsPerByte = 0.02
  /// Trips that a loop of unknown length counts as.
  private static let unknownTrips = 64.0

  init(_ kernel: Kernel, _ row: TargetRow) {
    self.kernel = kernel
    self.row = row
  }

  /// Nanoseconds of one iteration of a phase's parallel loop, or of the phase without one.
  mutating func nanosecondsPerIteration(of phase: [Statement]) -> Double {
    if case .loop(let loop)? = phase.first, loop.kind == .parallel { return cost(loop.body) }
    return cost(phase)
  }

  private mutating func cost(_ statements: [Statement]) -> Double {
    statements.reduce(0) { $0 + cost($1) }
  }

  private mutating func cost(_ statement: Statement) -> Double {
    switch statement {
    case .define(let id, let operation): return cost(operation, kernel[id].type)
    case .store(let value, _, _), .accumulate(_, let value, _, _):
      return memory(kernel.type(of: value))
    case .check: return 0.3
    case .loop(let loop):
      var trips = Self.unknownTrips
      if let count = (loop.upper - loop.lower).asConstant {
        trips = (Double(count) / Double(loop.step)).rounded(.up)
      } else if case .min(let a, let b)? = (loop.upper).terms.last?.factors.first {
        // A block of a split loop: the length of a whole block.
        let lengths = [a - loop.lower, b - loop.lower].compactMap(\.asConstant)
        if let length = lengths.first { trips = Double(length) / Double(loop.step) }
      }
      return max(1, trips) * (cost(loop.body) + 0.3)
    case .whileLoop(let loop):
      return Self.unknownTrips * (cost(loop.condition) + cost(loop.body))
    case .branch(let branch): return max(cost(branch.then), cost(branch.otherwise))
    }
  }

  private mutating func cost(_ operation: Operation, _ type: ValueType) -> Double {
    let registers = max(1, Double(type.lanes * type.dtype.byteSize) / Double(row.vectorBytes))
    switch operation {
    case .elementwise(let elementwise, let operands):
      let count = operationCount(elementwise, operands, type.dtype)
      return Double(count) * registers.rounded(.up) * Self.nanosecondsPerOperation
    case .load: return memory(type)
    case .index, .splat, .reduceLanes, .shiftLanes, .shuffleLanes, .extractLane:
      return registers * Self.nanosecondsPerOperation
    }
  }

  private func memory(_ type: ValueType) -> Double {
    Double(type.lanes * type.dtype.byteSize) * Self.nanosecondsPerByte
      + Self.nanosecondsPerOperation
  }

  private mutating func operationCount(
    _ row: Elementwise, _ operands: [Operand], _ result: DType
  ) -> Int {
    if let known = operations[row] { return known }
    let types = operands.map { kernel.type(of: $0).dtype }
    let count = ScalarProgram(row, operands: types, result: result).instructions.count
    operations[row] = count
    return count
  }
}
