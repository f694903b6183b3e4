// Machine code of conversions to and from f16 and bf16, on every value and every middle.

import IRCore
import TestSupport
import Testing

@Suite struct ShortFloatCode {
  private static let types: [DType] = [.f16, .bf16]

  /// All 65,536 values, to every type.
  @Test(arguments: types) func everyValueConverts(type: DType) throws {
    for target in DType.allCases {
      try check(RowTyping(row: .cast, operands: [type], result: target), Array(0...type.mask))
    }
  }

  /// Every value, the middle to the next one and its neighbours, from every wider type.
  @Test(arguments: types, [DType.f64, .f32, .f16, .bf16])
  func everyMiddleConverts(type: DType, source: DType) throws {
    var inputs: [UInt64] = []
    for bits in 0..<Literal(type, .infinity).bits {
      let low = Literal(type, bits: bits).doubleValue
      let high = Literal(type, bits: bits + 1).doubleValue
      let middle = Literal(source, high.isInfinite ? low * 1.001 : (low + high) / 2).bits
      for value in [Literal(source, low).bits, middle, middle &+ 1, middle &- 1 & source.mask] {
        inputs += [value, value ^ (source.mask / 2 + 1)]
      }
    }
    let infinity = Literal(source, .infinity).bits
    inputs += [infinity, infinity - 1, infinity + 1, source.mask, 1, 0, infinity, infinity]
    try check(RowTyping(row: .cast, operands: [source], result: type), inputs)
  }

  /// Integers of every magnitude, and next to the middles of bf16 and f16.
  @Test(arguments: types, DType.allCases.filter(\.isInteger))
  func integersConvert(type: DType, source: DType) throws {
    var inputs: [UInt64] = []
    for exponent in 0..<64 as Range<UInt64> {
      for fraction in 0..<64 as Range<UInt64> {
        // Eight and eleven bits with a half of the last place, and one more or less.
        let start = 1 << exponent | (exponent >= 8 ? (2 * fraction + 1) << (exponent - 8) : 0)
        let other = 1 << exponent | (exponent >= 11 ? (2 * fraction + 1) << (exponent - 11) : 0)
        for value in [start, other] { inputs += [value, value &+ 1, value &- 1, 0 &- value] }
      }
    }
    try check(
      RowTyping(row: .cast, operands: [source], result: type), inputs.map { $0 & source.mask })
  }

  private func check(_ typing: RowTyping, _ cases: [UInt64]) throws {
    // Whole vectors.
    let inputs = cases + [UInt64](repeating: 0, count: -cases.count & 63)
    let program = ScalarProgram(typing.row, operands: typing.operands, result: typing.result)
    let expected = pack(
      inputs.map { program.evaluate([$0], fused: true) }, as: typing.result)
    for target in TargetRow.runnable {
      for lanes in [1, typing.nativeLanes(target) * 2] {
        let code = try JITKernel(typing.kernel(lanes: lanes), for: target)
        let output = [UInt8](repeating: 0xee, count: expected.count)
        let found = code.run(
          [pack(inputs, as: typing.operands[0]), output], symbols: [inputs.count])[1]
        guard let difference = firstDifference(found, expected, typing.result) else { continue }
        let input = Literal(typing.operands[0], bits: inputs[difference.index])
        Issue.record(
          """
          \(typing) on \(target.name), \(lanes) lanes: \(input) gives \(difference.a), not \
          \(difference.b)
          """)
      }
    }
  }
}
