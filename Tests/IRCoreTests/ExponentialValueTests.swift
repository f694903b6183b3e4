// Exact values, special cases and derivatives of the exponential family.

import Foundation
import IRCore
import Testing

/// `row(inputs) = output`, to the sign of zero.
struct ExactValue: Sendable, CustomTestStringConvertible {
  let row: Elementwise
  let inputs: [Double]
  let output: Double

  init(_ row: Elementwise, _ inputs: Double..., gives output: Double) {
    self.row = row
    self.inputs = inputs
    self.output = output
  }

  var testDescription: String { "\(row)(\(inputs)) = \(output)" }

  private static let inf = Double.infinity

  static let exponentials = [
    ExactValue(.exp, 0, gives: 1), ExactValue(.exp, -0.0, gives: 1),
    ExactValue(.exp, inf, gives: inf), ExactValue(.exp, -inf, gives: 0),
    ExactValue(.exp, 1e4, gives: inf), ExactValue(.exp, -1e4, gives: 0),
    ExactValue(.exp2, 10, gives: 1024), ExactValue(.exp2, -126, gives: 0x1p-126),
    ExactValue(.exp2, -140, gives: 0x1p-140), ExactValue(.exp2, -inf, gives: 0),
    ExactValue(.exp2, 127, gives: 0x1p127), ExactValue(.exp2, 1024, gives: inf),
    ExactValue(.expm1, -0.0, gives: -0.0), ExactValue(.expm1, 0, gives: 0),
    ExactValue(.expm1, -inf, gives: -1), ExactValue(.expm1, inf, gives: inf),
    ExactValue(.expm1, -500, gives: -1),
  ]

  static let logarithms = [
    ExactValue(.log, 1, gives: 0), ExactValue(.log, 0, gives: -inf),
    ExactValue(.log, -0.0, gives: -inf), ExactValue(.log, -1, gives: .nan),
    ExactValue(.log, -inf, gives: .nan), ExactValue(.log, inf, gives: inf),
    ExactValue(.log2, 0x1p-140, gives: -140), ExactValue(.log2, 0x1p100, gives: 100),
    ExactValue(.log2, -0.0, gives: -inf), ExactValue(.log10, 1000, gives: 3),
    ExactValue(.log10, 1e10, gives: 10), ExactValue(.log10, 1, gives: 0),
    ExactValue(.log10, 0, gives: -inf), ExactValue(.log10, -1, gives: .nan),
    ExactValue(.log1p, -0.0, gives: -0.0), ExactValue(.log1p, 0, gives: 0),
    ExactValue(.log1p, -1, gives: -inf), ExactValue(.log1p, -2, gives: .nan),
    ExactValue(.log1p, inf, gives: inf), ExactValue(.log1p, -inf, gives: .nan),
  ]

  static let hyperbolics = [
    ExactValue(.sinh, -0.0, gives: -0.0), ExactValue(.sinh, -inf, gives: -inf),
    ExactValue(.sinh, 0x1p-149, gives: 0x1p-149), ExactValue(.tanh, 0x1p-149, gives: 0x1p-149),
    ExactValue(.expm1, 0x1p-149, gives: 0x1p-149), ExactValue(.log1p, 0x1p-149, gives: 0x1p-149),
    ExactValue(.asinh, 0x1p-149, gives: 0x1p-149), ExactValue(.atanh, 0x1p-149, gives: 0x1p-149),
    ExactValue(.sinh, 1e4, gives: inf), ExactValue(.cosh, -0.0, gives: 1),
    ExactValue(.cosh, -inf, gives: inf), ExactValue(.tanh, -0.0, gives: -0.0),
    ExactValue(.tanh, inf, gives: 1), ExactValue(.tanh, -inf, gives: -1),
    ExactValue(.tanh, -1e4, gives: -1), ExactValue(.asinh, -0.0, gives: -0.0),
    ExactValue(.asinh, -inf, gives: -inf), ExactValue(.acosh, 1, gives: 0),
    ExactValue(.acosh, 0.5, gives: .nan), ExactValue(.acosh, -inf, gives: .nan),
    ExactValue(.acosh, inf, gives: inf), ExactValue(.atanh, -0.0, gives: -0.0),
    ExactValue(.atanh, 1, gives: inf), ExactValue(.atanh, -1, gives: -inf),
    ExactValue(.atanh, 1.5, gives: .nan), ExactValue(.atanh, inf, gives: .nan),
  ]

