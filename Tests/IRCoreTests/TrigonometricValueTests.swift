// Exact values, special cases and derivatives of trigonometric and error functions and roots.

import Foundation
import IRCore
import Testing

extension ExactValue {
  private static let inf = Double.infinity

  static let trigonometric = [
    ExactValue(.sin, 0, gives: 0), ExactValue(.sin, -0.0, gives: -0.0),
    ExactValue(.sin, inf, gives: .nan), ExactValue(.sin, -inf, gives: .nan),
    ExactValue(.cos, 0, gives: 1), ExactValue(.cos, -0.0, gives: 1),
    ExactValue(.cos, inf, gives: .nan), ExactValue(.cos, 0x1p-80, gives: 1),
    ExactValue(.tan, 0, gives: 0), ExactValue(.tan, -0.0, gives: -0.0),
    ExactValue(.tan, -inf, gives: .nan), ExactValue(.sin, 0x1p-140, gives: 0x1p-140),
    ExactValue(.tan, -0x1p-140, gives: -0x1p-140),
    ExactValue(.asin, -0.0, gives: -0.0), ExactValue(.asin, 1.5, gives: .nan),
    ExactValue(.asin, inf, gives: .nan), ExactValue(.asin, 0x1p-140, gives: 0x1p-140),
    ExactValue(.acos, 1, gives: 0), ExactValue(.acos, -1.5, gives: .nan),
    ExactValue(.acos, inf, gives: .nan), ExactValue(.atan, -0.0, gives: -0.0),
    ExactValue(.atan, 0x1p-140, gives: 0x1p-140),
  ]

  static let angles = [
    ExactValue(.asin, 1, gives: .pi / 2), ExactValue(.asin, -1, gives: -.pi / 2),
    ExactValue(.acos, -1, gives: .pi), ExactValue(.acos, 0, gives: .pi / 2),
    ExactValue(.atan, inf, gives: .pi / 2), ExactValue(.atan, -inf, gives: -.pi / 2),
    ExactValue(.atan2, 0, 0, gives: 0), ExactValue(.atan2, -0.0, 0, gives: -0.0),
    ExactValue(.atan2, 0, -0.0, gives: .pi), ExactValue(.atan2, -0.0, -0.0, gives: -.pi),
    ExactValue(.atan2, 0, -3, gives: .pi), ExactValue(.atan2, -0.0, -3, gives: -.pi),
    ExactValue(.atan2, -0.0, 3, gives: -0.0), ExactValue(.atan2, 3, 0, gives: .pi / 2),
    ExactValue(.atan2, -3, -0.0, gives: -.pi / 2), ExactValue(.atan2, 3, inf, gives: 0),
    ExactValue(.atan2, -3, inf, gives: -0.0), ExactValue(.atan2, 3, -inf, gives: .pi),
    ExactValue(.atan2, inf, 3, gives: .pi / 2), ExactValue(.atan2, -inf, 3, gives: -.pi / 2),
    ExactValue(.atan2, .nan, 1, gives: .nan), ExactValue(.atan2, 1, .nan, gives: .nan),
    ExactValue(.atan2, inf, .nan, gives: .nan), ExactValue(.atan2, .nan, 0, gives: .nan),
  ]

  static let errorFunctionsAndRoots = [
    ExactValue(.erf, 0, gives: 0), ExactValue(.erf, -0.0, gives: -0.0),
    ExactValue(.erf, inf, gives: 1), ExactValue(.erf, -inf, gives: -1),
    ExactValue(.erf, 7, gives: 1), ExactValue(.erfc, 0, gives: 1),
    ExactValue(.erfc, -0.0, gives: 1), ExactValue(.erfc, inf, gives: 0),
    ExactValue(.erfc, -inf, gives: 2), ExactValue(.erfc, 1e9, gives: 0),
    ExactValue(.cbrt, -0.0, gives: -0.0), ExactValue(.cbrt, 0, gives: 0),
    ExactValue(.cbrt, inf, gives: inf), ExactValue(.cbrt, -inf, gives: -inf),
    ExactValue(.cbrt, -27, gives: -3), ExactValue(.cbrt, 0x1p-141, gives: 0x1p-47),
    ExactValue(.rsqrt, 0, gives: inf), ExactValue(.rsqrt, -0.0, gives: -inf),
    ExactValue(.rsqrt, inf, gives: 0), ExactValue(.rsqrt, -1, gives: .nan),
    ExactValue(.rsqrt, 0.25, gives: 2), ExactValue(.hypot, 3, -4, gives: 5),
    ExactValue(.hypot, -0.0, -0.0, gives: 0), ExactValue(.hypot, inf, .nan, gives: inf),
    ExactValue(.hypot, .nan, -inf, gives: inf), ExactValue(.hypot, .nan, 0, gives: .nan),
    ExactValue(.hypot, 0x1.8p101, 0x1p102, gives: 0x1.4p102),
    ExactValue(.hypot, 0x1.8p-139, 0x1p-138, gives: 0x1.4p-138),
  ]
}

