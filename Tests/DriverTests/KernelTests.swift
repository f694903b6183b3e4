// Kernels under schedules: the same bits interpreted before and after, and as machine code.

import Codegen
import Driver
import Foundation
import IRCore
import LoopIR
import LoopPasses
import Lowering
import TensorIR
import TensorPasses
import TestSupport
import Testing

@Suite struct ScheduledKernels {
  /// Kernels written by hand, as they stand and as planned.
  @Test(arguments: IRFile.all.filter { $0.path.hasPrefix("run/") })
  func handWrittenKernelsKeepTheirBits(file: IRFile) throws {
    for kernel in try Module(parsing: file.program).kernels where Self.isSmall(kernel) {
      for (seed, size) in [1, 5, 16, 33].enumerated() {
        let run = KernelCase(
          kernel, symbols: kernel.symbols.map { _ in size }, seed: UInt64(seed))
        for row in TargetRow.runnable {
          let planned = try LoopPasses.standard(for: row).reduce(kernel) { try $1.run($0) }
          let expected = try run.interpreted(kernel, row: row)
          for (name, version) in [("as written", kernel), ("as planned", planned)] {
            let interpreted = run.difference(
              try run.interpreted(version, row: row), expected)
            #expect(interpreted == nil, "\(name), size \(size), interpreted for \(row.name)")
            let compiled = run.difference(try run.compiled(version, row: row), expected)
            #expect(compiled == nil, "\(name), size \(size), on \(row.name)")
          }
        }
      }
    }
  }

  private static func isSmall(_ kernel: Kernel) -> Bool {
    kernel.buffers.allSatisfy { buffer in
      buffer.shape.compactMap(\.asConstant).reduce(1, *) <= 1024
    }
  }

  #if DEBUG
    static let seeds: Range<UInt64> = 0..<40
  #else
    static let seeds: Range<UInt64> = 0..<400
  #endif

  /// Kernels of random programs under random steps.
  @Test(arguments: stride(from: seeds.lowerBound, to: seeds.upperBound, by: 20).map { $0 })
  func randomSchedulesKeepTheirBits(first: UInt64) throws {
    for seed in first..<first + 20 {
      let program = RandomProgram(seed: seed)
      let passes = PassList.tensor(for: .sse2) + PassList.lowering
      let module = try passes.reduce(program.module) { try $1.run($0) }
      for (number, kernel) in module.allKernels.enumerated() {
        var random = SplitMix64(seed: seed &* 64 &+ UInt64(number))
        let scheduled = try Self.scheduled(kernel, &random)
        let row = TargetRow.runnable[Int(seed) % TargetRow.runnable.count]
        let run = KernelCase(kernel, symbols: [], seed: seed)
        let expected = try run.interpreted(kernel, row: row)
        let interpreted = run.difference(try run.interpreted(scheduled, row: row), expected)
        let compiled = run.difference(try run.compiled(scheduled, row: row), expected)
        if let failure = interpreted ?? compiled {
          Issue.record(
            """
            seed \(seed) on \(row.name), \(interpreted == nil ? "compiled" : "interpreted"): \
            \(failure)
            \(kernel)
            \(scheduled)
            """)
        }
      }
    }
  }

  /// The kernel after up to five random steps; steps that are refused are left out.
  private static func scheduled(
    _ kernel: Kernel, _ random: inout SplitMix64
  ) throws -> Kernel {
    var result = kernel
    for number in 0..<random.integer(1...5) {
      let loops = loopNames(result)
      guard !loops.isEmpty else { break }
      let loop = random.pick(loops)
      let step: ScheduleStep =
        switch random.integer(0...5) {
        case 0, 1:
          .split(
            loop, by: random.pick([1, 2, 3, 4, 7, 8, 16]), outer: "o\(number)", inner: "i\(number)")
        case 2: .reorder(loops.shuffled(using: &random))
        case 3: .unroll(loop, by: random.pick([2, 3, 4]))
        case 4: .vectorize(loop, lanes: random.pick([2, 4, 8, 16, 32]))
        default: .parallelize(loop)
        }
      if let next = try? result.applying(step) { result = next }
    }
    result = result.normalized()
    try result.verify()
    return result
  }

  private static func loopNames(_ kernel: Kernel) -> [String] {
    var names: [String] = []
    var pending = kernel.body
    while let statement = pending.popLast() {
      guard case .loop(let loop) = statement else { continue }
      if let name = kernel[loop.variable].name { names.append(name) }
      pending += loop.body
    }
    return names
  }

  /// No hand-written kernel's object calls a library, on any target row.
  @Test(arguments: TargetRow.all) func handWrittenKernelsCallNothing(row: TargetRow) throws {
    for file in IRFile.all where file.path.hasPrefix("run/") {
      for kernel in try Module(parsing: file.program).kernels {
        let planned = try LoopPasses.standard(for: row).reduce(kernel) { try $1.run($0) }
        for version in [kernel, planned] {
          let called = try forbiddenSymbols(of: objectCode(of: version, for: row).object)
          #expect(called == [], "\(file.path) on \(row.name)")
        }
      }
    }
  }

  /// Iterations in lanes: mandelbrot is at least 8 times as fast as its scalar loop, on one thread.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["LATHE_TIMING"] == "1"))
  func mandelbrotRunsInLanes() throws {
    let file = try #require(IRFile.all.first { $0.path == "run/mandelbrot.lathe" })
    let kernel = try #require(try Module(parsing: file.program).kernels.first)
    let row = try #require(TargetRow.runnable.first)
    var vector = kernel
    vector.schedule = [.vectorize("j", lanes: 4 * row.lanes(.f32))]
    vector = try Pass.applySchedule.run(vector)
    let axis = (0..<1024).map { UInt64((-2 + Float($0) * 2.5 / 1024).bitPattern) }
    let inputs = [pack(axis, as: .f32), pack(axis, as: .f32)]
    func time(_ kernel: Kernel) throws -> (seconds: Double, result: [UInt8]) {
      let code = try JITKernel(kernel, for: row)
      let memory = inputs + [[UInt8](repeating: 0, count: 4 << 20)]
      var best = Double.infinity
      var result: [UInt8] = []
      for _ in 0..<5 {
        let start = ContinuousClock.now
        result = code.run(memory)[2]
        best = min(best, (ContinuousClock.now - start) / .seconds(1))
      }
      return (best, result)
    }
    let scalar = try time(kernel)
    let lanes = try time(vector)
    #expect(lanes.result == scalar.result)
    let ratio = scalar.seconds / lanes.seconds
    print(
      "mandelbrot on \(row.name): \(scalar.seconds) s scalar, \(lanes.seconds) s in lanes, \(ratio)"
    )
    #expect(ratio >= 8)
  }
}
