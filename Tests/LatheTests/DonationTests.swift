// When a state is updated in place, and when it must not be.

import Driver
import IRCore
import Lathe
import Testing

private struct Optimizer: Sendable {
  var parameters: [Tensor]
  var moments: [Tensor]

  init(_ count: Int, _ extent: Int) {
    parameters = (0..<count).map { .linspace(0, Double($0 + 1), count: extent) }
    moments = (0..<count).map { _ in .zeros([extent]) }
    for tensor in parameters + moments { try? tensor.evaluate() }
  }

  mutating func update(_ gradient: Tensor) {
    for index in parameters.indices {
      moments[index] = moments[index] * 0.9 + gradient * 0.1
      parameters[index] -= moments[index] * 0.01
    }
  }
}

@Suite struct DonationTests {
  /// As new memory, so that no program's constant is what the tensor holds.
  private func fresh(_ values: [Float]) -> Tensor { Tensor(values) }

  private let increment = compile { (state: inout Tensor) in state += 1 }

  @Test func aUniqueStateIsUpdatedInPlace() {
    var state = Optimizer(3, 1000)
    let step = compile { (state: inout Optimizer, g: Tensor) in state.update(g) }
    let g = Tensor.ones([1000])
    step(&state, g)
    let before = (state.parameters + state.moments).map(\.addressOfMemory)
    for _ in 0..<5 { step(&state, g) }
    #expect((state.parameters + state.moments).map(\.addressOfMemory) == before)
    #expect(step.variants[0].memory.updated == 6 * 4000)
    #expect(step.variants[0].memory.results == 0)
    var expected = Optimizer(3, 1000)
    for _ in 0..<6 { expected.update(g) }
    #expect(
      state.parameters.map { $0.scalars(as: Float.self) }
        == expected.parameters.map { $0.scalars(as: Float.self) })
  }

  @Test func aCopyKeepsItsValues() {
    var state = fresh([1, 2, 3])
    let copy = state
    increment(&state)
    #expect(copy.scalars(as: Float.self) == [1, 2, 3])
    #expect(state.scalars(as: Float.self) == [2, 3, 4])
    let address = state.addressOfMemory
    increment(&state)
    #expect(state.addressOfMemory == address)
    var array = [state]
    let other = array
    let f = compile { (list: inout [Tensor]) in list[0] += 1 }
    f(&array)
    #expect(other[0].scalars(as: Float.self) == [3, 4, 5])
    #expect(array[0].scalars(as: Float.self) == [4, 5, 6])
  }

  @Test func oneMemoryInTwoLeavesIsNotGivenUp() {
    let x = fresh([1, 2])
    var pair = (x, x)
    let f = compile { (pair: inout (Tensor, Tensor)) in
      pair.0 += 1
      pair.1 = pair.1 * 10
    }
    f(&pair)
    #expect(pair.0.scalars(as: Float.self) == [2, 3])
    #expect(pair.1.scalars(as: Float.self) == [10, 20])
    #expect(x.scalars(as: Float.self) == [1, 2])
  }

  @Test func anArgumentThatIsTheStateIsReadAsItWas() {
    var state = fresh([1, 2])
    let f = compile { (state: inout Tensor, x: Tensor) in
      state += 1
      return x * 2
    }
    #expect(f(&state, state).scalars(as: Float.self) == [2, 4])
    #expect(state.scalars(as: Float.self) == [2, 3])
  }

  @Test func viewsAndPendingOperationsKeepTheirValues() {
    var state = Tensor(scalars: (0..<64).map { Float($0) }, shape: [4, 16])
    let row = state[1]
    increment(&state)
    #expect(row.scalars(as: Float.self) == (16..<32).map { Float($0) })
    let pending = state * 2
    let column = state[.all, 3]
    increment(&state)
    #expect(pending[0, 0].item() == 2 && column[0].item() == 4)
    #expect(state[0, 0].item() == 2)
  }

  @Test func aStateIsNotWrittenOverWhatIsReadAfterwards() {
    // Element i of the new state needs element n - 1 - i of the old one.
    let flip = compile { (state: inout Tensor) in state = state.flipped() + state }
    var state = fresh([1, 2, 3, 5])
    flip(&state)
    flip(&state)
    #expect(state.scalars(as: Float.self) == [12, 10, 10, 12])
    #expect(flip.variants[0].memory.updated == 0)
    // The sum needs all of the old state before any is written.
    let normalize = compile { (state: inout Tensor) in
      let total = state.sum()
      state = state / total
      return total
    }
    var weights = fresh([1, 3])
    #expect(normalize(&weights).item() == 4)
    #expect(weights.scalars(as: Float.self) == [0.25, 0.75])
    #expect(normalize(&weights).item() == 1)
  }

  @Test func exchangedStatesTakeNoForeignMemory() {
    let exchange = compile { (pair: inout (Tensor, Tensor)) in
      let sum = pair.0 + pair.1
      pair = (pair.1 * 2, sum)
    }
    var pair = (fresh([1, 1]), fresh([1, 2]))
    for _ in 0..<3 { exchange(&pair) }
    var expected = (Float(1), Float(2))
    for _ in 0..<3 { expected = (expected.1 * 2, expected.0 + expected.1) }
    #expect(pair.0[1].item() == Double(expected.0) && pair.1[1].item() == Double(expected.1))
  }

  @Test func aStateThatOnlyMovesIsNotCopied() {
    let swap = compile { (pair: inout (Tensor, Tensor)) in pair = (pair.1, pair.0) }
    var pair = (fresh([1]), fresh([2]))
    let addresses = (pair.0.addressOfMemory, pair.1.addressOfMemory)
    swap(&pair)
    #expect(pair.0.item() == 2 && pair.1.item() == 1)
    #expect(pair.0.addressOfMemory == addresses.1 && pair.1.addressOfMemory == addresses.0)
  }

  @Test func literalsAndPendingValuesAreStates() {
    var literal: Tensor = 1.5
    increment(&literal)
    increment(&literal)
    #expect(literal.item() == 3.5)
    var pending = exp(Tensor([0.0]))
    increment(&pending)
    increment(&pending)
    #expect(pending.item() == 3)
    var zeros = Tensor.zeros([2])
    increment(&zeros)
    increment(&zeros)
    #expect(Tensor.zeros([2]).scalars(as: Float.self) == [0, 0])
    #expect(zeros.scalars(as: Float.self) == [2, 2])
  }

  @Test func inPlaceProgramsGiveTheSameBitsOnEveryRow() {
    let body: @Sendable (inout Optimizer, Tensor) -> Void = { state, g in state.update(tanh(g)) }
    var expected = Optimizer(2, 10_007)
    let g = Tensor.linspace(-3, 3, count: 10_007)
    for _ in 0..<3 { expected.update(tanh(g)) }
    for threads in [1, 2, 3] {
      withCompiler(Compiler(CompilerOptions(threads: threads))) {
        let step = compile(body)
        var state = Optimizer(2, 10_007)
        for _ in 0..<3 { step(&state, g) }
        for index in 0..<2 {
          #expect(
            state.parameters[index].scalars(as: Float.self)
              == expected.parameters[index].scalars(as: Float.self))
        }
      }
    }
  }
}
