// Long runs without `compile`: nothing grows, nothing compiles anew.

import CLatheRuntime
import Driver
import Foundation
import Lathe
import Testing

/// Bytes of memory that the process has touched and kept.
private func residentBytes() -> Int {
  let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
  return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
}

@Suite(.serialized) struct LongRunTests {
  /// A step as a training loop takes it: several parameters, and only the loss is read.
  private struct Training {
    var weight = Tensor.linspace(-1, 1, count: 32).reshaped(4, 8)
    var offset = Tensor.zeros([8])
    var momentum = Tensor.zeros([4, 8])

    mutating func step(_ x: Tensor) -> Double {
      let activation = tanh(weight * x + offset)
      let loss = (activation * activation).mean()
      let gradient = activation * (1 - activation * activation)
      momentum = momentum * 0.9 + gradient * 0.1
      weight = weight - momentum * 0.01
      offset = offset - gradient.sum(axis: 0) * 0.001
      return loss.item()
    }
  }

  /// In a process of its own, whose memory nothing else touches.
  @Test func trainingStepsStayFlat() async {
    await #expect(processExitsWith: .success) { Self.train() }
  }

  private static func train() {
    let compiler = Compiler(CompilerOptions(threads: 1))
    withCompiler(compiler) {
      var training = Training()
      let x = Tensor.linspace(0, 1, count: 32).reshaped(4, 8)
      var times: [Int64] = []
      var losses: [Double] = []
      var programs = 0
      var memory = 0
      var pool = 0
      for step in 0..<10_000 {
        let start = lathe_now_ns()
        losses.append(training.step(x))
        times.append(lathe_now_ns() - start)
        if step == 1 { programs = compiler.programCount }
        if step == 1000 {
          memory = residentBytes()
          pool = lathe_pool_stats().live
        }
      }
      require(compiler.programCount == programs, "compiles after the second step")
      require(residentBytes() - memory < 1 << 20, "\(residentBytes() - memory) bytes more")
      require(lathe_pool_stats().live == pool, "tensors remain")
      require(losses[9_999] < losses[0] && losses.allSatisfy { $0.isFinite }, "no training")
      let early = times[1000..<2000].sorted()[500]
      let late = times[9000..<10_000].sorted()[500]
      require(late < 2 * early, "\(early) ns per step, then \(late)")
    }
  }

  private static func require(_ holds: Bool, _ message: @autoclosure () -> String) {
    if !holds { misuse(message()) }
  }

  @Test func aMillionLazyOperationsFitStackAndMemory() async {
    await #expect(processExitsWith: .success) {
      var x = Tensor([0.0])
      for _ in 0..<100_000 { x = x + 1 }
      let before = residentBytes()
      for _ in 0..<1_000_000 { x = x + 1 }
      Self.require(x.item() == 1_100_000, "\(x.item())")
      // A history of a million operations takes hundreds of megabytes; sanitizers take some more.
      Self.require(residentBytes() - before < 96 << 20, "\(residentBytes() - before) bytes")
    }
  }

  @Test func aChainThatIsNeverReadIsReleased() {
    var x = Tensor([0.0])
    for _ in 0..<1_000_000 { x = x * 0.5 }
    x = Tensor([1.0])
    #expect(x.item() == 1)
  }

  @Test func manyPendingValuesAreCut() {
    // Each reads memory of its own that only the pending operation keeps.
    var parts: [Tensor] = []
    var values: [Tensor] = []
    for index in 0..<300 {
      let data = Tensor(scalars: [Float](repeating: Float(index), count: 1 << 20), shape: [1 << 20])
      parts.append(data[.stride(by: 1 << 19)])
      values.append(parts[index] + 1)
    }
    // Which ones run, and whether the part or the sum, depends on what other tests leave pending.
    let isCut = (parts + values).contains { $0.isEvaluated }
    #expect(isCut)
    #expect(values.map { $0[0].item() } == (1...300).map { Double($0) })
  }

  @Test func stepsThatBranchOnAValueReuseTheirPrograms() {
    let compiler = Compiler()
    withCompiler(compiler) {
      var x = Tensor([1.0, 2])
      var programs = 0
      for step in 0..<200 {
        x = x.sum().item() > 100 ? x * 0.1 : x * 1.5
        if step == 40 { programs = compiler.programCount }
      }
      #expect(compiler.programCount == programs)
    }
  }
}
