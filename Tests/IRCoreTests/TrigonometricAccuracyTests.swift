// Accuracy of trigonometric functions, error functions and roots.

import Foundation
import IRCore
import Testing

extension AccuracyCase {
  static let trigonometric = [
    AccuracyCase(row: .sin, reference: { Foundation.sin($0) }, range: 100),
    AccuracyCase(row: .cos, reference: { Foundation.cos($0) }, range: 100),
    AccuracyCase(row: .tan, reference: { Foundation.tan($0) }, range: 100),
    AccuracyCase(row: .asin, reference: { Foundation.asin($0) }, range: 1),
    AccuracyCase(row: .acos, reference: { Foundation.acos($0) }, range: 1),
    AccuracyCase(row: .atan, reference: { Foundation.atan($0) }, range: 4),
    AccuracyCase(row: .erf, reference: { Foundation.erf($0) }, range: 7),
    AccuracyCase(row: .erfc, reference: { Foundation.erfc($0) }, range: 28),
    AccuracyCase(row: .cbrt, reference: { Foundation.cbrt($0) }, range: 100),
    AccuracyCase(row: .rsqrt, reference: { 1 / $0.squareRoot() }, range: 100),
  ]
}

/// Row of two operands with a reference.
struct BinaryAccuracyCase: Sendable, CustomTestStringConvertible {
  let row: Elementwise
  let reference: @Sendable (Reference, Reference) -> Reference

  var testDescription: String { row.name }

  static let all = [
    BinaryAccuracyCase(row: .atan2, reference: { Foundation.atan2($0, $1) }),
    BinaryAccuracyCase(row: .hypot, reference: { Foundation.hypot($0, $1) }),
  ]
}

@Suite struct TrigonometricAccuracyTests {
  /// Inputs per row and type, each in both rounding modes of `mulAdd`.
  #if DEBUG
    private static let inputCount = 1 << 14
  #else
    private static let inputCount = 1 << 17
  #endif

  /// Where a body changes its formula, and hard arguments: the multiple of π/2 next to an f64
  /// (J.-M. Muller, "Elementary Functions", 2016, section 11.3) and next to some f32.
  private static let points: [Double] = [
    0, 0.5, 0.7853981633974483, 0.875, 1, 1.1875, 1.5707963267948966, 3.93, 10.2, 26.55, 28,
    12867, 3_294_198, 6_381_956_970_095_103 * 0x1p797, 24089.6015625, 16_367_173 * 0x1p72,
    0x1p-126, 0x1p-1022, 0x1p-400, 0x1p500, .infinity, .nan,
  ]

  /// Inputs of all magnitudes, of the range, next to multiples of π/2, and around the points.
  private static func inputs(_ type: DType, range: Double) -> [UInt64] {
    var source = BitSource(seed: 7)
    let signBit = UInt64(1) << UInt64(type.bitWidth - 1)
    var bits: [UInt64] = []
    for point in points {
      for offset in 0..<16 {
        let near = (Literal(type, point).bits &+ UInt64(offset) &- 8) & type.mask
        bits += [near, near ^ signBit]
      }
    }
    for index in 0..<inputCount {
      switch index % 4 {
      case 0: bits.append(source.next() & type.mask)
      case 1: bits.append(Literal(type, source.symmetric() * range).bits)
      case 2: bits.append(Literal(type, source.symmetric()).bits)
      default:
        let multiple = source.next() >> (source.next() % 64)
        bits.append(Literal(type, Double(Reference(multiple) * (.pi / 2))).bits)
      }
    }
    return bits
  }

  @Test(arguments: AccuracyCase.trigonometric, [DType.f32, .f64])
  func staysWithinTheStatedBound(_ accuracyCase: AccuracyCase, _ type: DType) {
    let row = accuracyCase.row
    let program = ScalarProgram(row, operands: [type], result: type)
    let stated = type == .f64 ? row.accuracy.f64 : row.accuracy.f32
    var scratch: [UInt64] = []
    for bits in Self.inputs(type, range: accuracyCase.range) {
      let input = Literal(type, bits: bits)
      let reference = accuracyCase.reference(Reference(input.doubleValue))
      for fused in [false, true] {
        let result = program.evaluate([bits], fused: fused, scratch: &scratch)
        let distance = ulpDistance(result, type, from: reference)
        if distance > stated + referenceError(type) {
          Issue.record("\(row)(\(input)), fused \(fused): \(distance) ulp, stated \(stated)")
          return
        }
      }
    }
  }

  /// Every pair of the points, and pairs of like and of any magnitudes.
  private static func pairs(_ type: DType) -> [(Literal, Literal)] {
    let special = (points + points.map { -$0 }).map { Literal(type, $0) }
    var pairs = special.flatMap { first in special.map { (first, $0) } }
    var source = BitSource(seed: 13)
    for index in 0..<inputCount {
      let first = Literal(type, bits: source.next() & type.mask)
      let second =
        index % 2 == 0
        ? Literal(type, first.doubleValue * source.symmetric() * 4)
        : Literal(type, bits: source.next() & type.mask)
      pairs.append((first, second))
    }
    return pairs
  }

  @Test(arguments: BinaryAccuracyCase.all, [DType.f32, .f64])
  func staysWithinTheStatedBoundOfTwoOperands(_ accuracyCase: BinaryAccuracyCase, _ type: DType) {
    let row = accuracyCase.row
    let program = ScalarProgram(row, operands: [type, type], result: type)
    let stated = type == .f64 ? row.accuracy.f64 : row.accuracy.f32
    var scratch: [UInt64] = []
    for (first, second) in Self.pairs(type) {
      let reference = accuracyCase.reference(
        Reference(first.doubleValue), Reference(second.doubleValue))
      for fused in [false, true] {
        let result = program.evaluate([first.bits, second.bits], fused: fused, scratch: &scratch)
        let distance = ulpDistance(result, type, from: reference)
        if distance > stated + referenceError(type) {
          Issue.record("\(row)(\(first), \(second)), fused \(fused): \(distance) ulp")
          return
        }
      }
    }
  }
}
