// Read, combine and write of one place become an accumulation.

public import IRCore
public import LoopIR

extension Pass where Input == Kernel, Output == Kernel {
  /// Turns `x = load b[i]; y = row(x, v); store y, b[i]` in one block, where nothing else uses x and
  /// y and nothing between touches b, into `accumulate b[i] row= v`, which schedules may privatize.
  public static let formAccumulations = Pass(
    "form-accumulations", summary: "read, combine and write of one place become one statement"
  ) { kernel in
    var result = kernel
    var uses: [VariableID: Int] = [:]
    kernel.forEachStatement { statement in
      for id in statement.operands.compactMap(\.asVariable) { uses[id, default: 0] += 1 }
      for index in statement.indices { for id in index.variables { uses[id, default: 0] += 1 } }
    }
    result.body = kernel.body.formingAccumulations(uses)
    return result.normalized()
  }
}

extension [Statement] {
  fileprivate func formingAccumulations(_ uses: [VariableID: Int]) -> [Statement] {
    var result = map { $0.mappingBlocks { $0.formingAccumulations(uses) } }
    var place = 0
    while place < result.count {
      if let found = result.accumulation(at: place, uses) {
        result[place] = found.statement
        result.remove(at: found.combination)
        result.remove(at: found.load)
        place -= 2
      }
      place += 1
    }
    return result
  }

  private typealias Accumulation = (statement: Statement, load: Int, combination: Int)

  /// The accumulation that the store at `place` ends.
  private func accumulation(at place: Int, _ uses: [VariableID: Int]) -> Accumulation? {
    guard case .store(.variable(let value), let access, let mask) = self[place], uses[value] == 1,
      let combination = self[..<place].lastIndex(where: { $0.results == [value] }),
      case .define(_, .elementwise(let row, let operands)) = self[combination],
      row.isCombining
    else { return nil }
    for (side, operand) in operands.enumerated() where side == 0 || row.isCommutative {
      guard let loaded = operand.asVariable, uses[loaded] == 1,
        let load = self[..<combination].lastIndex(where: { $0.results == [loaded] }),
        case .define(_, .load(access, let loadMask, _)) = self[load], loadMask == mask,
        !Array(self[(load + 1)..<place]).touches(access.buffer)
      else { continue }
      return (.accumulate(row, operands[1 - side], access, mask: mask), load, combination)
    }
    return nil
  }
}

extension Elementwise {
  /// Whether operands may change places without changing bits but those of NaNs.
  fileprivate var isCommutative: Bool { self != .min && self != .max }
}
