// Running kernels on seeded inputs.

import IRCore
import LoopIR
import Testing

/// Inputs for a kernel: extents and a seed.
struct Inputs {
  var symbols: [Int] = []
  var seed: UInt64 = 1

  /// The parameters' bytes: floats between -2 and 2, integers below 8.
  func buffers(for kernel: Kernel) -> [[UInt8]] {
    var random = SplitMix(state: seed)
    return kernel.buffers.filter(\.role.isParameter).map { buffer in
      let count = buffer.shape.reduce(1) { $0 * (extent($1, kernel) ?? 0) }
      return (0..<count).flatMap { _ in Self.bytes(buffer.type, &random) }
    }
  }

  private func extent(_ expression: IndexExpression, _ kernel: Kernel) -> Int? {
    expression.evaluate { atom in
      guard case .symbol(let name) = atom else { return nil }
      return kernel.symbols.firstIndex(of: name).map { symbols[$0] }
    }
  }

  private static func bytes(_ type: DType, _ random: inout SplitMix) -> [UInt8] {
    let word = random.next()
    let unit = Double(word >> 11) / Double(1 << 53)
    let literal =
      type.isFloat
      ? Literal(type, unit * 4 - 2) : Literal(type, integer: Int(word & (type == .bool ? 1 : 7)))
    return (0..<type.byteSize).map { UInt8(truncatingIfNeeded: literal.bits >> UInt64(8 * $0)) }
  }
}

/// Counter-based generator (Steele, Lea and Flood, *Fast splittable pseudorandom number
/// generators*, 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// What a run leaves behind. Steps copy checks, so that a check's number says nothing by itself.
struct Outcome: Equatable {
  var buffers: [[UInt8]]
  var isChecked: Bool
}

extension Kernel {
  /// Orders of parallel iterations that the kernel should not depend on.
  func orders(_ seed: UInt64) -> [KernelInterpreter.Order] {
    guard phases.count > 1 || body.isParallelLoop else { return [.forward] }
    return [.forward, .reverse, .shuffled(seed: seed)]
  }

  /// Runs the kernel in the interpreter.
  func outcome(
    _ inputs: Inputs, order: KernelInterpreter.Order = .forward, row: TargetRow = .avx512
  ) throws -> Outcome {
    var buffers = inputs.buffers(for: self)
    let status = try KernelInterpreter.run(
      self, buffers: &buffers, symbols: inputs.symbols, row: row,
      options: KernelInterpreter.Options(order: order, stepLimit: 1 << 24))
    return Outcome(buffers: buffers, isChecked: status == nil)
  }
}

extension [Statement] {
  /// Whether the first statement is a parallel loop.
  fileprivate var isParallelLoop: Bool {
    guard case .loop(let loop)? = first else { return false }
    return loop.kind == .parallel
  }
}
