// What is computed when.

import Lathe
import TensorIR
import Testing

@Suite struct LazinessTests {
  @Test func nothingRunsBeforeARead() {
    let x = Tensor([1.0, 2])
    let y = exp(x) + 1
    #expect(!y.isEvaluated)
    _ = y.scalars(as: Float.self)
    #expect(y.isEvaluated)
  }

  @Test func oneReadRunsOneProgramForAllThatShareIt() {
    let x = Tensor([1.0, 2])
    let shared = exp(x)
    let a = shared + 1
    let b = shared * 2
    let text = a.pendingGraph.description
    #expect(text.count(of: " exp ") == 1, "\(text)")
    _ = a.scalars(as: Float.self)
    #expect(shared.isEvaluated && b.isEvaluated)
    withExtendedLifetime((shared, b)) {}
  }

  @Test func usersOfValuesInMemoryAreLeftAlone() {
    let x = Tensor([1.0, 2])
    let a = x + 1
    let b = x * 2
    _ = a.scalars(as: Float.self)
    #expect(!b.isEvaluated)
  }

  @Test func readingTheLossKeepsNoHistory() {
    var weight = Tensor([1.0, 2])
    for _ in 0..<50 {
      let activation = tanh(weight)
      let loss = activation * activation
      weight = weight - activation * 0.1
      _ = loss.scalars(as: Float.self)
      #expect(weight.isEvaluated)
    }
  }

  @Test func temporariesAreNotResults() {
    let x = Tensor([1.0, 2])
    func make() -> Tensor { tanh(exp(x) + 1) }
    #expect(make().pendingGraph.results.count == 1)
  }

  @Test func equalTracesBuildEqualGraphs() {
    func graph(_ first: Float) -> String {
      let x = Tensor([first, 2])
      return (sigmoid(x) * x + x[0]).pendingGraph.description
    }
    #expect(graph(1) == graph(5))
  }

  @Test func longChainsRunInPieces() {
    var x = Tensor([0.0])
    for _ in 0..<50_000 { x = x + 1 }
    #expect(x.item() == 50_000)
  }

  @Test func releasingALongTraceDoesNotRecurse() {
    let f = compile { (x: Tensor) in
      var y = x
      for _ in 0..<200_000 { y = y + 1 }
      _ = y
      return x + 1
    }
    #expect(f(Tensor([1.0])).item() == 2)
  }

  @Test func eagerOperationsRunAtOnce() {
    let x = Tensor.linspace(0, 1, count: 5)
    let y = withExecution(.eager) { () -> Tensor in
      let square = x * x
      #expect(square.isEvaluated)
      return tanh(square + x[0]) * 2
    }
    #expect(y.isEvaluated)
    let lazy = tanh(x * x + x[0]) * 2
    #expect(!lazy.isEvaluated)
    #expect(y.scalars(as: Float.self) == lazy.scalars(as: Float.self))
  }

  @Test func tasksMayReadTheSameValue() async {
    let x = Tensor.arange(100, .f32)
    let y = exp(x * 0.01)
    let expected = y.pendingGraph.description
    let sums = await withTaskGroup(of: [Float].self) { group in
      for _ in 0..<8 { group.addTask { y.scalars(as: Float.self) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sums.count == 8 && sums.allSatisfy { $0 == sums[0] }, "\(expected)")
  }
}

extension String {
  /// How often `part` occurs.
  func count(of part: String) -> Int {
    split(separator: part, omittingEmptySubsequences: false).count - 1
  }
}
