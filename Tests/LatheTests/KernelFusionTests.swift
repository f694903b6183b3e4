// Kernels as parts of programs: with the operations around them, for several shapes, with several
// results.

import Foundation
import Lathe
import Testing

@Suite struct KernelFusionTests {
  private static let neighbours = kernel("neighbours") { k in
    let n = k.extent("n"), m = k.extent("m")
    let a = k.input(.f32, [n, m]), out = k.output(.f32, [n, m])
    for i in k.range(1..<n - 1) {
      for j in k.range(1..<m - 1) {
        out[i, j] = a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1]
      }
    }
  }

  private static let extremes = kernel("extremes") { k in
    let a = k.input(.f32, [k.extent("n")])
    let least = k.output(.f32, [Int]()), greatest = k.output(.f32, [Int]())
    @Variable var low = KernelValue(Float.infinity)
    @Variable var high = -KernelValue(Float.infinity)
    for i in k.range(a.shape[0]) {
      low = min(low, a[i])
      high = max(high, a[i])
    }
    least[] = low
    greatest[] = high
  }

  private func kernelCount(_ text: String) -> Int {
    text.components(separatedBy: "kernel @").count - 1
  }

  @Test func oneKernelWithTheOperationsAround() {
    let x = Tensor.iota([40, 50], axis: 1).cast(to: .f32)
    let around = compile { (x: Tensor) in relu(Self.neighbours(x * 0.5 - 3)) + 1 }
    let alone = compile { (x: Tensor) in Self.neighbours(x) }
    let result = around(x)
    #expect(kernelCount(around.ir(.kernel)) == 1)
    // The same bits as step by step.
    let steps = relu(alone((x * 0.5 - 3).evaluatedCopy()).evaluatedCopy()) + 1
    #expect(result.scalars(as: Float.self) == steps.scalars(as: Float.self))
    let eager = withExecution(.eager) { relu(Self.neighbours(x * 0.5 - 3)) + 1 }
    #expect(result.scalars(as: Float.self) == eager.scalars(as: Float.self))
  }

  @Test func aCostlyOperandOfAStencilStaysAKernel() {
    let chain = compile { (x: Tensor) in Self.neighbours(tanh(exp(x))) }
    _ = chain(Tensor.zeros([40, 50]))
    #expect(kernelCount(chain.ir(.kernel)) == 2)
  }

  @Test func severalKernelsInARow() {
    let x = Tensor.iota([9, 9], axis: 0).cast(to: .f32)
    let twice = compile { (x: Tensor) in Self.neighbours(Self.neighbours(x) * 0.25) }
    let lazy = Self.neighbours(Self.neighbours(x) * 0.25)
    let found = twice(x).scalars(as: Float.self)
    #expect(found == lazy.scalars(as: Float.self))
    #expect(found[4 * 9 + 4] == 16)
    #expect(found[9 + 4] == 4)
  }

  @Test func severalResults() {
    let x = Tensor([3, -1.5, 2, 8, -1])
    let parts = Self.extremes.outputs(of: x * 2)
    #expect(parts[0].scalar(as: Float.self) == -3)
    #expect(parts[1].scalar(as: Float.self) == 16)
    let range = compile { (x: Tensor) in
      let parts = Self.extremes.outputs(of: x)
      return parts[1] - parts[0]
    }
    #expect(range(x).scalar(as: Float.self) == 9.5)
    let eager = withExecution(.eager) { Self.extremes.outputs(of: x) }
    #expect(eager.map { $0.scalar(as: Float.self) } == [-1.5, 8])
  }

  @Test func severalShapesInOneProgram() {
    let small = Tensor.ones([3, 3])
    let large = Tensor.ones([4, 5])
    let total = Self.neighbours(small).sum() + Self.neighbours(large).sum()
    #expect(total.scalar(as: Float.self) == 4 + 24)
  }

  @Test func numbersAreArguments() {
    let scaled = kernel("scaled") { k in
      let a = k.input(.f32, [k.extent("n")]), factor = k.scalar(.f32)
      let out = k.output(.f32, [a.shape[0]])
      for i in k.range(a.shape[0]) { out[i] = a[i] * factor }
    }
    #expect(scaled(Tensor([1.0, 2]), 0.5).scalars(as: Float.self) == [0.5, 1])
    #expect(scaled(Tensor([1.0, 2]), Tensor([1.0, 3]).sum()).scalars(as: Float.self) == [4, 8])
  }
}

extension Tensor {
  /// The value in memory.
  fileprivate func evaluatedCopy() -> Tensor {
    try? evaluate()
    return self
  }
}
