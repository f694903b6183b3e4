// The stated error bounds of the float rows, against measurements.

import Foundation
import IRCore
import TestSupport
import Testing

@Suite struct Accuracy {
  /// Inputs per row, type and target row.
  #if DEBUG
    static let count = 1 << 14
  #else
    static let count = 1 << 20
  #endif
  static let environment = ProcessInfo.processInfo.environment
  static let isLong = environment["LATHE_LONG"] == "1"

  /// No code is worse than its row states, on any target row that runs here.
  @Test(arguments: AccuracyReference.all, [DType.f32, .f64, .f16, .bf16])
  func staysWithinItsBound(reference: AccuracyReference, type: DType) throws {
    let row = reference.row
    let stated = row.accuracy.bound(in: type)
    for measurement in try Self.measure(reference, type) where measurement.worst > stated + 0.01 {
      Issue.record(
        """
        \(row.name) \(type) on \(measurement.target.name): \(measurement.worst) ulp, stated \
        \(stated), at \(measurement.operands) -> \(measurement.result.map { "\($0)" } ?? "")
        """)
    }
  }

  /// What rows may state: 0.5 for the square root, 2 in f32 for the most used functions, else 4.
  /// `mulAdd` states no bound, for it has none where a row has no FMA.
  @Test(arguments: Elementwise.all.filter { $0 != .mulAdd })
  func statesNoMoreThanIsPromised(row: Elementwise) {
    let strict = ["exp", "log", "sin", "cos", "tanh", "erf"]
    let limit = row == .sqrt ? 0.5 : strict.contains(row.name) ? 2 : 4
    #expect(row.accuracy.f32 <= limit)
    #expect(row.accuracy.f64 <= (row == .sqrt ? 0.5 : 4))
  }

  /// A new float row with an error bound needs a reference.
  @Test func everyFloatRowHasAReference() {
    #expect(AccuracyReference.uncovered.map(\.name) == [])
  }

  /// Writes the measured table where LATHE_ACCURACY_TABLE says.
  @Test(.enabled(if: environment["LATHE_ACCURACY_TABLE"] != nil))
  func writesTheTable() throws {
    let path = try #require(Self.environment["LATHE_ACCURACY_TABLE"])
    try Self.table().write(toFile: path, atomically: true, encoding: .utf8)
  }

  private static func measure(
    _ reference: AccuracyReference, _ type: DType
  ) throws -> [AccuracyMeasurement] {
    var run = try AccuracyRun(reference, type)
    let arity = reference.row.arity
    if type.isShortFloat, arity == 1 {
      run.measure([Array(0...type.mask)])
    } else {
      run.measure(AccuracyRun.inputs(type, arity: arity, count: count, seed: 1))
    }
    if isLong, type == .f32, arity == 1 {
      let chunk: UInt64 = 1 << 20
      for start in stride(from: 0 as UInt64, to: 1 << 32, by: Int(chunk)) {
        run.measure([Array(start..<start + chunk)])
      }
    }
    return run.measurements
  }

  /// The measured errors as a page of the documentation.
  static func table() throws -> String {
    let targets = TargetRow.runnable
    let names = targets.map(\.name).joined(separator: " | ")
    var text = """
      # Accuracy

      The stated and the measured error of each function, on each instruction set.

      ## Overview

      Errors are in units of the last place of the result; 0.5 is correctly rounded, 0 exact. A bound
      holds for every input and on every target row, and the tests fail where a measurement exceeds it.
      Measured is the worst of 2²⁰ inputs per function and type: special values and their neighbours,
      all exponents, the range where the function varies, and for two operands also pairs that belong
      together. The reference is computed in f64 for f32, and in 80-bit extended precision for f64.

      This page is written by the tests:

      ```
      LATHE_ACCURACY_TABLE=Sources/Lathe/Lathe.docc/Accuracy.md tools/test -- --filter Accuracy
      ```

      f16 and bf16 compute in f32 and round the result, and nothing is rounded in between in a function
      of this table: where the f32 bound is 0 or 0.5 theirs is the same, elsewhere it is 0.5 and the f32
      bound times 2⁻¹³ or 2⁻¹⁶, which is below 0.501. The tests go through all 2¹⁶ inputs of each function
      of one operand.

      With `LATHE_LONG=1` the tests go through all 2³² inputs of each f32 function of one operand.
      `mulAdd` is not in the table: where a row has no FMA it rounds twice, and after cancellation the
      error has no bound in these units.


      """
    text += "| row | f32 bound | \(names) | f64 bound | \(names) |\n"
    text += "|" + String(repeating: " --- |", count: 3 + 2 * targets.count) + "\n"
    for reference in AccuracyReference.all {
      let row = reference.row
      let cells = try [DType.f32, .f64].map { type in
        let stated = row.accuracy.bound(in: type)
        let measured = try measure(reference, type).map { String(format: "%.3f", $0.worst) }
        return "\(stated) | \(measured.joined(separator: " | "))"
      }
      text += "| `\(row.name)` | \(cells.joined(separator: " | ")) |\n"
    }
    return text
  }
}
