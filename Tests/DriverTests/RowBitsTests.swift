// Every elementwise row's machine code, held to the row's meaning bit by bit.

import IRCore
import TestSupport
import Testing

@Suite struct RowBits {
  /// Every typing of a row, at one lane, a register and three registers' worth of lanes, gives the
  /// bits of the reference evaluation on every target row that runs here.
  @Test(arguments: Elementwise.all) func machineCodeIsTheDefinition(row: Elementwise) throws {
    for (number, typing) in RowTyping.all(of: row).enumerated() {
      let inputs = operands(of: typing, seed: UInt64(number))
      for target in TargetRow.runnable {
        let expected = meaning(of: typing, inputs, fused: target.hasFMA)
        let native = typing.nativeLanes(target)
        for lanes in [1, native, native * 4] {
          try check(typing, inputs, expected, target, lanes: lanes)
        }
      }
    }
  }

  private func operands(of typing: RowTyping, seed: UInt64) -> [[UInt64]] {
    var random = SplitMix64(seed: seed &+ 17)
    // All pairs of specials for two operands, random values after them.
    let specials = typing.operands.last.map(\.specials) ?? []
    let count = 2048
    return typing.operands.enumerated().map { place, type in
      var values = type.samples(count, &random)
      if typing.operands.count > 1 {
        for k in 0..<min(count, specials.count * specials.count) {
          let own = type.specials
          values[k] = own[(place == 0 ? k / specials.count : k) % own.count]
        }
      }
      // A NaN's sign and payload would show.
      let showsNaN = ["bitcast", "copySign"].contains(typing.row.name) && type.isFloat
      return values.map {
        showsNaN && Literal(type, bits: $0).isNaN ? Literal.one(type).bits : $0
      }
    }
  }

  private func meaning(of typing: RowTyping, _ inputs: [[UInt64]], fused: Bool) -> [UInt64] {
    let program = ScalarProgram(typing.row, operands: typing.operands, result: typing.result)
    var scratch: [UInt64] = []
    return inputs[0].indices.map { k in
      program.evaluate(inputs.map { $0[k] }, fused: fused, scratch: &scratch)
    }
  }

  private func check(
    _ typing: RowTyping, _ inputs: [[UInt64]], _ expected: [UInt64], _ target: TargetRow,
    lanes: Int
  ) throws {
    let code = try JITKernel(typing.kernel(lanes: lanes), for: target)
    let count = expected.count
    let buffers =
      zip(inputs, typing.operands).map { pack($0, as: $1) }
      + [[UInt8](repeating: 0xee, count: count * typing.result.byteSize)]
    let output = code.run(buffers, symbols: [count])[inputs.count]
    let difference = firstDifference(output, pack(expected, as: typing.result), typing.result)
    guard let difference else { return }
    let operands = zip(inputs, typing.operands).map { "\(Literal($1, bits: $0[difference.index]))" }
    Issue.record(
      """
      \(typing) on \(target.name), \(lanes) lanes: (\(operands.joined(separator: ", "))) gives \
      \(difference.a), not \(difference.b)
      """)
  }
}
