// What a kernel's statements cost, as far as plans need to know.

import IRCore
import LoopIR

/// Estimate of work from a kernel's shape and a target row: instructions of the expanded rows, and
/// bytes. It decides sizes of blocks and whether to share work out; it predicts no times.
struct WorkEstimate {
  /// Vector instructions per nanosecond that one core is taken to do.
  static let instructionsPerNanosecond = 6.0
  /// Bytes per nanosecond that one core is taken to move between caches and registers.
  static let bytesPerNanosecond = 20.0
  /// Iterations of a loop whose extent is a run-time number.
  static let unknownTripCount = 512.0
  /// Iterations of a loop until a condition fails.
  static let whileTripCount = 64.0

  private let kernel: Kernel
  private let row: TargetRow
  private let costs: RowCosts
  private let vectorLoop: VariableID?
  private let lanes: Int

  /// Prepares an estimate of `kernel` in which the loop over `vectorLoop` runs `lanes` wide.
  init(
    _ kernel: Kernel, _ row: TargetRow, _ costs: RowCosts, vectorLoop: VariableID?, lanes: Int
  ) {
    self.costs = costs
    self.kernel = kernel
    self.row = row
    self.vectorLoop = vectorLoop
    self.lanes = lanes
  }

  /// Nanoseconds of one pass through `block`.
  func nanoseconds(_ block: [Statement]) -> Double { nanoseconds(block, isVector: false) }

  /// Nanoseconds of one iteration of `loop`, of `lanes` iterations shared equally when it is the
  /// vector loop.
  func nanosecondsPerIteration(_ loop: Loop) -> Double {
    guard loop.variable == vectorLoop else { return nanoseconds(loop.body, isVector: false) }
    return nanoseconds(loop.body, isVector: true) / Double(lanes)
  }

  /// Iterations of `loop`.
  func tripCount(_ loop: Loop) -> Double {
    loop.constantTripCount.map(Double.init) ?? Self.unknownTripCount
  }

  private func nanoseconds(_ block: [Statement], isVector: Bool) -> Double {
    var instructions = 0.0
    var bytes = 0.0
    var nested = 0.0
    for statement in block {
      instructions += instructionCount(statement, isVector)
      bytes += Double(bytesMoved(statement) * (isVector ? lanes : 1))
      nested += nestedNanoseconds(statement, isVector)
    }
    let computing = instructions / Self.instructionsPerNanosecond
    return Swift.max(computing, bytes / Self.bytesPerNanosecond) + nested
  }

  private func nestedNanoseconds(_ statement: Statement, _ isVector: Bool) -> Double {
    switch statement {
    case .define, .store, .accumulate, .check: return 0
    case .loop(let loop):
      return tripCount(loop)
        * (isVector ? nanoseconds(loop.body, isVector: true) : nanosecondsPerIteration(loop))
    case .whileLoop(let loop):
      return Self.whileTripCount * nanoseconds(loop.condition + loop.body, isVector: isVector)
    case .branch(let branch):
      return nanoseconds(branch.then + branch.otherwise, isVector: isVector)
    }
  }

  private func instructionCount(_ statement: Statement, _ isVector: Bool) -> Double {
    switch statement {
    case .define(let id, _):
      let count = registers(kernel[id].type, isVector)
      return Double(count * (costs(statement, in: kernel)?.instructions ?? 1))
    case .store(let value, _, _), .accumulate(_, let value, _, _):
      return Double(registers(kernel.type(of: value), isVector))
    case .check, .loop, .whileLoop, .branch: return 1
    }
  }

  /// Registers of a value, which may have lanes already; f16 and bf16 fill those of f32.
  private func registers(_ type: ValueType, _ isVector: Bool) -> Int {
    Swift.max(1, type.lanes * (isVector ? lanes : 1) / row.lanes(type.dtype.arithmeticType))
  }

  private func bytesMoved(_ statement: Statement) -> Int {
    switch statement {
    case .define(let id, .load): kernel[id].type.byteSize
    case .store(let value, _, _): kernel.type(of: value).byteSize
    case .accumulate(_, let value, _, _): 2 * kernel.type(of: value).byteSize
    case .define, .check, .loop, .whileLoop, .branch: 0
    }
  }
}

extension ScalarProgram {
  /// Instructions, weighted: division and square root occupy a unit for several, and so does
  /// rounding to f16 or bf16.
  var cost: Int {
    instructions.reduce(0) { sum, step in
      let rounding = step.type.isShortFloat ? 6 : 0
      return switch step.primitive {
      case .div, .sqrt: sum + 5 + rounding
      case .rem: sum + 20 + rounding
      case .select, .selectRarely, .neg, .abs, .bitcast: sum + 1
      default: sum + 1 + rounding
      }
    }
  }

  /// The most results that are needed at one time.
  var pressure: Int {
    var lastUse = [Int](repeating: -1, count: instructions.count)
    for (index, step) in instructions.enumerated() {
      for case .result(let used) in step.operands { lastUse[used] = index }
    }
    var ending = [Int](repeating: 0, count: instructions.count + 1)
    for use in lastUse where use >= 0 { ending[use] += 1 }
    var live = 0
    var most = 0
    for index in instructions.indices {
      live += 1 - ending[index]
      most = Swift.max(most, live + ending[index])
    }
    return most
  }
}

extension Kernel {
  /// Vector registers' worth of values that one pass through `block` needs at one time, with one
  /// register per value: those that are live, and the temporaries of the widest row among them.
  func pressure(_ block: [Statement], _ costs: RowCosts) -> Int {
    var lastUse: [VariableID: Int] = [:]
    for (index, statement) in block.enumerated() {
      for id in [statement].usedVariables { lastUse[id] = index }
    }
    var ending = [Int](repeating: 0, count: block.count)
    var live = 0
    var most = 0
    for (index, statement) in block.enumerated() {
      for id in statement.results where self[id].type.dtype != .bool {
        live += 1
        if let last = lastUse[id] { ending[last] += 1 }
      }
      most = Swift.max(most, live + temporaries(statement, costs))
      live -= ending[index]
    }
    return most
  }

  private func temporaries(_ statement: Statement, _ costs: RowCosts) -> Int {
    if let cost = costs(statement, in: self) { return cost.pressure - 1 }
    return statement.blocks.map { pressure($0, costs) }.max() ?? 0
  }
}

extension ValueType {
  /// Bytes of all lanes.
  fileprivate var byteSize: Int { lanes * dtype.byteSize }
}
