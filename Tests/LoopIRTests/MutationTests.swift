// Damaged text is refused or runs; it never traps.
import IRCore
import LoopIR
import Testing

@Suite struct MutationTests {
  @Test(arguments: TextTests.good) func damagedTextNeverTraps(file: KernelFile) throws {
    let words = try file.text().split(separator: "\n").filter { !$0.hasPrefix("//") }
      .joined(separator: " \n ").split(separator: " ").map(String.init)
    var pool = words.flatMap { $0.split(separator: ",").map(String.init) }
    pool += ["-1", "9223372036854775807", "(", ")", "[", "]", "{", "}", "%", "inf", "lane", "mod"]
    var noise = Noise.Bits(seed: 21)
    for _ in 0..<150 {
      var damaged = words
      for _ in 0...noise.below(2) {
        damaged[noise.below(damaged.count)] = pool[noise.below(pool.count)]
      }
      try survives(damaged.joined(separator: " "))
    }
  }

  /// Runs what can be run, and checks the round trip of what can be read.
  private func survives(_ text: String) throws {
    guard let kernel = try? Kernel(parsing: text) else { return }
    guard (try? kernel.verify()) != nil else { return }
    #expect(try Kernel(parsing: kernel.description) == kernel.normalized(), "\(text)")
    let symbols = kernel.symbols.map { _ in 5 }
    var buffers = kernel.buffers.filter(\.role.isParameter).map { buffer in
      let count = buffer.shape.reduce(1) { product, extent in
        product &* (extent.evaluate { _ in 5 } ?? 0)
      }
      return [UInt8](repeating: 1, count: min(max(count &* buffer.type.byteSize, 0), 1 << 16))
    }
    _ = try? KernelInterpreter.run(
      kernel, buffers: &buffers, symbols: symbols, row: .avx2,
      options: KernelInterpreter.Options(stepLimit: 500))
  }
}
