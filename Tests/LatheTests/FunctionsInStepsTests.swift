// Functions that take functions, in loops: what these compute from the step alone counts to the step.

import Lathe
import Testing

/// One step: from a state, the step's number and its row, which are asked for inside a function.
private struct Step: Sendable, CustomTestStringConvertible {
  typealias Body = @Sendable (_ h: Tensor, _ t: () -> Tensor, _ row: () -> Tensor) -> Tensor
  let testDescription: String
  let body: Body

  init(_ name: String, _ body: @escaping Body) {
    testDescription = name
    self.body = body
  }

  static let all: [Step] = [
    Step("gradient") { h, t, row in
      gradient(of: h) { h in (h * h * (row() + t().cast(to: .f32))).sum() }
    },
    Step("gradient by what is constant") { h, _, row in
      gradient(of: h) { h in (h * exp(row() * 2)).sum() }
    },
    Step("jvp") { h, t, row in
      jvp(of: h, along: row()) { h in sin(h) * t().cast(to: .f32) }.tangent
    },
    Step("batched") { h, t, row in
      batched(over: h) { h in h * (row().sum() + t().cast(to: .f32)) }
    },
    Step("checkpointed") { h, _, row in checkpointed(h) { h in tanh(h + row() * 2) } },
    Step("whileLoop") { h, t, row in
      whileLoop(from: abs(h).sum() + 2, while: { $0 .> 1 }) { s in
        s = s * 0.5 - (t().cast(to: .f32) + abs(row().sum()))
      } + row()
    },
    Step("scan") { h, _, row in
      scan(count: 3, from: h) { h, _ in
        h = h * 0.5 + sin(row())
        return h.sum()
      }.state
    },
    Step("conditional") { h, t, row in
      conditional(h.sum() .> 0) {
        h - t().cast(to: .f32)
      } otherwise: {
        h * 2 + t().cast(to: .f32)
      } + row()
    },
    Step("constants") { h, _, _ in
      gradient(of: h) { h in (h * h * Tensor([1.0, 2, 3])).sum() } * 0.5
    },
  ]
}

@Suite struct FunctionsInStepsTests {
  /// The loop of few steps, which is written out, and that of many agree with calls one by one.
  @Test(arguments: Step.all, [2, 3, 6]) fileprivate func agreeWithCalls(step: Step, count: Int) {
    let rows = Tensor.randomNormal([count, 3], key: RandomKey(1))
    let start = Tensor.randomNormal([3], key: RandomKey(2))
    var found = start
    for t in steps(count) { found = step.body(found, { t.tensor }, { rows[t] }) }
    var expected = start
    for t in 0..<count { expected = step.body(expected, { Tensor(t) }, { rows[t] }) }
    #expect(found.scalars(as: Float.self) == expected.scalars(as: Float.self))
  }
}
