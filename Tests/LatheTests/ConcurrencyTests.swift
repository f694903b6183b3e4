// Many tasks that trace, compile, run and read at once.

import CLatheRuntime
import Driver
import Lathe
import TestSupport
import Testing

/// What the tasks share: compiled functions with and without state, tensors in memory, pending
/// ones, and the caches.
private struct Shared: Sendable {
  let f = compile { (x: Tensor, scale: Int) in tanh(x * Tensor(Float(scale))) + x }
  let step = compile { (state: inout [Tensor], x: Tensor) in
    state[0] = state[0] * 0.5 + x
    state[1] += state[0]
    return state[1].sum()
  }
  let draw = compile { (key: RandomKey) in Tensor.randomNormal([100], key: key) }
  let x = Tensor.linspace(-1, 1, count: 100)
  let pending = exp(Tensor.linspace(-1, 1, count: 100)) + 1
  let chain: [Tensor]

  init() {
    var y = Tensor.linspace(0, 1, count: 100)
    chain = (0..<4).map { _ in
      y = y * 0.5 + 1
      return y
    }
  }

  /// One of many small jobs; its result depends on `job` alone.
  func run(_ job: Int) -> [Float] {
    switch job % 8 {
    case 0: return f(x, job / 8 % 3).scalars(as: Float.self)
    case 1: return f(x[0..<(job / 8 % 3 + 1)], 2).scalars(as: Float.self)
    case 2:
      var state = [x, x + 1]
      let losses = (0..<3).map { _ in Float(step(&state, x).item()) }
      return losses + state[1].scalars(as: Float.self)
    case 3: return draw(RandomKey(job)).scalars(as: Float.self)
    case 4: return (pending * x).scalars(as: Float.self)
    case 5: return chain[job / 8 % 4].scalars(as: Float.self)
    case 6: return (chain[3] + pending).sum(axis: 0).scalars(as: Float.self)
    default:
      var y = x
      y[job % 100] = Tensor(Float(job))
      return y.scalars(as: Float.self)
    }
  }
}

@Suite struct ConcurrencyTests {
  @Test func eightTasksShareFunctionsTensorsAndCaches() async {
    let expected = (0..<64).map { Shared().run($0) }
    let shared = Shared()
    let equal = await withTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          (0..<64).allSatisfy {
            shared.run(($0 * 7 + task * 13) % 64) == expected[($0 * 7 + task * 13) % 64]
          }
        }
      }
      return await group.reduce(true) { $0 && $1 }
    }
    #expect(equal)
  }

  /// The order in which tasks get to run is another in each of the rounds.
  @Test func aThousandInterleavingsGiveTheBitsOfOneTask() async {
    let expected = (0..<16).map { Shared().run($0) }
    for seed in 0..<1000 {
      let shared = Shared()
      let equal = await withTaskGroup(of: Bool.self) { group in
        for task in 0..<4 {
          group.addTask {
            var random = SplitMix64(seed: UInt64(seed * 4 + task))
            for _ in 0..<4 {
              let job = Int(random.next() % 16)
              for _ in 0..<random.next() % 3 { await Task.yield() }
              if shared.run(job) != expected[job] { return false }
            }
            return true
          }
        }
        return await group.reduce(true) { $0 && $1 }
      }
      #expect(equal, "seed \(seed)")
      if !equal { return }
    }
  }

  /// In a process of its own: a second evaluation would take as much memory again.
  @Test func aValueReadByManyTasksIsEvaluatedOnce() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor(scalars: [Float](repeating: 1, count: 1 << 22), shape: [1 << 22])
      let y = exp(sin(x)) + 1
      let sums = await withTaskGroup(of: Float.self) { group in
        for _ in 0..<8 { group.addTask { y.withScalars(as: Float.self) { $0[77] } } }
        return await group.reduce(into: Set<Float>()) { $0.insert($1) }
      }
      let bytes = lathe_pool_stats().peak
      guard sums.count == 1, bytes < 3 << 24 else {
        misuse("\(sums.count) results, \(bytes) bytes")
      }
    }
  }

  @Test func manyFirstCallsMakeOneProgram() async {
    let f = compile { (x: Tensor) in cos(x) * 3 }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { _ = f(Tensor([1.0, 2, 3])) } }
    }
    #expect(f.variantCount == 1)
  }
}
