// Kernels with inputs, run by the interpreter and as machine code.

public import IRCore
public import LoopIR

/// A kernel with extents and a seed for its inputs.
public struct KernelCase: Sendable {
  /// The kernel.
  public let kernel: Kernel
  /// Extents in the order of the kernel's symbols.
  public let symbols: [Int]
  /// One block of bytes per parameter.
  public let memory: [[UInt8]]

  /// Draws inputs without NaN: floats small or special, integers below 9.
  public init(_ kernel: Kernel, symbols: [Int], seed: UInt64) {
    self.kernel = kernel
    self.symbols = symbols
    var random = SplitMix64(seed: seed)
    memory = kernel.buffers.filter(\.role.isParameter).map { buffer in
      let count = Self.count(buffer, kernel, symbols)
      let values = (0..<count).map { _ -> UInt64 in
        if buffer.type == .bool { return random.next() & 1 }
        if buffer.type.isInteger { return UInt64(random.integer(0...8)) }
        let sample = buffer.type.sample(&random)
        return Literal(buffer.type, bits: sample).isNaN ? Literal.one(buffer.type).bits : sample
      }
      return pack(values, as: buffer.type)
    }
  }

  private static func count(_ buffer: Buffer, _ kernel: Kernel, _ symbols: [Int]) -> Int {
    buffer.shape.reduce(1) { count, extent in
      let value = extent.evaluate { atom in
        guard case .symbol(let name) = atom else { return nil }
        return kernel.symbols.firstIndex(of: name).map { symbols[$0] }
      }
      return count * max(0, value ?? 0)
    }
  }

  /// What the interpreter makes of a kernel of the same parameters.
  public func interpreted(_ kernel: Kernel, row: TargetRow) throws -> [[UInt8]] {
    var result = memory
    _ = try KernelInterpreter.run(kernel, buffers: &result, symbols: symbols, row: row)
    return result
  }

  /// What machine code of a kernel of the same parameters makes, outputs filled as the
  /// interpreter fills them.
  public func compiled(_ kernel: Kernel, row: TargetRow) throws -> [[UInt8]] {
    let parameters = self.kernel.buffers.filter(\.role.isParameter)
    let filled = zip(parameters, memory).map { buffer, bytes in
      buffer.role == .output ? [UInt8](repeating: 0xa5, count: bytes.count) : bytes
    }
    return try JITKernel(kernel, for: row).run(filled, symbols: symbols)
  }

  /// The first difference between two outcomes, in words.
  public func difference(_ found: [[UInt8]], _ expected: [[UInt8]]) -> String? {
    let parameters = kernel.buffers.filter(\.role.isParameter)
    for (buffer, (a, b)) in zip(parameters, zip(found, expected)) {
      if let place = firstDifference(a, b, buffer.type) {
        return "%\(buffer.name) at \(place.index): \(place.a), not \(place.b)"
      }
    }
    return nil
  }
}