  static let powers = [
    ExactValue(.pow, 3, 4, gives: 81), ExactValue(.pow, -3, 3, gives: -27),
    ExactValue(.pow, 10, -0.0, gives: 1), ExactValue(.pow, .nan, 0, gives: 1),
    ExactValue(.pow, 1, .nan, gives: 1), ExactValue(.pow, 1, -inf, gives: 1),
    ExactValue(.pow, -1, inf, gives: 1), ExactValue(.pow, -1, -inf, gives: 1),
    ExactValue(.pow, -2, 0.5, gives: .nan), ExactValue(.pow, -1, 0.5, gives: .nan),
    ExactValue(.pow, 0, 3, gives: 0), ExactValue(.pow, -0.0, 3, gives: -0.0),
    ExactValue(.pow, -0.0, 2, gives: 0), ExactValue(.pow, -0.0, 2.5, gives: 0),
    ExactValue(.pow, -0.0, -3, gives: -inf), ExactValue(.pow, -0.0, -2.5, gives: inf),
    ExactValue(.pow, 0, -inf, gives: inf), ExactValue(.pow, 0.5, inf, gives: 0),
    ExactValue(.pow, -0.5, -inf, gives: inf), ExactValue(.pow, 2, inf, gives: inf),
    ExactValue(.pow, -2, -inf, gives: 0), ExactValue(.pow, inf, -1, gives: 0),
    ExactValue(.pow, inf, 0.5, gives: inf), ExactValue(.pow, -inf, 3, gives: -inf),
    ExactValue(.pow, -inf, 2.5, gives: inf), ExactValue(.pow, -inf, -3, gives: -0.0),
    ExactValue(.pow, -inf, -2, gives: 0), ExactValue(.pow, .nan, 1, gives: .nan),
    ExactValue(.pow, 2, .nan, gives: .nan), ExactValue(.pow, 2, -140, gives: 0x1p-140),
    ExactValue(.pow, 0x1p-140, 0.5, gives: 0x1p-70), ExactValue(.pow, 10, 10, gives: 1e10),
  ]
}

@Suite struct ExponentialValueTests {
  @Test(
    arguments: ExactValue.exponentials + ExactValue.logarithms + ExactValue.hyperbolics
      + ExactValue.powers)
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

  @Test(arguments: ["exp", "expm1", "log", "log1p", "sinh", "cosh", "tanh", "asinh", "atanh"])
  func keepsNaN(_ name: String) throws {
    let row = try #require(Elementwise(name: name))
    for type in [DType.f32, .f64] {
      let program = ScalarProgram(row, operands: [type], result: type)
      let bits = program.evaluate([Literal(type, .nan).bits], fused: true)
      #expect(Literal(type, bits: bits).isNaN, "\(row) in \(type)")
    }
  }

  /// A central difference of step h is wrong by h²/6 of the third derivative and by the row's
  /// own error over h; with h = 2⁻¹⁷ of these functions both stay below 2⁻²⁸ of the scale.
  @Test(
    arguments: [
      "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sinh", "cosh", "tanh", "asinh",
      "acosh", "atanh",
    ])
  func hasTheDerivativeOfItsValues(_ name: String) throws {
    let row = try #require(Elementwise(name: name))
    let x = Scalar.argument(0, .f64)
    let value = Scalar.apply(row, [x])
    let partial = try #require(row.derivative?([x], value).first)
    let values = ScalarProgram(value)
    let partials = ScalarProgram(partial)
    let points =
      name == "acosh" ? [1.5, 2, 3.25] : name == "atanh" ? [-0.5, 0.25, 0.7] : [0.3, 1.1, 2.5]
    for point in points {
      let step = 0x1p-17
      let above = Self.evaluate(values, [point + step])
      let below = Self.evaluate(values, [point - step])
      let expected = (above - below) / (2 * step)
      let actual = Self.evaluate(partials, [point])
      #expect(
        (actual - expected).magnitude <= 0x1p-24 * max(1, expected.magnitude), "\(row)(\(point))")
    }
  }

  @Test func powerHasTheDerivativesOfItsValues() throws {
    let operands = [Scalar.argument(0, .f64), Scalar.argument(1, .f64)]
    let value = Scalar.apply(.pow, operands)
    let partials = try #require(Elementwise.pow.derivative?(operands, value))
    let byBase = ScalarProgram(partials[0])
    let byExponent = ScalarProgram(partials[1])
    #expect(Self.evaluate(byBase, [3, 2]) == 6)
    #expect(Self.evaluate(byBase, [0, 0]) == 0)
    #expect(Self.evaluate(byBase, [-2, 3]) == 12)
    #expect(Self.evaluate(byExponent, [0, 2]) == 0)
    #expect(Self.evaluate(byExponent, [1, 5]) == 0)
    #expect((Self.evaluate(byExponent, [2, 3]) - 8 * Foundation.log(2.0)).magnitude < 0x1p-48)
  }

  private static func evaluate(_ program: ScalarProgram, _ inputs: [Double]) -> Double {
    Double(bitPattern: program.evaluate(inputs.map(\.bitPattern), fused: true))
  }
}
