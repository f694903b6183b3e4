// Long sums of floats in kernels: their order.

import Driver
import Lathe
import Testing

@Suite struct KernelSumTests {
  private static let count = 100_003

  private static func sums(_ regroups: Bool) -> TensorKernel {
    kernel("sums", regroupsSums: regroups) { k in
      let n = k.extent("n")
      let x = k.input(.f32, [n]), running = k.output(.f32, [n])
      @Variable var sum = 0.0
      for i in k.range(0..<n) {
        sum += x[i]
        running[i] = sum
      }
    }
  }

  private let numbers = (0..<count).map { Float(($0 * 7919 + 13) % 1009) / 1009 }

  private func sumsInOrder() -> [Float] {
    var sum: Float = 0
    return numbers.map { number in
      sum += number
      return sum
    }
  }

  @Test func keepTheWrittenOrderOnRequest() {
    #expect(Self.sums(false)(Tensor(numbers)).scalars(as: Float.self) == sumsInOrder())
  }

  @Test func areCloserToTheExactOneInChunks() throws {
    let found = try #require(Self.sums(true)(Tensor(numbers)).scalars(as: Float.self).last)
    let inOrder = try #require(sumsInOrder().last)
    let exact = numbers.reduce(0.0) { $0 + Double($1) }
    #expect(abs(Double(found) - exact) < abs(Double(inOrder) - exact))
  }

  @Test func haveTheSameBitsOnAnyTeam() {
    let expected = Self.sums(true)(Tensor(numbers)).scalars(as: Float.self)
    for threads in [1, 2, 3, 8] {
      let compiler = Compiler(CompilerOptions(threads: threads, verifiesPasses: true))
      withCompiler(compiler) {
        let compiled = compile { (x: Tensor) in Self.sums(true)(x) }
        #expect(compiled(Tensor(numbers)).scalars(as: Float.self) == expected)
      }
    }
  }

  /// Schedules by hand name the loops as they were written.
  @Test func aScheduleByHandKeepsTheOrder() {
    let scheduled = Self.sums(true).schedule { $0.unroll("i", by: 4) }
    #expect(scheduled(Tensor(numbers)).scalars(as: Float.self) == sumsInOrder())
  }
}