@Suite struct TrigonometricValueTests {
  @Test(
    arguments: ExactValue.trigonometric + ExactValue.angles + ExactValue.errorFunctionsAndRoots)
  func isExact(_ value: ExactValue) {
    for type in [DType.f32, .f64] {
      let operands = Array(repeating: type, count: value.inputs.count)
      let program = ScalarProgram(value.row, operands: operands, result: type)
      let expected = Literal(type, value.output)
      for fused in [false, true] {
        let bits = program.evaluate(value.inputs.map { Literal(type, $0).bits }, fused: fused)
        let actual = Literal(type, bits: bits)
        let agrees = expected.isNaN ? actual.isNaN : actual == expected
        #expect(agrees, "\(value.testDescription) in \(type), fused \(fused): \(actual)")
      }
    }
  }

  @Test(arguments: ["sin", "cos", "tan", "asin", "acos", "atan", "erf", "erfc", "cbrt", "rsqrt"])
  func keepsNaN(_ name: String) throws {
    let row = try #require(Elementwise(name: name))
    for type in [DType.f32, .f64] {
      let program = ScalarProgram(row, operands: [type], result: type)
      let bits = program.evaluate([Literal(type, .nan).bits], fused: true)
      #expect(Literal(type, bits: bits).isNaN, "\(row) in \(type)")
    }
  }

  /// With steps of 2⁻¹⁷ a central difference of these functions is within 2⁻²⁴ of the partial:
  /// h²/6 times a third derivative below 100 and the rows' own error over h.
  @Test(
    arguments: [
      "sin", "cos", "tan", "asin", "acos", "atan", "erf", "erfc", "cbrt", "rsqrt", "atan2",
      "hypot",
    ])
  func hasTheDerivativeOfItsValues(_ name: String) throws {
    let row = try #require(Elementwise(name: name))
    let operands = (0..<row.arity).map { Scalar.argument($0, .f64) }
    let value = Scalar.apply(row, operands)
    let values = ScalarProgram(value)
    let partials = try #require(row.derivative?(operands, value)).map { ScalarProgram($0) }
    for point in [[0.3, 0.8], [0.6, -0.4], [0.75, 1.25]] {
      let point = Array(point.prefix(row.arity))
      for index in 0..<row.arity {
        let step = 0x1p-17
        var (above, below) = (point, point)
        above[index] += step
        below[index] -= step
        let rise = Self.evaluate(values, above) - Self.evaluate(values, below)
        let expected = rise / (2 * step)
        let actual = Self.evaluate(partials[index], point)
        let error = (actual - expected).magnitude
        #expect(error <= 0x1p-24 * max(1, expected.magnitude), "\(row)(\(point)) by \(index)")
      }
    }
  }

  /// A kernel is split beyond 512 scalar operations; the reduction of huge arguments must fit.
  @Test func bodiesStaySmall() {
    for row in [Elementwise.sin, .cos, .tan, .erf, .erfc, .cbrt, .atan2] {
      for type in [DType.f32, .f64] {
        let operands = Array(repeating: type, count: row.arity)
        let program = ScalarProgram(row, operands: operands, result: type)
        #expect(program.instructions.count <= 200, "\(row) in \(type)")
      }
    }
  }

  private static func evaluate(_ program: ScalarProgram, _ inputs: [Double]) -> Double {
    Double(bitPattern: program.evaluate(inputs.map(\.bitPattern), fused: true))
  }
}
