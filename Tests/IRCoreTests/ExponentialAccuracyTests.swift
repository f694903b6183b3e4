// Accuracy and special values of exponentials, logarithms, hyperbolic functions and powers.

import Foundation
import IRCore
import Testing

/// Row with a reference and where its inputs lie densest.
struct AccuracyCase: Sendable, CustomTestStringConvertible {
  let row: Elementwise
  let reference: @Sendable (Reference) -> Reference
  /// Inputs beyond this magnitude overflow or are flat.
  let range: Double

  var testDescription: String { row.name }

  static let all = [
    AccuracyCase(row: .exp, reference: { Foundation.exp($0) }, range: 750),
    AccuracyCase(row: .exp2, reference: { Foundation.exp2($0) }, range: 1080),
    AccuracyCase(row: .expm1, reference: { Foundation.expm1($0) }, range: 750),
    AccuracyCase(row: .log, reference: { Foundation.log($0) }, range: 4),
    AccuracyCase(row: .log2, reference: { Foundation.log2($0) }, range: 4),
    AccuracyCase(row: .log10, reference: { Foundation.log10($0) }, range: 4),
    AccuracyCase(row: .log1p, reference: { Foundation.log1p($0) }, range: 4),
    AccuracyCase(row: .sinh, reference: { Foundation.sinh($0) }, range: 720),
    AccuracyCase(row: .cosh, reference: { Foundation.cosh($0) }, range: 720),
    AccuracyCase(row: .tanh, reference: { Foundation.tanh($0) }, range: 20),
    AccuracyCase(row: .asinh, reference: { Foundation.asinh($0) }, range: 10),
    AccuracyCase(row: .acosh, reference: { Foundation.acosh($0) }, range: 10),
    AccuracyCase(row: .atanh, reference: { Foundation.atanh($0) }, range: 1),
  ]
}

@Suite struct ExponentialAccuracyTests {
  /// Inputs per row and type, each in both rounding modes of `mulAdd`.
  #if DEBUG
    private static let inputCount = 1 << 14
  #else
    private static let inputCount = 1 << 18
  #endif

  /// Inputs of all magnitudes, of the dense range, near zero, and around special points.
  private static func inputs(_ type: DType, range: Double, count: Int) -> [UInt64] {
    var source = BitSource(seed: 5)
    let limit = type == .f64 ? range : min(range, 152)
    var bits: [UInt64] = []
    for point in [0, 0.5, 1, 2, limit, 88.72283, 103.97, 709.782712893384, 745.13321910194, 0x1p28]
    {
      for offset in 0..<16 {
        let near = Literal(type, point).bits &+ UInt64(offset) &- 8
        bits += [near & type.mask, (near ^ (1 << UInt64(type.bitWidth - 1))) & type.mask]
      }
    }
    bits += [Literal(type, .infinity).bits, Literal(type, -.infinity).bits]
    bits.append(Literal(type, .nan).bits)
    for index in 0..<count {
      switch index % 3 {
      case 0: bits.append(source.next() & type.mask)
      case 1: bits.append(Literal(type, source.symmetric() * limit).bits)
      default: bits.append(Literal(type, source.symmetric() * 1.5).bits)
      }
    }
    return bits
  }

  @Test(arguments: AccuracyCase.all, [DType.f32, .f64])
  func staysWithinTheStatedBound(_ accuracyCase: AccuracyCase, _ type: DType) {
    let row = accuracyCase.row
    let program = ScalarProgram(row, operands: [type], result: type)
    let stated = type == .f64 ? row.accuracy.f64 : row.accuracy.f32
    let bound = stated + referenceError(type)
    var scratch: [UInt64] = []
    for bits in Self.inputs(type, range: accuracyCase.range, count: Self.inputCount) {
      let input = Literal(type, bits: bits)
      let reference = accuracyCase.reference(Reference(input.doubleValue))
      for fused in [false, true] {
        let result = program.evaluate([bits], fused: fused, scratch: &scratch)
        let distance = ulpDistance(result, type, from: reference)
        if distance > bound {
          Issue.record("\(row)(\(input)), fused \(fused): \(distance) ulp, stated \(stated)")
          return
        }
      }
    }
  }

  @Test(arguments: [DType.f32, .f64])
  func powersStayWithinTheStatedBound(_ type: DType) {
    let program = ScalarProgram(.pow, operands: [type, type], result: type)
    let bound = Elementwise.pow.accuracy.f64 + referenceError(type)
    let reach = type == .f64 ? 760.0 : 106
    var source = BitSource(seed: 11)
    var scratch: [UInt64] = []
    for index in 0..<Self.inputCount {
      let base: Double
      switch index % 3 {
      case 0: base = Literal(type, bits: source.next() & type.mask).doubleValue
      case 1: base = 1 + 0.4 * source.symmetric()
      default: base = (source.symmetric() * 1000).rounded()
      }
      let x = Literal(type, base)
      let spread = x.doubleValue.magnitude
      var power = source.symmetric() * reach / Foundation.log(spread).magnitude
      if index % 3 == 2 { power = (source.symmetric() * 100).rounded() }
      let y = Literal(type, power)
      let reference = Foundation.pow(Reference(x.doubleValue), Reference(y.doubleValue))
      for fused in [false, true] {
        let result = program.evaluate([x.bits, y.bits], fused: fused, scratch: &scratch)
        let distance = ulpDistance(result, type, from: reference)
        if distance > bound {
          Issue.record("pow(\(x), \(y)), fused \(fused): \(distance) ulp, stated \(bound)")
          return
        }
      }
    }
  }
}
