// Small loop programs beside the same code in ordinary Swift.

import Driver
import IRCore
import Lathe
import Testing

/// Kernel with arguments and what ordinary Swift makes of them.
struct LoopProgram: Sendable, CustomTestStringConvertible {
  let name: String
  let kernel: TensorKernel
  let arguments: [Tensor]
  /// The output, row-major.
  let expected: [Double]

  var testDescription: String { name }

  init(
    _ name: String, _ arguments: [Tensor], expected: [some BinaryFloatingPoint],
    _ body: (KernelBuilder) -> Void
  ) {
    self.init(name, arguments, numbers: expected.map { Double($0) }, body)
  }

  init(
    _ name: String, _ arguments: [Tensor], expected: [some BinaryInteger],
    _ body: (KernelBuilder) -> Void
  ) {
    self.init(name, arguments, numbers: expected.map { Double($0) }, body)
  }

  private init(
    _ name: String, _ arguments: [Tensor], numbers: [Double], _ body: (KernelBuilder) -> Void
  ) {
    self.name = name
    self.arguments = arguments
    expected = numbers
    // Ordinary Swift rounds products.
    kernel = Lathe.kernel(fusesProducts: false, body)
  }

  /// The output, by a compiler of its own.
  func output(_ row: TargetRow, threads: Int) -> [Double] {
    let compiler = Compiler(CompilerOptions(row: row, threads: threads, verifiesPasses: true))
    return withCompiler(compiler) {
      kernel.outputs(of: arguments)[0].cast(to: .f64).scalars(as: Double.self)
    }
  }
}

/// Numbers that look random and are not.
enum Sample {
  static func floats(_ count: Int, seed: Int = 1) -> [Float] {
    (0..<count).map { Float(($0 * 7919 + seed * 104_729) % 1009) / 64 - 8 }
  }

  static func integers(_ count: Int, below bound: Int, seed: Int = 1) -> [Int32] {
    (0..<count).map { Int32(($0 * 7919 + seed * 104_729) % 10_007 % bound) }
  }
}

@Suite struct LoopProgramTests {
  @Test(arguments: LoopProgram.all) func equalsOrdinarySwift(program: LoopProgram) {
    for row in [TargetRow.avx512, .avx2, .sse2] where row.isRunnable {
      for threads in [1, 2, 3] {
        let found = program.output(row, threads: threads)
        let agrees =
          found.count == program.expected.count
          && zip(found, program.expected).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
        #expect(
          agrees, "\(program.name), \(row.name), \(threads) threads: \(found) \(program.expected)")
      }
    }
  }

  @Test func thereAreManyPrograms() {
    #expect(Set(LoopProgram.all.map(\.name)).count == LoopProgram.all.count)
  }
}
