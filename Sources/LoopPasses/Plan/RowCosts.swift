// What the rows of a kernel expand to.

import IRCore
import LoopIR

/// Costs of a kernel's elementwise operations; each row is expanded once per operand types.
struct RowCosts {
  /// Instructions and registers of one expanded row.
  struct Cost {
    /// Weighted instructions.
    var instructions: Int
    /// Results that are needed at one time.
    var pressure: Int
  }

  private struct Application: Hashable {
    var row: Elementwise
    var operands: [DType]
    var result: DType
  }

  private var known: [Application: Cost] = [:]

  /// Expands the rows of `kernel`.
  init(_ kernel: Kernel) {
    var known: [Application: Cost] = [:]
    kernel.forEachStatement { statement in
      guard let application = Self.application(statement, kernel), known[application] == nil
      else { return }
      let program = ScalarProgram(
        application.row, operands: application.operands, result: application.result)
      known[application] = Cost(instructions: program.cost, pressure: program.pressure)
    }
    self.known = known
  }

  /// The cost of a definition by a row; `nil` for other statements.
  func callAsFunction(_ statement: Statement, in kernel: Kernel) -> Cost? {
    Self.application(statement, kernel).flatMap { known[$0] }
  }

  private static func application(_ statement: Statement, _ kernel: Kernel) -> Application? {
    guard case .define(let id, .elementwise(let row, let operands)) = statement else { return nil }
    return Application(
      row: row, operands: operands.map { kernel.type(of: $0).dtype },
      result: kernel[id].type.dtype)
  }
}
