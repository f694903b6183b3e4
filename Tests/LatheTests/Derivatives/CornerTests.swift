// Slopes where functions have corners, as the article on derivatives lists them, and mistakes.

import Lathe
import Testing

/// A function of one number with its slopes at some places.
private struct Corner: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let slopes: [(x: Double, slope: Double)]
  let function: @Sendable (Tensor) -> Tensor

  init(
    _ name: String, _ slopes: [(Double, Double)], _ function: @escaping @Sendable (Tensor) -> Tensor
  ) {
    testDescription = name
    self.slopes = slopes.map { (x: $0.0, slope: $0.1) }
    self.function = function
  }

  static let all: [Corner] = [
    Corner("relu", [(0, 0), (-0.0, 0), (1, 1), (-1, 0)]) { relu($0) },
    Corner("maximum", [(2, 0.5), (3, 1), (1, 0)]) { maximum($0, 2) },
    Corner("minimum", [(2, 0.5), (3, 0), (1, 1)]) { minimum($0, 2) },
    Corner("clamp", [(-1, 1), (1, 1), (2, 0), (-2, 0)]) { $0.clamp(-1, 1) },
    Corner("abs", [(0, 0), (2, 1), (-2, -1)]) { abs($0) },
    Corner("sign and floor", [(0, 0), (2, 0)]) { $0.sign() + floor($0) },
    Corner("sqrt", [(0, .infinity), (4, 0.25)]) { sqrt($0) },
    Corner("cbrt", [(0, .infinity), (8, 1 / 12.0)]) { cbrt($0) },
    Corner("norm", [(0, .nan), (2, 1), (-2, -1)]) { $0.norm() },
    Corner("square", [(0, 0), (3, 6)]) { pow($0, 2) },
    Corner("first power", [(0, 1), (3, 1)]) { pow($0, 1) },
    Corner("power of a half", [(0, .infinity), (4, 0.25)]) { pow($0, 0.5) },
    Corner("power of zero", [(0, 0), (3, 0)]) { pow($0, 0) },
    Corner("power of nothing", [(1, 0), (0, 0)]) { pow(0, $0) },
    Corner("choice", [(0, 1), (2, 3)]) { x in select(x .> 0, x * 3, x) },
    Corner("choice of what goes in", [(0, 1), (2, 0.5)]) { x in
      select(x .> 0, log(select(x .> 0, x, 1)), x)
    },
    Corner("softplus", [(0, 0.5)]) { $0.softplus() },
    Corner("leaky relu", [(0, 0.25), (1, 1)]) { $0.leakyRelu(slope: 0.25) },
  ]
}

@Suite struct CornerTests {
  @Test(arguments: Corner.all) fileprivate func slopes(corner: Corner) {
    for (x, expected) in corner.slopes {
      let x = Tensor(x)
      let backward = gradient(of: x) { corner.function($0) }.item()
      let forward = jvp(of: x, along: Tensor(Double(1))) { corner.function($0) }.tangent.item()
      #expect(backward == expected || backward.isNaN && expected.isNaN, "\(backward)")
      #expect(forward == expected || forward.isNaN && expected.isNaN, "\(forward)")
    }
  }

  @Test func tiesOfReductionsShare() {
    let x = Tensor([[1.0, 3, 3, 2], [5, 5, 5, 5]])
    let largest = gradient(of: x) { ($0.max(axis: 1) * Tensor([1.0, 2])).sum() }
    #expect(largest.scalars(as: Float.self) == [0, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0.5])
    let least = gradient(of: x) { $0.min(axis: 1).sum() }
    #expect(least.scalars(as: Float.self) == [1, 0, 0, 0, 0.25, 0.25, 0.25, 0.25])
  }

  /// What is not chosen gets zero, and zero times an infinite slope behind it is NaN.
  @Test func aChoiceHidesNoInfiniteSlope() {
    let g = gradient(of: Tensor(0.0 as Double)) { x in select(x .> 0, log(x), x) }
    #expect(g.item().isNaN)
  }

  @Test func productsWithZeros() {
    let x = Tensor([[2.0, 0, 3], [0, 4, 0]])
    let g = gradient(of: x) { $0.product(axis: 1).sum() }
    #expect(g.scalars(as: Float.self) == [0, 6, 0, 0, 0, 0])
  }
}

/// Mistakes outside exit tests, whose bodies a macro moves to lines of its own.
private enum Mistake {
  static let x = Tensor([1.0, 2])

  static let vectorLine = #line + 2
  static func vector() {
    _ = gradient(of: x) { $0 * 2 }
  }

  static let integerLine = #line + 2
  static func integer() {
    _ = gradient(of: x) { $0.cast(to: .i32).sum() }
  }

  static let ruleLine = #line + 7
  static func rule() {
    let twice = kernel("twice") { k in
      let n = k.extent("n")
      let a = k.input(.f32, [n]), b = k.output(.f32, [n])
      for i in k.range(0..<n) { b[i] = a[i] * 2 }
    }
    _ = gradient(of: x) { twice($0).sum() }
  }

  static let tangentLine = #line + 2
  static func tangent() {
    _ = jvp(of: x, along: Tensor([1.0])) { $0 * 2 }
  }

  static let cotangentLine = #line + 2
  static func cotangent() {
    let (_, pullback) = vjp(of: x) { $0 * 2 }
    _ = pullback(Tensor([1.0]))
  }

  static let leakLine = #line + 3
  static func leak() {
    var kept: [Tensor] = []
    _ = gradient(of: x) { x in
      kept.append(x * 3)
      return x.sum()
    }
    print(kept)
  }
}

@Suite struct DerivativeMisuseTests {
  private func expect(_ result: ExitTest.Result?, _ line: Int?, _ words: String) {
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    let place = line.map { "CornerTests.swift:\($0): " } ?? ""
    #expect(text.contains(place) && text.contains(words), "\(text)")
  }

  @Test func theValueMustBeAFloatScalar() async {
    let vector = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Mistake.vector()
    }
    expect(
      vector, Mistake.vectorLine,
      "gradient: a function whose value is a float scalar expected, found f32[2]")
    let integer = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Mistake.integer()
    }
    expect(
      integer, Mistake.integerLine,
      "gradient: a function whose value is a float scalar expected, found i32")
  }

  @Test func aNodeWithoutRuleIsNamedWithItsLine() async {
    let rule = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Mistake.rule()
    }
    expect(rule, Mistake.ruleLine, "gradient: kernel has no derivative")
  }

  @Test func vectorsHaveTheTypesOfWhatTheyGoWith() async {
    let tangent = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Mistake.tangent()
    }
    expect(
      tangent, Mistake.tangentLine,
      "jvp: value is f32[2] in the value and f32[1] in the tangent; they must be the same")
    let cotangent = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Mistake.cotangent() }
    expect(
      cotangent, Mistake.cotangentLine,
      "vjp: result is f32[2] in the result and f32[1] in the cotangent; they must be the same")
  }

  @Test func valuesOfTheTraceMustNotLeave() async {
    let leak = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Mistake.leak()
    }
    expect(leak, nil, "gradient: a value made here is kept beyond the function that is")
  }
}
