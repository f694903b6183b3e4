// Compiled functions that are held to the interpreter when they are first called.

import IRCore
import Lathe
import Testing

@Suite struct VerifiedFunctionTests {
  private func numbers(_ shape: [Int], step: Float) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor(
      scalars: (0..<count).map { (Float($0) * step).truncatingRemainder(dividingBy: 3) - 1.5 },
      shape: shape)
  }

  @Test func verifiedFunctionsGiveWhatOthersGive() throws {
    let weight = numbers([64, 48], step: 0.37)
    let body: @Sendable (Tensor) -> Tensor = { x in (x.matmul(weight) + 1).relu().softmax(axis: -1)
    }
    let verified = compile(verify: true) { (x: Tensor) in body(x) }
    let plain = compile { (x: Tensor) in body(x) }
    let x = numbers([5, 64], step: 0.91)
    #expect(try verified.run(x).scalars(as: Float.self) == plain(x).scalars(as: Float.self))
  }

  @Test func verifiedStatesAreUpdated() {
    let step = compile(verify: true) { (state: inout Tensor, x: Tensor) in
      state += x
      return state.sum()
    }
    var state = Tensor([1.0, 2, 3])
    let sum = step(&state, Tensor([1.0, 1, 1]))
    #expect(sum.item() == 9 && state.scalars(as: Float.self) == [2, 3, 4])
  }
}
