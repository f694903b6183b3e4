// `lathe bench` as the benchmarks run it.

import Foundation
import Testing

@Suite struct BenchCommandTests {
  @Test func aLineOfJSONForEachMeasurement() throws {
    let result = try run(
      "bench", "overhead", "--mode", "jit,eager", "--seconds", "0.05", "--json")
    let lines = result.output.split(separator: "\n")
    #expect(result.code == 0 && lines.count == 2, "\(result)")
    let keys: Set = [
      "workload", "mode", "threads", "median_ms", "min_ms", "ready_ms", "llvm_load_ms",
      "first_call_ms", "repetitions",
    ]
    for line in lines {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(Set(object?.keys.map { $0 } ?? []) == keys)
    }
  }

  @Test func servesWithFiles() throws {
    let folder = try Folder()
    let input = try folder.write(npy([1, 2, 3]), as: "x.npy")
    let output = folder.path(of: "y.npy")
    let result = try run(
      ["bench", "overhead", "--serve", "--input", "x=\(input)", "--output", output],
      input: "run 0.01\nquit\n")
    #expect(result.code == 0, "\(result)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].hasPrefix("ready {"), "\(result.output)")
    let written = try Data(contentsOf: URL(filePath: output)).suffix(12)
    let values = written.withUnsafeBytes { bytes in
      (0..<3).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
    #expect(values == [1, 2, 3].map(Self.overhead))
  }

  @Test func inputsAreNamed() throws {
    let result = try run("bench", "layernorm_gelu", "--serve", "--input", "y=y.npy")
    #expect(result.code == 1, "\(result)")
    #expect(result.errors == "lathe: y=y.npy: the inputs of layernorm_gelu are x, r, g, b\n")
  }

  @Test func damagedInputsAreRefused() throws {
    let folder = try Folder()
    let whole = npy([1, 2, 3])
    let damaged: [Data] = [
      Data(), Data("nonsense, but long enough".utf8), whole.prefix(40), whole.dropLast(),
      whole + Data([0]), Data(whole.map { $0 == UInt8(ascii: "4") ? UInt8(ascii: "8") : $0 }),
    ]
    for (index, data) in damaged.enumerated() {
      let file = try folder.write(data, as: "\(index).npy")
      let result = try run("bench", "overhead", "--serve", "--input", "x=\(file)")
      #expect(result.code == 1, "\(index): \(result)")
      #expect(result.errors.hasPrefix("lathe: \(file): "), "\(result.errors)")
    }
  }

  /// The workload `overhead` in plain Swift.
  private static func overhead(_ x: Float) -> Float {
    var y = x * 2
    y = y + 1
    y = y * x
    y = y - 3
    y = y * 0.5
    y = y + x
    y = y * x
    y = y - 1
    y = y * 0.25
    return y + 2
  }

  private func npy(_ values: [Float]) -> Data {
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(values.count),), }"
    header += String(repeating: " ", count: 117 - header.count) + "\n"
    var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8))
    for value in values { withUnsafeBytes(of: value) { data.append(contentsOf: $0) } }
    return data
  }
}
